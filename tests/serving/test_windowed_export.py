"""Models that average a clip's windows themselves take sound of any length, also exported."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import soundfile

from kerasaudio.data.features.recordings import Recording
from kerasaudio.frontends.low_pass import LowPass
from kerasaudio.frontends.spectrogram import FlatSpectrogram
from kerasaudio.frontends.waveform import Waveform
from kerasaudio.frontends.windows import Windows
from kerasaudio.models.strided_cnn import StridedCNN
from kerasaudio.models.windowed import Windowed
from kerasaudio.serving import saved_model, windows
from kerasaudio.serving.model_facts import ModelInputs
from kerasaudio.serving.sound import Listener
from kerasaudio.training.checkpoint import load_model, save_model

WINDOW, RATE, LABELS = 1200, 12_000, 3
NETWORK = StridedCNN(length=32, stride=16, filters=(4, 4), units=6)
CASES = {
    "features": (Windows(WINDOW), Windowed(NETWORK, "features")),
    "logits": (LowPass(9, Windows(WINDOW)), Windowed(replace(NETWORK, batch_norm=True), "logits")),
    "scores": (
        Windows(WINDOW, FlatSpectrogram(64, 32)),
        Windowed(replace(NETWORK, padding="valid"), "scores"),
    ),
}


@pytest.fixture(scope="module", params=CASES)
def made(request, tmp_path_factory):
    """A model, and the folder that it was exported to after a way through a .keras file."""
    frontend, architecture = CASES[request.param]
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None,))
    scores = keras.layers.Activation("sigmoid")(architecture(frontend(inputs, RATE), LABELS))
    model = keras.Model(inputs, scores)
    home = tmp_path_factory.mktemp(request.param)
    save_model(model, home / "best.keras")
    saved_model.write(
        load_model(home / "best.keras"), home / "saved_model", ModelInputs((None, None))
    )
    return request.param, model, home / "saved_model"


def sound(samples):
    return np.random.default_rng(samples).normal(scale=0.2, size=(2, samples)).astype(np.float32)


@pytest.mark.parametrize("samples", [700, 1200, 3600, 4000])
def test_any_length_live_and_exported(made, samples):
    _, model, folder = made
    waves = sound(samples)
    whole = np.array(model(waves, training=False))
    assert whole.shape == (2, LABELS)
    np.testing.assert_allclose(saved_model.load(folder)(waves), whole, atol=1e-5)
    each = saved_model.load(folder, "windows")(waves)
    assert each.shape == (2, max(samples // WINDOW, 1), LABELS)
    alone = np.array(model(waves[:, -WINDOW:], training=False)) if samples == 3600 else None
    if alone is not None:
        np.testing.assert_allclose(each[:, -1], alone, atol=1e-5)


def test_what_fills_no_window_changes_nothing(made):
    name, model, _ = made
    waves = sound(4000)
    if name != "logits":  # the low pass hears the whole clip
        np.testing.assert_allclose(model(waves), model(waves[:, : 3 * WINDOW]), atol=1e-6)


def test_the_whole_is_the_mean_of_its_windows_scores_only_where_scores_are_averaged(made):
    name, model, _ = made
    waves = sound(6000)
    means = np.array(windows.over_windows(model, waves)).mean(axis=1)
    close = np.allclose(windows.over_clip(model, waves), means, atol=1e-6)
    assert close == (name == "scores")


@pytest.mark.parametrize("samples", [5000, 6000, 700])
def test_a_recordings_scores_are_what_the_model_says_of_the_whole(made, tmp_path, samples):
    """The end of it, which fills no window, is heard as the end of a last window."""
    _, model, folder = made
    wave = sound(samples)[0]
    soundfile.write(tmp_path / "song.wav", wave, RATE, subtype="FLOAT")
    inputs = ModelInputs((None, None), RATE, windows.window_samples(model), averages_windows=True)
    timeline = Listener(folder, inputs).hear(Recording(tmp_path / "song.wav", "song.wav", ""))
    heard = np.concatenate([wave[:4800], wave[-WINDOW:]]) if samples == 5000 else wave
    np.testing.assert_allclose(timeline.whole[None], model(heard[None]), atol=1e-5)
    assert len(timeline.windows) == len(timeline.starts) == (5 if samples > 700 else 1)
    assert timeline.ends[-1] == pytest.approx(samples / RATE, abs=1e-3)


def test_models_of_one_length_average_scores():
    inputs = keras.Input((WINDOW,))
    model = keras.Model(
        inputs, keras.layers.Activation("sigmoid")(NETWORK(Waveform()(inputs, RATE), LABELS))
    )
    assert not windows.averages_windows(model)
    waves = sound(3000)
    expected = np.stack(
        [np.array(model(waves[:, start : start + WINDOW])) for start in (0, WINDOW)]
    ).mean(axis=0)
    np.testing.assert_allclose(windows.over_clip(model, waves), expected, atol=1e-6)
