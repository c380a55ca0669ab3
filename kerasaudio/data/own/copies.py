"""Recordings that are copies of each other: the same bytes, or nearly the same sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import correlate
from sklearn.neighbors import NearestNeighbors

from kerasaudio.data.own.heard import PRINTED, Heard
from kerasaudio.data.sound.read import read

# Correlation of fingerprints from which on recordings may be copies, and largest cross-correlation
# of their sound from which on they are. On 740 recordings of two words, copies as MP3, 10 ms later
# or with noise 50 dB below the peak have at least 0.94 and 0.97; a voice that says a word twice has
# up to 0.97, but less than 0.7.
MAYBE, SURELY = 0.9, 0.9
LENGTHS = 1.1  # a copy is not longer than that many times the other one


@dataclass(frozen=True)
class Copy:
    """Two recordings of which one is a copy of the other.

    Args:
        first: Name of the one.
        second: Name of the other.
        identical: Whether their bytes are the same; otherwise their sound is nearly the same.
    """

    first: str
    second: str
    identical: bool


def find_copies(heard: Mapping[str, Heard]) -> list[Copy]:
    """Returns all pairs of copies, sorted by name.

    Args:
        heard: What is known of each recording, by its name.
    """
    names = sorted(heard)
    if len(names) < 2:
        return []
    prints = np.stack([heard[name].print for name in names])
    # Of vectors of length 1: |a - b|^2 = 2 - 2 a.b
    search = NearestNeighbors(radius=np.sqrt(2 - 2 * MAYBE), algorithm="brute").fit(prints)
    near = search.radius_neighbors(prints, return_distance=False)
    found: dict[int, Copy] = {}  # each copy beside the first recording that it is one of
    for number, others in enumerate(near):
        if number in found:
            continue
        one = heard[names[number]]
        for place in sorted(map(int, others)):
            other = heard[names[place]]
            if place > number and place not in found and _are_copies(one, other):
                identical = one.digest == other.digest
                found[place] = Copy(names[number], names[place], identical)
    return list(found.values())


def _are_copies(one: Heard, other: Heard) -> bool:
    lengths = sorted((one.samples, other.samples))
    if one.digest == other.digest:
        return True
    alike = bool(one.print.any()) and lengths[1] <= LENGTHS * lengths[0]
    return alike and _sound_the_same(one, other)


def _sound_the_same(one: Heard, other: Heard) -> bool:
    """Whether two sounds are the same but for their level, a delay and little noise."""
    first, second = (
        read(each.path, each.rate)[: int(PRINTED * each.rate)] for each in (one, other)
    )
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return bool(np.abs(correlate(first, second, method="fft")).max() >= SURELY * norm)


def told(copies: Sequence[Copy], side: Mapping[str, str]) -> str:
    """Returns how many pairs of copies are in different splits, and the first of each kind.

    Args:
        copies: Pairs of copies.
        side: The split of each recording by its name; some may be in none.
    """
    parts = []
    for identical, words in ((True, "identical"), (False, "nearly identical")):
        apart = [
            f"{copy.first} ({side[copy.first]}) and {copy.second} ({side[copy.second]})"
            for copy in copies
            if copy.identical == identical
            and len({side.get(name, "") for name in (copy.first, copy.second)} - {""}) == 2
        ]
        if apart:
            parts.append(f"{len(apart)} {words}, such as {apart[0]}")
    return "; ".join(parts) or "none"
