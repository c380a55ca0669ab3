"""Searches of what users write: ranges, conditions, impossible points, spaces of nothing."""

import json
from pathlib import Path
from textwrap import dedent, indent

import pandas as pd
import pytest

HEADER = """\
from dataclasses import dataclass, replace
from keras import layers
from keras_tuner.errors import FailedTrialError
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment import SGD
from kerasaudio.models.mlp import MLP

experiment = load("gtzan_mlp").experiment
"""
CONDITIONAL = """
units = [hp.Int("units", 8, 24, step=8)]
if hp.Choice("depth", [1, 2]) == 2:
    with hp.conditional_scope("depth", [2]):
        units.append(hp.Int("more", 8, 16, step=8))
rate = hp.Float("rate", 1e-3, 1e-1, sampling="log")
model = MLP(tuple(units), (0.1,) * len(units))
return replace(experiment, model=model, fit=replace(experiment.fit, optimizer=SGD(rate)))
"""


@pytest.fixture
def search(command, tmp_path):
    """Search a space of this body, one epoch a trial."""

    def run(space: str, *arguments):
        own = tmp_path / "own.py"
        own.write_text(f"{HEADER}\ndef space(hp):\n{indent(dedent(space).strip(), '    ')}\n")
        return command("search", "--experiment", own, "--epochs", 1, *arguments)

    return run


def the_search(folder: Path) -> Path:
    (found,) = (folder / "runs").glob("own-*/search.json")
    return found.parent


def test_a_space_of_ranges_and_conditions_is_searched_and_shown(search, tmp_path):
    outcome = search(
        CONDITIONAL, "--strategy", "random", "--trials", 16, "--set", "fit.batch_size=280"
    )
    assert outcome.code == 0, outcome.err
    rows = pd.read_csv(the_search(tmp_path) / "trials.csv")
    assert len(rows) == 16
    assert set(rows[rows.depth == 2].more) == {8, 16}
    assert rows[rows.depth == 1].more.isna().all()
    assert len(list((the_search(tmp_path) / "tensorboard").glob("*/events*"))) == 16
    page = (the_search(tmp_path) / "search.html").read_text()
    rates = rows.rate.sort_values()
    for first in range(0, 16, 4):  # sixteen rates are shown in quarters
        assert f"<td>{rates.iloc[first]:.3g} to {rates.iloc[first + 3]:.3g}</td>" in page
    assert "nan" not in page


def test_a_single_trial_is_shown(search, tmp_path):
    outcome = search(
        CONDITIONAL, "--strategy", "random", "--trials", 1, "--set", "fit.batch_size=280"
    )
    assert outcome.code == 0, outcome.err
    assert (the_search(tmp_path) / "search.html").is_file()


def test_bayesian_draws_from_a_range_after_its_random_trials(search, tmp_path):
    outcome = search(
        """
        return replace(experiment, model=MLP((8,), (hp.Float("dropout", 0.0, 0.5),)))
        """,
        *("--strategy", "bayesian", "--trials", 10, "--set", "fit.batch_size=280"),
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert pd.read_csv(the_search(tmp_path) / "trials.csv").dropout.between(0, 0.5).all()


def test_impossible_points_are_counted_with_their_reasons_even_the_first(search, tmp_path):
    outcome = search(
        """
        units = [hp.Choice("units", [512, 8])]
        if units[0] > 256:
            raise FailedTrialError("too large")
        return replace(experiment, model=MLP(units, [hp.Choice("dropout", [0.1, 1.5])]))
        """,
        "--strategy",
        "random",
    )
    assert outcome.code == 0, outcome.err
    folder = the_search(tmp_path)
    failed = pd.read_csv(folder / "failed.csv")
    done = pd.read_csv(folder / "trials.csv")
    assert set(failed.reason[failed.units == 512]) == {"too large"}
    assert failed.reason[failed.units == 8].str.contains("dropout").all()
    assert set(zip(done.units, done.dropout, strict=True)) == {(8, 0.1)}
    assert f"failed    {len(failed)} trials" in outcome.out


def test_a_search_in_which_every_trial_fails_says_where_the_reasons_are(search, tmp_path):
    outcome = search(
        """
        rate = hp.Choice("rate", [1e30, 1e29])
        return replace(experiment, fit=replace(experiment.fit, optimizer=SGD(rate)))
        """
    )
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "failed.csv" in outcome.err
    assert (
        pd.read_csv(the_search(tmp_path) / "failed.csv")
        .reason.str.contains("The loss became")
        .all()
    )


def test_the_refit_has_the_best_trials_batches_for_as_long_as_the_experiment_says(search, tmp_path):
    outcome = search(
        """
        size = hp.Choice("batch_size", [140, 280])
        return replace(experiment, fit=replace(experiment.fit, batch_size=size))
        """,
        *("--refit", "--set", "fit.epochs=2"),
    )
    assert outcome.code == 0, outcome.err
    found, refit = (
        json.loads((run / "experiment.json").read_text())["experiment"]["fit"]
        for run in (the_search(tmp_path) / "winner", tmp_path / "runs" / "own-001")
    )
    assert found["batch_size"] in (140, 280)
    assert (refit["batch_size"], refit["epochs"], refit["keep"]) == (
        found["batch_size"],
        2,
        "best_accuracy",
    )


def test_a_space_that_means_something_else_now_is_another_search(search, tmp_path):
    body = """
        rates = {{"slow": 0.001, "fast": {}}}
        optimizer = SGD(rates[hp.Choice("rate", list(rates))])
        return replace(experiment, fit=replace(experiment.fit, optimizer=optimizer))
        """
    for fast in (0.1, 0.2, 0.1):
        assert search(body.format(fast), "--set", "fit.batch_size=280").code == 0
    assert len(list((tmp_path / "runs").glob("own-grid-*"))) == 2


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        ("return experiment", "no hyper-parameters"),
        ("return replace(experiment, model=MLP((hp.Choice('loss', [8, 16]),), (0.1,)))", "'loss'"),
        ("raise FailedTrialError(str(hp.Choice('units', [8, 16])))", "impossible"),
    ],
)
def test_a_space_that_cannot_be_searched_says_why_and_leaves_nothing(
    search, tmp_path, space, reason
):
    outcome = search(space)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert reason in outcome.err
    assert not list((tmp_path / "runs").glob("own-*"))


