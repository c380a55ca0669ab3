"""Predict labels for recordings, or for the rows of a table, with a run's exported model.

    python -m kerasaudio.predict runs/gtzan_mlp-001 song.mp3
    python -m kerasaudio.predict runs/gtzan_cnn1d-gap-001 song.mp3 folder_of_songs --windows --timeline pictures
    python -m kerasaudio.predict runs/gtzan_mlp-001/saved_model table.csv --out predictions.csv

For a model of features, a recording of a minute or more is cut into pieces of 30 s, whose probabilities are averaged;
for a model of sound it is cut into windows of the length that the model was trained on.
A run is exported first where that has not been done. The exported folder alone is enough: it may be moved anywhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasaudio import options
from kerasaudio.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from kerasaudio.data.recordings import Recording, Row


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("predict", __doc__ or "")
    parser.add_argument(
        "run", type=Path, metavar="RUN", help="a run folder, or the saved_model folder of one"
    )
    parser.add_argument(
        "sources",
        type=Path,
        nargs="+",
        metavar="SOURCE",
        help="a recording, a folder of recordings, or a CSV table with the columns that the model was trained on",
    )
    parser.add_argument(
        "--windows", action="store_true", help="a row for every window, for models of sound"
    )
    parser.add_argument(
        "--timeline",
        type=Path,
        metavar="FOLDER",
        help="a PNG of each recording, for models of sound",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE.csv", help="where the predictions go (standard output)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="ROOT",
        help="where the run's data is now, for its first export",
    )
    parser.add_argument(
        "--experiment", metavar="FILE", help="the run's own experiment file, if it defines classes"
    )
    chosen = parser.parse_args(arguments)
    options.import_keras()
    import pandas as pd

    from kerasaudio.runs import runs

    folder = exported_folder(chosen.run, chosen.experiment, chosen.data)
    facts = read_facts(folder)
    if facts["inputs"].get("window"):
        table = predict_sound(folder, facts, chosen.sources, chosen.windows, chosen.timeline)
    elif chosen.windows or chosen.timeline:
        raise UserError(
            f"{folder} is a model of tables: --windows and --timeline are for models of sound."
        )
    else:
        table = pd.concat([predict(folder, source) for source in chosen.sources])
    options.warn_of_standin(facts["stamp"])
    text = table.to_csv(index=False)
    if chosen.out:
        runs.write_text(chosen.out, text)
    else:
        sys.stdout.write(text)
    return 0


def exported_folder(path: Path, file: str | None = None, data: Path | None = None) -> Path:
    """The SavedModel at `path` or of the run at `path`, exported now where that has not been done."""
    if (path / "saved_model.pb").is_file():
        return path
    from kerasaudio import export
    from kerasaudio.runs import runs

    run = runs.open_run(path)
    folder = path / "saved_model"
    return folder if folder.is_dir() else export.export(run, file, data)[0]


def predict(folder: Path, source: Path) -> pd.DataFrame:
    """A row for each recording or row: its filename (or number), the label, its probability, and every label's."""
    import numpy as np
    import pandas as pd

    from kerasaudio import export
    from kerasaudio.data.read import SUFFIXES

    facts = read_facts(folder)
    columns = facts["inputs"]["columns"]
    if not columns:
        raise UserError(
            f"{folder} takes inputs of {facts['inputs']['shape']}: expected a model of tables of features."
        )
    sound = source.is_dir() or source.suffix.lower() in SUFFIXES
    names, inputs = features_of(source, columns) if sound else rows_of(source, columns)
    scores = export.load(folder)(inputs.astype(np.float32))
    if sound:
        pieces = pd.DataFrame(scores).groupby(names, sort=False).mean()
        names, scores = list(pieces.index), pieces.to_numpy()
    return pd.DataFrame(
        {
            "filename": names,
            "prediction": np.array(facts["labels"])[scores.argmax(1)],
            "probability": scores.max(1),
            **{label: scores[:, number] for number, label in enumerate(facts["labels"])},
        }
    )


def predict_sound(
    folder: Path,
    facts: dict[str, Any],
    sources: Sequence[Path],
    each_window: bool,
    timeline: Path | None,
) -> pd.DataFrame:
    """A row for each recording, or for each window: filename, start in seconds, label, probability, every label's."""
    import numpy as np
    import pandas as pd

    from kerasaudio.serving import listen

    labels, found = facts["labels"], []
    for source in sources:
        for heard in listen.listen(folder, facts, source):
            found.append(heard.rows(each_window))
            if timeline:
                print(f"timeline  {listen.draw(heard, labels, timeline)}", file=sys.stderr)
    rows = pd.concat(found, ignore_index=True)
    scores = rows[list(range(len(labels)))].to_numpy()
    first = rows[[name for name in ("filename", "start") if name in rows]]
    named = pd.DataFrame(scores, columns=labels)
    told = {
        "prediction": np.array(labels)[scores.argmax(axis=1)],
        "probability": scores.max(axis=1),
    }
    return pd.concat([first.assign(**told), named], axis=1)


def rows_of(table: Path, columns: list[str]) -> tuple[list[Any], np.ndarray]:
    """Names and (rows, features) of a table."""
    from kerasaudio.data.table import finite_numbers, read_csv

    rows = read_csv(table)
    names = rows["filename"] if "filename" in rows else range(1, len(rows) + 1)
    return list(names), finite_numbers(table, rows, columns).to_numpy()


def features_of(source: Path, columns: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Names and (pieces, 57) of a recording or a folder of them; in a folder, what cannot be read is passed over.

    Raises UserError where the model takes other features, and where nothing can be read.
    """
    from kerasaudio.data import recordings
    from kerasaudio.data.gtzan_features import FEATURES

    if tuple(columns) != FEATURES:
        raise UserError(
            f"The model takes {len(columns)} columns of its own table, not GTZAN's 57: give it a CSV table."
        )
    if not source.is_dir():
        found = [recordings.Recording(source, source.name, "")]
        return _named(found, [recordings.rows(found[0], 30)])
    found, each = [], []
    for recording in recordings.find(source):
        try:
            each.append(recordings.rows(recording, 30))
            found.append(recording)
        except UserError as reason:
            print(f"passed over: {reason}", file=sys.stderr)
    if not found:
        raise UserError(f"No file of {source} could be read.")
    return _named(found, each)


def _named(found: list[Recording], each: list[list[Row]]) -> tuple[np.ndarray, np.ndarray]:
    """The recording's name and the features of every piece; a row has its own name and length before them."""
    import numpy as np

    names = np.repeat([recording.name for recording in found], [len(rows) for rows in each])
    return names, np.array([row[2:-1] for rows in each for row in rows], float)


def read_facts(folder: Path) -> dict[str, Any]:
    """The model.json of an exported model. Raises UserError where it is missing or damaged."""
    try:
        return json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{folder / 'model.json'} is missing or damaged: export the run again."
        ) from error


if __name__ == "__main__":
    options.run(main)
