"""Turn a data set's published sound files into what training reads fastest.

    python -m kerasaudio.prepare magnatagatune --data ROOT
    python -m kerasaudio.prepare magnatagatune --data ROOT --out ANOTHER_ROOT

Of MagnaTagATune, every PART/NAME.mp3 becomes PART/NAME.npy: the first 349,500 samples at 12 kHz, 16 bits. Files that
cannot be read are named and passed over. Interrupted, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from kerasaudio import options
from kerasaudio.data.progress import Progress
from kerasaudio.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("prepare", __doc__ or "")
    parser.add_argument("set", choices=("magnatagatune",), help="which data set")
    parser.add_argument("--data", type=Path, metavar="ROOT", required=True, help="the data root")
    parser.add_argument(
        "--out", type=Path, metavar="ROOT", help="another data root for the arrays (the same)"
    )
    parser.add_argument(
        "--workers",
        type=options.positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="files at once (%(default)s)",
    )
    chosen = parser.parse_args(arguments)
    options.import_keras()
    return magnatagatune(chosen)


def magnatagatune(chosen: argparse.Namespace) -> int:
    """Every MP3 that has no whole array yet."""
    from kerasaudio.data.magnatagatune import SAMPLES, MagnaTagATune, clip_files
    from kerasaudio.data.magnatagatune_tags import FILE

    source = chosen.data / MagnaTagATune.folder
    home = (chosen.out or chosen.data) / MagnaTagATune.folder
    sounds = clip_files(source, (".mp3",))
    if not sounds:
        raise UserError(
            f"{source} holds no clips: expected the published folders 0 to f with .mp3 files."
        )
    try:
        for part in sorted({path.parent.name for path in sounds.values()}):
            (home / part).mkdir(parents=True, exist_ok=True)
        if home != source and (source / FILE).is_file():
            shutil.copyfile(source / FILE, home / FILE)
    except OSError as error:
        raise UserError(
            f"{home} cannot be written to: {error.strerror}; choose another root with --out."
        ) from error
    missing = {
        clip: path for clip, path in sounds.items() if not _is_whole(home / f"{clip}.npy", SAMPLES)
    }
    if len(missing) < len(sounds):
        print(f"go on     {len(sounds) - len(missing)} of {len(sounds)} clips were done before")
    failed = convert(missing, home, chosen.workers)
    print(f"arrays    {home}: {len(sounds) - failed} clips, {failed} passed over")
    return 0


def _is_whole(path: Path, samples: int) -> bool:
    from kerasaudio.data.arrays import stored

    try:
        stored(path, samples)
    except UserError:
        return False
    return True


def convert(sounds: dict[str, Path], home: Path, workers: int) -> int:
    """Write `home`/PART/NAME.npy for each of the clips; the number of those that could not be read."""
    progress, failed = Progress("prepare", len(sounds), "clips"), 0
    with ThreadPoolExecutor(workers) as pool:  # decoding and resampling let other threads run
        waiting = [
            pool.submit(_convert, path, home / f"{clip}.npy") for clip, path in sounds.items()
        ]
        try:
            for done in as_completed(waiting):
                reason = done.result()
                if reason:
                    failed += 1
                    progress.say(f"passed over: {reason}")
                progress.advance()
        except KeyboardInterrupt as stop:
            raise KeyboardInterrupt("stopped; the same command goes on where this was.") from stop
        finally:
            pool.shutdown(cancel_futures=True)
    progress.clear()
    print(f"time      {options.duration(progress.seconds())}, {progress.pace()}")
    return failed


def _convert(path: Path, out: Path) -> str | None:
    """One clip, whole or not at all; the reason where it cannot be read."""
    import numpy as np

    from kerasaudio.data.magnatagatune import SAMPLES, MagnaTagATune
    from kerasaudio.data.read import sixteen_bit

    try:
        samples = sixteen_bit(path, MagnaTagATune.rate or 0, SAMPLES)
    except UserError as reason:
        return str(reason)
    partial = out.with_name(f".{out.name}.partial")
    try:
        with partial.open("wb") as file:
            np.save(file, samples)
        os.replace(partial, out)
    except OSError as error:
        raise UserError(f"{out} could not be written: {error.strerror}.") from error
    return None


if __name__ == "__main__":
    options.run(main)
