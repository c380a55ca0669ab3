"""A window of sound on a page: to play, and as the network saw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasaudio.reports.drawing import MUTED, VALID, svg, tidy


@dataclass(frozen=True)
class Heard:
    """A window of sound.

    Args:
        flac: The sound as a FLAC file.
        seconds: Its length.
        inputs: What the network got: frames by bands, or samples.
        saliency: How much each input moved the answer, from 0 to 1, of the same shape.
    """

    flac: bytes
    seconds: float
    inputs: np.ndarray
    saliency: np.ndarray

    def picture(self) -> str:
        """Returns the spectrogram, or the samples, and where the network looked, as SVG."""
        figure = Figure(figsize=(3.4, 1.7), layout="constrained", dpi=110)
        axes = figure.subplots()
        if self.inputs.ndim == 2:
            extent = (0, self.seconds, 0, self.inputs.shape[1])
            image: dict[str, Any] = {"origin": "lower", "aspect": "auto", "extent": extent}
            axes.imshow(self.inputs.T, cmap="gray_r", **image)
            weight = self.saliency.T
            axes.imshow(np.ones_like(weight), cmap="autumn", alpha=0.65 * weight, **image)
            axes.set(ylabel="band")
        else:
            times = np.linspace(0, self.seconds, len(self.inputs), endpoint=False)
            step = max(1, len(times) // 2000)
            axes.plot(times[::step], self.inputs[::step], color=MUTED, linewidth=0.6)
            axes.fill_between(
                times[::step], -self.saliency[::step], self.saliency[::step], color=VALID, alpha=0.3
            )
        axes.set(xlabel="seconds")
        tidy(axes)
        return svg(figure)
