"""Predict labels for the rows of a table, with a run's exported model.

    python -m kerasaudio.predict runs/gtzan_mlp-001 table.csv
    python -m kerasaudio.predict runs/gtzan_mlp-001/saved_model table.csv --out predictions.csv

A run is exported first where that has not been done. The exported folder alone is enough: it may be moved anywhere.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio import cli
from kerasaudio.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    options = cli.parser("predict", __doc__ or "")
    options.add_argument("run", type=Path, metavar="RUN", help="a run folder, or the saved_model folder of one")
    options.add_argument("table", type=Path, metavar="TABLE.csv", help="rows with the columns the model was trained on")
    options.add_argument("--out", type=Path, metavar="FILE.csv", help="where the predictions go (standard output)")
    options.add_argument("--experiment", metavar="FILE", help="the run's own experiment file, if it defines classes")
    chosen = options.parse_args(arguments)
    cli.import_keras()
    from kerasaudio import runs

    text = predict_table(exported_folder(chosen.run, chosen.experiment), chosen.table).to_csv(index=False)
    if chosen.out:
        runs.write_text(chosen.out, text)
    else:
        sys.stdout.write(text)
    return 0


def exported_folder(path: Path, file: str | None = None) -> Path:
    """The SavedModel at `path` or of the run at `path`, exported now where that has not been done."""
    if (path / "saved_model.pb").is_file():
        return path
    from kerasaudio import export, runs

    run = runs.open_run(path)
    folder = path / "saved_model"
    return folder if folder.is_dir() else export.export(run, file)[0]


def predict_table(folder: Path, table: Path) -> Any:
    """A row for each row of the table: its filename (or number), the label, its probability, and every label's."""
    import numpy as np
    import pandas as pd

    from kerasaudio import export
    from kerasaudio.data.table import finite_numbers, read_csv

    facts = read_facts(folder)
    if not facts["inputs"]["columns"]:
        raise UserError(f"{folder} does not take tables: it was trained on inputs of {facts['inputs']['shape']}.")
    rows = read_csv(table)
    inputs = finite_numbers(table, rows, facts["inputs"]["columns"]).to_numpy(np.float32)
    scores = export.load(folder)(inputs)
    names = rows["filename"] if "filename" in rows else range(1, len(rows) + 1)
    return pd.DataFrame(
        {
            "filename": names,
            "prediction": np.array(facts["labels"])[scores.argmax(1)],
            "probability": scores.max(1),
            **{label: scores[:, number] for number, label in enumerate(facts["labels"])},
        }
    )


def read_facts(folder: Path) -> dict[str, Any]:
    """The model.json of an exported model. Raises UserError where it is missing or damaged."""
    try:
        return json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / 'model.json'} is missing or damaged: export the run again.") from error


if __name__ == "__main__":
    cli.run(main)
