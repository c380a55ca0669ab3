"""report.html: everything that a run has found, for people."""

from __future__ import annotations

from collections.abc import Sequence

from kerasaudio.reports.page import render
from kerasaudio.reports.run import Parts, Run
from kerasaudio.reports.run_sections import SECTIONS, SectionOf

Drawn = dict[SectionOf, Parts]


def draw(run: Run, sections: Sequence[SectionOf] = SECTIONS) -> Drawn:
    """Returns sections of a run's page. Drawing them is most of the work.

    Args:
        run: What the page is made of.
        sections: The functions that draw them.
    """
    return {section: section(run) for section in sections}


def page(run: Run, drawn: Drawn) -> str:
    """Returns the page of a run as HTML.

    Args:
        run: What the page is made of.
        drawn: Its sections, in their order.
    """
    keep = run.keep.replace("_", " ")
    chosen = f"kept epoch {run.kept_epoch} of {len(run.history)} ({keep})"
    parts = [part for section in drawn.values() for part in section]
    subtitle = f"{run.provenance.protocol} · {chosen}"
    return render(run.name, subtitle, run.provenance.warnings(), parts)
