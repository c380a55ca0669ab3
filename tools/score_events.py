#!/usr/bin/env python3
"""Scores the events that a network finds in a long recording, which is put together from ESC-10.

    python tools/score_events.py --data ROOT

Five classes of ESC-10, which have a beginning, are the labels; the other five are the background.
own_sound:cnn2d learns from the clips of four folds. The recording has each event of the fifth fold
at a known time, 10 dB above a background that is always there, after a pause of 2 to 4 s. An event
is found where one of its label starts within 250 ms of it; mir_eval matches them one to one. Needs
mir_eval: `pip install mir_eval`.
"""

import argparse
import csv
import tempfile
from dataclasses import replace
from pathlib import Path

import librosa
import mir_eval
import numpy as np
import soundfile

import kerasaudio
from kerasaudio.data.own_sound import OwnSound
from kerasaudio.frontends.augmented import Augmented
from kerasaudio.frontends.sound_augmentations import Noise
from kerasaudio.frontends.spec_augment import SpecAugment
from kerasaudio.serving.listening import PredictSettings
from kerasaudio.serving.predict import predict

EVENTS = ("baby_cry", "chainsaw", "dog_bark", "person_sneeze", "rooster")
RATE, TOLERANCE, RATIO_DB, TOP_DB = 22_050, 0.25, 10, 30
FIELDS = ("file", "label", "start", "end", "group", "fold")


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, required=True, metavar="ROOT")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        passages = list(write_clips(chosen.data / "esc10", folder))
        write_table(folder / "clips.csv", FIELDS, passages)
        truth = write_recording(folder / "long.wav", [each for each in passages if each[-1] == 5])
        run = kerasaudio.train(experiment(folder), data=folder, runs=folder, name="events")
        settings = PredictSettings(hop=0.1, events=folder)
        predict(run.path, [folder / "long.wav"], settings)
        with (folder / "events.csv").open(newline="") as table:
            found = [(row["label"], float(row["start"])) for row in csv.DictReader(table)]
    show_scores(truth, found)


def experiment(folder):
    """The default network on short windows, which hears each of them over a background, too."""
    found = kerasaudio.load("own_sound:cnn2d")
    data = OwnSound("clips.csv", background="background", fold=4, window=0.5, hop=0.25)
    noise = Noise(str(folder / "noise"), lowest=0, highest=30)
    frontend = Augmented(found.frontend, before=(noise,), after=(SpecAugment(1, 8, 1, 4),))
    fit = replace(found.fit, class_weights="balanced")
    return replace(found, data=data, frontend=frontend, fit=fit)


def write_clips(source, folder):
    """Writes the clips as WAV; yields the passages that are heard, one for each row."""
    for path in sorted(source.glob("*/*.ogg")):
        sound, _ = librosa.load(path, sr=RATE)
        fold, origin, _ = path.stem.split("-")
        label = path.parent.name if path.parent.name in EVENTS else "background"
        kind = "noise" if label == "background" and fold != "5" else "clips"
        name = folder / kind / f"{path.parent.name}-{path.stem}.wav"
        name.parent.mkdir(exist_ok=True)
        soundfile.write(name, sound, RATE)
        for start, end in librosa.effects.split(sound, top_db=TOP_DB):
            if end - start > RATE // 10:
                yield name.relative_to(folder), label, start / RATE, end / RATE, origin, int(fold)


def write_table(path, fields, rows):
    with path.open("w", newline="") as table:
        csv.writer(table).writerows([fields, *rows])


def write_recording(path, passages):
    """Writes the recording; returns labels and starts of its events in seconds."""
    random = np.random.default_rng(0)
    read = {label: [] for label in (*EVENTS, "background")}
    for name, label, start, end, *_ in passages:
        sound, _ = soundfile.read(path.parent / name, dtype="float32")
        read[label].append(sound[round(start * RATE) : round(end * RATE)])
    events = [(label, sound) for label in EVENTS for sound in read[label]]
    truth, parts, length = [], [], 0
    for place in random.permutation(len(events)):
        label, sound = events[place]
        pause = np.zeros(round(random.uniform(2, 4) * RATE), np.float32)
        truth.append((label, (length + len(pause)) / RATE))
        parts += [pause, sound / rms(sound)]
        length += len(pause) + len(sound)
    background = np.concatenate([sound / rms(sound) for sound in read["background"]])
    mixed = np.concatenate(parts) + np.resize(background, length) * 10 ** (-RATIO_DB / 20)
    soundfile.write(path, mixed / np.abs(mixed).max(), RATE)
    print(f"recording {length / RATE:.0f} s, {len(truth)} events")
    return truth


def rms(sound):
    return np.sqrt(np.mean(np.square(sound)) + 1e-12)


def show_scores(truth, found):
    print(f"\n{'label':14} events  found  right  precision  recall  F1")
    total = np.zeros(3, int)
    for label in EVENTS:
        starts = [
            np.sort([start for name, start in side if name == label]) for side in (truth, found)
        ]
        right = len(mir_eval.util.match_events(*starts, TOLERANCE)) if all(map(len, starts)) else 0
        show(label, counts := np.array([len(starts[0]), len(starts[1]), right]))
        total += counts
    show("all", total)


def show(label, counts):
    events, found, right = counts
    precision, recall = right / max(found, 1), right / max(events, 1)
    f1 = 2 * right / max(found + events, 1)
    print(f"{label:14} {events:6} {found:6} {right:6} {precision:10.2f} {recall:7.2f} {f1:5.2f}")


if __name__ == "__main__":
    main()
