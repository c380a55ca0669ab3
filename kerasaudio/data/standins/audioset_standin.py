"""Synthetic AudioSet records in the real layout. Nothing here is derived from real data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from kerasaudio.data.files import written
from kerasaudio.data.records.embeddings import BANDS, FRAMES, LABELS
from kerasaudio.data.records.records import frame

SEED = 20260101
CLIPS = {"bal_train": 1200, "eval": 600}
FILES = 8  # that a part is spread over
SHORT = 0.02  # share of clips with fewer than ten frames
SPEECH = 0.26  # share of clips with the first label
LOUDNESS = 60.0  # of a label in the frames where it sounds, in byte steps
NOISE = 40.0  # of everything else, in byte steps


def write(folder: Path) -> None:
    """Writes the parts bal_train and eval.

    Every label is a direction that is added to some frames of the clips that have it.

    Args:
        folder: The folder of the parts.
    """
    random = np.random.default_rng(SEED)
    directions = random.normal(size=(LABELS, BANDS))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    for part, clips in CLIPS.items():
        (folder / part).mkdir(parents=True, exist_ok=True)
        for file, members in enumerate(np.array_split(np.arange(clips), FILES)):
            records = [
                frame(_clip(f"{part[:4]}{number:07d}", directions, random)) for number in members
            ]
            with written(folder / part / f"{file:02d}.tfrecord") as partial:
                partial.write_bytes(b"".join(records))


def _clip(name: str, directions: np.ndarray, random: np.random.Generator) -> bytes:
    labels = {0} if random.random() < SPEECH else set()
    labels |= set(random.integers(1, LABELS, size=random.integers(1, 3)).tolist())
    frames = 128 + NOISE * random.normal(size=(FRAMES, BANDS))
    for label in sorted(labels):
        sounding = random.random(FRAMES) < 0.6
        frames[sounding] += LOUDNESS * np.sqrt(BANDS) / 4 * directions[label]
    length = int(random.integers(1, FRAMES)) if random.random() < SHORT else FRAMES
    return example(name, sorted(labels), frames[:length].clip(0, 255).astype(np.uint8))


def example(
    name: str, labels: list[int], frames: np.ndarray, feature: str = "audio_embedding"
) -> bytes:
    """Returns one serialized SequenceExample as AudioSet has them.

    Args:
        name: The video id.
        labels: Numbers of the clip's classes.
        frames: uint8 array of shape `(frames, bands)`.
        feature: Name of the feature list.
    """
    proto = tf.train.SequenceExample()
    context = proto.context.feature
    context["video_id"].bytes_list.value.append(name.encode())
    context["start_time_seconds"].float_list.value.append(0.0)
    context["end_time_seconds"].float_list.value.append(float(len(frames)))
    context["labels"].int64_list.value.extend(labels)
    for each in frames:
        proto.feature_lists.feature_list[feature].feature.add().bytes_list.value.append(
            each.tobytes()
        )
    return proto.SerializeToString()
