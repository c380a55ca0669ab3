"""What a run was made with: versions, device, seed and data root."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import tensorflow as tf

from kerasaudio import __version__
from kerasaudio.training.devices import count

PACKAGES = (
    "tensorflow",
    "keras",
    "keras-tuner",
    "librosa",
    "soundfile",
    "numpy",
    "pandas",
    "scikit-learn",
)


def environment(root: Path, seed: int) -> dict[str, Any]:
    """Returns versions, device, seed and data root, for environment.json.

    Args:
        root: The data root.
        seed: Seed of the fit.
    """
    devices = tf.config.list_physical_devices("GPU") or tf.config.list_physical_devices("CPU")
    return {
        "kerasaudio": __version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        **{package: _version(package) for package in PACKAGES},
        "device": ", ".join(device.name for device in devices),
        "devices": count(),
        "cpus": os.cpu_count(),
        "seed": seed,
        "data": str(root.resolve()),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
