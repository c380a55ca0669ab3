"""A run scored with another setting of its network: evaluate RUN --set model.tokens=none."""

import numpy as np
import pytest

from kerasaudio.data.audioset import AudioSetTarget
from kerasaudio.data.standins import standin
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.runs.evaluate import evaluate
from kerasaudio.runs.train import train
from kerasaudio.training.assemble import assemble
from kerasaudio.training.checkpoint import load_model
from kerasaudio.training.inference import predict


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("audioset")
    standin.write_marker(root)
    AudioSetTarget().write_standin(root)
    experiment = load("audioset_speech:lstm").experiment
    experiment = override(experiment, "fit.epochs=1", "model.layers=1", "model.head=8")
    return train(experiment, "lstm", root, tmp_path_factory.mktemp("runs") / "lstm")


def test_the_changed_network_has_the_runs_weights(run):
    found = evaluate(run, overrides=["model.tokens=none"])
    model = assemble(override(run.experiment(), "model.tokens=none"), found.splits.train)
    model.set_weights(load_model(run.best_model).get_weights())
    np.testing.assert_array_equal(found.probabilities, predict(model, found.examples))
    assert (found.probabilities != evaluate(run).probabilities).any()


def test_what_does_not_change_it_gives_the_runs_scores(run):
    found = evaluate(run, overrides=["model.tokens=start_and_end"])
    np.testing.assert_array_equal(found.probabilities, evaluate(run).probabilities)


def test_the_command_says_what_was_changed(command, run):
    outcome = command("evaluate", run.path, "--set", "model.tokens=none")
    assert outcome.code == 0, outcome.err
    assert "changed   model.tokens=none, with the weights of the run\n" in outcome.out
    assert "changed" not in command("evaluate", run.path).out


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("--set", "model.units=8"), "weights do not fit the network with model.units=8, which"),
        (("--set", "model.layers=2"), "weights do not fit the network with model.layers=2"),
        (("--set", "data.short=pad"), "evaluate can change fields of model and frontend"),
        (("--set", "model.token=none"), "did you mean tokens?"),
        (("--set", "model.tokens=none", "--baselines"), "leave out --set"),
    ],
)
def test_what_does_not_fit_is_one_line(command, run, settings, message):
    outcome = command("evaluate", run.path, *settings)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert message in outcome.err
