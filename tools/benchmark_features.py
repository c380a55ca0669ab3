"""Measures the 57 features of a clip against the same features by plain librosa calls.

python tools/benchmark_features.py [FOLDER]

One core each (the thread pools of NumPy and SciPy are held to one). "First clip" is a fresh
process, imports and librosa's compilation included, without any cache that an earlier process left.
Without a folder, synthetic clips.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}
RATE = 22_050


def ours(samples: np.ndarray) -> list[float]:
    from kerasaudio.data.features.gtzan_features import features

    return features(samples).tolist()


def plain_librosa(samples: np.ndarray) -> list[float]:
    """The table's columns by librosa, with the padding that it had when the table was made."""
    import librosa
    from librosa import feature

    mirrored = {"pad_mode": "reflect"}
    series = [
        feature.chroma_stft(y=samples, sr=RATE, **mirrored),
        feature.rms(y=samples, **mirrored),
        feature.spectral_centroid(y=samples, sr=RATE, **mirrored),
        feature.spectral_bandwidth(y=samples, sr=RATE, **mirrored),
        feature.spectral_rolloff(y=samples, sr=RATE, **mirrored),
        feature.zero_crossing_rate(samples),
    ]
    for part in librosa.decompose.hpss(librosa.stft(samples, **mirrored)):
        sound = librosa.istft(
            part
        )  # without `length`, as it was then: the last part of a hop stays silent
        series.append(librosa.util.fix_length(sound, size=len(samples)))
    onsets = librosa.onset.onset_strength(y=samples, sr=RATE, aggregate=np.median, **mirrored)
    tempo, _ = librosa.beat.beat_track(onset_envelope=onsets, sr=RATE)
    cepstrum = feature.mfcc(y=samples, sr=RATE, **mirrored)
    statistics = [[each.mean(dtype=float), each.var(dtype=float)] for each in [*series, *cepstrum]]
    return (
        [float(v) for pair in statistics[:8] for v in pair]
        + [float(np.ravel(tempo)[0])]
        + [float(v) for pair in statistics[8:] for v in pair]
    )


def clips(folder: Path | None, count: int = 8) -> list[np.ndarray]:
    if folder:
        from kerasaudio.data.features import recordings
        from kerasaudio.data.sound import read
        from kerasaudio.errors import UserError

        sounds = []
        for recording in recordings.find(folder):
            with contextlib.suppress(UserError):
                sounds.append(read.read(recording.path, RATE))
            if len(sounds) == count:
                break
        return sounds
    random = np.random.default_rng(0)
    time_axis = np.arange(30 * RATE) / RATE
    pulses = np.exp(-20 * (time_axis % 0.5))
    return [
        (
            0.3 * np.sin(2 * np.pi * 110 * (1 + n) * time_axis)
            + 0.2 * pulses * random.normal(size=len(time_axis))
        ).astype("float32")
        for n in range(count)
    ]


def steady(folder: Path | None) -> dict[str, float]:
    """Median seconds a clip, the two taking turns, after one clip of each."""
    sounds = clips(folder)
    seconds: dict[str, list[float]] = {"ours": [], "plain_librosa": []}
    for number, sound in enumerate(sounds):
        for name, times in seconds.items():
            started = time.perf_counter()
            globals()[name](sound)
            if number:
                times.append(time.perf_counter() - started)
    return {name: median(times) for name, times in seconds.items()}


def first(name: str, sound: np.ndarray) -> float:
    """Seconds of a fresh process from its start to its first clip's features."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.npy"
        np.save(path, sound)
        code = (
            f"import runpy, numpy; module = runpy.run_path({__file__!r}); "
            f"module[{name!r}](numpy.load({str(path)!r}, allow_pickle=False))"
        )
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", code], check=True, env={**os.environ, "NUMBA_CACHE_DIR": folder}
        )
        return time.perf_counter() - started


def main() -> None:
    if not all(os.environ.get(name) == value for name, value in THREADS.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **THREADS})
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    one = clips(folder, 1)[0]
    for title, seconds in (
        (
            "first clip of a fresh process",
            {name: first(name, one) for name in ("ours", "plain_librosa")},
        ),
        ("each clip after that, median", steady(folder)),
    ):
        ratio = seconds["plain_librosa"] / seconds["ours"]
        print(
            f"{title:32} ours {seconds['ours']:6.3f} s   "
            f"librosa {seconds['plain_librosa']:6.3f} s   {ratio:5.1f} x"
        )
        if "each" in title:
            print(f"{'':32} {1 / seconds['ours']:.1f} clips per second and core")


if __name__ == "__main__":
    main()
