"""The fields of an experiment: set one from text (`--set`), write all as JSON, read them back, list them.

Only dataclasses of kerasaudio, and those of an experiment file that was itself asked for, are ever built from JSON.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import types
import typing
from dataclasses import fields, is_dataclass, replace
from types import ModuleType
from typing import Any, TypeVar

from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import OWN_FILE

Value = TypeVar("Value")
OWN_PARTS = (
    "kerasaudio.data.",
    "kerasaudio.frontends.",
    "kerasaudio.models.",
    "kerasaudio.experiment.",
)


def override(value: Value, *assignments: str, prefix: str = "") -> Value:
    """`value` with fields replaced, all at once: `fit.epochs=3`, `model.units=128,64`, `fit.optimizer=SGD`.

    Raises UserError for an unknown field (with the nearest one) and for text that the field's type does not admit.
    """
    known = [field.name for field in fields(value)] if is_dataclass(value) else []
    texts: dict[str, list[tuple[str, str]]] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise UserError(f"--set {assignment}: expected FIELD=VALUE, such as fit.epochs=3.")
        name, _, rest = path.strip().partition(".")
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = (
                f"did you mean {nearest[0]}?"
                if nearest
                else f"it has {', '.join(known) or 'no fields at all'}."
            )
            raise UserError(
                f"--set: {prefix or type(value).__name__} has no field {name!r}: {hint}"
            )
        texts.setdefault(name, []).append((rest, text.strip()))
    changes = {}
    for name, each in texts.items():
        path, changes[name] = f"{prefix}.{name}" if prefix else name, getattr(value, name)
        for text in (text for rest, text in each if not rest):
            changes[name] = _parse(typing.get_type_hints(type(value))[name], text, path)
        if deeper := [f"{rest}={text}" for rest, text in each if rest]:
            changes[name] = override(changes[name], *deeper, prefix=path)
    return replace(value, **changes)  # type: ignore[type-var]


def _parse(annotation: Any, text: str, path: str) -> Any:
    """`text` as a value of the annotated type."""
    for kind in _alternatives(annotation):
        try:
            return _parse_as(kind, text)
        except (KeyError, ValueError, SyntaxError):
            continue
    raise UserError(f"--set {path}={text}: expected {_describe_type(annotation)}.")


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return typing.get_args(annotation)
    return (annotation,)


def _parse_as(kind: Any, text: str) -> Any:
    if typing.get_origin(kind) is typing.Literal:
        return {str(choice): choice for choice in typing.get_args(kind)}[text]
    if typing.get_origin(kind) is tuple:
        return _parse_tuple(typing.get_args(kind), text)
    if is_dataclass(kind):
        return {kind.__name__: kind}[text]()  # type: ignore[union-attr, operator]
    if kind is type(None):
        return {"none": None}[text.lower()]
    if kind is bool:
        return {"true": True, "false": False}[text.lower()]
    if kind in (int, float, str):
        return kind(text)
    raise ValueError(f"{kind} cannot be set from text")


def _parse_tuple(kinds: tuple[Any, ...], text: str) -> tuple[Any, ...]:
    if kinds[0] is str and not text.startswith(("(", "[", "'", '"')):
        parts = tuple(part.strip() for part in text.split(","))
    else:
        parts = ast.literal_eval(text if text.startswith(("(", "[")) else f"({text},)")
        parts = parts if isinstance(parts, tuple | list) else (parts,)
    if kinds[-1] is not Ellipsis and len(kinds) != len(parts):
        raise ValueError(text)
    each = [kinds[0]] * len(parts) if kinds[-1] is Ellipsis else list(kinds)
    return tuple(_parse_as(kind, str(part)) for kind, part in zip(each, parts, strict=True))


def _describe_type(annotation: Any) -> str:
    words = []
    for kind in _alternatives(annotation):
        if typing.get_origin(kind) is typing.Literal:
            words.append("one of " + ", ".join(str(choice) for choice in typing.get_args(kind)))
        elif typing.get_origin(kind) is tuple:
            inner = typing.get_args(kind)[0]
            several = {int: "whole numbers", float: "numbers", str: "texts"}.get(
                inner, f"values of {inner.__name__}"
            )
            words.append(f"{several} separated by commas")
        else:
            names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
            words.append(names.get(kind, "None" if kind is type(None) else kind.__name__))
    return " or ".join(words)


def frozen(value: Any) -> Any:
    """A dataclass with tuples where it has lists, here or deeper: one that can be compared and looked up."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value,
            **{
                field.name: frozen(getattr(value, field.name))
                for field in fields(value)
                if field.init
            },
        )
    return tuple(frozen(item) for item in value) if isinstance(value, list | tuple) else value


def encode(value: Any) -> Any:
    """A value as JSON; a dataclass carries its class as `type`, the experiment file's own classes the file's name.

    Raises UserError for what is neither a dataclass nor made of numbers and text, and for classes from elsewhere, which
    `decode` would not build.
    """
    if is_dataclass(value) and not isinstance(value, type):
        if not f"{type(value).__module__}.".startswith((*OWN_PARTS, OWN_FILE)):
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
    """`encode` undone. `module` is the run's experiment file, needed where that file defines classes of its own.

    Raises UserError for a type that belongs to neither, and for fields that its class does not have.
    """
    if isinstance(value, list):
        return tuple(decode(item, module) for item in value)
    if not isinstance(value, dict):
        return value
    members = {name: decode(item, module) for name, item in value.items() if name != "type"}
    kind = _class(str(value.get("type")), module)
    try:
        return kind(**members)
    except TypeError as error:
        raise UserError(
            f"The experiment's {kind.__name__} does not fit this version of kerasaudio: {error}."
        ) from error


def _class(name: str, module: ModuleType | None) -> Any:
    home, _, kind = name.rpartition(".")
    if home.startswith(OWN_FILE):
        if module is None or module.__name__ != home:
            file = home.removeprefix(OWN_FILE)
            raise UserError(
                f"The run uses {kind} of its own experiment file: give it with --experiment {file}.py."
            )
        found = getattr(module, kind, None)
    else:
        if not name.startswith(OWN_PARTS):
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


def table(value: Any, prefix: str = "") -> dict[str, str]:
    """Every field by its `--set` path, as text: {"fit.epochs": "50", ...}."""
    rows = {}
    for field in fields(value):
        path, item = f"{prefix}{field.name}", getattr(value, field.name)
        if is_dataclass(item):
            rows[path] = type(item).__name__
            rows.update(table(item, f"{path}."))
        else:
            rows[path] = (
                ", ".join(str(part) for part in item) if isinstance(item, tuple) else str(item)
            )
    return rows
