#!/usr/bin/env python3
"""Sets a gate for voice beside others on recordings of speech that people have marked by hand.

    python tools/benchmark_marked.py runs/gate-voice-001 FOLDER --data ROOT

FOLDER has NAME.wav and NAME.scv: one line with the name, and then, for each part of the recording,
its start and end in seconds and 1 if somebody speaks there, otherwise 0. TEN VAD comes with 30 such
recordings (https://github.com/TEN-framework/ten-vad, folder testset). Each is heard as it is, and
with a background that tests the run, at 10 and 0 dB. Settings are those that the run's validation
mixtures choose, as in benchmark_gate.py, which says which others are heard. Intervals of 95 % are
over recordings.
"""

import argparse
import sys
from pathlib import Path

import benchmark_gate as detectors
import numpy as np
from scipy.stats import bootstrap
from sklearn.metrics import roc_auc_score

from kerasaudio.data.sound.read import read
from kerasaudio.runs.folder import open_run
from kerasaudio.scoring.gate import decisions
from kerasaudio.scoring.gate_events import event_figures, events_of, with_intervals
from kerasaudio.serving.gate_export import export_gate
from kerasaudio.serving.gate_stream import read_gate, step_of
from kerasaudio.training.checkpoint import load_model
from kerasaudio.training.inference import predict

RATIOS = {"as recorded": None, "10 dB": 10.0, "0 dB": 0.0}
RESAMPLES = 300


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("run", type=Path, metavar="RUN")
    options.add_argument("marked", type=Path, metavar="FOLDER")
    options.add_argument("--data", type=Path, required=True, metavar="ROOT")
    chosen = options.parse_args()
    run = open_run(chosen.run)
    experiment = run.experiment()
    splits = run.load_splits(experiment, chosen.data)
    (mixer, _), task = splits.test.inputs.members[0], experiment.data.task
    data = experiment.data
    recordings = [whole_frames(path, data) for path in sorted(chosen.marked.glob("*.wav"))]
    folder = export_gate(run)
    others = {detectors.LEVEL: detectors.by_level} | detectors.installed(data.rate)
    listeners = {"this gate": lambda sound, frames: by_steps(folder, sound)} | others
    print(f"{len(recordings)} recordings | background | ROC-AUC | onset median, ms | missed")
    for name, listener in listeners.items():
        valid = (
            predict(load_model(run.best_model), splits.valid)[..., 0]
            if name == "this gate"
            else detectors.heard(splits.valid, listener)
        )
        truth = splits.valid.targets[..., 0]
        best, _ = detectors.chosen_settings(name, truth, valid, task)
        for condition, ratio in RATIOS.items():
            found = [
                (own, listener(in_background(sound, own, mixer, ratio, number), len(own)))
                for number, (sound, own) in enumerate(recordings)
            ]
            show(f"{name} | {condition}", found, best, task.seconds)


def whole_frames(path, data):
    """A recording, and whether somebody speaks in each frame, as far as both go."""
    sound, truth = read(path, data.rate), marks(path.with_suffix(".scv"), data.task.seconds)
    frames = min(len(sound) // data.hop, len(truth))
    return sound[: frames * data.hop], truth[:frames]


def marks(path, seconds):
    """Whether somebody speaks, a boolean a frame of a recording."""
    parts = np.array(path.read_text(encoding="utf-8").strip().split(",")[1:], float).reshape(-1, 3)
    times = (np.arange(int(parts[-1, 1] / seconds)) + 0.5) * seconds
    return parts[np.searchsorted(parts[:, 1], times), 2] > 0


def in_background(sound, truth, mixer, ratio, number):
    """A recording in a background whose level is so many dB below that of the speech."""
    if ratio is None:
        return sound
    random = np.random.default_rng(number)
    clip = mixer.backgrounds[random.integers(len(mixer.backgrounds))].sound
    first = random.integers(len(clip))
    background = np.resize(np.roll(clip, -first), len(sound))
    spoken = np.sqrt(np.square(sound.reshape(len(truth), -1)[truth]).mean())
    level = spoken * 10 ** (-ratio / 20) / np.sqrt(np.square(background).mean())
    return (sound + level * background).astype(np.float32)


def by_steps(folder, sound):
    """The exported gate's probabilities, a hop at a time."""
    facts = read_gate(folder)
    step = step_of(folder, facts)
    return np.array([step(hop) for hop in sound.reshape(-1, facts["hop"])])


def show(title, found, best, seconds):
    """Prints a row of the table."""

    def area(numbers):
        truth, answers = (np.concatenate([found[n][each] for n in numbers]) for each in (0, 1))
        return roc_auc_score(truth, answers)

    everything = np.arange(len(found))
    drawn = bootstrap(
        (everything,), area, n_resamples=RESAMPLES, method="percentile", vectorized=False, rng=0
    ).confidence_interval
    longest = max(len(truth) for truth, _ in found)
    truth, answers = (
        np.stack([np.pad(pair[each], (0, longest - len(pair[each]))) for pair in found])
        for each in (0, 1)
    )
    hold = round(best.hold / 1000 / seconds)
    opened = decisions(answers, best.threshold, best.hysteresis, hold)
    figures = with_intervals(event_figures(events_of(truth, opened, seconds)), len(found))
    onset, missed, targets = (figures[key] for key in ("onset_ms_median", "missed", "targets"))
    print(
        f"{title} | {area(everything):.3f} [{drawn.low:.3f}, {drawn.high:.3f}] | "
        f"{detectors.text(onset)} | {missed['value']:.0f} of {targets['value']:.0f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
