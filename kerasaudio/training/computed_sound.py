"""Computes a layer on the windows of sound files, in threads, other processes or on machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

import keras
import numpy as np

from kerasaudio.cluster.executor import Machines
from kerasaudio.data.files import check_sizes, sizes
from kerasaudio.data.parallel import THREADS, elsewhere, in_threads, operation_threads
from kerasaudio.data.sound.windows import Place
from kerasaudio.data.stores.stores import is_remote
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment
from kerasaudio.training.backend import import_keras
from kerasaudio.training.first_layer import first_layer
from kerasaudio.training.pipeline import reading
from kerasaudio.training.sound_files import SoundFile, SoundInputs

AT_ONCE, FROM_ONE_READ = 64, 1024  # windows of a long recording: bound the memory that it takes


@dataclass(frozen=True)
class SoundLayer:
    """A layer, as a model from sound, and the inputs that say how files are read.

    Args:
        model: The model.
        inputs: The inputs.
    """

    model: keras.Model
    inputs: SoundInputs

    @property
    def name(self) -> str:
        """Name of the layer."""
        return str(self.model.layers[-1].name)

    def compute(self, places: Sequence[Place]) -> np.ndarray:
        """Returns what the layer gives for some windows of a file.

        Args:
            places: The windows.

        Returns:
            Array of shape `(windows, *shape)`.

        Raises:
            UserError: If the file cannot be read.
        """
        with reading():
            sound = self.inputs.read(places)
        parts = range(0, len(sound), AT_ONCE)
        return np.concatenate([self.model(sound[n : n + AT_ONCE], training=False) for n in parts])

    def whole(self, file: SoundFile) -> np.ndarray:
        """Returns what the layer gives for all windows of a file; see `compute`."""
        parts = range(0, len(file.places), FROM_ONE_READ)
        return np.concatenate(
            [self.compute(file.places[n : n + FROM_ONE_READ]) for n in parts], dtype=np.float32
        )


@dataclass(frozen=True)
class Elsewhere:
    """What another process needs to compute the same layer.

    Args:
        experiment: The experiment that it is the first layer of.
        inputs: Inputs of its data set, without files.
    """

    experiment: Experiment
    inputs: SoundInputs = field(compare=False)  # they follow from the experiment

    def check(self, files: Mapping[Path, int | None]) -> None:
        """Checks that this process can compute the layer, and has the same files.

        Args:
            files: What `sizes` returned in the first process.

        Raises:
            UserError: If it cannot.
        """
        check_sizes(files)
        _layer(self)

    def whole(self, file: SoundFile) -> np.ndarray:
        """Returns what the layer gives for all windows of a file; see `SoundLayer.compute`."""
        return _layer(self).whole(file)


@lru_cache(maxsize=1)
def _layer(work: Elsewhere) -> SoundLayer:
    import_keras()
    model = first_layer(work.experiment)
    if model is None:
        raise UserError("The first layer of the front end cannot be computed there.")
    return SoundLayer(model, work.inputs)


def computed(
    layer: SoundLayer, experiment: Experiment, files: Sequence[SoundFile], machines: Machines
) -> Iterator[tuple[SoundFile, np.ndarray]]:
    """Yields files with what the layer gives for their windows, in the order of their end.

    Args:
        layer: The layer.
        experiment: The experiment that it is the first layer of.
        files: The files.
        machines: The processes or machines that compute; without any, threads of this process.

    Raises:
        UserError: If a file cannot be read, or `machines` cannot be used.
    """
    if not machines or not files:
        return in_threads(THREADS, layer.whole, files)
    work = Elsewhere(experiment, layer.inputs.without_files())
    # all machines reach the same files in a store, or none
    paths = [file.path for file in files if not is_remote(file.path)] or [files[0].path]
    check = partial(work.check, sizes(paths))
    return elsewhere(machines, check, work.whole, files, operation_threads(), gpus=True)
