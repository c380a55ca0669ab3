"""A gate on sound that comes in buffers of any size."""

from __future__ import annotations

import json
import zipfile
import zlib
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from kerasaudio.errors import DAMAGED, UserError
from kerasaudio.scoring.gate_envelope import Envelope, GateSettings
from kerasaudio.serving.gate_numpy import Step, numpy_step
from kerasaudio.serving.gate_resampler import HopResampler
from kerasaudio.serving.native_output import native_output_discarded

FOLDER = "gate"  # in a run's folder
LITERT, WEIGHTS, FACTS = "model.tflite", "weights.npz", "model.json"
RUNTIME = "ai_edge_litert.interpreter"


def step_of(folder: Path, facts: dict[str, Any]) -> Step:
    """Returns a function from a hop to a probability, which keeps the state.

    LiteRT computes it; where that is not installed, NumPy does.

    Args:
        folder: Folder of the exported gate.
        facts: What its model.json holds.

    Raises:
        UserError: If a file is missing or damaged.
    """
    try:
        interpreter = import_module(RUNTIME).Interpreter
    except ImportError:
        interpreter = None
    try:
        if interpreter is None:
            with np.load(folder / WEIGHTS) as weights:
                return numpy_step(facts["layers"], dict(weights))
        with native_output_discarded():
            run = interpreter(model_path=str(folder / LITERT)).get_signature_runner()
    except (*DAMAGED, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{folder} is damaged: export the run again.") from error
    states = [np.zeros(shape, np.float32) for shape in facts["states"]]

    def step(hop: np.ndarray) -> float:
        given = {f"state_{number}": state for number, state in enumerate(states)}
        found = run(samples=hop[None], **given)
        states[:] = [found[f"next_{number}"] for number in range(len(states))]
        return float(found["probability"][0])

    return step


def read_gate(folder: Path) -> dict[str, Any]:
    """Returns what model.json of an exported gate holds.

    Raises:
        UserError: If it is missing or damaged.
    """
    try:
        found = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        GateSettings(**found["settings"])
        return dict(found)
    except DAMAGED as error:
        raise UserError(f"{folder / FACTS} is missing or damaged: export the run again.") from error


class GateStream:
    """A gate that gets buffers of sound and returns their gains.

    Args:
        folder: Folder of the exported gate.
        rate: Sampling rate of the sound in Hz.
        changes: Settings that differ from those of the gate; see `GateSettings.changed`.
    """

    def __init__(self, folder: Path, rate: int, changes: dict[str, float] | None = None) -> None:
        facts = read_gate(folder)
        settings = GateSettings(**facts["settings"]).changed(changes or {})
        self.step = step_of(folder, facts)
        self.resampler = HopResampler(rate, facts["rate"], facts["hop"])
        self.envelope = Envelope(settings, rate, facts["hop"] / facts["rate"])
        self.waiting: list[np.ndarray] = []
        self.lookahead = round(facts["delay"] * facts["hop"] * rate / facts["rate"])
        self.missing = self.resampler.needed
        self.probability = 0.0

    def answers(self, sound: np.ndarray) -> np.ndarray:
        """Returns the gain of every sample as a factor, and the probability that it comes from.

        A gate with a look-ahead returns those of the sound that was heard so long before. What is
        not a number counts as silence.

        Args:
            sound: The next samples, of shape `(samples,)` or `(samples, channels)`.

        Returns:
            float64 array of shape `(samples, 2)`.
        """
        heard = np.nan_to_num(sound.astype(np.float32), nan=0, posinf=0, neginf=0)
        left = heard.mean(axis=1) if heard.ndim == 2 else heard
        found = []
        while len(left) >= self.missing:
            found.append(self._answer(self.missing))
            hop = np.concatenate([*self.waiting, left[: self.missing]])
            left, self.waiting = left[self.missing :], []
            self.probability = self.step(self.resampler.next_hop(hop))
            self.envelope.decide(self.probability)
            self.missing = self.resampler.needed
        found.append(self._answer(len(left)))
        self.waiting.append(left)
        self.missing -= len(left)
        return np.concatenate(found)

    def _answer(self, samples: int) -> np.ndarray:
        gains = self.envelope.gains(samples)
        return np.stack([gains, np.full(samples, self.probability)], axis=1)
