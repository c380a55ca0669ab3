"""report.html: everything that a run has found, for people."""

from __future__ import annotations

from kerasaudio.reports.page import render
from kerasaudio.reports.run_sections import SECTIONS, Run


def page(run: Run) -> str:
    """Returns the page of a run as HTML.

    Args:
        run: What the page is made of.
    """
    keep = run.keep.replace("_", " ")
    chosen = f"kept epoch {run.kept_epoch} of {len(run.history)} ({keep})"
    parts = [part for section in SECTIONS for part in section(run)]
    subtitle = f"{run.provenance.protocol} · {chosen}"
    return render(run.name, subtitle, run.provenance.warnings(), parts)
