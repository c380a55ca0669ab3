"""The progress of a fit whose calls run several steps each."""

import re

import keras
import numpy as np
import pytest

from kerasaudio.training.callbacks import EpochProgress


class Steps(EpochProgress):
    """Keeps how many steps were counted at the end of each epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.counted = [*getattr(self, "counted", []), self.progress.done]
        super().on_epoch_end(epoch, logs)


@pytest.mark.parametrize(
    "steps, calls, counted", [(10, 10, [9, 19, 29]), (10, 3, [6, 16, 26]), (7, 1, [0, 7, 14])]
)
def test_steps_are_counted_whatever_a_call_runs(capsys, steps, calls, counted):
    progress = Steps(3, steps)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    rows = np.zeros((calls, 2), np.float32)
    model.fit(rows, rows[:, :1], batch_size=1, epochs=3, verbose=0, callbacks=[progress])
    assert progress.counted == counted
    lines = capsys.readouterr().out.splitlines()
    assert [line[:9] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert all(re.search(r"loss 0\.0000  .* left$", line) for line in lines[1:])
    assert ("left" in lines[0]) == (calls > 1)  # one call, which compiles, says nothing
