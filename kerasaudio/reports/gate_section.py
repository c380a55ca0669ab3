"""What a gate does, on a page: its figures beside a level gate's, and mixtures to hear and see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasaudio.reports.drawing import INK, PALE, VALID, svg, tidy
from kerasaudio.reports.page import Columns, Note, Player, Players, Section, Table
from kerasaudio.reports.score_blocks import number

NAMES = {"learned": "this gate", "level": "level gate", "oracle": "labels known"}
FIGURES = {  # title and digits
    "targets": ("targets", 0),
    "missed": ("targets missed", 0),
    "already_open": ("already open at a target", 0),
    "onset_ms_median": ("onset, median, ms", 0),
    "onset_ms_p95": ("onset, p95, ms", 0),
    "front_lost_ms_p95": ("lost at the front, p95, ms", 0),
    "closing_ms_p95": ("closing, p95, ms", 0),
    "lost": ("share of the target lost", 3),
    "falsely_open": ("share of the rest open", 3),
    "false_openings_a_minute": ("false openings a minute", 1),
    "si_sdr_gain_db_mean": ("gain of SI-SDR, dB", 1),
    "leak_dbfs": ("level while closed, dB of full scale", 1),
}


@dataclass(frozen=True, eq=False)
class Gated:
    """A mixture before and after a gate.

    Args:
        caption: What to write above.
        before: The mixture as a FLAC file.
        after: The gated mixture as a FLAC file.
        seconds: Its length.
        sound: Its samples.
        gated: The gated samples.
        probability: The gate's answers, of shape `(frames,)`.
        active: Whether the target sounds in each frame.
    """

    caption: str
    before: bytes
    after: bytes
    seconds: float
    sound: np.ndarray
    gated: np.ndarray
    probability: np.ndarray
    active: np.ndarray

    def picture(self, samples: np.ndarray) -> str:
        """Returns samples with the target's places and the probability as SVG."""
        figure = Figure(figsize=(3.4, 1.9), layout="constrained", dpi=110)
        axes = figure.subplots()
        places = np.linspace(0, self.seconds, len(samples), endpoint=False)
        step = max(1, len(samples) // 1500)
        peak = max(float(np.abs(self.sound).max()), 1e-6)
        axes.plot(places[::step], samples[::step] / peak, color=INK, linewidth=0.4)
        frames = np.linspace(0, self.seconds, len(self.active), endpoint=False)
        axes.fill_between(frames, -1, 1, where=self.active, color=PALE, zorder=0, step="post")
        axes.plot(frames[::2], self.probability[::2], color=VALID, linewidth=0.8)
        axes.set(ylim=(-1, 1.05), xlabel="seconds")
        tidy(axes)
        return svg(figure)


def gate_sections(gates: Mapping[str, Any], mixtures: Sequence[Gated]) -> list[Section | Columns]:
    """Returns the sections of a page about a gate.

    Args:
        gates: What `Scores.gates` has.
        mixtures: Mixtures to hear; empty leaves them out.
    """
    chosen, latency = gates["chosen"], gates["latency_ms"]
    told = ", ".join(f"{name} {value:.3g}" for name, value in chosen["learned"].items())
    note = Note(
        f"Chosen on the validation mixtures: {told}. The sound is {latency['of_the_sound']:g} ms "
        f"late; a decision {latency['of_a_decision']:g} ms. Brackets: 95 % intervals of mixtures."
    )
    sections = [
        Section(f"Gates, {condition}", [_table(each)])
        for condition, each in gates["conditions"].items()
    ]
    pairs: list[Section | Columns] = [
        Columns(sections[first : first + 2]) for first in range(0, len(sections), 2)
    ]
    parts = [*pairs, Section("The gate's settings", [note])]
    if mixtures:
        players = [
            Player(f"{each.caption}, {side}", sound, each.picture(samples))
            for each in mixtures
            for side, sound, samples in (
                ("before", each.before, each.sound),
                ("after", each.after, each.gated),
            )
        ]
        text = "Shaded: where the target sounds. Blue: the probability. In dB: the gain of SI-SDR."
        parts.append(Section("Mixtures before and after", [Players(players), Note(text)]))
    return parts


def _table(gates: Mapping[str, Mapping[str, Any]]) -> Table:
    rows = [
        [title, *(_text(gates[name].get(key), digits) for name in NAMES)]
        for key, (title, digits) in FIGURES.items()
    ]
    for share in gates["learned"]["at_equal_lost"]:
        equal = [gates[name].get("at_equal_lost", {}).get(share, {}) for name in NAMES]
        title = f"false openings a minute where {float(share):.0%} of the target are lost"
        rows.append([title, *(_text(each.get("false_openings_a_minute"), 1) for each in equal)])
    return Table(["", *NAMES.values()], rows, numeric=(1, 2, 3))


def _text(figure: Mapping[str, float] | None, digits: int) -> str:
    if figure is None:
        return "–"
    value, low, high = (number(figure[name], digits) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"