def test_an_experiment_without_a_space_says_so(command, tmp_path):
    own = tmp_path / "own.py"
    own.write_text(
        "from kerasaudio.experiment.catalogue import load\n"
        "experiment = load('gtzan_mlp').experiment\n"
    )
    outcome = command("search", "--experiment", own)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "space(hp)" in outcome.err
    assert not (tmp_path / "runs").exists()  # said before a stand-in is made


def test_dense_models_on_spectrograms_from_the_cache_are_stacked(command, tmp_path, sounding):
    own = tmp_path / "own.py"
    own.write_text(
        dedent("""
        from dataclasses import dataclass, replace
        from keras import layers
        from kerasaudio.data.gtzan_audio import GtzanAudio
        from kerasaudio.experiment import Experiment, Fit
        from kerasaudio.frontends.log_mel import LogMel
        from kerasaudio.frontends.normalized import Normalized

        @dataclass(frozen=True)
        class Flat:
            units: int = 8
            def __call__(self, features, labels):
                hidden = layers.Dense(self.units, "relu")(layers.Flatten()(features))
                return layers.Dense(labels)(hidden)

        frontend = Normalized(LogMel(hop=1024, bands=32))
        experiment = Experiment(GtzanAudio(partial=True), frontend, Flat(), Fit())

        def space(hp):
            return replace(experiment, model=Flat(hp.Choice("units", [4, 8])))
        """)
    )
    search = ("search", "--experiment", own, "--epochs", 2, "--data", sounding)
    for runs, limit in (("cached", "1GB"), ("whole", "0")):
        outcome = command(*search, "--runs", tmp_path / runs, "--cache-limit", limit)
        assert outcome.code == 0, outcome.err
        assert "trained   2 trials together" in outcome.out
    cached, whole = (
        pd.read_csv(next((tmp_path / runs).glob("own-*/trials.csv")))
        for runs in ("cached", "whole")
    )
    pd.testing.assert_frame_equal(cached, whole, rtol=1e-4)


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ('hp.Choice("units", [8, 10**13])', "OOM"),
        ('8 // hp.Choice("divisor", [1, 0])', "own.py, line 11, could not be run: ZeroDivision"),
    ],
)
def test_a_point_that_cannot_be_trained_fails_alone(search, tmp_path, units, reason):
    space = f"return replace(experiment, model=MLP(({units},), (0.1,)))"
    outcome = search(space, "--strategy", "grid", "--set", "fit.batch_size=280")
    assert outcome.code == 0, outcome.err
    (failed,) = pd.read_csv(the_search(tmp_path) / "failed.csv").reason
    assert reason in failed
    assert len(pd.read_csv(the_search(tmp_path) / "trials.csv")) == 1


def test_a_space_whose_first_point_raises_is_one_line_with_its_number(search, tmp_path):
    outcome = search('return replace(experiment, model=MLP((hp.Choice("units", [8, "x"]),), (0,)))')
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "own.py, line 11, could not be run" in outcome.err
