"""Scores of frames, against scikit-learn, and when a gate opens."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from kerasaudio.scoring.frames import FRAMES, FrameSample
from kerasaudio.scoring.gate import decisions, openings, tuned
from kerasaudio.scoring.gate_envelope import Envelope, GateSettings, ramped
from kerasaudio.scoring.gate_equal import at_equal_lost
from kerasaudio.scoring.gate_events import event_figures, events_of, with_intervals
from kerasaudio.scoring.gate_sound import applied, levels, si_sdr


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
    much, little = (tuned(y_true, probabilities, 0.005, share) for share in (0.2, 0.02))
    assert little.lost <= 0.02 < much.lost <= 0.2
    assert much.falsely_open < little.falsely_open


@pytest.mark.parametrize(("gap", "expected"), [(8, 1), (14, 2)])
def test_ten_seconds_falsely_open_cost_as_much_as_an_opening(gap, expected):
    """Between two false alarms a gate can stay open, or close and open once more."""
    probabilities = np.array([[0.95, *[0.1] * gap, 0.95, 0, 0, 0.9, 0.9]])
    y_true = (probabilities == 0.9).astype(int)
    found = tuned(y_true, probabilities, 1.0, 0.1)
    assert found.false_a_minute * (y_true == 0).sum() / 60 == pytest.approx(expected)


def test_tuning_prefers_a_gate_that_closes_to_one_that_is_always_open():
    y_true = np.tile(np.repeat([0, 1, 0], 100), (4, 1))
    probabilities = np.where(y_true > 0, 0.8, 0.02)
    probabilities[:, 20] = 0.95  # a short false alarm: it is an opening more
    found = tuned(y_true, probabilities, 0.005, 0.1)
    assert found.threshold > 0.02
    assert found.falsely_open < 0.1


def figures(y_true, opened, seconds):
    events = events_of(y_true, opened, seconds)
    return with_intervals(event_figures(events), len(y_true))


def test_events_are_counted_by_hand():
    y_true = np.array([[0, 0, 1, 1, 1, 0, 0, 0, 1, 1], [1, 1, 0, 0, 1, 1, 1, 0, 0, 0]])
    opened = np.array([[0, 0, 0, 1, 1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 1, 1, 1, 0, 0]], bool)
    found = {name: each["value"] for name, each in figures(y_true, opened, 0.01).items()}
    counts = (found["targets"], found["missed"], found["already_open"])
    assert counts == (4, 1, 1)  # the second one of the first row, and of the second row
    assert found["onset_ms_median"] == pytest.approx(20)  # both others open in their second frame
    assert found["closing_ms_p95"] == pytest.approx(30)  # three frames and two
    assert found["front_lost_ms_p95"] == pytest.approx(20)  # one frame, two, one and none
    assert found["lost"] == pytest.approx(4 / 10)
    nothing = figures(np.zeros((1, 5)), np.zeros((1, 5), bool), 0.01)
    assert (nothing["targets"]["value"], nothing["onset_ms_median"]) == (0, None)


def test_intervals_come_from_drawing_mixtures_again(answers):
    y_true, probabilities = (each[..., 0] for each in answers)
    opened = probabilities > 0.5
    found = figures(y_true, opened, 0.005)["lost"]
    lost = ((y_true > 0) & ~opened).sum(axis=1), y_true.sum(axis=1)
    random = np.random.default_rng(1)
    rows = random.integers(0, 20, (4000, 20))
    spread = lost[0][rows].sum(axis=1) / lost[1][rows].sum(axis=1)
    expected = np.quantile(spread, [0.025, 0.975])
    np.testing.assert_allclose([found["low"], found["high"]], expected, atol=0.01)


def test_at_equal_lost_a_better_answer_opens_falsely_less(answers):
    y_true, probabilities = (each[..., 0] for each in answers)
    worse = np.random.default_rng(2).permuted(probabilities, axis=1) * 0.5 + probabilities * 0.5
    settings = [(threshold, 0.0) for threshold in np.linspace(0.05, 0.95, 19)]
    better, other = (
        at_equal_lost(y_true, each, settings, 0, 0.005)["0.1"]["falsely_open"]
        for each in (probabilities, worse)
    )
    assert better["value"] < other["value"]
    false, found, _ = roc_curve(y_true.ravel(), probabilities.ravel())
    assert better["value"] == pytest.approx(np.interp(0.9, found, false), abs=0.02)


def test_si_sdr_is_the_ratio_of_powers_whatever_the_scale():
    target = np.sin(np.arange(1000) * 0.1 * np.pi)
    noise = 0.1 * np.cos(np.arange(1000) * 0.1 * np.pi)  # orthogonal
    assert si_sdr(target + noise, target) == pytest.approx(20)
    assert si_sdr(7 * (target + noise), target) == pytest.approx(20)


def test_a_gate_is_late_by_its_frames_and_a_level_is_in_decibels():
    opened = np.array([[False, True, True, False]])
    assert applied(opened, 1).tolist() == [[False, False, True, True]]
    assert applied(opened, -1)[:, :3].tolist() == [[True, True, False]]
    np.testing.assert_allclose(levels(np.repeat([1, 0.01, 0], 4), 3), [1, 0.6, 0])


def test_gains_of_whole_mixtures_are_those_of_a_stream():
    settings = GateSettings(attack=3, release=25, range=-40)
    opened = np.random.default_rng(3).random((2, 30)) < 0.4
    for row, gains in zip(opened, ramped(opened, settings, 10, 1000), strict=True):
        envelope, found = Envelope(settings, 1000, 0.01), []
        for envelope.is_open in row:
            found.append(envelope.gains(10))
        np.testing.assert_allclose(gains, np.concatenate(found), atol=1e-5)
