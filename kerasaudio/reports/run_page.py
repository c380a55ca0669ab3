"""report.html: everything that a run has found, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kerasaudio.reports.heard import Heard
from kerasaudio.reports.mistakes import Mistake
from kerasaudio.reports.page import render
from kerasaudio.reports.run_sections import SECTIONS, Run
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.provenance import Provenance
from kerasaudio.scoring.scores import Scores


def page(
    name: str,
    provenance: Provenance,
    splits: Mapping[str, Any],
    history: Sequence[Mapping[str, float]],
    kept_epoch: int,
    keep: str,
    scores: Scores,
    mistakes: Sequence[Mistake],
    baselines: Sequence[tuple[str, Score]],
    experiment: Mapping[str, str],
    environment: Mapping[str, Any],
    predictions: pd.DataFrame,
    heard: Mapping[str, Heard],
    layers: Sequence[tuple[str, str, str, int]],
) -> str:
    """Returns the page of a run as HTML.

    Args:
        name: Name of the experiment.
        provenance: What the scores were measured on.
        splits: What `splits.json` has.
        history: Metrics of each epoch by name.
        kept_epoch: Epoch whose weights were kept.
        keep: Rule by which that epoch was chosen.
        scores: Scores of the test split.
        mistakes: The worst mistakes. Empty where there are none.
        baselines: Accuracy of classical methods by name. Empty where they do not apply.
        experiment: Fields of the experiment as text, by their path.
        environment: Versions and other facts, by name.
        predictions: What predictions.csv has.
        heard: Sound of some examples, by their ids. Empty where examples are no sound.
        layers: Name, kind, output shape and number of weights of each layer.
    """
    run = Run(
        name,
        provenance,
        splits,
        history,
        kept_epoch,
        keep,
        scores,
        mistakes,
        baselines,
        experiment,
        environment,
        predictions,
        heard,
        layers,
    )
    chosen = f"kept epoch {kept_epoch} of {len(history)} ({keep.replace('_', ' ')})"
    parts = [part for section in SECTIONS for part in section(run)]
    return render(name, f"{provenance.protocol} · {chosen}", provenance.warnings(), parts)
