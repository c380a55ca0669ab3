"""Score a run's model again, on its own data and protocol.

python -m kerasaudio.evaluate runs/gtzan_mlp-001
python -m kerasaudio.evaluate runs/gtzan_mlp-001 --split valid
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from kerasaudio import cli


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    options = cli.parser("evaluate", __doc__ or "")
    add_run(options)
    options.add_argument("--split", choices=("train", "valid", "test"), default="test", help="default: %(default)s")
    chosen = options.parse_args(arguments)
    cli.import_keras()
    from kerasaudio import fitting, pipeline, runs, scores

    run = runs.open_run(chosen.run)
    experiment = run.experiment(chosen.experiment)
    root = chosen.data or run.data_root()
    splits = run.load_splits(experiment, root)
    examples = dict(splits)[chosen.split]
    model = fitting.load_model(run.best_model)
    predicted = model.predict(pipeline.batches(examples, 512), verbose=0)
    threshold = run.read("scores.json").get("threshold")
    given = scores.answers(
        experiment.data, examples.targets, predicted, scores.Threshold(**threshold) if threshold else None
    )
    found = scores.measure(experiment.data, given, examples.targets, predicted)
    print(f"run       {run.path} ({run.name})")
    print(f"protocol  {scores.stamp(experiment, splits, chosen.split, root)}")
    for line in scores.lines(found):
        print(f"{chosen.split:9} {line}")
    print(f"\n{'label':12} {'precision':>9} {'recall':>9} {'F1':>9} {'n':>6}")
    for label, row in found["labels"].items():
        print(f"{label:12} {row['precision']:9.3f} {row['recall']:9.3f} {row['f1']:9.3f} {row['n']:6}")
    return 0


def add_run(options: argparse.ArgumentParser) -> None:
    """RUN, and what is needed to load its data again."""
    options.add_argument("run", type=Path, metavar="RUN", help="a run folder made by train")
    options.add_argument("--data", type=Path, metavar="ROOT", help="where the data is now, if it was moved")
    options.add_argument("--experiment", metavar="FILE", help="the run's own experiment file, if it defines classes")


if __name__ == "__main__":
    cli.run(main)
