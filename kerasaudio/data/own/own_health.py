"""What is wrong with recordings of one's own, before anything is trained on them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasaudio.data.faults import check_bad_files
from kerasaudio.data.own.copies import find_copies, told
from kerasaudio.data.own.heard import Heard
from kerasaudio.data.own.own_windows import Cut
from kerasaudio.data.own.passages import Passage, Source
from kerasaudio.data.sound.decoders import opened
from kerasaudio.data.sound.health import CLIPPED
from kerasaudio.errors import UserError
from kerasaudio.experiment import Fault
from kerasaudio.experiment.examples import SPLITS


def usable(
    source: Source, heard: Mapping[Path, Heard | str], rate: int
) -> tuple[list[Passage], dict[str, str]]:
    """Returns the passages that can be used, and the reason why others cannot, by their names.

    Args:
        source: What the folder or the manifest says.
        heard: What is known of each file.
        rate: Sampling rate in Hz of what was heard.
    """
    good, bad = [], dict(source.bad)
    for passage in source.passages:
        known = heard[passage.path]
        if isinstance(known, str):
            bad[passage.file] = known
        elif round(passage.start * rate) >= known.samples:
            bad[passage.name] = f"ends at {known.samples / rate:.2f} s, before the part begins"
        elif not known.activity(passage.start, min(passage.end, known.samples / rate)):
            bad[passage.name] = "silent: with its channels mixed no sample reaches -80 dB"
        else:
            good.append(passage)
    return good, bad


def check(source: Source, good: int, bad: Mapping[str, str], limit: float) -> None:
    """Checks that not too many passages cannot be used.

    Args:
        source: What the folder or the manifest says.
        good: Number of passages that can be used.
        bad: The reason why others cannot, by their names.
        limit: Largest share of all passages; see `check_bad_files`.

    Raises:
        UserError: If there are more.
    """
    total = len(source.bad) + len(source.passages)
    parts = any(each.name != each.file for each in source.passages)
    name, reason = next(iter(bad.items()), ("", ""))
    found = (
        f"{total - good} of {total} {'parts of ' if parts else ''}recordings cannot be used, "
        f"first {name} ({reason})"
    )
    check_bad_files(total - good, total, limit, found)


def notes(
    source: Source,
    bad: Mapping[str, str],
    good: Sequence[Passage],
    side: Mapping[str, str],
    heard: Mapping[Path, Heard | str],
    parts: Mapping[str, Sequence[Cut]],
) -> dict[str, Any]:
    """Returns facts about splits that a report should tell, by name.

    Args:
        source: What the folder or the manifest says.
        bad: The reason why a passage cannot be used, by its name.
        good: The passages that can be used.
        side: The split of each file.
        heard: What is known of each file.
        parts: The windows of each passage, by the name of the split.
    """
    cuts = [cut for each in parts.values() for cut in each]
    counts = {
        "recordings in no split": len({each.file for each in good} - side.keys()),
        "windows left out, mostly silence or padding": sum(cut.silent for cut in cuts),
        "windows left out, no label or more than one": sum(cut.unclear for cut in cuts),
    }
    return {
        "recordings": ", ".join(f"{name} {len(each)}" for name, each in parts.items()),
        "passed over": "; ".join(f"{name}: {reason}" for name, reason in bad.items()) or "none",
        **source.notes,
        **{name: count for name, count in counts.items() if count},
        "copies across splits": told(find_copies(_known(good, heard)), side),
    }


def _known(good: Sequence[Passage], heard: Mapping[Path, Heard | str]) -> dict[str, Heard]:
    """What is known of each good file, by its name."""
    each = {passage.file: heard[passage.path] for passage in good}
    return {file: known for file, known in each.items() if isinstance(known, Heard)}


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


def labels_of(passages: Sequence[Passage]) -> set[str]:
    """Returns all labels of some passages and of their events."""
    return set().union(*(passage.all_labels() for passage in passages))


def missing(good: Sequence[Passage], sides: Sequence[str], labels: set[str]) -> list[Fault]:
    """Returns the splits in which no recording has a label, such as one of a single group.

    Args:
        good: The passages that can be used.
        sides: The split of each of them.
        labels: The labels that every split should have.
    """
    found = []
    for side in SPLITS:
        each = [passage for passage, one in zip(good, sides, strict=True) if one == side]
        for label in sorted(labels - labels_of(each)):
            found.append(Fault(label, "splits", f"no recording in {side}", harmful=True))
    return found


def _kind(reason: str) -> str:
    return "silent" if reason.startswith("silent") else "unreadable"


def _counts(good: Sequence[Passage]) -> str:
    counts = Counter(label for passage in good for label in sorted(passage.all_labels()))
    return ", ".join(f"{label} {n}" for label, n in sorted(counts.items())) or "none"


def _rates(good: Sequence[Passage]) -> Fault:
    counts: Counter[str] = Counter()
    for path in {passage.path for passage in good}:
        with opened(path) as file:
            counts[f"{file.samplerate} Hz {_channels(file.channels)}"] += 1
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
    for copy in find_copies(_known(good, heard)):
        between = sorted(splits[copy.first] | splits[copy.second])
        other = labels[copy.first] != labels[copy.second]
        detail = "the bytes of " if copy.identical else "nearly the sound of "
        detail += copy.first + (", with another label" if other else "")
        if len(between) > 1:
            detail += f", one in {' and one in '.join(between)}"
        kind = "identical" if copy.identical else "alike"
        yield Fault(copy.second, kind, detail, harmful=len(between) > 1 or other)
