"""Sets fields of an experiment from text, as `--set fit.epochs=3` does."""

from __future__ import annotations

import ast
import difflib
import types
import typing
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from kerasaudio.errors import UserError
from kerasaudio.experiment.values import Experiment, with_seed

Value = TypeVar("Value")
Rest = tuple[str, str]  # the rest of an assignment's path, and its text

LARGEST = 2**63  # TensorFlow's whole numbers are smaller


def adjusted(experiment: Experiment, assignments: Sequence[str], seed: int | None) -> Experiment:
    """Returns the experiment with fields set from text, and with another seed if one is given.

    Args:
        experiment: The experiment.
        assignments: Texts such as "fit.epochs=3".
        seed: Seed of the fit and of splits that are drawn, or `None`.

    Raises:
        UserError: If a field does not exist, or its type does not admit the text.
    """
    experiment = override(experiment, *assignments)
    return experiment if seed is None else with_seed(experiment, seed)


def override(value: Value, *assignments: str, prefix: str = "") -> Value:
    """Returns a dataclass with fields replaced, all at once.

    Args:
        value: The dataclass, such as an experiment.
        *assignments: Texts such as "fit.epochs=3", "model.units=128,64", "fit.optimizer=SGD(0.1)",
            "model.convs.0.kernel=4", "model.convs.*.kernel=4", which is all entries, or
            "model.convs=[Conv(64), Conv(64, pool=2)]". Nothing is evaluated: the classes are
            those that the field admits, their arguments are literals or such classes.
        prefix: Path of the value in the experiment, for messages.

    Raises:
        UserError: If a field does not exist, or its type does not admit the text.
    """
    changes = {}
    for name, each in _by_field(value, assignments, prefix).items():
        annotation = typing.get_type_hints(type(value))[name]
        path = f"{prefix}.{name}" if prefix else name
        changes[name] = _changed(annotation, getattr(value, name), each, path)
    return replace(value, **changes)  # type: ignore[type-var]


def _changed(annotation: Any, value: Any, assignments: Sequence[Rest], path: str) -> Any:
    """The value after assignments that replace it, and then those that reach into it."""
    for text in (text for rest, text in assignments if not rest):
        value = _parse(annotation, text, path)
    deeper = [f"{rest}={text}" for rest, text in assignments if rest]
    if not deeper:
        return value
    if isinstance(value, tuple):
        return _with_entries(annotation, value, deeper, path)
    return override(value, *deeper, prefix=path)


def _with_entries(
    annotation: Any, values: tuple[Any, ...], assignments: Sequence[str], path: str
) -> tuple[Any, ...]:
    """A tuple after assignments such as "0.kernel=4" or "*.kernel=4"."""
    found: list[list[Rest]] = [[] for _ in values]
    for assignment in assignments:
        place, text = assignment.split("=", 1)
        number, _, rest = place.partition(".")
        if number == "*":
            chosen = found
        elif number.isdecimal() and int(number) < len(values):
            chosen = [found[int(number)]]
        else:
            raise UserError(
                f"--set {path}.{assignment}: {path} has {len(values)} entries: expected a number "
                f"below {len(values)}, or * for all of them, after {path}."
            )
        for each in chosen:
            each.append((rest, text))
    kinds = next(
        typing.get_args(kind)
        for kind in _alternatives(annotation)
        if typing.get_origin(kind) is tuple
    )
    return tuple(
        _changed(kinds[0 if kinds[-1] is Ellipsis else number], value, each, f"{path}.{number}")
        for number, (value, each) in enumerate(zip(values, found, strict=True))
    )


def _by_field(value: object, assignments: Sequence[str], prefix: str) -> dict[str, list[Rest]]:
    """The rest of each assignment's path, and its text, by the field that it begins with."""
    known = [field.name for field in fields(value)] if is_dataclass(value) else []
    found: dict[str, list[Rest]] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise UserError(f"--set {assignment}: expected FIELD=VALUE, such as fit.epochs=3.")
        name, _, rest = path.strip().partition(".")
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            there = f"it has {', '.join(known) or 'no fields at all'}."
            raise UserError(
                f"--set: {prefix or type(value).__name__} has no field {name!r}: "
                + (f"did you mean {nearest[0]}?" if nearest else there)
            )
        found.setdefault(name, []).append((rest, text.strip()))
    return found


def _parse(annotation: Any, text: str, path: str) -> Any:
    """`text` as a value of the annotated type."""
    for kind in sorted(_alternatives(annotation), key=lambda each: each is str):  # takes anything
        try:
            return _parse_as(kind, text)
        except (KeyError, ValueError, SyntaxError):
            continue
        except TypeError as error:
            raise UserError(f"--set {path}={text}: {error}.") from error
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
        return _parse_part(kind, ast.parse(text, mode="eval").body)
    if kind is type(None):
        return {"none": None}[text.lower()]
    if kind is bool:
        return {"true": True, "false": False}[text.lower()]
    if kind is int and abs(int(text)) >= LARGEST:
        raise UserError(f"--set: {text[:40]} is too large: expected less than {LARGEST}.")
    if kind in (int, float, str):
        return kind(text)
    raise ValueError(f"{kind} cannot be set from text")


def _parse_part(kind: Any, node: ast.expr) -> Any:
    """A dataclass from its name, or from a call of it such as `Conv(64, pool=2)`."""
    call = node if isinstance(node, ast.Call) else ast.Call(node, [], [])
    if not isinstance(call.func, ast.Name) or call.func.id != kind.__name__:
        raise ValueError(ast.unparse(node))
    known = [field.name for field in fields(kind) if field.init]
    given = dict(zip(known, call.args, strict=False))
    given |= {str(keyword.arg): keyword.value for keyword in call.keywords}
    if len(given) < len(call.args) + len(call.keywords) or not given.keys() <= set(known):
        raise UserError(
            f"--set: {ast.unparse(node)} does not fit {kind.__name__}: it has "
            f"{', '.join(known) or 'no fields'}."
        )
    hints = typing.get_type_hints(kind)
    return kind(**{name: _parse(hints[name], _text(value), name) for name, value in given.items()})


def _text(node: ast.expr) -> str:
    """An argument as it would be written after FIELD=, so a text without its quotes."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else ast.unparse(node)  # type: ignore[attr-defined]


def _parse_parts(kinds: tuple[Any, ...], text: str) -> tuple[Any, ...]:
    """Dataclasses of some kinds from a list such as `Gain, Noise` or `[Conv(64), Conv(32)]`."""
    node = ast.parse(text, mode="eval").body if text else ast.Tuple([])
    named: dict[str, Any] = {kind.__name__: kind for kind in kinds}
    parts = []
    for each in node.elts if isinstance(node, ast.Tuple | ast.List) else [node]:
        name = each.func if isinstance(each, ast.Call) else each
        parts.append(_parse_part(named[ast.unparse(name)], each))
    return tuple(parts)


def _parse_tuple(kinds: tuple[Any, ...], text: str) -> tuple[Any, ...]:
    values = _alternatives(kinds[0])
    if all(is_dataclass(kind) for kind in values):
        return _parse_parts(values, text)
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
            some = ", ".join(each.__name__ for each in _alternatives(inner))
            several = {int: "whole numbers", float: "numbers", str: "texts"}.get(
                inner, f"some of {some},"
            )
            words.append(f"{several} separated by commas")
        else:
            names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
            words.append(names.get(kind, "None" if kind is type(None) else kind.__name__))
    return " or ".join(words)
