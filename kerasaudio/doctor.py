"""Examine a data set's files: unreadable, silent, clipped, missing, extra, of a wrong length or rate, there twice.

    python -m kerasaudio.doctor gtzan --data ROOT

Exit code 1 where training would be affected: files that it has to leave out, and copies in different splits or with
different labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kerasaudio import cli

SHOWN = 5  # missing clips


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    options = cli.parser("doctor", __doc__ or "")
    options.add_argument("set", choices=("gtzan",), help="which data set")
    options.add_argument("--data", type=Path, metavar="ROOT", required=True, help="the data root")
    chosen = options.parse_args(arguments)
    cli.import_keras()
    from kerasaudio.data.gtzan_audio import GtzanAudio

    found = GtzanAudio().examine(chosen.data)
    for fault in found:
        if fault.kind != "missing":
            print(f"{'!' if fault.harmful else ' '} {fault.kind:13} {fault.name}: {fault.detail}")
    missing = [fault.name for fault in found if fault.kind == "missing"]
    if missing:
        more = ", ..." if len(missing) > SHOWN else ""
        print(f"  {'missing':13} {len(missing)} clips: {', '.join(missing[:SHOWN])}{more}")
    counts = Counter(fault.kind for fault in found)
    print(", ".join(f"{count} {kind}" for kind, count in counts.most_common()) or "nothing wrong was found")
    harmful = sum(fault.harmful for fault in found)
    print(f"{harmful} of these affect training" if harmful else "none of these affects training")
    return 1 if harmful else 0


if __name__ == "__main__":
    cli.run(main)
