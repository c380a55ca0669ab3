"""Turn a data set's published sound files into what training reads fastest.

    python -m kerasaudio.prepare magnatagatune --data ROOT
    python -m kerasaudio.prepare magnatagatune --data ROOT --out ANOTHER_ROOT --cluster auto

Of MagnaTagATune, every PART/NAME.mp3 becomes PART/NAME.npy: the first 349,500 samples at 12 kHz,
with 16 bits. Files that cannot be read are named and passed over. Interrupted, the same command
goes on where it was.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kerasaudio.cluster.executor import Machines
from kerasaudio.commandline import options, running
from kerasaudio.commandline.parser import command_parser
from kerasaudio.data.files import check_sizes, sizes
from kerasaudio.data.parallel import elsewhere, in_threads, processors
from kerasaudio.experiment import data_sets
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("prepare", __doc__ or "")
    options.add_set_name(
        parser,
        "data set with files to prepare, or an experiment or own .py file that uses it; "
        "example: magnatagatune",
    )
    text = "folder that holds the data sets, or its address in a store; example: /datasets"
    options.add_root(parser, text, required=True)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="ROOT",
        help="data root that gets the new files, a folder (default: --data); example: /scratch",
    )
    here = f"threads of this process (default: {processors()}, as it has processors); example: 4"
    options.add_machines(parser, "files", here)
    chosen = parser.parse_args(arguments)
    import_keras()
    from kerasaudio.data.progress import Progress, duration

    data, out = data_sets.find(chosen.name, "prepare", chosen.set).data, chosen.out or chosen.data
    spread = partial(_spread, options.machines(chosen))
    try:
        with Progress("prepare", data.files(chosen.data), "clips") as progress:
            failed = data.prepare(chosen.data, out, spread, progress.advance)
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("stopped; the same command goes on where this was.") from stop
    for reason in failed:
        print(f"passed over: {reason}", file=sys.stderr)
    done = progress.done - len(failed)
    print(f"arrays    {out / data.folder}: {done} clips, {len(failed)} passed over")
    print(f"time      {duration(progress.seconds())}, {progress.pace()}")
    return 0


def _spread(
    machines: Machines, function: Callable[[Path], Any], paths: Sequence[Path]
) -> Iterator[tuple[Path, Any]]:
    """Reads files in threads, since decoding lets others run, or on a cluster."""
    if machines.address and paths:
        return elsewhere(machines, partial(check_sizes, sizes(paths)), function, paths)
    return in_threads(machines.workers or processors(), function, paths)


if __name__ == "__main__":
    running.run(main)
