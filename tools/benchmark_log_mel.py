#!/usr/bin/env python3
"""Measures decoding and log-mel of 30-s clips against a loop over librosa.

    python tools/benchmark_log_mel.py --data ROOT      (default: stand-in clips)

Prints clips per second of both, taken in turns, and the ratio of the medians.
"""

import argparse
import time
from pathlib import Path
from statistics import median

from kerasaudio.training.backend import import_keras

import_keras()

import keras  # noqa: E402
import librosa  # noqa: E402
import tensorflow as tf  # noqa: E402
from sound_clips import clip_paths  # noqa: E402

from kerasaudio.data.gtzan_audio import RATE  # noqa: E402
from kerasaudio.data.sound.windows import Window, examples  # noqa: E402
from kerasaudio.frontends.log_mel import LogMel  # noqa: E402
from kerasaudio.training.pipeline import batches  # noqa: E402

SAMPLES = 660_000


def ours(paths, model):
    clips = [Window(str(path), 0, Path(path), 0, 0) for path in paths]
    for batch, _ in batches(examples(clips, RATE, SAMPLES), 4):
        model(batch)


def librosas(paths):
    for path in paths:
        wave = librosa.load(path, sr=RATE)[0][:SAMPLES]
        librosa.power_to_db(
            librosa.feature.melspectrogram(y=wave, sr=RATE, n_fft=1024, hop_length=512), top_db=None
        )


def seconds(call):
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    with clip_paths(chosen.data, SAMPLES) as paths:
        inputs = keras.Input((SAMPLES,))
        model = tf.function(keras.Model(inputs, LogMel()(inputs, RATE)))
        ours(paths[:8], model), librosas(paths[:1])
        each = [
            (seconds(lambda: ours(paths, model)), seconds(lambda: librosas(paths)))
            for _ in range(chosen.rounds)
        ]
    own, other = (len(paths) / median(times) for times in zip(*each, strict=True))
    print(
        f"{len(paths)} clips: pipeline {own:.1f} clips/s, librosa {other:.1f} clips/s, "
        f"ratio {own / other:.2f}"
    )


if __name__ == "__main__":
    main()
