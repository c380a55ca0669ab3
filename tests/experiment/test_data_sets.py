"""A data set is found by an experiment's name, an experiment file, or the data set's folder."""

import pytest

from kerasaudio.data.gtzan import GtzanFeatures
from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.data.magnatagatune import MagnaTagATune
from kerasaudio.errors import UserError
from kerasaudio.experiment import data_sets


@pytest.mark.parametrize(
    ("name", "method", "kind"),
    [
        ("gtzan", "examine", GtzanAudio),
        ("gtzan", "table", GtzanFeatures),
        ("gtzan_cnn1d", "examine", GtzanAudio),
        ("gtzan_cnn1d:gap", "examine", GtzanAudio),
        ("gtzan_mlp", "examine", GtzanFeatures),
        ("magnatagatune", "prepare", MagnaTagATune),
    ],
)
def test_found(name, method, kind):
    assert isinstance(data_sets.find(name, method).data, kind)


def test_the_first_experiment_of_an_own_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from kerasaudio.experiment import data_sets\n"
        "from dataclasses import replace\n"
        "one = data_sets.find('gtzan_mlp', 'table', ['data.seed=1'])\n"
        "experiments = {'one': one, 'two': data_sets.find('gtzan_mlp', 'table', ['data.seed=2'])}\n"
    )
    assert data_sets.find(str(path), "table").data.seed == 1
    assert data_sets.find(f"{path}:two", "table", ["data.seed=5"]).data.seed == 5


def test_unknown_names_and_fields_are_one_line():
    for name, assignments, words in [
        ("nothing", [], "no data set or experiment called 'nothing'"),
        ("gtzan", ["fit.epochs=3"], "expected a field of the data set"),
        ("gtzan", ["data.sead=3"], "did you mean seed"),
    ]:
        with pytest.raises(UserError, match=words):
            data_sets.find(name, "examine", assignments)
    with pytest.raises(UserError, match="expected one of gtzan_mlp, own_table"):
        data_sets.find("music", "table")
    with pytest.raises(UserError, match="GtzanFeatures has no files to examine"):
        data_sets.find("gtzan_mlp", "examine").data.files(None)
