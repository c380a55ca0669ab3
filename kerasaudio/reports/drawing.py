"""Figures of the reports: the page's colours, and SVG that is the same for the same figure."""

from __future__ import annotations

import io
import re
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

INK, MUTED, TRAIN, VALID = "#1d2433", "#8a93a5", "#9aa7bd", "#2f5bea"


def tidy(axes: Any) -> None:
    """Axes without a frame, in the page's greys."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#d5dae3")
    axes.tick_params(colors=MUTED, labelsize=8)


def svg(figure: Figure) -> str:
    """The figure as an SVG element that takes the page's font; the same figure gives the same text."""
    text = io.StringIO()
    with rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "kerasaudio", "font.family": "sans-serif"}
    ):
        figure.savefig(text, format="svg", transparent=True)
    element = text.getvalue().partition("<svg")[2]
    return "<svg" + re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
