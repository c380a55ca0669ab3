"""Trains the networks that benchmark_torch.py describes in PyTorch; needs torch and numpy alone."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn

LEARNING_RATE = 0.005


def main(folder: Path, precision: str, steps: int, epochs: int, compiled: int) -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else "processor"
    about = f"PyTorch {torch.__version__}, {'compiled' if compiled else 'eager'}, {name}"
    found: dict[str, Any] = {"about": about}
    for path in sorted(folder.glob("*.json")):
        arrays = np.load(path.with_suffix(".npz"), allow_pickle=False)
        model = network(json.loads(path.read_text()), arrays).to(device)
        batch = channels_first(torch.from_numpy(arrays["batch"])).to(device)
        difference = distance(model, batch, arrays["logits"])
        if device.type == "cuda":
            torch.set_float32_matmul_precision("high")  # TensorFloat-32, as XLA has it
        seconds = step_seconds(
            torch.compile(model) if compiled else model, batch, precision, steps, epochs
        )
        found[path.stem] = {"seconds": seconds, "difference": difference}
        print(f"{path.stem} {1e3 * seconds:.2f} ms in PyTorch", file=sys.stderr, flush=True)
    print(json.dumps(found))


def distance(model: Any, batch: Any, logits: np.ndarray) -> float:
    """The largest difference to Keras' logits, in units of the largest logit."""
    torch.set_float32_matmul_precision("highest")
    model.eval()
    with torch.no_grad():
        found = model(batch).float().cpu().numpy()
    model.train()
    return float(np.abs(found - logits).max() / np.abs(logits).max())


def step_seconds(model: Any, batch: Any, precision: str, steps: int, epochs: int) -> float:
    device = batch.device
    random = torch.Generator().manual_seed(0)
    x = torch.randn((steps, *batch.shape), generator=random)
    y = torch.arange(steps * len(batch)).reshape(steps, -1) % 10
    if device.type == "cuda":
        x, y = x.pin_memory(), y.pin_memory()
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    reduced = torch.autocast(device.type, torch.bfloat16, enabled=precision != "float32")
    found = []
    for _ in range(epochs + 1):
        started, total = time.perf_counter(), torch.zeros((), device=device)
        for inputs, labels in zip(x, y, strict=True):
            inputs, labels = (part.to(device, non_blocking=True) for part in (inputs, labels))
            optimizer.zero_grad(set_to_none=True)
            with reduced:
                loss = nn.functional.cross_entropy(model(inputs), labels)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        float(total)
        found.append(time.perf_counter() - started)
    return median(found[1:]) / steps


def network(layers: list[dict[str, Any]], arrays: Any) -> nn.Sequential:
    """The layers in order, with Keras' weights; values are (batch, channels, frames[, bands])."""
    parts: list[nn.Module] = []
    lstms: list[list[Any]] = []  # PyTorch has all that follow each other in one module
    for number, layer in enumerate(layers):
        weights = []
        while f"{number}.{len(weights)}" in arrays:
            weights.append(torch.from_numpy(arrays[f"{number}.{len(weights)}"]))
        if layer["class"] == "LSTM":
            lstms.append(weights)
            if layers[number + 1]["class"] != "LSTM":
                parts.append(Recurrent(lstms, layer["return_sequences"]))
                lstms = []
            continue
        flat = number > 0 and layers[number - 1]["class"] == "Flatten"
        parts += modules(layer, weights, layers[number - 1]["shape"] if flat else None)
    return nn.Sequential(*parts)


def modules(layer: dict[str, Any], weights: list[Any], flattened: Any) -> list[nn.Module]:
    kind, shape = layer["class"], layer["shape"]
    is_2d = kind.endswith("2D")
    match kind.removesuffix("1D").removesuffix("2D"):
        case "ZeroPadding":
            first, *rest = np.ravel(layer["padding"]).tolist()
            assert set(rest) == {first}
            return [nn.ZeroPad2d(first) if is_2d else nn.ConstantPad1d(first, 0.0)]
        case "Conv":
            kernel, bias = weights
            module = (nn.Conv2d if is_2d else nn.Conv1d)(
                shape[-1], layer["filters"], layer["kernel_size"], layer["strides"]
            )
            axes = (3, 2, 0, 1) if is_2d else (2, 1, 0)
            return [filled(module, weight=kernel.permute(axes), bias=bias)]
        case "BatchNormalization":
            scale, offset, mean, variance = weights
            module = (nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(shape[-1])
            return [
                filled(module, weight=scale, bias=offset, running_mean=mean, running_var=variance)
            ]
        case "Dense":
            kernel, bias = weights
            if flattened:  # Keras has the channels last there
                kernel = kernel.reshape(*flattened, -1).movedim(-2, 0).flatten(0, -2)
            module = filled(nn.Linear(*kernel.shape), weight=kernel.T, bias=bias)
            return [module, nn.ReLU()] if layer["activation"] == "relu" else [module]
        case "MaxPooling":
            return [(nn.MaxPool2d if is_2d else nn.MaxPool1d)(layer["pool_size"])]
        case "GlobalAveragePooling":
            return [(nn.AdaptiveAvgPool2d if is_2d else nn.AdaptiveAvgPool1d)(1), nn.Flatten()]
        case "Dropout":
            return [nn.Dropout(layer["rate"])]
        case "ReLU":
            return [nn.ReLU()]
        case "LeakyReLU":
            return [nn.LeakyReLU(layer["negative_slope"])]
        case "Flatten":
            return [nn.Flatten()]
        case "Reshape":
            return [ToImage() if len(layer["target_shape"]) == 3 else ToSequence()]
    raise ValueError(f"no PyTorch layer for {kind}")


def filled(module: Any, **values: Any) -> Any:
    with torch.no_grad():
        for name, value in values.items():
            getattr(module, name).copy_(value)
    return module


def channels_first(batch: Any) -> Any:
    return batch.movedim(-1, 1).contiguous()


class Recurrent(nn.Module):
    """LSTMs over the frames of (batch, channels, frames), one after the other."""

    def __init__(self, lstms: list[list[Any]], every_step: bool) -> None:
        super().__init__()
        units, channels = lstms[0][1].shape[0], lstms[0][0].shape[0]
        self.every_step = every_step
        self.lstm = nn.LSTM(channels, units, num_layers=len(lstms), batch_first=True)
        for number, (kernel, recurrent, bias) in enumerate(lstms):
            values = (kernel.T, recurrent.T, bias, torch.zeros_like(bias))
            names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            pairs = zip(names, values, strict=True)
            filled(self.lstm, **{f"{name}_l{number}": value for name, value in pairs})

    def forward(self, features: Any) -> Any:
        found, _ = self.lstm(features.transpose(1, 2))
        return found.transpose(1, 2) if self.every_step else found[:, -1]


class ToImage(nn.Module):
    """(batch, bands, frames) -> (batch, 1, frames, bands)."""

    def forward(self, features: Any) -> Any:
        return features.transpose(1, 2)[:, None]


class ToSequence(nn.Module):
    """(batch, channels, frames, bands) -> (batch, bands x channels, frames)."""

    def forward(self, features: Any) -> Any:
        return features.permute(0, 3, 1, 2).flatten(1, 2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], *(int(value) for value in sys.argv[3:]))
