"""One experiment under several protocols, side by side: what a split that leaks adds to a score."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio.experiment import fields
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment


def under(experiment: Experiment, names: Sequence[str]) -> dict[str, Experiment]:
    """The experiment with each of the data set's splits that are named. Raises UserError for one that it lacks."""
    if len(names) != len(set(names)) or len(names) < 2:
        raise UserError(f"--protocols {','.join(names)}: expected two or more different ones, separated by commas.")
    apart = getattr(experiment.data, "incomparable", None)
    if apart:
        raise UserError(f"--protocols {','.join(names)}: {apart}; train each by itself with --set data.split=...")
    return {name: fields.override(experiment, f"data.split={name}") for name in names}


def compare(path: Path, names: Sequence[str]) -> None:
    """Print the finished runs `path`/NAME beside each other and write protocols.json: each score, and the gaps."""
    from kerasaudio.runs import runs
    from kerasaudio.scoring.scores import Score

    found = {name: runs.Run(path / name).read("scores.json") for name in names}
    width = max(map(len, names)) + 2
    print(f"\n{'protocol':{width}}{'test accuracy':24}{'n':>6}  {'clip accuracy':24}{'n':>6}")
    for name, scores in found.items():
        clips = scores.get("clips")
        whole = f"{Score(**clips['accuracy'])!s:24}{clips['n']:6}" if clips else ""
        print(f"{name:{width}}{Score(**scores['accuracy'])!s:24}{scores['stamp']['n']:6}  {whole}".rstrip())
        print(f"{'':{width}}{scores['stamp']['protocol']}")
    gaps = [_gap(found, names[0], other) for other in names[1:]]
    for gap in gaps:
        each = ", ".join(f"{key} {gap[key]:+.3f}" for key in ("accuracy", "clip accuracy") if key in gap)
        print(f"gap         {gap['from']} - {gap['to']}: {each}")
    runs.write_json(path / "protocols.json", {"protocols": {name: _row(found[name]) for name in names}, "gaps": gaps})


def _row(scores: dict[str, Any]) -> dict[str, Any]:
    row = {"stamp": scores["stamp"], "accuracy": scores["accuracy"]}
    return row | ({"clip accuracy": scores["clips"]["accuracy"]} if "clips" in scores else {})


def _gap(found: dict[str, Any], first: str, other: str) -> dict[str, Any]:
    one, two = _row(found[first]), _row(found[other])
    each = {key: one[key]["value"] - two[key]["value"] for key in one if key != "stamp" and key in two}
    return {"from": first, "to": other, **each}
