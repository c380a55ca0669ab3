"""Spaces that are made from experiments, and KerasTuner's own tuners on them."""

import re
from dataclasses import replace
from pathlib import Path

import keras
import pytest
from keras_tuner import HyperParameters

from kerasaudio.experiment import RMSprop, catalogue
from kerasaudio.experiment.catalogue import load
from kerasaudio.tuning.space import explore
from kerasaudio.tuning.spaces import space

README = Path(__file__).parents[2] / "README.md"
FIT = {"optimizer", "learning_rate"}
CONVOLUTIONS = FIT | {"kernel", "conv_dropout", "initializer"}
RECURRENT = FIT | {"units", "layers", "cell"}
NAMED = {  # what the spaces of families, or of some members, ask for, at least
    "gtzan_mlp": {"units1", "units2", "units3", "dropout1", "dropout2", "dropout3"}
    | {"activation", "initializer", "optimizer"},
    "gate": {"filters", "kernel", "units", "dropout", "learning_rate"},
    "own_sound": FIT | {"kernel", "width", "dropout", "initializer", "augmentation"},
    "audioset_speech:conv1d_kernels": {"kernel"},
    "audioset_speech:conv1d_shuffled": FIT | {"kernel", "filters", "dropout", "initializer"},
    "audioset_speech:conv2d": FIT | {"kernel", "channels", "dropout", "initializer"},
    "audioset_speech:conv2d_regularized": FIT | {"kernel", "channels", "weight_decay"},
    "audioset_speech:lstm": RECURRENT | {"dropout", "tokens"},
    "audioset_speech:transformer": {"freeze_qkv", "learning_rate"},
    "audioset_speech:transformer_bce": {"freeze_qkv", "learning_rate"},
    "audioset_speech:attention": {"heads", "clip_units", "dropout", "others"},
    "audioset_speech": {"row"},  # of a table of the paper
    "gtzan_cnn1d": CONVOLUTIONS | {"width", "dropout", "window"},
    "gtzan_cnn2d": CONVOLUTIONS | {"width", "dropout", "window"},
    "gtzan_sample_cnn": CONVOLUTIONS | {"width", "dropout"},
    "gtzan_rcnn": RECURRENT,
    "magnatagatune": CONVOLUTIONS | {"width"},
    "magnatagatune_p2": CONVOLUTIONS
    | {"width", "dropout", "each_dropout", "feature_dropout"}
    | {"batch_norm", "norm_input", "norm_dense"},
    "magnatagatune_p3": CONVOLUTIONS | {"dropout"},
    "own_table": FIT | {"units", "dropout", "initializer"},
}


def at(name, **values):
    """The experiment at a point of its space, the default but for some values."""
    hp = HyperParameters()
    hp.values = values
    return load(name).space(hp)


@pytest.mark.parametrize("name", catalogue.names())
def test_a_family_searches_what_its_networks_have(name):
    hp = HyperParameters()
    load(name).space(hp)
    file, _, member = name.partition(":")
    expected = NAMED.get(name, NAMED[file])
    if file == "gtzan_rcnn" and member != "lstm":
        expected = expected | CONVOLUTIONS
    if "spectrogram" in member or name == "magnatagatune:crnn":
        expected = expected | {"window"}
    assert expected <= hp.values.keys()


def test_a_value_changes_what_it_is_named_after_and_nothing_else():
    paper = load("gtzan_cnn1d:gap").experiment
    point = at("gtzan_cnn1d:gap", kernel=3, window=1024, dropout=0.25, optimizer="rmsprop")
    assert replace(point, fit=paper.fit) == paper
    assert point.fit == replace(paper.fit, epochs=30, optimizer=RMSprop(0.0005))
    changed = at("gtzan_cnn1d:gap", kernel=9, width=0.5, conv_dropout=0.1, initializer="he_normal")
    assert [conv.filters for conv in changed.model.convs] == [32, 32, 64, 64, 64]
    assert {(conv.kernel, conv.padding, conv.dropout) for conv in changed.model.convs} == {
        (9, 3, 0.1)
    }
    assert {conv.initializer for conv in changed.model.convs} == {"he_normal"}
    assert changed.model.head.initializer == "he_normal"
    assert (changed.frontend.inner.window, changed.frontend.inner.hop) == (256, 128)


def test_the_frames_of_a_spectrogram_overlap_by_half():
    spectrogram = at("magnatagatune_p2:spectrogram", window=512).frontend.inner
    assert (spectrogram.window, spectrogram.hop) == (512, 256)


def test_recurrent_layers_take_units_depth_and_kind():
    recurrent = at("gtzan_rcnn:two_d", units=64, layers=3, cell="gru").model.rcnn.recurrent
    assert (recurrent.units, recurrent.layers, recurrent.cell) == (64, 3, "gru")
    assert at("magnatagatune:crnn", units=64).model.network.rcnn.recurrent.units == 64


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("gtzan_cnn1d:alexnet", (304, 128)),
        ("audioset_speech:conv2d", (10, 128)),
        ("magnatagatune_p2:spectrogram", (None, 35_175, 1)),
    ],
)
def test_every_value_of_a_space_is_a_network(name, shape):
    for hp, experiment in explore(load(name).space):
        assert experiment, hp.values
        inputs = keras.Input(shape)
        assert experiment.model(inputs, 10).shape == (None, 10), hp.values


def test_gru_and_initializers_of_the_embedding_networks_are_what_they_say():
    kernel = at("audioset_speech:conv2d", initializer="glorot_uniform").model
    model = keras.Model(inputs := keras.Input((10, 128)), kernel(inputs, 2))
    layer = next(each for each in model.layers if isinstance(each, keras.layers.Conv2D))
    assert isinstance(layer.kernel_initializer, keras.initializers.GlorotUniform)
    gru = at("audioset_speech:lstm", cell="gru", layers=2).model
    model = keras.Model(inputs := keras.Input((10, 128)), gru(inputs, 2))
    found = [each for each in model.layers if isinstance(each, keras.layers.GRU)]
    assert [each.units for each in found] == [64, 64]


@pytest.mark.parametrize("tuner", ["RandomSearch", "Hyperband"])
def test_the_readmes_search_with_plain_keras_tuner_runs(tuner, tmp_path, monkeypatch, standin_root):
    (code,) = re.findall(r"```python\n(import keras_tuner\n.*?)```", README.read_text(), re.DOTALL)
    if tuner == "Hyperband":
        code = code.replace("RandomSearch(", "Hyperband(").replace("max_trials=3", "max_epochs=2")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    code = code.replace('Path("ROOT")', f"Path({str(standin_root)!r})")
    exec(code, names)  # the README's own lines
    best = names["tuner"].get_best_hyperparameters()[0]
    assert best.values.keys() >= {"units1", "dropout1", "optimizer"}
    assert names["best"].model.units[0] == best.values["units1"]


def test_a_name_that_no_change_has_is_an_error():
    with pytest.raises(KeyError):
        space(load("gtzan_cnn1d:gap").experiment, kernels=[3])(HyperParameters())
