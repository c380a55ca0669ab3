"""An experiment is a value: data, front end, architecture and fit, all frozen dataclasses.

Importing this module does not import TensorFlow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from kerasaudio.errors import UserError
from kerasaudio.experiment.numbers import check_numbers
from kerasaudio.experiment.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Cosine,
    Plateau,
    RMSprop,
    check_optimizer,
)
from kerasaudio.experiment.parts import Architecture, DataSet, FrontEnd, check_part
from kerasaudio.experiment.tasks import Frames


@dataclass(frozen=True)
class CrossEntropy:
    """Cross-entropy: of a softmax over all labels, or of one sigmoid a label for several labels."""


@dataclass(frozen=True)
class SoftmaxTwice:
    """Cross-entropy of a second softmax, over the probabilities of the first one.

    That is a common slip (probabilities are handed to a loss that expects logits), which explains
    the loss of 1.75 that the paper of gtzan_mlp gives beside an accuracy of 0.737.
    """


@dataclass(frozen=True)
class WeightedBinary:
    """Binary cross-entropy of one sigmoid a label, with a weight for the examples of each label.

    Args:
        positive_weights: A weight for each label, in the order of the labels, 0 or more.

    Raises:
        UserError: If a weight is negative.
    """

    positive_weights: tuple[float, ...] = (1.0, 3.0)

    def __post_init__(self) -> None:
        if not all(each >= 0 for each in self.positive_weights):
            raise UserError(
                f"fit.loss.positive_weights is {self.positive_weights}: expected 0 or more."
            )


@dataclass(frozen=True)
class TargetFirst:
    """Binary cross-entropy of the target label plus a share of that of all other labels.

    Args:
        others: Factor of the sum of the other labels' cross-entropies, 0 or more.

    Raises:
        UserError: If `others` is negative.
    """

    others: float = 0.1

    def __post_init__(self) -> None:
        if not self.others >= 0:
            raise UserError(f"fit.loss.others is {self.others}: expected 0 or more.")


@dataclass(frozen=True)
class OnsetsFirst:
    """Binary cross-entropy of frames; those in which the label has just begun weigh more.

    A network that hears the first milliseconds of a target knows little, and waits: this teaches
    it to answer early.

    Args:
        milliseconds: How long after its beginning the label has just begun; greater than 0.
        weight: Weight of these frames; 1 is that of all others.

    Raises:
        UserError: If a value is out of range.
    """

    milliseconds: float = 10.0
    weight: float = 4.0

    def __post_init__(self) -> None:
        if not self.milliseconds > 0 or not self.weight >= 0:
            raise UserError(
                f"fit.loss.milliseconds is {self.milliseconds} and fit.loss.weight {self.weight}: "
                "expected more than 0, and 0 or more."
            )


Loss = CrossEntropy | SoftmaxTwice | WeightedBinary | TargetFirst | OnsetsFirst


@dataclass(frozen=True)
class FalseAlarms:
    """Thresholds with a wanted number of false alarms, counted by windows of validation sound.

    Args:
        per_hour: Largest number of false alarms in an hour of sound, 0 or more.

    Raises:
        UserError: If `per_hour` is negative.
    """

    per_hour: float = 1.0

    def __post_init__(self) -> None:
        if not self.per_hour >= 0:
            raise UserError(f"fit.threshold.per_hour is {self.per_hour}: expected 0 or more.")

    def __str__(self) -> str:
        return f"at most {self.per_hour:g} false alarms an hour"


@dataclass(frozen=True)
class Pretrained:
    """Weights of an earlier run's network. The layers that give the labels are new.

    Args:
        run: Folder of the run.
        frozen: Whether only the new layers are trained.
    """

    run: str = ""
    frozen: bool = True


@dataclass(frozen=True)
class Fit:
    """How the weights are found.

    Args:
        epochs: Number of passes over the training examples.
        batch_size: Examples in a batch.
        optimizer: The optimizer and its settings.
        schedule: How the learning rate changes from epoch to epoch; `None` keeps it.
        loss: What is minimized.
        class_weights: Weight of the training examples of each label, in the order of the labels, as
            Keras' `class_weight`: it multiplies the loss, not the metrics or the validation loss.
            "balanced" gives every label the same weight in all, as in scikit-learn. With several
            labels an example, a value weighs the examples that have the label, the others have the
            weight 1, and "balanced" gives the two sides of each label the same weight.
        sampling: "all" has every training example once in an epoch; "balanced" draws as many, with
            replacement, so that all labels are equally frequent.
        keep: Epoch whose weights are kept: "last", "best_loss", or "best_" and the name of a
            metric, such as "best_accuracy"; the best is chosen on the validation examples.
        patience: Epochs without a better one after which training stops; `None` trains to the end.
        select_on: "test" trains on everything but the test examples and selects on these, as many
            papers did. Such scores are too good and say so.
        threshold: Probability from which on the answer to a yes-or-no question is yes: "half", the
            value that gives the best accuracy or F1 on the validation examples, or the one with
            `FalseAlarms` there. All but "half" also choose such a value for each label alone.
        start: An earlier run whose weights the network starts with, or `None`.
        precision: What the network computes in. "mixed_bfloat16" is faster on processors with AMX
            and on GPUs; weights, front end, loss and probabilities stay float32.
        sync_batch_norm: Whether batch normalization takes mean and variance of a whole batch where
            several devices train a part of it each (`--devices`). Otherwise each takes those of its
            own part, which is faster, and the first device's are kept for the trained network.
        deterministic: Whether TensorFlow's operations give the same bits in every run, which makes
            resuming exact. On processors it costs nothing that could be measured; on GPUs some
            operations are slower, and a few fail. Once a process has trained with it, TensorFlow
            keeps to it.
        jit_compile: Whether XLA compiles a training step, which takes a while. It is for one device
            and needs `deterministic=False`, as Keras does not compile deterministic operations.
        seed: Seed of initial weights, order of examples and dropout, from 0 to 2**32 - 1. The order
            and the dropout masks of an epoch depend on the seed and the epoch's number alone, which
            makes resuming exact. `--seed` also sets the seed of a split that is drawn.
    """

    epochs: int = 50
    batch_size: int = 32
    optimizer: Adam | AdamW | RMSprop | SGD | Adagrad = Adam()
    schedule: None | Plateau | Cosine = None
    loss: Loss = CrossEntropy()
    class_weights: None | Literal["balanced"] | tuple[float, ...] = None
    sampling: Literal["all", "balanced"] = "all"
    keep: str = "best_loss"
    patience: int | None = None
    select_on: Literal["valid", "test"] = "valid"
    threshold: Literal["half", "best_accuracy", "best_f1"] | FalseAlarms = "half"
    start: None | Pretrained = None
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    sync_batch_norm: bool = False
    deterministic: bool = True
    jit_compile: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise UserError(f"fit.{name} is {value!r}: expected a whole number of at least 1.")
        if self.keep != "last" and not self.keep.startswith("best_"):
            raise UserError(
                f"fit.keep is {self.keep!r}: expected last, best_loss, or best_ and the name of a "
                "metric, such as best_accuracy."
            )
        if self.keep == "last" and self.patience is not None:
            raise UserError(
                "fit.patience waits for a better epoch and fit.keep=last has none: "
                "set only one of them."
            )
        if self.jit_compile and self.deterministic:
            raise UserError(
                "fit.jit_compile needs fit.deterministic=False: Keras does not compile steps of "
                "deterministic operations."
            )
        weights = self.class_weights
        if isinstance(weights, tuple) and not all(0 <= each < math.inf for each in weights):
            raise UserError(f"fit.class_weights is {weights}: expected finite values from 0 up.")
        check_optimizer(self.optimizer)


@dataclass(frozen=True)
class Experiment:
    """Everything that decides a result, and nothing about where it runs.

    Args:
        data: The data set and its protocol.
        frontend: What an example passes through before the architecture.
        model: The architecture.
        fit: How the weights are found.

    Raises:
        UserError: If a part lacks something that its protocol requires, or if a number in it is
            not finite.
    """

    data: DataSet
    frontend: FrontEnd
    model: Architecture
    fit: Fit = Fit()

    def __post_init__(self) -> None:
        for role in ("data", "frontend", "model"):
            check_part(role, getattr(self, role))
            check_numbers(role, getattr(self, role))
        check_numbers("fit", self.fit)
        if self.fit.threshold != "half" and isinstance(self.data.task, Frames):
            raise UserError(
                "fit.threshold is for labels of examples, not of frames: leave it out; the gate's "
                "own is chosen with its times, see data.most_lost."
            )
        if isinstance(self.fit.threshold, FalseAlarms) and self.data.seconds is None:
            raise UserError(
                "fit.threshold=FalseAlarms counts by the hour: expected a data set of sound whose "
                "examples have one length."
            )


def with_facts(experiment: Experiment, root: Path) -> Experiment:
    """Returns the experiment with what only its data's files can tell, such as the labels.

    Args:
        experiment: The experiment.
        root: The data root.

    Raises:
        UserError: If the files cannot be read.
    """
    return replace(experiment, data=experiment.data.with_facts(root))


def with_seed(experiment: Experiment, seed: int) -> Experiment:
    """Returns the experiment with another seed of its fit and of splits that are drawn.

    Args:
        experiment: The experiment.
        seed: Whole number from 0 to 2**32 - 1.
    """
    return replace(
        experiment, data=experiment.data.with_seed(seed), fit=replace(experiment.fit, seed=seed)
    )
