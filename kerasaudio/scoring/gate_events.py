"""What a gate does at each target: how late it opens and closes, and what that does to the sound.

Times are counted from the frame in which a target begins or ends to the end of the frame that opens
or closes the gate. A gate that looks ahead delays the sound by as much, which is not in them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasaudio.scoring.gate import openings

CLOSED = 1e-3  # gain of a closed gate: -60 dB
SMALLEST = 1e-12  # power


def event_figures(y_true: np.ndarray, opened: np.ndarray, seconds: float) -> dict[str, Any]:
    """Returns counts of targets, and times in ms; `None` where there is nothing to measure.

    Args:
        y_true: 0 and 1, of shape `(examples, frames)`.
        opened: Whether the gate was open, of the same shape.
        seconds: Length of a frame.
    """
    onsets, closings, front, missed, already = [], [], [], 0, 0
    for truth, gate in zip(y_true > 0, opened, strict=True):
        spans = np.flatnonzero(np.diff(np.r_[False, truth, False].astype(int))).reshape(-1, 2)
        following = np.append(spans[:, 0], len(truth))[1:]
        for (start, end), until in zip(spans, following, strict=True):
            found = np.flatnonzero(gate[start:end])
            front.append(found[0] if len(found) else end - start)
            if not len(found):
                missed += 1
            elif start and gate[start - 1] and not found[0]:
                already += 1
            else:
                onsets.append(found[0] + 1)
            closed = np.flatnonzero(~gate[end:until])
            if len(found) and len(closed):  # otherwise the next target or the end comes first
                closings.append(closed[0] + 1)
    lost, falsely_open, false = openings(y_true, opened, seconds)
    return {
        "targets": len(front),
        "missed": missed,
        "already_open": already,
        "onset_ms_median": _quantile(onsets, 0.5, seconds),
        "onset_ms_p95": _quantile(onsets, 0.95, seconds),
        "closing_ms_p95": _quantile(closings, 0.95, seconds),
        "front_lost_ms_p95": _quantile(front, 0.95, seconds),
        "lost": lost,
        "falsely_open": falsely_open,
        "false_openings_a_minute": false,
    }


def _quantile(frames: list[int], share: float, seconds: float) -> float | None:
    return float(1000 * seconds * np.quantile(frames, share)) if frames else None


def gated(sound: np.ndarray, opened: np.ndarray, late: int) -> np.ndarray:
    """Returns sound behind a gate that is closed at the beginning.

    Args:
        sound: Samples of shape `(samples,)`, a whole number of frames.
        opened: Whether the gate is open after each frame, of shape `(frames,)`.
        late: Frames by which a decision comes after the frame that it is applied to; it is
            negative where the sound waits for the decision.
    """
    places = np.arange(len(opened)) - late
    gate = (places >= 0) & opened[np.clip(places, 0, len(opened) - 1)]
    return sound * np.repeat(np.where(gate, 1.0, CLOSED), len(sound) // len(opened))


def si_sdr(sound: np.ndarray, target: np.ndarray) -> float:
    """Returns the scale-invariant ratio of signal to distortion in dB.

    Source: Le Roux et al., SDR - half-baked or well done? (2019).

    Args:
        sound: Samples of shape `(samples,)`.
        target: The clean target, of the same shape.
    """
    scaled = target * (sound @ target / max(target @ target, SMALLEST))
    rest = sound - scaled
    return float(10 * np.log10(max(scaled @ scaled, SMALLEST) / max(rest @ rest, SMALLEST)))


def levels(sound: np.ndarray, frames: int) -> np.ndarray:
    """Returns the level of each frame, from 0 for -100 dB of full scale to 1 for 0 dB.

    Args:
        sound: Samples of shape `(samples,)`.
        frames: Number of frames.
    """
    power = np.square(sound, dtype=np.float64).reshape(frames, -1).mean(axis=1)
    return np.clip(1 + np.log10(np.maximum(power, SMALLEST)) / 10, 0, 1)
