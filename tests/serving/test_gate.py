"""A gate on streams: the same gains whatever the buffers, and those of the whole network."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from scipy.signal import resample_poly

from kerasaudio.errors import UserError
from kerasaudio.frontends.causal_log_mel import CausalLogMel
from kerasaudio.models.gate import GateNetwork
from kerasaudio.scoring.gate_envelope import Envelope, GateSettings
from kerasaudio.serving.gate_resampler import HopResampler
from kerasaudio.serving.gate_step import step_function


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((1600,), name="inputs")
    features = CausalLogMel(window=256, hop=80, fall=40, bands=20)(inputs, 16_000)
    logits = GateNetwork(filters=(8,), kernel=3, units=(8, 4))(features, 1)
    return keras.Model(inputs, keras.layers.Activation("sigmoid")(logits))


def test_steps_answer_as_the_whole_network(model):
    sound = np.random.default_rng(0).normal(0, 0.1, (1, 1600)).astype(np.float32)
    whole = model(sound, training=False).numpy()[0, :, 0]
    function, shapes = step_function(model)
    states = [np.zeros(shape, np.float32) for shape in shapes]
    found = []
    for first in range(0, 1600, 80):
        given = [tf.constant(each) for each in (sound[:, first : first + 80], *states)]
        after = function(*given)
        states = [after[f"next_{number}"] for number in range(len(states))]
        found.append(float(after["probability"][0]))
    np.testing.assert_allclose(found, whole, atol=1e-6)


def test_the_network_does_not_look_ahead(model):
    sound = np.random.default_rng(1).normal(0, 0.1, (1, 1600)).astype(np.float32)
    changed = sound.copy()
    changed[:, 800:] = 0
    both = [model(each, training=False).numpy()[0, :10] for each in (sound, changed)]
    np.testing.assert_array_equal(*both)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 192_000])
def test_hops_are_the_resampled_sound_with_a_delay(rate):
    time = np.arange(rate // 4) / rate
    sound = np.sin(2 * np.pi * 440 * time).astype(np.float32)
    hops, resampler, place = [], HopResampler(rate, 16_000, 80), 0
    while place + resampler.needed <= len(sound):
        needed = resampler.needed
        hops.append(resampler.next_hop(sound[place : place + needed]))
        place += needed
    found = np.concatenate(hops)
    later = np.arange(len(found)) / 16_000 - resampler.delay / rate
    expected = np.sin(2 * np.pi * 440 * later)
    np.testing.assert_allclose(found[200:], expected[200:], atol=0.01)


def test_gains_do_not_depend_on_the_buffers():
    def gains(sizes):
        envelope, found = Envelope(GateSettings(attack=3, release=7), 1000, 0.01), []
        envelope.decide(0.9)
        for size in sizes:
            found.append(envelope.gains(size))
        return np.concatenate(found)

    np.testing.assert_allclose(gains([10]), gains([1] * 10), atol=1e-12)
    assert gains([10])[2] == 1
    assert gains([1])[0] == pytest.approx(10 ** (-60 * 2 / 3 / 20))


def test_a_gate_holds_and_then_closes():
    envelope = Envelope(GateSettings(threshold=0.5, hysteresis=0.2, hold=20), 1000, 0.01)
    seen = []
    for probability in (0.1, 0.6, 0.4, 0.2, 0.2, 0.2):
        envelope.decide(probability)
        seen.append(envelope.is_open)
    assert seen == [False, True, True, True, True, False]


@pytest.mark.parametrize(
    "values", [{"threshold": 0}, {"hysteresis": 0.6}, {"hold": -1}, {"hold": float("inf")}]
)
def test_impossible_settings_are_refused(values):
    with pytest.raises(UserError):
        GateSettings(**values)


def test_resampling_up_and_down_is_that_of_scipy_inside():
    sound = np.random.default_rng(2).normal(size=4000).astype(np.float32)
    smooth = resample_poly(resample_poly(sound, 1, 8), 8, 1)[:4000].astype(np.float32)
    resampler, hops, place = HopResampler(32_000, 16_000, 80), [], 0
    while place + resampler.needed <= len(smooth):
        needed = resampler.needed
        hops.append(resampler.next_hop(smooth[place : place + needed]))
        place += needed
    found = np.concatenate(hops)
    shift = round(resampler.delay / 2)
    expected = resample_poly(smooth, 1, 2)
    part = slice(100, len(found) - 100)
    np.testing.assert_allclose(
        found[part], expected[part.start - shift : part.stop - shift], atol=0.02
    )


def test_the_hysteresis_follows_a_new_threshold():
    own = GateSettings(threshold=0.4, hysteresis=0.38)
    assert own.changed({"threshold": 0.2}).hysteresis == pytest.approx(0.19)
    assert own.changed({"threshold": 0.2, "hysteresis": 0.1}).hysteresis == 0.1
    assert own.changed({"hold": 7}) == GateSettings(threshold=0.4, hysteresis=0.38, hold=7)
