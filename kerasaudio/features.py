"""Compute the 57 features of GTZAN's published table for any folder of recordings.

    python -m kerasaudio.features music --out music.csv
    python -m kerasaudio.features music --out music_3_sec.csv --seconds 3 --workers 8
    python -m kerasaudio.features music --out music.csv --cluster auto

The folder that a file is in is its label. A recording of less than 60 s is one row; a longer one
has a row every 30 s, the last with what is left over. With --seconds 3 every 3 s are a row; what is
left over, and recordings that are shorter, have none. Rows of one recording are called NAME.0.wav,
NAME.1.wav, ... Files that cannot be read are named and passed over. Interrupted, the same command
goes on where it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasaudio.commandline import options, running
from kerasaudio.commandline.parser import command_parser
from kerasaudio.data.parallel import processors


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("features", __doc__ or "")
    parser.add_argument(
        "folder",
        type=Path,
        metavar="FOLDER",
        help="folder of recordings, or of folders of them; example: music",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="TABLE.csv",
        help="file that gets the table; example: music.csv",
    )
    parser.add_argument(
        "--seconds",
        type=int,
        choices=(3, 30),
        default=30,
        help="seconds of sound that a row describes (default: %(default)s); example: 3",
    )
    here = f"processes of this machine (default: {processors()}, as it has processors); example: 4"
    options.add_machines(parser, "recordings", here)
    chosen = parser.parse_args(arguments)
    from kerasaudio.data.features import feature_table

    try:
        machines = options.machines(chosen)
        done = feature_table.write(chosen.folder, chosen.out, chosen.seconds, machines)
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt("stopped; the same command goes on where this was.") from stop
    print(
        f"table     {chosen.out}: {done.rows} rows of {done.files} files, {done.failed} passed over"
    )
    print(f"time      {done.time}")
    return 0


if __name__ == "__main__":
    running.run(main)
