"""The short-time Fourier transform of the front ends, which can also be a convolution.

Other people's runtimes lack a Fourier transform, or have one for some lengths only. A convolution
with windowed sines and cosines gives the same numbers, at the price of more arithmetic.
"""

from __future__ import annotations

import numpy as np
from keras import KerasTensor, ops


def stft(
    sound: KerasTensor, window: int, hop: int, centred: bool, by_convolution: bool
) -> tuple[KerasTensor, KerasTensor]:
    """Returns the real and the imaginary part of the transform with a periodic Hann window.

    Args:
        sound: float32 tensor of shape `(..., samples)`.
        window: Length of a frame in samples.
        hop: Distance between two frames in samples.
        centred: Whether frames are centred on multiples of `hop`, with the ends mirrored.
        by_convolution: Whether it is computed as a convolution.

    Returns:
        Two tensors of shape `(..., frames, window // 2 + 1)`.
    """
    if not by_convolution:
        # TensorFlow's own window is not periodic where its length is odd.
        hann = _hann(window).astype(np.float32) if window % 2 else "hann"
        return ops.stft(sound, window, hop, window, window=hann, center=centred)
    if centred:
        sides = [[0, 0]] * (len(sound.shape) - 1) + [[window // 2, window // 2]]
        sound = ops.pad(sound, sides, mode="reflect")
    signals = ops.reshape(sound, (-1, ops.shape(sound)[-1], 1))
    found = ops.conv(signals, ops.convert_to_tensor(_bases(window)), strides=hop, padding="valid")
    found = ops.reshape(found, (*ops.shape(sound)[:-1], -1, found.shape[-1]))
    bins = window // 2 + 1
    return found[..., :bins], found[..., bins:]


def _bases(window: int) -> np.ndarray:
    """(window, 1, 2 * bins): the transform of each unit impulse, real parts before imaginary."""
    transformed = np.fft.rfft(np.diag(_hann(window)))
    return np.concatenate([transformed.real, transformed.imag], axis=1)[:, None].astype(np.float32)


def _hann(window: int) -> np.ndarray:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
