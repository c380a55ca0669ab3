"""What all figures share: the page's colours, plain text, and SVG."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

INK, MUTED, TRAIN, VALID, PALE = "#1d2433", "#8a93a5", "#9aa7bd", "#2f5bea", "#dfe7fd"


def plain(text: str) -> str:
    """Returns text that Matplotlib draws as it is, on one line: `$` does not begin a formula.

    Every text that does not stand in the program goes through here on its way into a figure.
    """
    line = " ".join(text.split()).replace("$", r"\$")
    return f"\u200b{line}" if line.startswith("_") else line  # or a legend leaves it out


def titled(axes: Any, title: str) -> None:
    """Writes a title above axes."""
    axes.set_title(plain(title), loc="left", fontsize=11, color=INK)


def tidy(axes: Any) -> None:
    """Draws axes without a frame, in the page's greys."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#d5dae3")
    axes.tick_params(colors=MUTED, labelsize=8)


def svg(figure: Figure) -> str:
    """Returns a figure as an SVG element in the page's font; equal figures give equal text."""
    text = io.StringIO()
    style = {"svg.fonttype": "none", "svg.hashsalt": "kerasaudio", "font.family": "sans-serif"}
    with rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the browser has fonts of its own
        figure.savefig(text, format="svg", transparent=True)
    element = text.getvalue().partition("<svg")[2]
    return "<svg" + re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
