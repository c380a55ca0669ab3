"""What a report shows of tags: each with its areas, from the best to the worst, and how many clips have it."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from kerasaudio.reports.drawing import INK, MUTED, TRAIN, VALID, svg, tidy


def ranked(scores: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The tags that were rated, the highest ROC-AUC first."""
    return sorted(scores["labels"].items(), key=lambda item: -item[1]["roc_auc"])


def chart(scores: dict[str, Any]) -> str:
    """Each tag's ROC-AUC and PR-AUC with their intervals, and its positives, as SVG."""
    rows = ranked(scores)
    figure = Figure(figsize=(9.4, 1.0 + 0.21 * len(rows)), layout="constrained")
    areas, counts = figure.subplots(1, 2, sharey=True, width_ratios=(4, 1))
    places = range(len(rows))
    for key, colour, title in (
        ("average_precision", TRAIN, "PR-AUC"),
        ("roc_auc", VALID, "ROC-AUC"),
    ):
        low, high = zip(*(row[f"{key}_interval"] for _, row in rows), strict=True)
        areas.hlines(places, low, high, color=colour, linewidth=1.2, alpha=0.7)
        areas.plot(
            [row[key] for _, row in rows], places, "o", color=colour, markersize=4, label=title
        )
    areas.axvline(0.5, color=MUTED, linewidth=1, linestyle=":", label="ROC-AUC by chance")
    areas.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    areas.set_yticks(places, [tag for tag, _ in rows])
    areas.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    counts.barh(places, [row["n"] for _, row in rows], color=TRAIN, height=0.6)
    counts.set_title("clips that have it", loc="left", fontsize=9, color=INK)
    for axes in (areas, counts):
        tidy(axes)
    areas.tick_params(axis="y", labelcolor=INK)
    return svg(figure)
