"""Fits a model: the same function for a run and for a trial of a search."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import keras
import tensorflow as tf

from kerasaudio.experiment import Experiment, Splits
from kerasaudio.scoring.tasks import scoring
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import trainable_part
from kerasaudio.training.begun import Begun
from kerasaudio.training.callbacks import (
    EpochSeeds,
    Recorder,
    Schedule,
    Validation,
    WatchedMetrics,
)
from kerasaudio.training.checkpoint import Checkpoint
from kerasaudio.training.class_weights import weighted
from kerasaudio.training.devices import shared
from kerasaudio.training.execution import Execution
from kerasaudio.training.history import Row, watched_metrics
from kerasaudio.training.inference import BATCH


def fit(
    model: keras.Model,
    experiment: Experiment,
    splits: Splits,
    checkpoint: Checkpoint | None = None,
    watch: Sequence[str] = (),
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> list[Row]:
    """Trains a model, or goes on training it from a checkpoint.

    Args:
        model: The whole model, as `assemble` returns it.
        experiment: The experiment, whose `fit` says how to train.
        splits: Training and validation examples.
        checkpoint: What keeps the best weights and resumes. With it, the model ends with the
            weights to keep; without it, with those of the last epoch.
        watch: More columns that the history should have, such as "val_macro_f1".
        callbacks: More callbacks, for example to show progress.

    Returns:
        The history: a row for each epoch with "epoch", "loss", "val_loss" and the metrics.

    Raises:
        UserError: If the fit keeps by a metric that the task does not have, if the loss is no
            longer a number, or if a file of the data set cannot be read.
    """
    settings = experiment.fit
    answers = scoring(experiment.data.task, experiment.data.labels)
    extra = watched_metrics(experiment, watch)
    steps = pipeline.steps_per_epoch(splits.train, settings.batch_size)
    trained = trainable_part(model, splits.train)
    rows, begun = checkpoint.resume(trained, steps) if checkpoint else ([], None)
    recorder = Recorder(rows, settings, answers.metrics, checkpoint)
    first = len(rows)
    if first < settings.epochs and not recorder.stalled():
        part, validation, own = _validation(model, trained, splits)
        if extra:
            own.append(WatchedMetrics(extra, part, splits.valid, answers))
        batch_losses = checkpoint.batch_losses if checkpoint else None
        execution = Execution(
            trained, splits.train, settings.batch_size, first, begun, batch_losses
        )
        trained.train_function = execution
        saving = (
            checkpoint.saved_when_stopped(trained, rows, steps) if checkpoint else nullcontext()
        )
        with pipeline.reading(), saving:
            trained.fit(
                shared(_batches(experiment, splits, first, begun)),
                validation_data=validation,
                initial_epoch=first,
                epochs=settings.epochs,
                steps_per_epoch=execution.executions,
                shuffle=False,  # the batches are shuffled already
                verbose=0,
                callbacks=[EpochSeeds(), *own, recorder, Schedule(settings, rows), *callbacks],
            )
    if checkpoint:
        checkpoint.finish(trained, rows)
    return rows


def _validation(
    model: keras.Model, trained: keras.Model, splits: Splits
) -> tuple[keras.Model, tf.data.Dataset | None, list[keras.callbacks.Callback]]:
    """The part of the model that validates, with its batches or, if it is another, a callback."""
    if splits.valid.precomputed == splits.train.precomputed:
        return trained, pipeline.batches(splits.valid, BATCH), []
    part = trainable_part(model, splits.valid)
    return part, None, [Validation(part, splits.valid, BATCH)]


def _batches(
    experiment: Experiment, splits: Splits, first: int, begun: Begun | None
) -> tf.data.Dataset:
    """The training batches from an epoch on, without what was trained of it, with their weights."""
    settings = experiment.fit
    batches = pipeline.training_batches(
        splits.train,
        settings.batch_size,
        settings.seed,
        range(first, settings.epochs),
        balanced=settings.sampling == "balanced",
        done=begun.steps if begun else 0,
    )
    return weighted(batches, experiment, splits.train)
