"""Experiments by name, and files of one's own."""

import re
from pathlib import Path

import pytest

from kerasaudio.cluster.worker import own_files
from kerasaudio.errors import UserError
from kerasaudio.experiment import catalogue
from kerasaudio.experiment.catalogue import load


def test_names_come_with_the_first_line_of_their_docstrings():
    titles = catalogue.names()
    assert (
        titles["gtzan_mlp"]
        == "Genres of GTZAN from its 57-column feature table: three dense layers."
    )


def test_a_misspelt_name_suggests_the_nearest():
    with pytest.raises(
        UserError, match=r"own_sound has several experiments: name one of own_sound:"
    ):
        load("own_sound")
    with pytest.raises(UserError, match=r"'gtzan_mpl'.*did you mean gtzan_mlp\?"):
        load("gtzan_mpl")


def test_own_file_with_a_family(tmp_path: Path):
    own = tmp_path / "mine.py"
    own.write_text(
        '"""Two of mine."""\n'
        "from dataclasses import replace\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "from kerasaudio.experiment import Fit\n"
        'mlp = load("gtzan_mlp").experiment\n'
        'experiments = {"short": replace(mlp, fit=Fit(epochs=1)), "long": mlp}\n'
    )
    assert load(f"{own}:short").experiment.fit.epochs == 1
    assert load(f"{own}:short").title == "Two of mine."
    with pytest.raises(UserError, match=r"expected .*mine.py:short or .*mine.py:long"):
        load(f"{own}:middle")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("experiment = replace(mlp, fit=Fitt())", "line 4, could not be run: NameError"),
        ("experiment = replace(mlp, fit=Fit(epochs='3'))", "fit.epochs is '3'"),
        ("experiment = replace(mlp, fit=Fit(epochs=2.5))", "fit.epochs is 2.5"),
        ("experiment = Experiment(", "could not be loaded"),
    ],
)
def test_what_is_wrong_in_an_own_file_is_said_in_one_line(tmp_path, line, reason):
    own = tmp_path / "mine.py"
    own.write_text(
        "from dataclasses import replace\n"
        "from kerasaudio.experiment import Experiment, Fit\n"
        "from kerasaudio.experiment.catalogue import load; mlp = load('gtzan_mlp').experiment\n"
        f"{line}\n"
    )
    with pytest.raises(UserError, match=re.escape(reason)):
        load(str(own))
    assert str(own) not in dict(own_files())  # workers get the others


OWN_SET = """
from dataclasses import dataclass, replace
from kerasaudio.experiment import DataSet, SingleLabel
from kerasaudio.experiment.catalogue import load
from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.heads import FullyConnected
@dataclass(frozen=True)
class Mine(DataSet):
    folder = "mine"
    labels = ("a", "b")
    task = SingleLabel()
    shape = (3,)
    rate = None
    def load(self, root): ...
    def write_standin(self, root): ...
experiment = replace(load("gtzan_mlp").experiment, data=Mine())
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (OWN_SET, ["Mine", "protocol"]),
        (OWN_SET.replace("Mine(DataSet)", "Mine"), ["data is Mine", "DataSet"]),
        (
            "from dataclasses import dataclass, replace\n"
            "from kerasaudio.experiment.catalogue import load\n"
            "@dataclass(frozen=True)\nclass Mine: ...\n"
            'experiment = replace(load("gtzan_mlp").experiment, frontend=Mine())\n',
            ["frontend is Mine", "any_length"],
        ),
    ],
)
def test_a_part_that_lacks_something_is_named_when_it_is_loaded(tmp_path, text, words):
    own = tmp_path / "mine.py"
    own.write_text(text)
    with pytest.raises(UserError) as error:
        load(str(own))
    assert all(word in str(error.value) for word in words)
