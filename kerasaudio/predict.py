"""Predict labels for recordings, rows of a table or AudioSet records, with a run's exported model.

python -m kerasaudio.predict runs/gtzan_cnn1d-gap-001 songs --windows --timeline pictures
python -m kerasaudio.predict runs/gtzan_cnn1d-gap-001 songs --hop 0.5 --events events
python -m kerasaudio.predict runs/gtzan_mlp-001/saved_model table.csv --out predictions.csv
python -m kerasaudio.predict runs/gtzan_cnn1d-gap-001 songs --out songs.csv --cluster auto

A model of features gets a recording of a minute or more in pieces of 30 s, whose probabilities are
averaged; a model of sound gets it in windows of the length that the model was trained on, of which
the last one ends with the recording. A run is exported first where it was not yet. The exported
folder alone is enough: it may be moved anywhere.

Events are windows with a high probability, merged where they follow one another: FOLDER/events.csv,
and for each recording NAME.labels.txt for Audacity and NAME.selections.txt for Raven. With --out or
--events, the same command goes on after a stop.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kerasaudio.commandline import options, running, values
from kerasaudio.commandline.parser import command_parser
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    chosen = _parse(arguments)
    import_keras()
    from kerasaudio.serving.listening import PredictSettings
    from kerasaudio.serving.predict import csv_text, predict

    asked = ("windows", "hop", "timeline", "events", "threshold", "top")
    settings = PredictSettings(**{name: getattr(chosen, name) for name in asked})
    places = (chosen.experiment, chosen.data, chosen.out)
    table = predict(chosen.run, chosen.sources, settings, *places, options.machines(chosen))
    if not chosen.out:
        sys.stdout.write(csv_text(table))
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = command_parser("predict", __doc__ or "")
    run = "run folder made by train, or the saved_model folder of one"
    parser.add_argument("run", type=Path, metavar="RUN", help=run)
    sources = (
        "recording, folder of recordings, or CSV table with the model's columns; for a model of "
        "AudioSet's embeddings, .tfrecord file or folder of them"
    )
    parser.add_argument("sources", type=Path, nargs="+", metavar="SOURCE", help=sources)
    windows = "write a row for every window of a recording; for models of sound"
    parser.add_argument("--windows", action="store_true", help=windows)
    hop = (
        "seconds between the starts of two windows; for models of sound (default: the length of a "
        "window); example: 0.5"
    )
    parser.add_argument("--hop", type=float, metavar="SECONDS", help=hop)
    timeline = (
        "folder that gets a picture of each recording's probabilities over time; for models of "
        "sound (default: no pictures); example: pictures"
    )
    parser.add_argument("--timeline", type=Path, metavar="FOLDER", help=timeline)
    events = (
        "folder that gets the events of recordings; for models of sound (default: no events); "
        "example: events"
    )
    parser.add_argument("--events", type=Path, metavar="FOLDER", help=events)
    threshold = (
        "probability from which on a label is an event (default: the thresholds of the model, or "
        "0.5 where it has none); example: 0.8"
    )
    parser.add_argument("--threshold", type=float, metavar="P", help=threshold)
    top = (
        "list the N most probable classes of a clip; for models of embeddings (default: 5 where "
        "there are more than 20 labels, otherwise each label has a column); example: 3"
    )
    parser.add_argument("--top", type=values.positive, metavar="N", help=top)
    out = "file that gets the predictions (default: standard output); example: predictions.csv"
    parser.add_argument("--out", type=Path, metavar="FILE", help=out)
    options.add_run_data(parser)
    options.add_machines(parser, "recordings")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    running.run(main)
