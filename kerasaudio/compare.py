"""Put the test scores of finished runs side by side, if all were measured on the same examples.

    python -m kerasaudio.compare runs/magnatagatune_p2-raw_256_256-001 runs/magnatagatune_p2-001

Runs of different protocols, splits or members, or of a stand-in and real data, never share a table.
The best run comes first. An interval speaks of the test examples: two that overlap may still
differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasaudio import options
from kerasaudio.errors import UserError
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = options.parser("compare", __doc__ or "")
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="finished run folders, two or more"
    )
    chosen = parser.parse_args(arguments)
    if len(chosen.runs) < 2:
        raise UserError(f"compare {chosen.runs[0]}: expected two runs or more.")
    import_keras()
    from kerasaudio.runs.compare import compare

    for line in compare(chosen.runs):
        print(line)
    return 0


if __name__ == "__main__":
    options.run(main)
