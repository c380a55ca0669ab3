"""Put the test scores of finished runs side by side, if all were measured on the same examples.

    python -m kerasaudio.compare runs/magnatagatune_p2-raw_256_256-001 runs/magnatagatune_p2-raw_dropout-001

Runs of different protocols, splits or members, or of a stand-in and real data, never share a table. The best run comes
first. An interval speaks of the test examples: two that overlap may still differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio import options
from kerasaudio.errors import UserError

SHARED = {
    "protocol": "protocol",
    "split": "scored split",
    "synthetic": "stand-in",
    "members": "members",
    "prevalence": "shares of the labels",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("compare", __doc__ or "")
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="finished run folders, two or more"
    )
    chosen = parser.parse_args(arguments)
    if len(chosen.runs) < 2:
        raise UserError(f"compare {chosen.runs[0]}: expected two runs or more.")
    options.import_keras()
    from kerasaudio.runs import runs

    found = {path: runs.open_run(path).read("scores.json") for path in chosen.runs}
    check_comparable(found)
    check_content({path: runs.Run(path) for path in chosen.runs})
    for line in table(found):
        print(line)
    return 0


def check_comparable(found: dict[Path, dict[str, Any]]) -> None:
    """Raises UserError where the scores of two runs were not measured on the same examples and labels."""
    (first, scores), *others = found.items()
    for path, other in others:
        for key, name in SHARED.items():
            one, two = scores["stamp"][key], other["stamp"][key]
            if one != two:
                raise UserError(
                    f"{first} and {path} can't share a table: {name} {str(one)[:80]} and {str(two)[:80]}. "
                    "Compare runs of one protocol."
                )


def check_content(each: dict[Path, Any]) -> None:
    """Raises UserError where two runs had the same examples of the same data set, but with other numbers in them."""
    facts = {
        path: (
            run.read("experiment.json")["experiment"]["data"],
            run.read("splits.json").get("content"),
        )
        for path, run in each.items()
    }
    (first, (data, content)), *others = facts.items()
    for path, (other, held) in others:
        if data == other and content and held and content != held:
            raise UserError(
                f"{first} and {path} can't share a table: their data's files held other numbers. Train anew."
            )


def table(found: dict[Path, dict[str, Any]]) -> list[str]:
    """A line a run, under what they were all measured on."""
    from kerasaudio.scoring.scores import Score, titles

    stamp = next(iter(found.values()))["stamp"]
    named = titles(next(iter(found.values())))
    width = max(len(str(path)) for path in found) + 2
    source = "STAND-IN (synthetic data), " if stamp["synthetic"] else ""
    lines = [
        f"{source}{stamp['protocol']}, {stamp['split']} n={stamp['n']}, members {stamp['members'][:8]}",
        f"{'run':{width}}"
        + "".join(f"{title:24}" for title in named.values())
        + "seed  selected on",
    ]
    for path, scores in sorted(
        found.items(), key=lambda item: -item[1][next(iter(named))]["value"]
    ):
        each = "".join(f"{Score(**scores[key])!s:24}" for key in named)
        lines.append(
            f"{path!s:{width}}{each}{scores['stamp']['seed']:4}  {scores['stamp']['selected_on']}"
        )
    return lines


if __name__ == "__main__":
    options.run(main)
