"""Train an experiment: best weights, scores, predictions and a report in a run folder.

python -m kerasaudio.train --experiment gtzan_mlp
python -m kerasaudio.train --experiment gtzan_mlp --data ROOT --set data.split=filtered --seeds 5
python -m kerasaudio.train --experiment own_sound:cnn2d --data . --set data.path=music --folds 5
python -m kerasaudio.train --experiment gtzan_cnn1d:gap --data ROOT --seeds 5 --cluster auto
python -m kerasaudio.train --experiment mine.py --from runs/gtzan_mlp-001
python -m kerasaudio.train --resume runs/gtzan_mlp-001
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from kerasaudio.commandline import options, running, values
from kerasaudio.commandline.parser import command_parser
from kerasaudio.commandline.several_runs import add_several_runs, check_several_runs
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    chosen = _parse(arguments)
    started = time.perf_counter()
    importing = import_keras()
    if chosen.list:
        options.show_list()
        return 0
    if chosen.show:
        options.show_fields(chosen.show, chosen.set)
        return 0
    from kerasaudio.runs import launch
    from kerasaudio.training.devices import training_on

    machines = options.machines(chosen)
    cache = options.cache(chosen, machines)
    with training_on(chosen.devices):
        if chosen.resume:
            launch.go_on(chosen.resume, chosen.experiment, chosen.data, cache, machines)
        else:
            entry, experiment = options.requested(chosen)
            names = ("data", "runs", "seed", "seeds", "folds", "name")
            asked = {name: getattr(chosen, name) for name in names}
            settings = launch.Settings(**asked, machines=machines)
            launch.start(entry, experiment, settings, chosen.protocols, cache)
    rest = time.perf_counter() - started - importing
    print(f"time      importing Keras {importing:.1f} s, everything after that {rest:.1f} s")
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("train", __doc__ or "")
    options.add_experiment(parser)
    options.add_cache(parser)
    add_several_runs(parser)
    options.add_machines(parser, "several runs, on a disk that all share, or to fill the cache")
    parser.add_argument(
        "--show",
        metavar="NAME",
        help="show all fields of an experiment, after --set, and stop; example: gtzan_mlp",
    )
    parser.add_argument(
        "--devices",
        type=values.devices,
        metavar="N",
        help="GPUs of this machine that train one model together, each a part of every batch, or "
        "all (default: one GPU); example: 2",
    )
    chosen = parser.parse_args(arguments)
    if chosen.earlier:
        chosen.set[:0] = ["fit.start=Pretrained", f"fit.start.run={chosen.earlier.resolve()}"]
    check_several_runs(chosen)
    return chosen


if __name__ == "__main__":
    running.run(main)
