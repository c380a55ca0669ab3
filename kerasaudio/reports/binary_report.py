"""What a report shows of a yes-or-no question: ROC, precision against recall, calibration, and the rarest labels."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from kerasaudio.reports.drawing import INK, MUTED, VALID, svg, tidy

SHOWN = 10  # labels at either end


def figures(scores: dict[str, Any]) -> str:
    """ROC, precision-recall and calibration beside each other, each with what knowing nothing would draw, as SVG."""
    figure = Figure(figsize=(9.4, 3.2), layout="constrained")
    roc, precision_recall, calibration = figure.subplots(1, 3)
    curves, prevalence = scores["curves"], scores["prevalence"]
    _draw(roc, curves["roc"], "false_positive_rate", "true_positive_rate", [0, 1])
    roc.set_title(f"ROC: area {scores['roc_auc']['value']:.3f}", loc="left", fontsize=11, color=INK)
    _draw(
        precision_recall,
        curves["precision_recall"],
        "recall",
        "precision",
        [prevalence, prevalence],
    )
    area = scores["average_precision"]["value"]
    precision_recall.set_title(
        f"precision and recall: AP {area:.3f}", loc="left", fontsize=11, color=INK
    )
    _draw(calibration, scores["calibration"], "said", "happened", [0, 1], marker="o", markersize=4)
    error = scores["calibration"]["expected_error"]
    calibration.set_title(f"calibration: off by {error:.3f}", loc="left", fontsize=11, color=INK)
    calibration.set(xlabel="mean score of a tenth of the clips", ylabel="share that has the label")
    return svg(figure)


def _draw(
    axes: Any, values: dict[str, list[float]], x: str, y: str, ignorant: list[float], **style: Any
) -> None:
    axes.plot([0, 1], ignorant, color=MUTED, linewidth=1, linestyle=":")
    axes.plot(values[x], values[y], color=VALID, **style)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel=x.replace("_", " "), ylabel=y.replace("_", " "))
    tidy(axes)


def tags(scores: dict[str, Any]) -> dict[str, Any]:
    """The means over all labels, and the labels with the highest and the lowest average precision."""
    found = scores["tags"]
    ranked = sorted(found["labels"].items(), key=lambda item: -item[1]["average_precision"])
    return {**found, "best": ranked[:SHOWN], "worst": ranked[-SHOWN:]}
