"""Opens sound files: with libsndfile, and with ffmpeg what libsndfile does not know."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kerasaudio.data.stores.stores import local_copy
from kerasaudio.errors import UserError

if TYPE_CHECKING:
    from soundfile import SoundFile

LIBSNDFILE = frozenset(
    ".wav .wave .flac .mp3 .mp2 .ogg .oga .opus .aif .aiff .aifc .au .snd .caf .w64 .rf64".split()
)
FFMPEG = frozenset(
    ".m4a .m4b .mp4 .aac .wma .asf .webm .mka .mkv .mov .3gp .amr .ape .wv .tta .ac3 .dsf".split()
)
DEMUXERS = {  # ffmpeg's name of a format, by the bytes that a file of it begins with
    b"\x1aE\xdf\xa3": "matroska",
    b"0&\xb2u\x8ef\xcf\x11": "asf",
    b"\xff\xf1": "aac",
    b"\xff\xf9": "aac",
    b"\x0bw": "ac3",
    b"#!AMR": "amr",
    b"MAC ": "ape",
    b"wvpk": "wv",
    b"TTA1": "tta",
    b"DSD ": "dsf",
}
LONGEST = 3600  # seconds that ffmpeg may take for a file
CUT = 0.01  # share of a file's samples that may be missing: headers of MP3 files are not exact

# What libsndfile notes where the header of a file promises more bytes than there are.
PROMISED = re.compile(r"(?:data|Data Size|SSND|Riff size|riff) *: (\d+) \(should be (\d+)\)")
NO_END = ("Last page lacks an end-of-stream bit", "File ended unexpectedly")  # of Ogg files
UNKNOWN = 0x7FFF0000  # programs that write into a pipe promise this many bytes, or more


def has_ffmpeg() -> bool:
    """Returns whether ffmpeg is installed."""
    return shutil.which("ffmpeg") is not None


def is_sound(path: Path) -> bool:
    """Returns whether a file's name says that it is sound that can be read on this machine."""
    suffix = path.suffix.lower()
    return suffix in LIBSNDFILE or (suffix in FFMPEG and has_ffmpeg())


@contextmanager
def opened(path: Path) -> Iterator[SoundFile]:
    """Yields an open sound file, of any name that the file system allows.

    Args:
        path: The file.

    Raises:
        UserError: If the file is missing or no sound, now or while it is read.
    """
    import soundfile

    with ExitStack() as stack:
        source = stack.enter_context(local_copy(path))
        if source.exists() and not source.is_file():  # opening a pipe may wait for ever
            raise UserError(f"{path} is no file: expected a sound file.")
        try:
            try:
                file = stack.enter_context(soundfile.SoundFile(os.fsencode(source)))
            except soundfile.LibsndfileError:
                demuxer = _demuxer(source) if has_ffmpeg() else None
                if demuxer is None:
                    raise
                file = stack.enter_context(_converted(source, demuxer))
            yield file
        except (soundfile.LibsndfileError, OSError) as error:
            if not source.exists():
                raise UserError(f"{path} was not found: expected a sound file.") from error
            reason = _reason(source, error)
            raise UserError(f"{path} could not be read as sound: {reason}.") from error
        except MemoryError as error:
            raise UserError(f"{path} needs more memory than there is: split it.") from error


def cut_off(file: SoundFile, samples: int) -> str | None:
    """Returns how much of a file is missing at its end, in words, or `None`.

    Args:
        file: The file, open.
        samples: Number of samples of a channel that were read.
    """
    log = file.extra_info
    for promised, there in (map(int, each) for each in PROMISED.findall(log)):
        if there < (1 - CUT) * promised and promised < UNKNOWN:
            return f"its header promises {promised} bytes of sound and {there} are there"
    estimated = file.subtype.startswith("MPEG") and not _counts_frames(Path(os.fsdecode(file.name)))
    if samples < (1 - CUT) * file.frames and not estimated:
        return f"its header promises {file.frames} samples and {samples} are there"
    if any(words in log for words in NO_END):
        return "its last page is missing"
    return None


def _counts_frames(path: Path) -> bool:
    """Whether an MP3 file says how many frames it has; otherwise that is estimated by its size."""
    with path.open("rb") as file:
        head = file.read(10)
        tag = sum((byte & 0x7F) << 7 * (3 - place) for place, byte in enumerate(head[6:10]))
        file.seek(10 + tag if head.startswith(b"ID3") else 0)  # its size has 7 bits a byte
        first = file.read(200)
    return b"Xing" in first or b"Info" in first


def _demuxer(path: Path) -> str | None:
    """ffmpeg's name of a file's format; it is never left to guess, or to follow playlists."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] == b"ftyp":
        return "mov"
    return next((name for magic, name in DEMUXERS.items() if head.startswith(magic)), None)


@contextmanager
def _converted(path: Path, demuxer: str) -> Iterator[SoundFile]:
    """The first sound track of a file as a temporary WAV file of floats, open."""
    import soundfile

    with tempfile.TemporaryDirectory(prefix="kerasaudio-") as folder:
        wav = Path(folder) / "sound.wav"
        quiet = ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file"]
        source: list[str | bytes] = ["-f", demuxer, "-i", b"file:" + os.fsencode(path.absolute())]
        target = ["-map", "0:a:0", "-c:a", "pcm_f32le", "-rf64", "auto", str(wav)]
        try:
            subprocess.run([*quiet, *source, *target], check=True, stderr=-1, timeout=LONGEST)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            said = (error.stderr or b"").decode(errors="replace").strip().rpartition("\n")[2]
            raise UserError(
                f"{path} could not be read as sound by ffmpeg: {said or 'it took too long'}."
            ) from error
        with soundfile.SoundFile(wav) as file:
            yield file


def _reason(path: Path, error: Exception) -> str:
    """Why libsndfile refuses a file; it says of MP4 that there is no such file."""
    try:
        demuxer = _demuxer(path)
    except OSError as other:
        return str(other.strerror)
    if demuxer == "mov":
        return "its content is MP4, such as AAC; install ffmpeg, or convert it to WAV or FLAC"
    if demuxer:
        return f"its content is {demuxer}; install ffmpeg, or convert it to WAV or FLAC"
    found = getattr(error, "error_string", None) or getattr(error, "strerror", None) or error
    return str(found).strip().rstrip(".")
