"""An experiment is a value: data, front end, architecture and fit. Importing this module does not import TensorFlow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from kerasaudio.errors import UserError

# binary: the first of two labels is "without", the second is what is looked for; multi_label: any number hold at once
SEEDS = 2**32  # there are; Keras, NumPy and scikit-learn take no others
Task = Literal["single_label", "binary", "multi_label"]


class DataSet(Protocol):
    """Labelled examples, split by a named protocol. Fields choose the protocol; everything else is fact."""

    @property
    def folder(self) -> str: ...  # the set's folder, or file, below the data root

    @property
    def labels(self) -> tuple[str, ...]: ...  # in the order of the model's outputs

    @property
    def task(self) -> Task: ...

    @property
    def shape(self) -> tuple[int | None, ...]: ...  # of one example

    @property
    def rate(self) -> int | None: ...  # Hz; None where an example is not sound

    @property
    def protocol(self) -> str: ...  # the split's name, and the seed it was drawn with

    def load(
        self, root: Path
    ) -> Any: ...  # data.splits.Splits; UserError where the files are not as expected

    def write_standin(self, root: Path) -> None: ...  # a synthetic set in the real layout


class FrontEnd(Protocol):
    """What an example passes through before the architecture."""

    def __call__(self, inputs: Any, rate: int | None) -> Any: ...


class Architecture(Protocol):
    """A network from features to one logit a label."""

    def __call__(self, features: Any, labels: int) -> Any: ...


@dataclass(frozen=True)
class Adam:
    """Adam as Keras defines it."""

    learning_rate: float = 0.001
    epsilon: float = 1e-7


@dataclass(frozen=True)
class AdamW:
    """Adam with weight decay apart from the gradient, as Keras defines it."""

    learning_rate: float = 0.001
    weight_decay: float = 0.004


@dataclass(frozen=True)
class Adagrad:
    """Adagrad as Keras defines it."""

    learning_rate: float = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7


@dataclass(frozen=True)
class RMSprop:
    """RMSprop as Keras defines it."""

    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-7  # below the root


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent as Keras defines it."""

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False


@dataclass(frozen=True)
class Plateau:
    """Smaller steps once what is watched was no better by a share `threshold` for more than `patience` epochs."""

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    watch: Literal["loss", "val_loss", "val_accuracy", "val_auc"] = (
        "loss"  # the lower, the others the higher the better
    )

    def scale(self, values: Sequence[float], epochs: int) -> float:
        """What to multiply the learning rate by after epochs in which what is watched had these values."""
        falls = self.watch.endswith("loss")
        best, waited, scale = float("inf") if falls else -float("inf"), 0, 1.0
        for value in values:
            better = (
                value < best * (1 - self.threshold)
                if falls
                else value > best * (1 + self.threshold)
            )
            waited = 0 if better else waited + 1
            best = value if better else best
            if waited > self.patience:
                scale, waited = scale * self.factor, 0
        return scale


@dataclass(frozen=True)
class Cosine:
    """From the learning rate down to 0 along half a cosine, an epoch at a time."""

    def scale(self, values: Sequence[float], epochs: int) -> float:
        """What to multiply the learning rate by after as many of `epochs` epochs as there are values."""
        return (1 + math.cos(math.pi * len(values) / epochs)) / 2


@dataclass(frozen=True)
class CrossEntropy:
    """Softmax over all labels, or one sigmoid a label where several can hold at once."""


@dataclass(frozen=True)
class WeightedBinary:
    """Binary cross-entropy of a sigmoid a label, the examples that have the label weighted."""

    positive_weights: tuple[float, ...] = (1.0, 3.0)


@dataclass(frozen=True)
class ReadoutFirst:
    """Where many labels hold at once: the readout's cross-entropy plus `others` times the sum of all others'."""

    others: float = 0.1


@dataclass(frozen=True)
class Fit:
    """How the weights are found. `select_on="test"` trains on all other examples and selects on the test split."""

    epochs: int = 50
    batch_size: int = 32
    optimizer: Adam | AdamW | RMSprop | SGD | Adagrad = Adam()
    schedule: None | Plateau | Cosine = None  # of the learning rate
    loss: CrossEntropy | WeightedBinary | ReadoutFirst = CrossEntropy()
    keep: Literal["best_loss", "best_accuracy", "best_auc", "last"] = (
        "best_loss"  # whose weights stay, by validation
    )
    patience: int | None = None  # epochs without a better one before training stops
    select_on: Literal["valid", "test"] = "valid"
    threshold: Literal["half", "best_accuracy", "best_f1"] = (
        "half"  # of a yes; but for half, found on validation
    )
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise UserError(f"fit.{name} is {value!r}: expected a whole number of at least 1.")
        if not isinstance(self.seed, int) or not 0 <= self.seed < SEEDS:
            raise UserError(
                f"fit.seed is {self.seed!r}: expected a whole number from 0 to {SEEDS - 1}."
            )
        if self.keep == "last" and self.patience is not None:
            raise UserError(
                "fit.patience waits for a better epoch and fit.keep=last has none: set only one of them."
            )
        if not self.optimizer.learning_rate > 0:
            raise UserError(
                f"fit.optimizer.learning_rate is {self.optimizer.learning_rate}: expected more than 0."
            )


@dataclass(frozen=True)
class Experiment:
    """Everything that decides a result, and nothing about where it runs."""

    data: DataSet
    frontend: FrontEnd
    model: Architecture
    fit: Fit = Fit()


def with_facts(experiment: Experiment, root: Path) -> Experiment:
    """The experiment with what only its data's files say: data sets that need it have a method of the same name."""
    find = getattr(experiment.data, "with_facts", None)
    return replace(experiment, data=find(root)) if find else experiment
