"""Examine a data set's files: unreadable, silent, clipped, missing, extra, of a wrong length or rate, there twice.

    python -m kerasaudio.doctor gtzan --data ROOT
    python -m kerasaudio.doctor magnatagatune --data ROOT

Exit code 1 where training would be affected: files that it has to leave out, and copies in different splits or with
different labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasaudio import options
from kerasaudio.data.progress import Progress

if TYPE_CHECKING:
    from kerasaudio.data.health import Fault

SETS = ("gtzan", "magnatagatune")
LISTED = ("missing", "not annotated")  # kinds that may be thousands, told in a line
SHOWN = 5  # clips of those


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("doctor", __doc__ or "")
    parser.add_argument("set", choices=SETS, help="which data set")
    parser.add_argument("--data", type=Path, metavar="ROOT", required=True, help="the data root")
    chosen = parser.parse_args(arguments)
    options.import_keras()
    found = {"gtzan": gtzan, "magnatagatune": magnatagatune}[chosen.set](chosen.data)
    for fault in found:
        if fault.kind not in LISTED:
            print(f"{'!' if fault.harmful else ' '} {fault.kind:13} {fault.name}: {fault.detail}")
    for kind in LISTED:
        names = [fault.name for fault in found if fault.kind == kind]
        if names:
            more = ", ..." if len(names) > SHOWN else ""
            print(f"  {kind:13} {len(names)} clips: {', '.join(names[:SHOWN])}{more}")
    counts = Counter(fault.kind for fault in found)
    print(
        ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
        or "nothing wrong was found"
    )
    harmful = sum(fault.harmful for fault in found)
    print(f"{harmful} of these affect training" if harmful else "none of these affects training")
    return 1 if harmful else 0


def gtzan(root: Path) -> list[Fault]:
    """The faults of GTZAN's clips."""
    from kerasaudio.data.gtzan_audio import GtzanAudio

    return GtzanAudio().examine(root)


def magnatagatune(root: Path) -> list[Fault]:
    """The faults of MagnaTagATune's clips, which are read to the end."""
    from kerasaudio.data.magnatagatune import MagnaTagATune, clip_files

    progress = Progress("doctor", len(clip_files(root / MagnaTagATune.folder)), "clips")
    found = MagnaTagATune().examine(root, progress.advance)
    progress.clear()
    return found


if __name__ == "__main__":
    options.run(main)
