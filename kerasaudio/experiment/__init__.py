"""An experiment is a value: its parts, how they are found by name, set from text and stored."""

from kerasaudio.experiment.examples import Examples, Inputs, Splits
from kerasaudio.experiment.numbers import SEEDS
from kerasaudio.experiment.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Cosine,
    Plateau,
    RMSprop,
)
from kerasaudio.experiment.parts import Architecture, DataSet, Fault, FrontEnd
from kerasaudio.experiment.tasks import Binary, Frames, MultiLabel, SingleLabel, Task
from kerasaudio.experiment.values import (
    CrossEntropy,
    Experiment,
    FalseAlarms,
    Fit,
    OnsetsFirst,
    Pretrained,
    SoftmaxTwice,
    TargetFirst,
    WeightedBinary,
    with_facts,
    with_seed,
)

__all__ = [
    "Examples",
    "Inputs",
    "Splits",
    "Architecture",
    "DataSet",
    "Fault",
    "FrontEnd",
    "Binary",
    "Frames",
    "MultiLabel",
    "SingleLabel",
    "Task",
    "SEEDS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Cosine",
    "CrossEntropy",
    "Experiment",
    "FalseAlarms",
    "Fit",
    "OnsetsFirst",
    "Plateau",
    "Pretrained",
    "RMSprop",
    "SoftmaxTwice",
    "TargetFirst",
    "WeightedBinary",
    "with_facts",
    "with_seed",
]
