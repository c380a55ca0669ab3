"""What argparse turns an option's text into."""

from __future__ import annotations

import argparse
import re
from typing import Literal

from kerasaudio.experiment import SEEDS


def size(text: str) -> int:
    """Returns bytes from a text such as 10GB, 1.5 TB, 500MB or a plain number, for argparse."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?(?:([kMGT])B)?", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: expected one such as 10GB or 500MB")
    return int(float(found[1]) * 1000 ** " kMGT".index(found[2] or " "))


def positive(text: str) -> int:
    """Returns a whole number of at least 1, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def devices(text: str) -> int | Literal["all"]:
    """Returns a number of devices, or "all", for argparse."""
    if text == "all":
        return "all"
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither all nor a whole number of at least 1, of this machine's GPUs"
        )
    return int(text)


def seed(text: str) -> int:
    """Returns a whole number from 0 to 2**32 - 1, for argparse."""
    if not text.isdecimal() or int(text) >= SEEDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {SEEDS - 1}")
    return int(text)


def folder_name(text: str) -> str:
    """Returns a name that a folder can have everywhere, for argparse."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a folder: expected letters, digits, '_', '.', '+' and '-'"
        )
    return text
