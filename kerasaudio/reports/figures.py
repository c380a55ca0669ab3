"""The figures of runs and comparisons, as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerasaudio.reports.drawing import INK, MUTED, TRAIN, VALID, plain, svg, tidy, titled
from kerasaudio.scoring.intervals import Score

PANELS = 3  # of the training curves, in a row


def curves(history: Sequence[Mapping[str, float]], kept: int) -> str:
    """Draws each metric of training and validation over the epochs, the loss first.

    Args:
        history: For each epoch, its number "epoch" and metrics such as "loss" and "val_loss".
        kept: The epoch whose weights were kept.
    """
    names = _metrics(history[0])
    columns = min(PANELS, len(names))
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(9.4, 0.4 + 2.8 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[len(names) :]:
        axes.set_axis_off()
    for axes, name in zip(grid.flat, names, strict=False):
        _curve(axes, history, name, kept)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=8, ncols=3, loc="outside lower center")
    return svg(figure)


def _metrics(row: Mapping[str, float]) -> list[str]:
    """The metrics that validation has, the loss first."""
    names = [name.removeprefix("val_") for name in row if name.startswith("val_")]
    return sorted(names, key=lambda name: name != "loss")


def _curve(axes: Any, history: Sequence[Mapping[str, float]], name: str, kept: int) -> None:
    epochs = [row["epoch"] for row in history]
    marker = "o" if len(epochs) == 1 else None  # a line through one point is invisible
    for key, colour, label in (
        (name, TRAIN, "training (dropout on)"),
        (f"val_{name}", VALID, "validation"),
    ):
        if key in history[0]:
            axes.plot(
                epochs, [row[key] for row in history], color=colour, marker=marker, label=label
            )
    axes.axvline(kept, color=MUTED, linewidth=1, linestyle=":", label=f"kept: epoch {kept}")
    axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch", color=MUTED)
    titled(axes, name.replace("_", " "))
    tidy(axes)


def batch_losses(rows: Sequence[Mapping[str, float]]) -> str:
    """Draws the training loss within epochs.

    Args:
        rows: For some batches, the number "step" and the mean "loss" of the batches before it.
    """
    figure = Figure(figsize=(9.4, 2.8), layout="constrained")
    axes = figure.subplots()
    axes.plot([row["step"] for row in rows], [row["loss"] for row in rows], color=TRAIN)
    axes.set_xlabel("batch", color=MUTED)
    titled(axes, "training loss within epochs")
    tidy(axes)
    return svg(figure)


def intervals(named: Sequence[tuple[str, Score]]) -> str:
    """Draws scores with their intervals, the first one highlighted.

    Args:
        named: Pairs of a name and a score.
    """
    figure = Figure(figsize=(9.4, 0.6 + 0.34 * len(named)), layout="constrained")
    axes = figure.subplots()
    for place, (_, score) in enumerate(named):
        colour = TRAIN if place else VALID
        axes.plot([score.low, score.high], [place, place], color=colour, linewidth=2)
        axes.plot(score.value, place, "o", color=colour)
    axes.set_yticks(range(len(named)), [plain(name) for name, _ in named])
    axes.set_ylim(len(named) - 0.5, -0.5)
    tidy(axes)
    return svg(figure)


def label_chart(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Draws the ROC-AUC and PR-AUC of labels with their intervals, and how many clips have each.

    Args:
        rows: Pairs of a label and its figures "roc_auc", "average_precision", their intervals, and
            "n".
    """
    figure = Figure(figsize=(9.4, 1.0 + 0.21 * len(rows)), layout="constrained")
    areas, counts = figure.subplots(1, 2, sharey=True, width_ratios=(4, 1))
    places = range(len(rows))
    for key, colour, title in (
        ("average_precision", TRAIN, "PR-AUC"),
        ("roc_auc", VALID, "ROC-AUC"),
    ):
        low, high = zip(*(row[f"{key}_interval"] for _, row in rows), strict=True)
        areas.hlines(places, low, high, color=colour, linewidth=1.2, alpha=0.7)
        values = [row[key] for _, row in rows]
        areas.plot(values, places, "o", color=colour, markersize=4, label=title)
    areas.axvline(0.5, color=MUTED, linewidth=1, linestyle=":", label="ROC-AUC by chance")
    areas.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
    areas.set_yticks(places, [plain(label) for label, _ in rows])
    areas.legend(frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    counts.barh(places, [row["n"] for _, row in rows], color=TRAIN, height=0.6)
    counts.set_title("clips that have it", loc="left", fontsize=9, color=INK)
    for axes in (areas, counts):
        tidy(axes)
    areas.tick_params(axis="y", labelcolor=INK)
    return svg(figure)


def threshold_curves(
    curves: Mapping[str, Mapping[str, list[float]]],
    calibration: Mapping[str, Any],
    prevalence: float,
    areas: Mapping[str, float],
) -> str:
    """Draws ROC, precision over recall, and calibration, each with what knowing nothing gives.

    Args:
        curves: Points of the "roc" and the "precision_recall" curve.
        calibration: "predicted" and "observed" shares, and "expected_error".
        prevalence: Share of the examples that are positive.
        areas: "roc_auc" and "average_precision".
    """
    figure = Figure(figsize=(9.4, 3.2), layout="constrained")
    roc, precision_recall, calibrated = figure.subplots(1, 3)
    _threshold_curve(roc, curves["roc"], "false_positive_rate", "true_positive_rate", (0, 1))
    titled(roc, f"ROC: area {areas['roc_auc']:.3f}")
    chance = (prevalence, prevalence)
    _threshold_curve(precision_recall, curves["precision_recall"], "recall", "precision", chance)
    titled(precision_recall, f"precision and recall: AP {areas['average_precision']:.3f}")
    marked = {"marker": "o", "markersize": 4}
    _threshold_curve(calibrated, calibration, "predicted", "observed", (0, 1), **marked)
    titled(calibrated, f"calibration: off by {calibration['expected_error']:.3f}")
    calibrated.set(
        xlabel="mean probability of a tenth of the clips", ylabel="share that has the label"
    )
    return svg(figure)


def _threshold_curve(
    axes: Any, values: Mapping[str, Any], x: str, y: str, chance: tuple[float, float], **style: Any
) -> None:
    axes.plot([0, 1], chance, color=MUTED, linewidth=1, linestyle=":")
    axes.plot(values[x], values[y], color=VALID, **style)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=x.replace("_", " "), ylabel=y.replace("_", " "))
    tidy(axes)
