#!/usr/bin/env python3
"""Scores networks that learn from unequal numbers of clips, with and without weights of classes.

    python tools/score_imbalance.py --data ROOT

Each fold of ESC-10 tests a network, and the next fold chooses its epoch. Of the other three it
learns from all 24 barks of dogs and from 4, 6, ... 20 clips of the other classes, in the order of
their names. Prints accuracy and macro-F1 of all 400 clips.
"""

import argparse
import csv
import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
from sklearn.metrics import accuracy_score, f1_score

import kerasaudio
from kerasaudio.data.own_sound import OwnSound

FOLDS, COMMONEST = 5, "dog_bark"


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--data", type=Path, required=True, metavar="ROOT")
    source = options.parse_args().data
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        shutil.copytree(source / "esc10", root / "esc10")
        for weights in (None, "balanced"):
            answers = pd.concat([tested(root, fold, weights) for fold in range(1, FOLDS + 1)])
            accuracy = accuracy_score(answers.truth, answers.prediction)
            macro_f1 = f1_score(answers.truth, answers.prediction, average="macro")
            print(f"class_weights={weights}: accuracy {accuracy:.3f}, macro-F1 {macro_f1:.3f}")


def tested(root, fold, weights):
    """Trains a network, and returns its answers about the clips of a fold."""
    with (root / f"fold-{fold}.csv").open("w", newline="") as manifest:
        csv.writer(manifest).writerows(rows(root, fold))
    experiment = kerasaudio.load("own_sound:cnn2d")
    fit = replace(experiment.fit, class_weights=weights)
    experiment = replace(experiment, data=OwnSound(f"fold-{fold}.csv"), fit=fit)
    run = kerasaudio.train(experiment, data=root, runs=root / "runs")
    return pd.read_csv(run.path / "clip_predictions.csv")


def rows(root, fold):
    """Yields the manifest's rows for a fold that tests."""
    yield "file", "label", "group", "split"
    chooses, drawn, few = fold % FOLDS + 1, random.Random(0), iter(range(4, 21, 2))
    for folder in sorted(path for path in (root / "esc10").iterdir() if path.is_dir()):
        splits = {"train": [], "valid": [], "test": []}
        for path in sorted(folder.glob("*.ogg")):
            number = int(path.name[0])
            name = "test" if number == fold else "valid" if number == chooses else "train"
            splits[name].append(path)
        if folder.name != COMMONEST:
            splits["train"] = drawn.sample(splits["train"], next(few))
        for split, paths in splits.items():
            for path in paths:
                yield path.relative_to(root), folder.name, path.stem.split("-")[1], split


if __name__ == "__main__":
    main()
