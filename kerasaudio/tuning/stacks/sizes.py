"""How large stacks are, and how many train side by side, on processors and on GPUs."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from kerasaudio.data.parallel import THREADS


@dataclass(frozen=True)
class Sizes:
    """What suits a device.

    Args:
        trials: Largest number of trials in a stack.
        at_once: Whether the members of a stack train at the same time, or one after the other.
        side_by_side: Stacks that train at the same time.
        memory: Bytes that a stack may take.
        padding: Multiplications that take less time than the compilation of another program.
    """

    trials: int
    at_once: bool
    side_by_side: int
    memory: int
    padding: float


def sizes() -> Sizes:
    """Returns what suits the device that TensorFlow trains on.

    A processor's core trains a stack, a member at a time: weights and slots of more do not fit
    into its cache. What a stack may take is the same on all processors: how wide layers are padded,
    and so the masks of dropout, follow from what fits. A GPU computes all members of one large
    stack at once; its values are estimates, not measured.
    """
    if tf.config.list_physical_devices("GPU"):
        return Sizes(256, at_once=True, side_by_side=1, memory=2**32, padding=1e12)
    return Sizes(32, at_once=False, side_by_side=THREADS, memory=2**27, padding=5e10)
