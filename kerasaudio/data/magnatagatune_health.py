"""What is wrong with the files of MagnaTagATune, each fault by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from kerasaudio.data.arrays import LOUDEST, stored
from kerasaudio.data.clips import THREADS
from kerasaudio.data.health import Fault
from kerasaudio.data.magnatagatune_tags import Annotations
from kerasaudio.data.read import FULL_SCALE, sixteen_bit
from kerasaudio.errors import UserError


def faults(
    annotations: Annotations,
    files: Mapping[str, Path],
    left_out: frozenset[str],
    rate: int,
    samples: int,
    advance: Callable[[], None],
) -> Iterator[Fault]:
    """Annotations without a clip, clips without an annotation, and every fault of the files, read to the end.

    `files` are by "PART/NAME"; `left_out` are clips that no protocol uses; `advance` is called once a file.
    """
    for clip in sorted(set(annotations.clips) - files.keys()):
        yield Fault(clip, "missing", "annotation without a clip", harmful=False)
    for clip in sorted(files.keys() - set(annotations.clips)):
        yield Fault(clip, "not annotated", "clip without an annotation", harmful=False)
    names = sorted(files)
    with ThreadPoolExecutor(THREADS) as pool:
        for clip, reason in zip(
            names, pool.map(lambda name: _fault(files[name], rate, samples), names), strict=True
        ):
            advance()
            if reason is not None:
                kind, detail = reason
                known = clip in left_out
                yield Fault(
                    clip,
                    kind,
                    detail + ("; known: left out everywhere" if known else ""),
                    harmful=not known,
                )


def _fault(path: Path, rate: int, samples: int) -> tuple[str, str] | None:
    """Kind and detail of what is wrong with one file, or None."""
    try:
        found = stored(path, samples)
        values = (
            np.load(path, mmap_mode="r", allow_pickle=False)
            if found.offset
            else sixteen_bit(path, rate, samples)
        )
    except UserError as error:
        return "unusable", str(error).removeprefix(f"{path} ").rstrip(".")
    if not np.isfinite(values).all():
        return "not numbers", "holds samples that are not finite"
    peak = float(np.abs(values.astype(np.float64)).max())
    if not peak:
        return "silent", "no sample differs from 0"
    if values.dtype.kind == "f" and peak > LOUDEST * FULL_SCALE:
        return "too loud", f"a peak of {peak:g}, beyond 16 bits"
    return None
