"""Score a run's model again, on its own data and protocol.

python -m kerasaudio.evaluate runs/gtzan_mlp-001
python -m kerasaudio.evaluate runs/gtzan_mlp-001 --split valid
python -m kerasaudio.evaluate runs/gtzan_mlp-001 --rivals
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasaudio import options
from kerasaudio.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from kerasaudio.data.splits import Examples, Splits
    from kerasaudio.runs.runs import Run
    from kerasaudio.scoring.provenance import Stamp


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("evaluate", __doc__ or "")
    add_run(parser)
    options.add_cache(parser)
    parser.add_argument(
        "--split", choices=("train", "valid", "test"), default="test", help="default: %(default)s"
    )
    parser.add_argument(
        "--rivals",
        action="store_true",
        help="tune five classical methods on the same rows and compare (a minute)",
    )
    chosen = parser.parse_args(arguments)
    options.import_keras()
    from kerasaudio.reports import report
    from kerasaudio.runs import runs
    from kerasaudio.scoring import provenance
    from kerasaudio.training import fitting
    from kerasaudio.training.assemble import has_tags

    run = runs.open_run(chosen.run)
    experiment = run.experiment(chosen.experiment)
    root = chosen.data or run.data_root()
    table = len(experiment.data.shape) == 1 and experiment.data.rate is None
    if chosen.rivals and not (table and experiment.data.task == "single_label"):
        raise UserError(
            f"{run.path} has no rivals: expected a run of a table in which a row has one label."
        )
    splits = run.load_splits(experiment, root, options.cache(chosen))
    examples = dict(splits)[chosen.split]
    model = fitting.load_model(run.best_model)
    predicted = report.predict(model, examples)
    print(f"run       {run.path} ({run.name})")
    stamp = provenance.stamp(experiment, splits, chosen.split, root)
    print(f"protocol  {stamp}")
    told = _tags if has_tags(experiment.data) else _answers
    found = told(run, experiment, examples, predicted, chosen.split)
    if chosen.rivals:
        face_rivals(run, splits, examples, predicted.argmax(1), found, stamp)
    return 0


def _tags(
    run: Run, experiment: Any, examples: Examples, predicted: np.ndarray, split: str
) -> dict[str, Any]:
    from kerasaudio.reports import tag_report
    from kerasaudio.scoring import scores, tag_scores

    found = tag_scores.measure(examples.ids, examples.targets, predicted, experiment.data.labels)
    for line in scores.lines(found):
        print(f"{split:9} {line}")
    print(f"\n{'tag':14} {'ROC-AUC':>22} {'PR-AUC':>22} {'n':>6}")
    for tag, row in tag_report.ranked(found):
        each = (
            f"{row[key]:.3f} [{row[f'{key}_interval'][0]:.3f}, {row[f'{key}_interval'][1]:.3f}]"
            for key in ("roc_auc", "average_precision")
        )
        print(f"{tag:14} {' '.join(f'{text:>22}' for text in each)} {row['n']:6}")
    print(f"left out, for no clip has them or all have: {', '.join(found['left_out']) or 'none'}")
    return found


def _answers(
    run: Run, experiment: Any, examples: Examples, predicted: np.ndarray, split: str
) -> dict[str, Any]:
    from kerasaudio.scoring import scores

    threshold = run.read("scores.json").get("threshold")
    given = scores.answers(
        experiment.data,
        examples.targets,
        predicted,
        scores.Threshold(**threshold) if threshold else None,
    )
    found = scores.measure(experiment.data, given, examples.targets, predicted, examples.clips)
    for line in scores.lines(found):
        print(f"{split:9} {line}")
    print(f"\n{'label':12} {'precision':>9} {'recall':>9} {'F1':>9} {'n':>6}")
    for label, row in found["labels"].items():
        print(
            f"{label:12} {row['precision']:9.3f} {row['recall']:9.3f} {row['f1']:9.3f} {row['n']:6}"
        )
    return found


def face_rivals(
    run: Run,
    splits: Splits,
    examples: Examples,
    guess: np.ndarray,
    found: dict[str, Any],
    stamp: Stamp,
) -> None:
    """Print the run and the tuned rivals side by side as they come; all goes to baselines.json and baselines.html.

    "Alone" counts the examples that one of the two had right and the other had not: McNemar's test is on those.
    """
    from kerasaudio.reports import rivals_report
    from kerasaudio.scoring import baselines
    from kerasaudio.scoring.scores import Score

    print(
        f"\n{'model':22}{'accuracy':22}{'macro-F1':22}{'rival alone':>12}{'run alone':>10}{'McNemar p':>11}{'s':>7}"
    )
    print(f"{run.name:22}{Score(**found['accuracy'])!s:22}{Score(**found['macro_f1'])!s:22}")
    rows = []
    for name in baselines.RIVALS:
        row = baselines.face(name, splits, examples, guess, stamp.seed)
        test = row["mcnemar"]
        print(
            f"{name:22}{Score(**row['accuracy'])!s:22}{Score(**row['macro_f1'])!s:22}{test['only_theirs']:12}"
            f"{test['only_ours']:10}{test['p']:11.2g}{row['seconds']:7.1f}  "
            + ", ".join(f"{setting} {value}" for setting, value in row["settings"].items()),
            flush=True,
        )
        rows.append(row)
    print(
        f"fitted on the {len(splits.train)} training rows; settings by {baselines.FOLDS}-fold cross-validation there"
    )
    run.write(
        "rivals.json", {"stamp": asdict(stamp), "accuracy": found["accuracy"], "rivals": rows}
    )
    rivals_report.write(run, found, rows, stamp, len(splits.train))
    print(f"report    {run.path / 'rivals.html'}")


def add_run(parser: argparse.ArgumentParser) -> None:
    """RUN, and what is needed to load its data again."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder made by train")
    parser.add_argument(
        "--data", type=Path, metavar="ROOT", help="where the data is now, if it was moved"
    )
    parser.add_argument(
        "--experiment", metavar="FILE", help="the run's own experiment file, if it defines classes"
    )


if __name__ == "__main__":
    options.run(main)
