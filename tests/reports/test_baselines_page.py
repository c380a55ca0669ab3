"""The page of classical methods beside a run, made of values."""

from page_values import PROVENANCE, one_label, rows, score

from kerasaudio.reports import baselines_page


def test_baselines():
    row = {
        "model": "random forest",
        "settings": {"min_samples_leaf": 2},
        "accuracy": score(0.625),
        "macro_f1": score(0.5),
        "mcnemar": {"only_baseline": 3, "only_model": 17, "p": 0.0026},
        "seconds": 1.25,
    }
    page = baselines_page.page("a_run-001", PROVENANCE, one_label(), [row], 20, 20, 5)
    line = "random forest 0.625 [0.575, 0.675] 0.500 [0.450, 0.550] 3 17 0.0026 1.2"
    assert f"{line} min_samples_leaf 2" in rows(page)
    assert str(PROVENANCE) in page and "5-fold" in page
