"""A gate's network as one step in NumPy, for where LiteRT is not installed.

An exported gate has a list of its layers in model.json and their weights in weights.npz.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

Step = Callable[[np.ndarray], float]
Weights = Mapping[str, np.ndarray]


def parts_of(model: keras.Model) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Returns what `numpy_step` needs of a gate's network: its layers and their weights.

    Args:
        model: The whole model, whose layers are a chain.
    """
    layers, weights = [], {}
    for number, layer in enumerate(model.layers[1:]):
        facts: dict[str, Any] = {"kind": type(layer).__name__}
        if hasattr(layer, "activation"):
            facts["activation"] = layer.activation.__name__
        arrays = {name: getattr(layer, name) for name in ("kernel", "bias") if hasattr(layer, name)}
        if facts["kind"] == "GRU":
            cell = layer.cell
            arrays = {"kernel": cell.kernel, "recurrent": cell.recurrent_kernel, "bias": cell.bias}
        if facts["kind"] == "Normalization":
            arrays = {"mean": layer.mean, "variance": layer.variance}
        if facts["kind"] == "CausalLogMelLayer":
            facts["floor"] = layer.values.floor
            arrays = {"window": layer.shape_of_window, "bank": layer.bank}
        layers.append(facts)
        weights.update({f"{number}_{name}": np.array(each) for name, each in arrays.items()})
    return layers, weights


def numpy_step(layers: Sequence[Mapping[str, Any]], weights: Weights) -> Step:
    """Returns a function from a hop to a probability, which keeps the state.

    Args:
        layers: The layers, as `parts_of` told them.
        weights: Their weights.
    """
    steps = []
    for number, facts in enumerate(layers):
        start = f"{number}_"
        own = {name[len(start) :]: each for name, each in weights.items() if name.startswith(start)}
        steps.append(KINDS[facts["kind"]](own, facts))

    def step(hop: np.ndarray) -> float:
        found = hop
        for each in steps:
            found = each(found)
        return float(found[0])

    return step


def _log_mel(weights: Weights, facts: Mapping[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    window, bank = weights["window"], weights["bank"]
    sound = np.zeros(len(window), np.float32)

    def layer(hop: np.ndarray) -> np.ndarray:
        sound[: -len(hop)] = sound[len(hop) :]
        sound[-len(hop) :] = hop
        spectrum = np.fft.rfft(sound * window)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        return 10 * np.log10(np.maximum(power @ bank, facts["floor"]))

    return layer


def _normalization(weights: Weights, _: Mapping[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    mean, variance = (weights[name].reshape(-1) for name in ("mean", "variance"))
    deviation = np.maximum(np.sqrt(variance), 1e-7)
    return lambda inputs: (inputs - mean) / deviation


def _convolution(weights: Weights, facts: Mapping[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    kernel, bias = weights["kernel"], weights["bias"]
    frames, activation = np.zeros(kernel.shape[:2]), ACTIVATIONS[facts["activation"]]
    flat = kernel.reshape(-1, kernel.shape[-1])

    def layer(inputs: np.ndarray) -> np.ndarray:
        frames[:-1] = frames[1:]
        frames[-1] = inputs
        return activation(frames.reshape(-1) @ flat + bias)

    return layer


def _gru(weights: Weights, _: Mapping[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    kernel, recurrent, bias = (weights[name] for name in ("kernel", "recurrent", "bias"))
    state = np.zeros(len(recurrent))

    def layer(inputs: np.ndarray) -> np.ndarray:
        update, reset, new = np.split(inputs @ kernel + bias[0], 3)
        old_update, old_reset, old_new = np.split(state @ recurrent + bias[1], 3)
        kept = _sigmoid(update + old_update)
        candidate = np.tanh(new + _sigmoid(reset + old_reset) * old_new)
        state[:] = kept * state + (1 - kept) * candidate
        return state

    return layer


def _dense(weights: Weights, facts: Mapping[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    activation = ACTIVATIONS[facts["activation"]]
    return lambda inputs: activation(inputs @ weights["kernel"] + weights["bias"])


def _activation(_: Weights, facts: Mapping[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    return ACTIVATIONS[facts["activation"]]


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * values))  # does not overflow


ACTIVATIONS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda values: values,
    "relu": lambda values: np.maximum(values, 0),
    "sigmoid": _sigmoid,
}
KINDS: Mapping[str, Callable[[Weights, Mapping[str, Any]], Callable[[np.ndarray], np.ndarray]]] = {
    "CausalLogMelLayer": _log_mel,
    "Normalization": _normalization,
    "Conv1D": _convolution,
    "Dropout": lambda weights, facts: ACTIVATIONS["linear"],
    "GRU": _gru,
    "Dense": _dense,
    "Activation": _activation,
}
