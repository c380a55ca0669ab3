"""What is wrong with recordings of one's own, before anything is trained on them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from kerasaudio.data.copies import find_copies
from kerasaudio.data.health import CLIPPED
from kerasaudio.data.heard import Heard
from kerasaudio.data.passages import Passage, Source
from kerasaudio.errors import UserError
from kerasaudio.experiment import Fault


def faults(
    source: Source,
    bad: Mapping[str, str],
    good: Sequence[Passage],
    heard: Mapping[Path, Heard | str],
    sides: Sequence[str] | UserError,
    window: float,
    short: str,
    hint: str | None,
) -> list[Fault]:
    """Returns what is wrong, and facts that are worth knowing: labels, rates and groups.

    Args:
        source: What the folder or the manifest says.
        bad: The reason why a passage cannot be used, by its name.
        good: The passages that can be used.
        heard: What is known of each file.
        sides: The split of each good passage, or why there are none.
        window: Length of a window in seconds.
        short: What follows passages that are shorter; see `OwnSound`.
        hint: What names suggest about groups, or `None`.
    """
    found = [Fault("all", "labels", _counts(good), harmful=False), _rates(good)]
    found += [Fault("all", kind, names, harmful=False) for kind, names in source.notes.items()]
    found += [Fault(name, _kind(reason), reason, harmful=True) for name, reason in bad.items()]
    for passage in good:
        known = heard[passage.path]
        assert isinstance(known, Heard)  # as of all that are good
        found += _of_sound(passage, known, window, short)
    if isinstance(sides, UserError):
        found.append(Fault("all", "splits", str(sides), harmful=True))
        sides = [""] * len(good)
    found += _copies(good, heard, sides)
    return [*found, *([Fault("all", "groups", hint, harmful=False)] if hint else [])]


def _kind(reason: str) -> str:
    return "silent" if reason.startswith("silent") else "unreadable"


def _counts(good: Sequence[Passage]) -> str:
    counts = Counter(label for passage in good for label in sorted(passage.all_labels()))
    return ", ".join(f"{label} {n}" for label, n in sorted(counts.items())) or "none"


def _rates(good: Sequence[Passage]) -> Fault:
    import soundfile  # slow to import, and only needed here

    files = {passage.path for passage in good}
    infos = [soundfile.info(path) for path in files]
    counts = Counter(f"{info.samplerate} Hz {_channels(info.channels)}" for info in infos)
    told = ", ".join(f"{form} {n}" for form, n in counts.most_common())
    return Fault("all", "rates", told or "none", harmful=False)


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def _of_sound(passage: Passage, known: Heard, window: float, short: str) -> Iterator[Fault]:
    whole = known.samples / known.rate
    seconds = min(passage.end, whole) - passage.start
    if seconds < window:
        lost = short == "pad" and seconds < window / 2
        filled = "left out" if lost else "repeated" if short == "repeat" else "followed by silence"
        detail = f"{seconds:.2f} s, {filled} to fill a window of {window:g} s"
        yield Fault(passage.name, "short", detail, harmful=lost)
    if known.clipped >= CLIPPED:
        detail = f"{known.clipped:.1%} of its samples at full scale"
        yield Fault(passage.name, "clipped", detail, harmful=False)


def _copies(
    good: Sequence[Passage], heard: Mapping[Path, Heard | str], sides: Sequence[str]
) -> Iterator[Fault]:
    labels: dict[str, set[str]] = defaultdict(set)
    splits: dict[str, set[str]] = defaultdict(set)
    for passage, side in zip(good, sides, strict=True):
        labels[passage.file] |= passage.all_labels()
        splits[passage.file] |= {side} - {""}
    known = {passage.file: heard[passage.path] for passage in good}
    for copy in find_copies({name: h for name, h in known.items() if isinstance(h, Heard)}):
        between = sorted(splits[copy.first] | splits[copy.second])
        other = labels[copy.first] != labels[copy.second]
        detail = "the bytes of " if copy.identical else "nearly the sound of "
        detail += copy.first + (", with another label" if other else "")
        if len(between) > 1:
            detail += f", one in {' and one in '.join(between)}"
        kind = "identical" if copy.identical else "alike"
        yield Fault(copy.second, kind, detail, harmful=len(between) > 1 or other)
