"""Every metric of a table with its interval and its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kerasaudio.scoring.intervals import Score, percentile, resampled, spread, wilson
from kerasaudio.scoring.metrics import Metric
from kerasaudio.scoring.samples import Sample
from kerasaudio.scoring.scores import Measured


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


def _resampled(
    metrics: Mapping[str, Metric], sample: Sample, clips: Sequence[str]
) -> dict[str, np.ndarray]:
    """Values of the resamples, for metrics whose interval comes from their percentiles."""
    names = [
        name
        for name, metric in metrics.items()
        if metric.interval == "percentile" and (clips or not metric.hits)
    ]
    unit = np.unique(np.array(clips), return_inverse=True)[1] if clips else np.arange(len(sample))

    def statistic(drawn: np.ndarray) -> np.ndarray:
        weighted = sample.resample(drawn[:, unit])
        return np.stack([metrics[name].value(weighted) for name in names])

    return dict(zip(names, resampled(statistic, int(unit.max()) + 1), strict=True)) if names else {}


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
    if metric.hits and value in (0, 1):  # no resample differs
        count = len(set(clips))
        score = wilson(round(value * count), count, " of clips")
        return Score(value, score.low, score.high, score.interval)
    return percentile(value, drawn, " of clips" if clips else "")


def _share(metric: Metric, sample: Sample) -> Score:
    assert metric.hits is not None
    right, counted = metric.hits(sample)
    right = right if counted is None else right[counted]
    return wilson(int(right.sum()), len(right))
