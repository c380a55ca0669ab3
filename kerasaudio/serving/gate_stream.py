"""A gate on sound that comes in buffers of any size."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kerasaudio.errors import DAMAGED, UserError
from kerasaudio.scoring.gate_envelope import Envelope, GateSettings
from kerasaudio.serving.gate_export import FACTS, LITERT
from kerasaudio.serving.gate_resampler import HopResampler
from kerasaudio.serving.litert import RUNTIME
from kerasaudio.serving.portable import native_output_discarded

Step = Callable[[np.ndarray], float]


def litert_step(folder: Path, facts: dict[str, Any]) -> Step:
    """Returns a function from a hop to a probability, which keeps the state of a LiteRT file.

    Where LiteRT is not installed, the copy of it runs that TensorFlow brings.

    Args:
        folder: Folder of the exported gate.
        facts: What its model.json holds.

    Raises:
        UserError: If the file is missing or damaged.
    """
    try:
        with native_output_discarded():
            run = _interpreter()(model_path=str(folder / LITERT)).get_signature_runner()
    except (ValueError, RuntimeError) as error:
        raise UserError(
            f"{folder / LITERT} is missing or damaged: export the run again."
        ) from error
    states = [np.zeros(shape, np.float32) for shape in facts["states"]]

    def step(hop: np.ndarray) -> float:
        given = {f"state_{number}": state for number, state in enumerate(states)}
        found = run(samples=hop[None], **given)
        states[:] = [found[f"next_{number}"] for number in range(len(states))]
        return float(found["probability"][0])

    return step


def _interpreter() -> Any:
    try:
        return import_module(RUNTIME[0]).Interpreter
    except ImportError:
        return tf.lite.Interpreter


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
        changes: Settings that differ from those of the gate.
    """

    def __init__(self, folder: Path, rate: int, changes: dict[str, float] | None = None) -> None:
        facts = read_gate(folder)
        settings = replace(GateSettings(**facts["settings"]), **(changes or {}))
        self.step = litert_step(folder, facts)
        self.resampler = HopResampler(rate, facts["rate"], facts["hop"])
        self.envelope = Envelope(settings, rate, facts["hop"] / facts["rate"])
        self.waiting: list[np.ndarray] = []
        self.lookahead = round(facts["delay"] * facts["hop"] * rate / facts["rate"])
        self.missing = self.resampler.needed

    def gains(self, sound: np.ndarray) -> np.ndarray:
        """Returns the gain of every sample as a factor, float64 of shape `(samples,)`.

        A gate with a look-ahead returns the gains of the sound that was heard so long before.
        What is not a number counts as silence.

        Args:
            sound: The next samples, of shape `(samples,)` or `(samples, channels)`.
        """
        heard = np.nan_to_num(sound.astype(np.float32), nan=0, posinf=0, neginf=0)
        left = heard.mean(axis=1) if heard.ndim == 2 else heard
        found = []
        while len(left) >= self.missing:
            found.append(self.envelope.gains(self.missing))
            hop = np.concatenate([*self.waiting, left[: self.missing]])
            left, self.waiting = left[self.missing :], []
            self.envelope.decide(self.step(self.resampler.next_hop(hop)))
            self.missing = self.resampler.needed
        found.append(self.envelope.gains(len(left)))
        self.waiting.append(left)
        self.missing -= len(left)
        return np.concatenate(found)
