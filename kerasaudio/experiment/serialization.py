"""An experiment as JSON and back, and as a table of its fields.

Only dataclasses of kerasaudio, and those of an experiment file that was itself asked for, are ever
built from JSON.
"""

from __future__ import annotations

import importlib
import reprlib
from dataclasses import fields, is_dataclass, replace
from types import ModuleType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import OWN_FILE

Value = TypeVar("Value")

PARTS = (
    "kerasaudio.data.",
    "kerasaudio.frontends.",
    "kerasaudio.models.",
    "kerasaudio.experiment.",
)

OLD_CLASSES = {  # class paths in files that earlier versions wrote
    "kerasaudio.experiment.ReadoutFirst": "kerasaudio.experiment.TargetFirst",
    "kerasaudio.models.members.Members": "kerasaudio.models.ensemble.Ensemble",
}
OLD_FIELDS = {  # and fields, by today's class path
    "kerasaudio.data.audioset.AudioSetTags": {"readout": "target", "tolerated": "max_bad_files"},
    "kerasaudio.data.audioset.AudioSetTarget": {"tolerated": "max_bad_files"},
    "kerasaudio.data.gtzan_audio.GtzanAudio": {"rotten": "max_bad_files"},
    "kerasaudio.data.magnatagatune.MagnaTagATune": {"rotten": "max_bad_files"},
    "kerasaudio.models.ensemble.Ensemble": {"members": "size"},
}


def encode(value: object) -> Any:
    """Returns a value as JSON; a dataclass has its class path as "type".

    Args:
        value: A dataclass, a number, a text, a boolean, `None`, or a tuple of these. A class that
            the experiment file defines itself has that file's name in its class path.

    Raises:
        UserError: If the value holds anything else, or a class that `decode` would not build.
    """
    if is_dataclass(value) and not isinstance(value, type):
        if not f"{type(value).__module__}.".startswith((*PARTS, OWN_FILE)):
            raise UserError(
                f"{type(value).__qualname__} is defined in {type(value).__module__}: "
                "expected a part of kerasaudio, or a class in the experiment file itself."
            )
        members = {field.name: encode(getattr(value, field.name)) for field in fields(value)}
        return {"type": f"{type(value).__module__}.{type(value).__qualname__}", **members}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise UserError(
        f"The experiment holds {value!r}: expected dataclasses, numbers, text, and tuples of these."
    )


def decode(value: Any, module: ModuleType | None = None) -> Any:
    """Returns the value that `encode` wrote, also by an earlier version.

    Args:
        value: JSON.
        module: The run's experiment file, where that defines classes of its own.

    Raises:
        UserError: If a class is not there any more, or does not have the fields.
    """
    if isinstance(value, list):
        return tuple(decode(item, module) for item in value)
    if not isinstance(value, dict):
        return value
    name = OLD_CLASSES.get(str(value.get("type")), str(value.get("type")))
    renamed = OLD_FIELDS.get(name, {})
    members: dict[str, Any] = {
        str(renamed.get(member, member)): decode(item, module)
        for member, item in value.items()
        if member != "type"
    }
    kind: Any = _class(name, module)
    hints = get_type_hints(kind)
    for member, item in members.items():
        if not fits(item, hints.get(member, Any)):
            raise UserError(
                f"The experiment's {kind.__name__} has {member} = {reprlib.repr(item)}: "
                f"expected {getattr(hints[member], '__name__', hints[member])}."
            )
    try:
        return kind(**members)
    except TypeError as error:
        raise UserError(
            f"The experiment's {kind.__name__} does not fit this version of kerasaudio: {error}."
        ) from error


def fits(value: Any, hint: Any) -> bool:
    """Returns whether a value is of the type that a dataclass' field is declared with.

    Args:
        value: A value that JSON knows, a tuple, or a dataclass.
        hint: The type. What is no plain type, such as a protocol, fits every dataclass.
    """
    parts, origin = get_args(hint), get_origin(hint)
    if hint in (Any, None, type(None)):
        return hint is Any or value is None
    if origin in (Union, UnionType):
        return any(fits(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if origin is tuple:
        each = parts[:1] * len(value) if parts[1:] == (...,) and isinstance(value, tuple) else parts
        return isinstance(value, tuple) and len(each) == len(value) and all(map(fits, value, each))
    if hint in (int, float):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (hint is float or value % 1 == 0)
    if hint in (str, bool):
        return isinstance(value, hint)
    if is_dataclass(hint):
        return isinstance(value, hint)  # type: ignore[arg-type]
    return is_dataclass(value)


def _class(name: str, module: ModuleType | None) -> type:
    """The dataclass of a class path. Nothing else is ever looked up."""
    home, _, kind = name.rpartition(".")
    if home.startswith(OWN_FILE):
        if module is None or module.__name__ != home:
            file = home.removeprefix(OWN_FILE)
            raise UserError(
                f"The run uses {kind} of its own experiment file: "
                f"give it with --experiment {file}.py."
            )
        found = getattr(module, kind, None)
    else:
        if not name.startswith(PARTS):
            raise UserError(f"The experiment holds a {name!r}: expected a part of kerasaudio.")
        try:
            found = getattr(importlib.import_module(home), kind, None)
        except ImportError:
            found = None
    if not (isinstance(found, type) and is_dataclass(found)):
        raise UserError(
            f"The experiment holds a {name!r}, which this version of kerasaudio does not have."
        )
    return found


def frozen(value: Value) -> Value:
    """Returns a dataclass with tuples where it has lists, so that it can be hashed."""
    if is_dataclass(value) and not isinstance(value, type):
        changes: dict[str, Any] = {
            field.name: frozen(getattr(value, field.name)) for field in fields(value) if field.init
        }
        return replace(value, **changes)
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)  # type: ignore[return-value]
    return value


def table(value: Any, prefix: str = "") -> dict[str, str]:
    """Returns every field of a dataclass as text, by its `--set` path: {"fit.epochs": "50", ...}.

    Args:
        value: The dataclass, such as an experiment.
        prefix: Path of the value, with a dot at its end.
    """
    rows = {}
    for field in fields(value):
        path, item = f"{prefix}{field.name}", getattr(value, field.name)
        if is_dataclass(item):
            rows[path] = type(item).__name__
            rows.update(table(item, f"{path}."))
        elif isinstance(item, tuple):
            rows[path] = ", ".join(str(part) for part in item)
        else:
            rows[path] = str(item)
    return rows
