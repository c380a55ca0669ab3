"""Every metric of a table with its interval and its baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from kerasaudio.scoring.intervals import Score, percentile, resampled, spread, wilson
from kerasaudio.scoring.metrics import Metric
from kerasaudio.scoring.samples import Sample
from kerasaudio.scoring.scores import Measured

SAME = 1e-9  # resamples that differ less say nothing about how certain a share is


def measure(
    metrics: Mapping[str, Metric],
    sample: Sample,
    constant: Sample,
    clips: Sequence[str] = (),
    ranked: Sample | None = None,
) -> dict[str, Measured]:
    """Returns the score of every metric.

    Args:
        metrics: The metrics, by name.
        sample: All answers.
        constant: The same examples with the same answer to each; it gives the baselines.
        clips: Name of the clip that each example is a window of. Windows of a clip are alike, so
            whole clips are drawn. Empty where examples stand for themselves.
        ranked: The sample's resamples, for metrics whose interval comes from their spread.
    """
    drawn = _resampled(metrics, sample, clips)
    return {
        name: Measured(
            metric.title,
            _score(metric, sample, drawn.get(name), clips, ranked),
            float(metric.value(constant)),
        )
        for name, metric in metrics.items()
    }


def units(clips: Sequence[str], n: int) -> np.ndarray:
    """Returns the number of the clip that each of `n` examples is a window of, or its own."""
    return np.unique(np.array(clips), return_inverse=True)[1] if clips else np.arange(n)


def _resampled(
    metrics: Mapping[str, Metric], sample: Sample, clips: Sequence[str]
) -> dict[str, np.ndarray]:
    """Values of the resamples, for metrics whose interval comes from their percentiles."""
    wanted = {
        name: metric
        for name, metric in metrics.items()
        if metric.interval == "percentile" and (clips or not metric.hits)
    }
    unit = units(clips, len(sample))
    found: dict[str, np.ndarray] = {}
    for within in (False, True):
        chosen = {name: each for name, each in wanted.items() if each.within_classes == within}
        if chosen:
            classes = sample.y_true[np.unique(unit, return_index=True)[1]] if within else None
            drawn = int(unit.max()) + 1
            values = resampled(
                _values(chosen, sample, unit), drawn, classes=classes, size=len(sample)
            )
            found |= dict(zip(chosen, values, strict=True))
    return found


def _values(
    metrics: Mapping[str, Metric], sample: Sample, unit: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """A function from how often each unit was drawn to the values of the metrics."""

    def values(drawn: np.ndarray) -> np.ndarray:
        weighted = sample.resample(drawn[:, unit])
        return np.stack([metric.value(weighted) for metric in metrics.values()])

    return values


def _score(
    metric: Metric,
    sample: Sample,
    drawn: np.ndarray | None,
    clips: Sequence[str],
    ranked: Sample | None,
) -> Score:
    value = float(metric.value(sample))
    if ranked and metric.interval == "spread":
        return spread(value, metric.value(ranked))
    if drawn is None:
        return _share(metric, sample)
    of = " of clips" if clips else ""
    if (metric.hits or metric.within_classes) and np.nanmax(drawn) - np.nanmin(drawn) < SAME:
        count = len(set(clips)) or len(sample)
        score = wilson(round(value * count), count, of)
        return Score(value, score.low, score.high, score.interval)
    return percentile(value, drawn, f"{of} within classes" if metric.within_classes else of)


def _share(metric: Metric, sample: Sample) -> Score:
    assert metric.hits is not None
    right, counted = metric.hits(sample)
    right = right if counted is None else right[counted]
    return wilson(int(right.sum()), len(right))
