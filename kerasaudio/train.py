"""Train an experiment into a run folder: best weights, scores, predictions and a report.

python -m kerasaudio.train --experiment gtzan_mlp
python -m kerasaudio.train --experiment gtzan_mlp --data ROOT --set data.split=filtered --seeds 5
python -m kerasaudio.train --experiment gtzan_cnn1d:gap --data ROOT --protocols random_windows,filtered
python -m kerasaudio.train --resume runs/gtzan_mlp-001
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio import options
from kerasaudio.errors import UserError
from kerasaudio.experiment import Experiment, with_facts


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("train", __doc__ or "")
    options.add_experiment(parser)
    options.add_cache(parser)
    parser.add_argument(
        "--seeds",
        type=options.positive,
        metavar="N",
        help="N runs under seeds 0, 1, ...; mean and spread",
    )
    parser.add_argument(
        "--protocols",
        metavar="A,B",
        help="a run under each of these data.split; scores side by side",
    )
    parser.add_argument(
        "--resume", type=Path, metavar="RUN", help="go on with a run that was interrupted"
    )
    chosen = parser.parse_args(arguments)
    if chosen.list:
        options.show_names()
        return 0
    started = time.perf_counter()
    importing = options.import_keras()
    if chosen.resume:
        if chosen.set or chosen.seeds or chosen.protocols or chosen.seed is not None:
            raise UserError(
                "--resume goes on as the run began: leave --set, --seed, --seeds and --protocols out."
            )
        from kerasaudio.runs import series

        go_on = series.go_on if series.is_one(chosen.resume) else resume
        seconds = go_on(chosen.resume, chosen.experiment, chosen.data, options.cache(chosen))
    else:
        seconds = _train_new(chosen)
    rest = time.perf_counter() - started - importing - seconds
    print(
        f"time      importing Keras {importing:.1f} s, training {seconds:.1f} s, everything else {rest:.1f} s"
    )
    return 0


def _train_new(chosen: argparse.Namespace) -> float:
    """One run, or one a seed or protocol; the seconds spent in training."""
    from kerasaudio.runs import protocols, runs, seeds, series

    entry, experiment = options.requested(chosen)
    if chosen.protocols and chosen.seeds:
        raise UserError("--protocols and --seeds do not go together: set only one of them.")
    root = options.data_root(chosen.data, chosen.runs, experiment)
    print(f"{entry.name}: {entry.title}")
    path = runs.free_name(chosen.runs, entry.name)
    if chosen.protocols:
        each = protocols.under(experiment, chosen.protocols.split(","))
        return series.train(path, "protocols", each, entry.name, root, options.cache(chosen))
    if chosen.seeds:
        each = seeds.under(experiment, range(chosen.seed or 0, (chosen.seed or 0) + chosen.seeds))
        return series.train(path, "seeds", each, entry.name, root, options.cache(chosen))
    return train(experiment, entry.name, root, path, options.cache(chosen))


def train(experiment: Experiment, name: str, root: Path, path: Path, cache: Any = None) -> float:
    """Train into a new folder `path`. Everything that can be wrong with the input is found before that is made."""
    from kerasaudio.training import pipeline
    from kerasaudio.training.assemble import assemble

    experiment = with_facts(experiment, root)
    splits = pipeline.load_splits(experiment, root, cache)
    model = assemble(experiment, splits.train)
    return _fit_and_report(
        model, experiment, splits, begin(experiment, name, splits, root, path), root
    )


def begin(experiment: Experiment, name: str, splits: Any, root: Path, path: Path) -> Any:
    """A new run folder that says what it is a run of."""
    from kerasaudio.experiment import fields
    from kerasaudio.runs import runs

    value = {"name": name, "experiment": fields.encode(experiment)}
    run = runs.Run(runs.create_folder(path))
    run.write("experiment.json", value)
    run.write("environment.json", runs.environment(root, experiment.fit.seed))
    run.write("splits.json", describe_splits(experiment, splits, root))
    return run


def resume(path: Path, file: str | None, data: Path | None, cache: Any = None) -> float:
    """Go on with an interrupted run, exactly where it was. Raises UserError where its data has changed since."""
    from kerasaudio.runs import runs
    from kerasaudio.training.assemble import assemble

    run = runs.Run(path)
    experiment = run.experiment(file)
    if run.finished:
        raise UserError(f"{path} is finished: there is nothing to resume.")
    root = data or run.data_root()
    splits = run.load_splits(experiment, root, cache)
    return _fit_and_report(assemble(experiment, splits.train), experiment, splits, run, root)


def describe_splits(experiment: Experiment, splits: Any, root: Path) -> dict[str, Any]:
    """What splits.json holds."""
    from kerasaudio.data.standin import is_standin
    from kerasaudio.scoring import provenance

    return {
        "protocol": experiment.data.protocol,
        "selected_on": provenance.selected_on(experiment, splits),
        "synthetic": is_standin(root),
        "members": splits.members_hash(),
        "content": splits.content_hash(),
        "n": {name: len(examples) for name, examples in splits},
        "labels": {name: examples.counts(experiment.data.labels) for name, examples in splits},
        "notes": dict(splits.notes),
    }


def _fit_and_report(model: Any, experiment: Experiment, splits: Any, run: Any, root: Path) -> float:
    """Train and score; what training can be resumed from goes when the scores are there."""
    from kerasaudio.reports import report
    from kerasaudio.training import fitting

    stamp = announce(model, experiment, splits, run, root)
    started = time.perf_counter()
    try:
        history = fitting.fit(model, splits, experiment.fit, run)
        seconds = time.perf_counter() - started
        report.write(model, experiment, splits, run, stamp, history)
    except KeyboardInterrupt as stop:
        saved = len(fitting.read_history(run.history)) if run.last_state.is_file() else 0
        message = (
            f"stopped; {saved} epochs are saved. Go on with: {resume_command(run.path, run.name)}"
        )
        raise KeyboardInterrupt(message) from stop
    run.last_state.unlink(missing_ok=True)
    return seconds


def resume_command(path: Path, name: str) -> str:
    """What goes on with an interrupted run of the experiment called `name`."""
    file = name.partition(":")[0]
    return f"python -m kerasaudio.train --resume {path}" + (
        f" --experiment {file}" if file.endswith(".py") else ""
    )


def announce(model: Any, experiment: Experiment, splits: Any, run: Any, root: Path) -> Any:
    """Say what is trained on what, and where; the stamp of its test scores."""
    from kerasaudio.scoring import provenance

    stamp = provenance.stamp(experiment, splits, "test", root)
    print(f"data      {stamp}; {len(splits.train)} train, {len(splits.valid)} valid")
    for note, value in splits.notes.items():
        print(f"          {note}: {value}")
    print(
        f"model     {sum(math.prod(weight.shape) for weight in model.trainable_weights):,} weights"
    )
    print(f"run       {run.path}")
    return stamp


if __name__ == "__main__":
    options.run(main)
