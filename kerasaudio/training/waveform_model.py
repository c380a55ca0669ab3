"""SavedModels that make embeddings of sound, whatever their calling convention.

These are understood without being told:

| model | call | input | embedding | rate |
|---|---|---|---|---|
| YAMNet | itself | any number of samples | second of three outputs | 16 kHz |
| VGGish | itself | any number of samples | its output | 16 kHz |
| Perch | `serving_default` | batch of 160,000 samples | `embedding`, or the second | 32 kHz |
| BirdNET | `embeddings` | batch of 144,000 samples | `embeddings` | 48 kHz |

The signature is `embeddings`, else `serving_default`, else the model's own call. The output is the
one that is called an embedding, else the only one, else the second of those without names. The rate
is that of the number of samples. Whatever is otherwise has to be said.

Source: the models' pages, https://www.kaggle.com/models/google (yamnet, vggish,
bird-vocalization-classifier), and https://github.com/birdnet-team/BirdNET-Analyzer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import tensorflow as tf

from kerasaudio.errors import UserError
from kerasaudio.training.sound_files import content_of

RATES = {None: 16_000, 160_000: 32_000, 144_000: 48_000}  # by the samples that a model takes
SIGNATURES = ("embeddings", "embedding", "serving_default")
NAMES = ("embedding", "embeddings")

Call = Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class WaveformModel:
    """A SavedModel that makes embeddings of sound.

    Args:
        loaded: The SavedModel, which owns the variables of `call`.
        call: Function from sound to embeddings.
        batched: Whether `call` takes a batch of sounds; otherwise it takes a single one.
        rate: Sampling rate in Hz.
        window: Number of samples that `call` takes, or `None` for any number.
    """

    loaded: Any
    call: Call
    batched: bool
    rate: int
    window: int | None


def digest(path: Path) -> str:
    """Returns a hash of the files of a SavedModel.

    Raises:
        UserError: If there is no SavedModel.
    """
    if not (path / "saved_model.pb").is_file():
        raise UserError(
            f"There is no SavedModel in {path}: expected a folder with saved_model.pb, such as "
            "YAMNet's as downloaded and unpacked."
        )
    found = hashlib.sha256()
    for file in sorted(each for each in path.rglob("*") if each.is_file()):
        found.update(f"{file.relative_to(path).as_posix()}\n".encode())
        found.update(content_of(file).encode())
    return found.hexdigest()


@lru_cache(maxsize=2)
def waveform_model(
    path: Path,
    content: str,
    rate: int | None,
    window: int | None,
    signature: str | None,
    output: str | None,
) -> WaveformModel:
    """Returns a SavedModel, ready to be called.

    Args:
        path: Its folder.
        content: What `digest` returned; a model that has changed is loaded again.
        rate: See `kerasaudio.frontends.embedding.Embedding`, also for the rest.
        window: See there.
        signature: See there.
        output: See there.

    Raises:
        UserError: If the model cannot be loaded, or is not understood.
    """
    try:
        loaded = tf.saved_model.load(str(path))
    except (OSError, ValueError, tf.errors.OpError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UserError(f"{path} could not be read as a SavedModel ({reason}).") from error
    name, function = _function(path, loaded, signature)
    spec = _only_input(path, name, function)
    found = spec.shape[-1]
    window = window or found
    if found not in (None, window):
        raise UserError(f"{path} takes {found} samples: frontend.window is {window}.")
    rate = rate or RATES.get(found)
    if rate is None:
        raise UserError(
            f"{path} takes {found} samples at a time, but does not tell their rate: set "
            "frontend.rate to its sampling rate in Hz."
        )
    call = _picked(path, loaded, name, function, output)
    return WaveformModel(loaded, call, spec.shape.rank == 2, rate, window)


def _function(path: Path, loaded: Any, signature: str | None) -> tuple[str, Any]:
    """The signature to call and its concrete function; the name is "" for the model's own call."""
    signatures: Mapping[str, Any] = getattr(loaded, "signatures", {})
    if signature is not None and signature not in signatures:
        known = ", ".join(signatures) or "none"
        raise UserError(f"{path} has no signature {signature!r}: its signatures are {known}.")
    wanted = [signature] if signature else [name for name in SIGNATURES if name in signatures]
    if wanted:
        return wanted[0], signatures[wanted[0]]
    own = loaded.__call__.concrete_functions if callable(loaded) else []
    if not own:
        raise UserError(
            f"{path} has neither a call of its own nor one of the signatures "
            f"{', '.join(SIGNATURES)}: set frontend.signature to one of "
            f"{', '.join(signatures) or 'its signatures'}."
        )
    return "", own[0]


def _only_input(path: Path, name: str, function: Any) -> tf.TensorSpec:
    """The one input of a call, which is a sound or a batch of sounds."""
    given = tf.nest.flatten(function.structured_input_signature)
    specs = [each for each in given if isinstance(each, tf.TensorSpec)]
    sound = len(specs) == 1 and specs[0].dtype == tf.float32 and specs[0].shape.rank in (1, 2)
    if not sound:
        found = ", ".join(f"{each.dtype.name} {each.shape}" for each in specs) or "nothing"
        raise UserError(
            f"{path} takes {found} in {name or 'its own call'}: expected float32 samples of shape "
            "(samples,) or (batch, samples); set frontend.signature."
        )
    return specs[0]


def _picked(path: Path, loaded: Any, name: str, function: Any, output: str | None) -> Call:
    """A function from sound to the chosen output."""
    known = _by_name(function.structured_outputs)
    chosen = output or _embedding(list(known))
    if chosen is not None and chosen not in known and chosen.isdecimal():
        chosen = dict(enumerate(known)).get(int(chosen), chosen)
    if chosen not in known:
        found = f"no output {chosen!r}" if chosen else "several outputs"
        raise UserError(f"{path} has {found}: set frontend.output to one of {', '.join(known)}.")
    if name:
        ((_, named),) = [function.structured_input_signature]
        ((argument, _),) = named.items()
        return lambda sound: function(**{argument: sound})[chosen]
    return lambda sound: _by_name(loaded(sound))[chosen]


def _embedding(known: list[str]) -> str | None:
    """The output that is an embedding, or `None` where the names do not tell."""
    named = [name for name in NAMES if name in known]
    if named or len(known) == 1:
        return (named or known)[0]
    unnamed = all(name.removeprefix("output_").isdecimal() for name in known)
    return known[1] if unnamed else None


def _by_name(outputs: Any) -> dict[str, Any]:
    """Outputs by their names in order, or by their numbers where they have none."""
    if isinstance(outputs, Mapping):  # whose order is lost in a file
        return {name: outputs[name] for name in sorted(outputs, key=lambda name: (len(name), name))}
    each = outputs if isinstance(outputs, list | tuple) else [outputs]
    return {str(number): value for number, value in enumerate(each)}
