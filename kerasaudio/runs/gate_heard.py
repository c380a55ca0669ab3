"""Some test mixtures before and after a gate: the best, the middle and the worst."""

from __future__ import annotations

import numpy as np

from kerasaudio.data.gate.mixture_inputs import MixtureInputs
from kerasaudio.experiment import Examples
from kerasaudio.reports.gate_section import Gated
from kerasaudio.runs.gate_scores import GateScores
from kerasaudio.runs.heard import flac


def gated_mixtures(
    scores: GateScores, examples: Examples, probabilities: np.ndarray
) -> list[Gated]:
    """Returns the mixtures whose SI-SDR the gate raised most, middlingly and least.

    Those without a target or without a background are not among them.

    Args:
        scores: What the gate did.
        examples: The test mixtures.
        probabilities: The gate's answers, of shape `(mixtures, frames, 1)`.
    """
    inputs = examples.inputs
    assert isinstance(inputs, MixtureInputs)
    rated = [
        number
        for number in np.argsort(-scores.gains)
        if inputs.condition(number) != "clean" and inputs.mixture(number).active.any()
    ]
    found = []
    for title, place in (("best", 0), ("middle", len(rated) // 2), ("worst", -1)):
        for number in rated[place : place + 1 or None]:
            mixture = inputs.mixture(number)
            gains = scores.gate.gains(slice(number, number + 1), inputs)[0]
            rate = inputs.members[number][0].recipe.rate
            found.append(
                Gated(
                    f"{title}: {examples.ids[number]}, {scores.gains[number]:+.1f} dB",
                    flac(mixture.sound, rate),
                    flac(mixture.sound * gains, rate),
                    len(gains) / rate,
                    mixture.sound,
                    mixture.sound * gains,
                    probabilities[number, :, 0],
                    examples.targets[number, :, 0] > 0,
                )
            )
    return found
