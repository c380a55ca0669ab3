"""The scores of one set of examples, as values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kerasaudio.scoring.intervals import Score


@dataclass(frozen=True)
class Measured:
    """A metric's score.

    Args:
        title: What people call the metric.
        score: The score with its interval.
        baseline: Score of always giving the same answer, or `None` where it is not defined.
    """

    title: str
    score: Score
    baseline: float | None = None

    def __str__(self) -> str:
        """One line for the console."""
        beside = "" if self.baseline is None else f"; always the same: {self.baseline:.3f}"
        return f"{self.title:9} {self.score}  ({self.score.interval}{beside})"

    def to_json(self) -> dict[str, Any]:
        """Returns the value as JSON."""
        return {"title": self.title, **asdict(self.score), "baseline": self.baseline}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Measured:
        """Returns the value that `to_json` wrote."""
        baseline = value["baseline"]
        score = Score(
            float(value["value"]),
            float(value["low"]),
            float(value["high"]),
            str(value["interval"]),
        )
        return cls(str(value["title"]), score, None if baseline is None else float(baseline))


@dataclass(frozen=True)
class Threshold:
    """Probability from which on the answer to a yes-or-no question is yes.

    Args:
        value: The probability.
        chosen: How it was chosen, in words.
    """

    value: float = 0.5
    chosen: str = "fixed"


@dataclass(frozen=True)
class Scores:
    """The scores of one set of examples.

    Args:
        unit: What an example is, in the plural: "clips", "windows" or "rows".
        n: Number of examples.
        metrics: Metrics by name, the most telling first.
        labels: For each label, its own figures by name, such as "precision" and "n".
        confusion: Number of examples by true and predicted label, or `None`.
        threshold: Threshold of a yes-or-no question, or `None`.
        thresholds: The fields of `LabelThreshold` by label, where validation examples chose a
            threshold for each, or `None`.
        calibration: "predicted" and "observed" shares of groups of examples and their
            "expected_error", or `None`.
        curves: Points of the "roc" and the "precision_recall" curve, or `None`.
        left_out: Labels that could not be rated, because no example has them or all have.
        best: The examples with the lowest loss.
        worst: The examples with the highest loss.
        clips: Scores of whole clips, where the examples are windows of clips.
        all_labels: Scores of all labels, where one of them was the target.
        conditions: The same metrics, as JSON, of the examples of each condition, such as a
            signal-to-noise ratio.
        gates: What a gate does at each target, as JSON, beside a level gate and an oracle.
    """

    unit: str
    n: int
    metrics: dict[str, Measured]
    labels: dict[str, dict[str, Any]]
    confusion: list[list[int]] | None = None
    threshold: Threshold | None = None
    thresholds: dict[str, dict[str, Any]] | None = None
    calibration: dict[str, Any] | None = None
    curves: dict[str, dict[str, list[float]]] | None = None
    left_out: tuple[str, ...] = ()
    best: list[dict[str, Any]] = field(default_factory=list)
    worst: list[dict[str, Any]] = field(default_factory=list)
    clips: Scores | None = None
    all_labels: Scores | None = None
    conditions: dict[str, dict[str, Any]] | None = None
    gates: dict[str, Any] | None = None

    def lines(self) -> list[str]:
        """Returns the metrics for the console, one a line."""
        own = [str(measured) for measured in self.metrics.values()]
        if self.clips:
            own = [f"{self.unit}: {line}" for line in own]
            own += [f"clips: {line}" for line in self.clips.lines()]
        return own + (self.all_labels.lines() if self.all_labels else [])

    def to_json(self) -> dict[str, Any]:
        """Returns the scores as JSON; what they do not have is left out."""
        metrics = {name: measured.to_json() for name, measured in self.metrics.items()}
        found = {**vars(self), "metrics": metrics}
        for name in ("clips", "all_labels"):
            found[name] = found[name] and found[name].to_json()
        found["threshold"] = self.threshold and asdict(self.threshold)
        found["left_out"] = list(self.left_out)
        return {name: value for name, value in found.items() if value not in (None, [])}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Scores:
        """Returns the scores that `to_json` wrote; other members of `value` are passed over."""
        found = {name: value[name] for name in cls.__dataclass_fields__ if name in value}
        found["metrics"] = {
            name: Measured.from_json(each) for name, each in value["metrics"].items()
        }
        for name in ("clips", "all_labels"):
            if name in found:
                found[name] = cls.from_json(found[name])
        if "threshold" in found:
            found["threshold"] = Threshold(**found["threshold"])
        found["left_out"] = tuple(value.get("left_out", ()))
        return cls(**found)
