"""Optimizers and how the learning rate changes, as values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal

from kerasaudio.errors import UserError


@dataclass(frozen=True)
class Adam:
    """Adam as Keras defines it.

    Args:
        learning_rate: Size of a step, greater than 0.
        epsilon: Small number that keeps a division from being one by 0, 0 or more.
    """

    learning_rate: float = 0.001
    epsilon: float = 1e-7


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay, as Keras defines it.

    Args:
        learning_rate: Size of a step, greater than 0.
        weight_decay: Share of each weight that a step of learning rate 1 takes away, 0 or more.
    """

    learning_rate: float = 0.001
    weight_decay: float = 0.004


@dataclass(frozen=True)
class Adagrad:
    """Adagrad as Keras defines it.

    Args:
        learning_rate: Size of a step, greater than 0.
        initial_accumulator_value: Initial sum of squared gradients, 0 or more.
        epsilon: Small number that keeps a division from being one by 0, 0 or more.
    """

    learning_rate: float = 0.001
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7


@dataclass(frozen=True)
class RMSprop:
    """RMSprop as Keras defines it.

    Args:
        learning_rate: Size of a step, greater than 0.
        rho: Share of the old mean of squared gradients in the new one, from 0 to below 1.
        epsilon: Small number, added below the root, 0 or more.
    """

    learning_rate: float = 0.001
    rho: float = 0.9
    epsilon: float = 1e-7


@dataclass(frozen=True)
class SGD:
    """Stochastic gradient descent as Keras defines it.

    Args:
        learning_rate: Size of a step, greater than 0.
        momentum: Share of the last step that is added to the next one, from 0 to 1.
        nesterov: Whether the momentum is Nesterov's.
    """

    learning_rate: float = 0.01
    momentum: float = 0.0
    nesterov: bool = False


@dataclass(frozen=True)
class Plateau:
    """Multiplies the learning rate by a factor when a value has stopped improving.

    Args:
        factor: What the learning rate is multiplied by, more than 0 and less than 1.
        patience: Epochs without improvement after which that happens, 0 or more.
        threshold: Relative change that counts as an improvement, from 0 to below 1.
        watch: Column of `history.csv` to watch: "loss", "val_loss", "val_accuracy" or "val_auc".
            A loss improves when it falls, everything else when it rises.

    Raises:
        UserError: If a value is out of range.
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    watch: Literal["loss", "val_loss", "val_accuracy", "val_auc"] = "loss"

    def __post_init__(self) -> None:
        if not (0 < self.factor < 1 and self.patience >= 0 and 0 <= self.threshold < 1):
            raise UserError(
                f"fit.schedule has factor {self.factor}, patience {self.patience} and threshold "
                f"{self.threshold}: expected 0 < factor < 1, 0 <= patience and 0 <= threshold < 1."
            )

    def scale(self, values: Sequence[float], epochs: int) -> float:
        """Returns the factor of the learning rate for the next epoch.

        Args:
            values: The watched value after each epoch so far.
            epochs: Number of epochs of the whole fit; not used here.
        """
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
    """Lowers the learning rate to 0 along half a cosine, one step an epoch."""

    watch: ClassVar[str] = "loss"  # any column does: only the number of epochs counts

    def scale(self, values: Sequence[float], epochs: int) -> float:
        """Returns the factor of the learning rate for the next epoch.

        Args:
            values: One value for each epoch so far; only their number counts.
            epochs: Number of epochs of the whole fit.
        """
        return (1 + math.cos(math.pi * len(values) / epochs)) / 2


RANGES: dict[str, tuple[Callable[[float], bool], str]] = {  # of the fields of optimizers
    "learning_rate": (lambda value: value > 0, "more than 0"),
    "epsilon": (lambda value: value >= 0, "0 or more"),
    "weight_decay": (lambda value: value >= 0, "0 or more"),
    "initial_accumulator_value": (lambda value: value >= 0, "0 or more"),
    "rho": (lambda value: 0 <= value < 1, "0 to below 1"),
    "momentum": (lambda value: 0 <= value <= 1, "0 to 1"),
}


def check_optimizer(optimizer: Optimizer) -> None:
    """Checks the settings of an optimizer.

    Raises:
        UserError: If one is out of range.
    """
    for name, value in asdict(optimizer).items():
        good, expected = RANGES.get(name, (lambda value: True, ""))
        if not good(value):
            raise UserError(f"fit.optimizer.{name} is {value}: expected {expected}.")


Optimizer = Adam | AdamW | RMSprop | SGD | Adagrad
Schedule = Plateau | Cosine
