"""How much memory is free."""

from __future__ import annotations

import os
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")
# What a container may use, what it uses, and how much of that is a cache of files that gives way;
# in version 2 of control groups and in version 1.
LIMITS = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        "memory/memory.stat",
        "total_inactive_file",
    ),
)


def free_memory() -> int:
    """Returns the number of bytes that this process can still get without swapping.

    It is what the system has available, or what is left of the container's limit if that is less.
    Where the system does not tell, it is half of the machine's memory.
    """
    return max(0, min([_available(), *(_left(*names) for names in LIMITS)]))


def _available() -> int:
    found = _table(MEMINFO).get("MemAvailable:")
    if found is not None:
        return found * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):  # no such call on Windows
        return 4 << 30


def _left(limit: str, used: str, stat: str, cache: str) -> int:
    """What is left of a container's limit; the largest number where there is none."""
    try:
        most, now = int((CGROUP / limit).read_text()), int((CGROUP / used).read_text())
    except (OSError, ValueError):  # no such file, or it says "max"
        return 1 << 62
    return most - now + _table(CGROUP / stat).get(cache, 0)


def _table(path: Path) -> dict[str, int]:
    """The first number of each line of a file of names and numbers."""
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}
