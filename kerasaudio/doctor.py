"""Examine recordings: unreadable, silent, clipped, short, missing, extra, or there twice.

    python -m kerasaudio.doctor music
    python -m kerasaudio.doctor music.csv --set data.group="^(\\w+)_"
    python -m kerasaudio.doctor gtzan --data ROOT
    python -m kerasaudio.doctor magnatagatune --data ROOT
    python -m kerasaudio.doctor gtzan_cnn1d:gap --data ROOT

The exit code is 1 if training would be affected: by files that it has to leave out, and by copies
in different splits or with different labels. Without --data, SET is a folder with a folder for
each label, or a CSV manifest; see the data set OwnSound. A GPU that TensorFlow has no kernels for
is named, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasaudio.commandline import options, running
from kerasaudio.commandline.parser import command_parser
from kerasaudio.errors import UserError
from kerasaudio.experiment import data_sets
from kerasaudio.training.backend import import_keras

if TYPE_CHECKING:
    from kerasaudio.experiment import Fault

FACTS = ("labels", "rates", "groups")  # worth knowing, and nothing wrong
COUNTED = ("missing", "not annotated", "short")  # there may be thousands, so they get one line
SHOWN = 5  # names in that line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("doctor", __doc__ or "")
    options.add_set_name(
        parser,
        "folder of recordings or CSV file; with --data a data set, or an experiment or own .py "
        "file that uses it; example: music",
    )
    options.add_root(
        parser,
        "folder that holds the data sets, or its address in a store (default: SET is a folder or a "
        "manifest itself); example: /datasets",
    )
    chosen = parser.parse_args(arguments)
    import_keras()
    from kerasaudio.data.files import shown
    from kerasaudio.data.progress import Progress
    from kerasaudio.training.devices import without_kernels

    name, root, fields = chosen.name, chosen.data, chosen.set
    if root is None:
        place = Path(name).resolve()
        name, root, fields = "own_sound", place.parent, [f"data.path={place.name}", *fields]
    data = data_sets.find(name, "examine", fields).data
    files = data.files(root)
    with Progress("doctor", files, "clips") as progress:
        found = data.examine(root, progress.advance)
    if not files:
        raise UserError(
            f"{root / data.folder} holds no clip that can be read: name another --data."
        )
    for line in _lines(found):
        print(shown(line))
    for card in without_kernels():
        print(f"! GPU           {card}")
    return 1 if any(fault.harmful for fault in found) else 0


def _lines(found: Sequence[Fault]) -> list[str]:
    lines = [
        f"{'!' if fault.harmful else ' '} {fault.kind:13} {fault.name}: {fault.detail}"
        for fault in found
        if fault.kind not in COUNTED
    ]
    for kind in COUNTED:
        if names := [fault.name for fault in found if fault.kind == kind]:
            more = ", ..." if len(names) > SHOWN else ""
            lines.append(f"  {kind:13} {len(names)} clips: {', '.join(names[:SHOWN])}{more}")
    counts = Counter(fault.kind for fault in found if fault.kind not in FACTS).most_common()
    lines.append(", ".join(f"{n} {kind}" for kind, n in counts) or "nothing wrong was found")
    harmful = sum(fault.harmful for fault in found)
    verb = "affect" if harmful > 1 else "affects"
    return [*lines, f"{harmful or 'none'} of these {verb} training"]


if __name__ == "__main__":
    running.run(main)
