"""Runs several training steps in one call: a small network's step takes less time than a call."""

from __future__ import annotations

import math
import time

import keras
import numpy as np
import tensorflow as tf

from kerasaudio.errors import UserError
from kerasaudio.experiment import Examples
from kerasaudio.training.batch_losses import BatchLosses
from kerasaudio.training.begun import Begun
from kerasaudio.training.devices import count
from kerasaudio.training.pipeline import steps_per_epoch

MOST = 32  # steps in a call; more of them would hardly be faster
NUMBERS = 2**19  # inputs that a call reads at most, so that Ctrl-C is heard within about a second
CHECKED = 0.5  # seconds between two looks at the losses, each of which waits for the device


def steps_per_execution(model: keras.Model, batch_size: int, steps: int) -> int:
    """Returns the number of steps that are run in one call.

    Args:
        model: The model that trains.
        batch_size: Examples in a batch.
        steps: Batches in an epoch.

    Returns:
        A number from 1, for large inputs, to 32. The calls of an epoch are about equally long.
    """
    shape = model.inputs[0].shape[1:]
    if None in shape:
        return 1
    most = max(1, min(MOST, NUMBERS // (batch_size * math.prod(shape)), steps))
    calls = -(-steps // most)
    return -(-steps // calls)


class Execution:
    """Keras' training function with several steps in a call; results are the same to the bit.

    `Model.fit` calls it as one of its own steps, `executions` times an epoch. Keras' own
    `steps_per_execution` would go on with the next epoch's batches where it does not divide the
    number of steps, and would change prediction and validation too.

    Args:
        model: The model that trains, compiled.
        examples: The training examples.
        batch_size: Examples in a batch.
        first: Number of the epoch that is trained first, from 0.
        begun: Where that epoch was interrupted, or `None` if it begins anew.
        batch_losses: What gets the loss every 300 batches, or `None`.
    """

    def __init__(
        self,
        model: keras.Model,
        examples: Examples,
        batch_size: int,
        first: int = 0,
        begun: Begun | None = None,
        batch_losses: BatchLosses | None = None,
    ) -> None:
        self.model = model
        self.steps = steps_per_epoch(examples, batch_size)
        self.size = steps_per_execution(model, batch_size, self.steps)
        self.executions = -(-self.steps // self.size)
        self.epoch, self.done, self.begun = first, 0, begun
        self.batch_losses = batch_losses
        self.losses: list[tf.Tensor] = []  # of steps that nobody has looked at yet
        self.checked = time.monotonic()
        _create_variables(model, examples)
        # A function of its own, as in Keras: the same operations inside of the loop would be
        # put together in other ways, with other rounding.
        self._step = tf.function(model.train_step, jit_compile=model.jit_compile)
        self._run = tf.function(self._several, reduce_retracing=True, autograph=False)

    def __call__(self, iterator: tf.data.Iterator) -> dict[str, tf.Tensor]:
        """Runs the next steps of the epoch.

        Args:
            iterator: The batches.

        Returns:
            The metrics at the end of an epoch. Before, nothing: Keras would wait for each value.

        Raises:
            UserError: If the loss is no longer a number.
        """
        last = min(self.done + self.size, self.steps)
        steps = last - max(self.done, self._go_on())
        if steps > 0:
            self.losses.append(self._run(iterator, tf.constant(steps)))
        self.done = last
        ended = last == self.steps
        if ended or time.monotonic() - self.checked > CHECKED:
            self._check()
        if not ended:
            return {}
        self._follow_first_device()
        self.epoch, self.done, self.begun = self.epoch + 1, 0, None
        return self.model.get_metrics_result()

    def _follow_first_device(self) -> None:
        """Gives all devices the first one's statistics of batch normalization, which it keeps."""
        if count() > 1:
            for variable in self.model.non_trainable_variables:
                variable.assign(np.asarray(variable))

    def _go_on(self) -> int:
        """Steps of this epoch that an earlier process has done; before the first call, its state.

        Keras and the callbacks set that state at the beginning of the epoch.
        """
        if self.begun is None:
            return 0
        if self.done == 0:
            self.begun.restore(self.model)
        return self.begun.steps

    def _several(self, iterator: tf.data.Iterator, steps: tf.Tensor) -> tf.Tensor:
        """The mean loss of the epoch so far after each of `steps` steps."""
        strategy = self.model.distribute_strategy

        def one(step: tf.Tensor, losses: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
            logs = strategy.run(self._step, (next(iterator),))
            loss = strategy.reduce(tf.distribute.ReduceOp.MEAN, logs["loss"], axis=None)
            return step + 1, losses.write(step, loss)

        start = tf.constant(0), tf.TensorArray(tf.float32, steps)
        # A step must not begin before all weights have the values of the step before.
        end = tf.while_loop(lambda step, _: step < steps, one, start, parallel_iterations=1)
        return end[1].stack()

    def _check(self) -> None:
        losses = np.concatenate([np.zeros(0), *(each.numpy() for each in self.losses)])
        odd = np.flatnonzero(~np.isfinite(losses))
        if len(odd):
            step = self.done - len(losses) + odd[0] + 1
            raise UserError(
                f"The loss became {losses[odd[0]]} in epoch {self.epoch + 1}, step {step} of "
                f"{self.steps}: expected a finite number; try a smaller "
                "fit.optimizer.learning_rate."
            )
        if self.batch_losses:
            start, first = self.epoch * self.steps, self.done - len(losses) + 1
            self.batch_losses.add(start, first, losses.tolist())
        self.losses.clear()
        self.checked = time.monotonic()


def _create_variables(model: keras.Model, examples: Examples) -> None:
    """Creates the optimizer's and the metrics' variables; an epoch resets the latter.

    Otherwise TensorFlow traces a step twice: once to find new variables, once without them.
    """
    model.optimizer.build(model.trainable_variables)
    y_pred = np.zeros((1, *model.output_shape[1:]), np.float32)
    model.compute_metrics(None, examples.targets[:1], y_pred)
