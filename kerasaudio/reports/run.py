"""What a run's page is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kerasaudio.reports.gate_section import Gated
from kerasaudio.reports.heard import Heard
from kerasaudio.reports.mistakes import Mistake
from kerasaudio.reports.page import (
    Columns,
    Section,
)
from kerasaudio.scoring.intervals import Score
from kerasaudio.scoring.provenance import Provenance
from kerasaudio.scoring.scores import Scores

Parts = list[Section | Columns]  # what a section's function returns


@dataclass(frozen=True)
class Run:
    """What a run's page is made of.

    Args:
        name: Name of the experiment.
        provenance: What the scores were measured on.
        splits: What `splits.json` has.
        history: Metrics of each epoch by name.
        batch_losses: Training loss within epochs. Empty for short epochs.
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
        mixtures: Mixtures before and after a gate. Empty where the run is no gate.
    """

    name: str
    provenance: Provenance
    splits: Mapping[str, Any]
    history: Sequence[Mapping[str, float]]
    batch_losses: Sequence[Mapping[str, float]]
    kept_epoch: int
    keep: str
    scores: Scores
    mistakes: Sequence[Mistake]
    baselines: Sequence[tuple[str, Score]]
    experiment: Mapping[str, str]
    environment: Mapping[str, Any]
    predictions: pd.DataFrame
    heard: Mapping[str, Heard]
    layers: Sequence[tuple[str, str, str, int]]
    mixtures: Sequence[Gated] = ()
