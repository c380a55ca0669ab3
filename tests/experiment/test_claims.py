import pandas as pd

from kerasaudio.experiment.claims import NoTrend, Share


def test_claims_are_answered_with_figures():
    trials = pd.DataFrame(
        {"optimizer": ["adam", "adam", "sgd", "adam"], "objective": [0.9, 0.8, 0.7, 0.2]}
    )
    assert Share("", "optimizer", ("adam",), top=2, least=1.0).check(trials) == (
        True,
        "100% of the best 2 (of all trials: 75%)",
    )
    assert Share("", "optimizer", ("adam",), top=3, least=1.0).check(trials)[0] is False
    assert Share("", "optimizer", ("adam",), top=5, least=1.0).check(trials)[0] is None
    holds, figure = NoTrend("", ("optimizer",), margin=0.01).check(trials)  # means 0.6333 and 0.7
    assert (holds, figure) == (False, "largest difference of means: optimizer 0.0667")
    assert NoTrend("", ("optimizer",), margin=0.01).check(trials.head(1))[0] is None
