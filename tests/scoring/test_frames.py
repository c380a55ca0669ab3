"""Scores of frames, against scikit-learn, and when a gate opens."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from kerasaudio.scoring.frames import FRAMES, FrameSample
from kerasaudio.scoring.gate import LOST, decisions, openings, tuned
from kerasaudio.scoring.gate_events import event_figures, gated, levels, si_sdr


@pytest.fixture
def answers():
    random = np.random.default_rng(0)
    y_true = (random.random((20, 300, 1)) < 0.3).astype(np.uint8)
    probabilities = 1 / (1 + np.exp(-random.normal(2.0 * y_true - 1, 1)))
    return y_true, probabilities


def test_areas_and_shares_are_those_of_scikit_learn(answers):
    y_true, probabilities = answers
    sample = FrameSample(y_true, probabilities)
    area = roc_auc_score(y_true.ravel(), probabilities.ravel())
    assert FRAMES["roc_auc"].value(sample) == pytest.approx(area, abs=1e-3)
    false, found, _ = roc_curve(y_true.ravel(), probabilities.ravel())
    expected = np.interp(0.1, false, found)
    assert FRAMES["tpr_at_10"].value(sample) == pytest.approx(expected, abs=0.01)


def test_a_resample_of_everything_once_is_the_sample(answers):
    sample = FrameSample(*answers)
    again = sample.resample(np.ones((3, 20), int))
    expected = float(FRAMES["roc_auc"].value(sample))
    assert FRAMES["roc_auc"].value(again) == pytest.approx([expected] * 3)


def test_openings_are_counted_by_hand():
    probabilities = np.array([[0.9, 0.1, 0.1, 0.9, 0.9, 0.1]])
    opened = decisions(probabilities, 0.5, 0.1, 1)
    assert opened.tolist() == [[True, True, False, True, True, True]]
    y_true = np.array([[0, 0, 0, 0, 1, 1]])
    lost, falsely, false = openings(y_true, opened, 15.0)
    assert (lost, falsely, false) == (0, 0.75, 2)  # four closed frames of 15 s are a minute


def test_tuning_keeps_to_the_stated_loss(answers):
    y_true, probabilities = (each[..., 0] for each in answers)
    assert tuned(y_true, probabilities, 0.005).lost <= LOST


def test_tuning_prefers_a_gate_that_closes_to_one_that_is_always_open():
    y_true = np.tile(np.repeat([0, 1, 0], 100), (4, 1))
    probabilities = np.where(y_true > 0, 0.8, 0.02)
    probabilities[:, [20, 60, 250]] = 0.95  # short false alarms: each is an opening more
    found = tuned(y_true, probabilities, 0.005)
    assert found.threshold > 0.02
    assert found.falsely_open < 0.1


def test_events_are_counted_by_hand():
    y_true = np.array([[0, 0, 1, 1, 1, 0, 0, 0, 1, 1], [1, 1, 0, 0, 1, 1, 1, 0, 0, 0]])
    opened = np.array([[0, 0, 0, 1, 1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 1, 1, 1, 0, 0]], bool)
    found = event_figures(y_true, opened, 0.01)
    counts = (found["targets"], found["missed"], found["already_open"])
    assert counts == (4, 1, 1)  # the second one of the first row, and of the second row
    assert found["onset_ms_median"] == pytest.approx(20)  # both others open in their second frame
    assert found["closing_ms_p95"] == pytest.approx(10 * np.quantile([3, 2], 0.95))
    assert found["front_lost_ms_p95"] == pytest.approx(10 * np.quantile([1, 2, 1, 0], 0.95))
    assert found["lost"] == pytest.approx(4 / 10)
    nothing = event_figures(np.zeros((1, 5)), np.zeros((1, 5), bool), 0.01)
    assert (nothing["targets"], nothing["onset_ms_median"]) == (0, None)


def test_si_sdr_is_the_ratio_of_powers_whatever_the_scale():
    target = np.sin(np.arange(1000) * 0.1 * np.pi)
    noise = 0.1 * np.cos(np.arange(1000) * 0.1 * np.pi)  # orthogonal
    assert si_sdr(target + noise, target) == pytest.approx(20)
    assert si_sdr(7 * (target + noise), target) == pytest.approx(20)


def test_a_gate_is_late_by_its_frames_and_a_level_is_in_decibels():
    opened = np.array([False, True, True, False])
    found = gated(np.ones(8), opened, 1)
    np.testing.assert_allclose(found, [1e-3] * 4 + [1] * 4)
    np.testing.assert_allclose(gated(np.ones(8), opened, -1), [1] * 4 + [1e-3] * 4)
    np.testing.assert_allclose(levels(np.repeat([1, 0.01, 0], 4), 3), [1, 0.6, 0])
