"""Networks that start with the weights of an earlier run."""

import json

import numpy as np
import pytest

from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.training.assemble import assemble
from kerasaudio.training.checkpoint import load_model


@pytest.fixture
def fewer(tmp_path, standin_root):
    """A table of three of the ten genres, and the settings of own_table for the same network."""
    lines = (standin_root / "gtzan" / "features_30_sec.csv").read_text().splitlines()
    kept = [line for line in lines[1:] if line.rpartition(",")[2] in ("blues", "jazz", "rock")]
    (tmp_path / "fewer.csv").write_text("\n".join([lines[0], *kept]) + "\n")
    return (
        "--experiment",
        "own_table",
        "--data",
        tmp_path,
        "--set",
        "data.path=fewer.csv",
        "--set",
        "data.leave_out=length",
        "--set",
        "fit.epochs=3",
    )


def weights(path):
    model = load_model(path / "best.keras")
    return [layer.get_weights() for layer in model.layers if layer.weights]


@pytest.mark.parametrize("frozen", [True, False])
def test_a_run_starts_from_an_earlier_ones_network(command, trained, fewer, tmp_path, frozen):
    settings = ("--set", f"fit.start.frozen={frozen}")
    told = command("train", *fewer, "--from", trained, *settings)
    assert told.code == 0, told.err
    run = tmp_path / "runs" / "own_table-001"
    *body, head = weights(run)
    *earlier, other = weights(trained)
    assert head[0].shape[-1] == 3 and other[0].shape[-1] == 10
    for number, (layer, before) in enumerate(zip(body, earlier, strict=True)):
        same = all(np.array_equal(*pair) for pair in zip(layer, before, strict=True))
        assert same == (frozen or number == 0)  # statistics of the inputs are never trained
    shown = int(told.out.partition("model     ")[2].partition(" weights")[0].replace(",", ""))
    assert shown == sum(weight.size for weight in head) or not frozen
    start = json.loads((run / "experiment.json").read_text())["experiment"]["fit"]["start"]
    assert (start["run"], start["frozen"]) == (str(trained), frozen)
    assert command("evaluate", run).code == 0


def test_the_first_answers_come_from_the_earlier_networks_features(trained, standin_root):
    experiment = override(
        load("gtzan_mlp").experiment, "fit.start=Pretrained", f"fit.start.run={trained}"
    )
    splits = experiment.data.load(standin_root)
    model, earlier = assemble(experiment, splits.train), load_model(trained / "best.keras")
    inputs = splits.test.inputs.array[:20]
    for one, other in zip(model.layers[:-2], earlier.layers[:-2], strict=True):
        outputs = [
            type(each)(each.inputs[0], each.get_layer(layer.name).output)(inputs)
            for each, layer in ((model, one), (earlier, other))
        ]
        np.testing.assert_array_equal(*outputs)
    assert (np.asarray(model(inputs)) != np.asarray(earlier(inputs))).any()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            ["fit.start.run=nowhere"],
            "fit.start.run is 'nowhere': expected the folder of an earlier",
        ),
        ([], "fit.start.run is '': expected the folder"),
        (
            ["fit.start.run={run}", "model.units=64,32", "model.dropout=0,0"],
            r"is another one than the experiment's: it has dense\w* Dense of weights "
            r"\(57, 128\) .*expected dense\w* Dense of weights \(57, 64\)",
        ),
    ],
)
def test_another_network_is_one_line(trained, standin_root, settings, told):
    settings = [setting.format(run=trained) for setting in settings]
    experiment = override(load("gtzan_mlp").experiment, "fit.start=Pretrained", *settings)
    with pytest.raises(UserError, match=told):
        assemble(experiment, experiment.data.load(standin_root).train)


def test_resuming_needs_no_start(command, trained):
    told = command("train", "--resume", trained, "--from", trained)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "--resume goes on as the run began" in told.err
