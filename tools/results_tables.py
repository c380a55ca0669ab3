#!/usr/bin/env python3
"""Writes the tables of experiments/README.md and README.md from experiments/results/*.json.

    python tools/results_tables.py

A JSON file is a row: its table, its name, the command and the version that gave it, and scores.
tools/keep_result.py runs a command and writes one. A table stands in a page between
`<!-- results: NAME -->` and `<!-- end of results -->`, with the commands of its rows below it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "experiments" / "results"
PAGES = (ROOT / "README.md", ROOT / "experiments" / "README.md")
REGION = re.compile(r"<!-- results: (\w+) -->\n.*?<!-- end of results -->", re.DOTALL)

Row = dict[str, Any]

# The columns of each table: title, and "name", "paper" or the name of a score.
TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    "gtzan_mlp": (
        ("model", "name"),
        ("`random_70_30`, n = 300", "random_70_30"),
        ("`filtered`, n = 290", "filtered"),
    ),
    "gtzan_mlp_keep": (
        ("`gtzan_mlp` with `fit.keep=`", "name"),
        ("`filtered`, five seeds", "filtered"),
        ("`random_70_30`, ten seeds", "random_70_30"),
    ),
    "gtzan_mlp_search": (
        ("", "name"),
        ("paper", "paper"),
        ("`--select-on test`", "test"),
        ("`--select-on valid`", "valid"),
    ),
    "gtzan_mlp_loss": (
        ("", "name"),
        ("paper", "paper"),
        ("softmax twice", "twice"),
        ("softmax once", "once"),
    ),
    "gtzan_mlp_variants": (
        ("`gtzan_mlp` with", "name"),
        ("paper", "paper"),
        ("accuracy", "accuracy"),
        ("macro-F1", "macro_f1"),
    ),
    "audioset_speech": (
        ("`audioset_speech:`", "name"),
        ("paper", "paper"),
        ("accuracy", "accuracy"),
        ("F1 of speech", "f1"),
        ("ROC-AUC", "roc_auc"),
        ("AP", "average_precision"),
    ),
    "audioset_lstm_frames": (("`audioset_speech:lstm`, scored", "name"), ("accuracy", "accuracy")),
    "audioset_augmentation": (
        ("`audioset_speech:linear`", "name"),
        ("recall", "recall"),
        ("specificity", "specificity"),
    ),
    "audioset_claims": (
        ("`audioset_speech:`", "name"),
        ("paper", "paper"),
        ("accuracy", "accuracy"),
        ("F1 of speech", "f1"),
        ("ROC-AUC", "roc_auc"),
    ),
    "audioset_lstm_depths": (
        ("layers", "name"),
        ("paper", "paper"),
        ("accuracy", "accuracy"),
        ("ROC-AUC", "roc_auc"),
        ("lowest validation loss", "val_loss"),
    ),
    "audioset_shapes": (
        ("`audioset_speech:`", "name"),
        ("paper", "paper"),
        ("accuracy", "accuracy"),
        ("ROC-AUC", "roc_auc"),
        ("lowest validation loss", "val_loss"),
    ),
    "audioset_f1": (("row", "name"), ("paper", "paper"), ("accuracy", "accuracy")),
    "audioset_losses": (("row", "name"), ("paper", "paper"), ("here", "val_loss")),
    "gtzan_cnn1d": (
        ("`gtzan_cnn1d:`", "name"),
        ("`random_windows` (LEAKS): windows, n = 718", "leaky_windows"),
        ("clips, n = 284", "leaky_clips"),
        ("`filtered`: windows, n = 720", "filtered_windows"),
        ("clips, n = 90", "filtered_clips"),
        ("paper (leaky, ten genres)", "paper"),
    ),
    "gtzan_gap_search": (
        ("", "name"),
        *((f"kernels of {size}", f"kernel_{size}") for size in (3, 5, 9, 11)),
        ("best trial, validation", "best_val_accuracy"),
        ("the same, test", "accuracy"),
    ),
    "gtzan_30_clips": (
        ("", "name"),
        ("`random_windows` (LEAKS): windows, n = 72", "leaky_windows"),
        ("clips, n = 29", "leaky_clips"),
        ("`filtered`: windows, n = 72", "filtered_windows"),
        ("clips, n = 9", "filtered_clips"),
    ),
    "own_sound": (
        ("`own_sound:cnn2d` on", "name"),
        ("others, measured elsewhere", "paper"),
        ("accuracy of clips", "clip_accuracy"),
        ("macro-F1 of clips", "clip_macro_f1"),
    ),
    "magnatagatune_standin": (
        ("on the stand-in, seed 0", "name"),
        ("ROC-AUC", "roc_auc"),
        ("PR-AUC", "pr_auc"),
    ),
}

# The rows of README.md: text, the beginning of a result's file, one of its scores.
SUMMARY = (
    ("`gtzan_mlp`, genres from 57 features, `random_70_30`", "gtzan_mlp-01", "random_70_30"),
    ("the same, `--set data.split=filtered` (artists kept apart)", "gtzan_mlp-01", "filtered"),
    ("`gtzan_cnn1d:gap`, three genres, `random_windows`: LEAKS", "gtzan_cnn1d-01", "leaky_windows"),
    ("the same, `filtered` (artists kept apart)", "gtzan_cnn1d-01", "filtered_windows"),
    ("`audioset_speech:linear`, speech in AudioSet", "audioset_speech-01", "accuracy"),
    ("`audioset_speech:lstm`", "audioset_speech-06", "accuracy"),
    ("`audioset_speech:attention`", "audioset_speech-08", "accuracy"),
    ("`own_sound:cnn2d`, ESC-10 by source, three seeds", "own_sound-01", "clip_accuracy"),
)


def rows(table: str) -> list[Row]:
    """Returns the rows of a table, in the order of their files."""
    found = (json.loads(path.read_text("utf-8")) for path in sorted(RESULTS.glob("*.json")))
    return [row for row in found if row["table"] == table]


def cell(score: Any) -> str:
    """Returns a score as text: value and spread, value and interval, or several values."""
    if score is None or isinstance(score, str):
        return score or ""
    digits = score.get("digits", 3)
    text = " / ".join(f"{value:.{digits}f}" for value in score.get("values", [score.get("value")]))
    if "sd" in score:
        text += f" ± {score['sd']:.{digits}f}"
    if "low" in score:
        text += f" [{score['low']:.{digits}f}, {score['high']:.{digits}f}]"
    return text


def rendered(table: str) -> str:
    """Returns a table and the commands of its rows as Markdown."""
    if table == "summary":
        return summary()
    columns, found = TABLES[table], rows(table)
    lines = [[title for title, _ in columns], ["---"] * len(columns)]
    lines += [
        [
            cell(row["scores"].get(key) if key not in ("name", "paper") else row.get(key))
            for _, key in columns
        ]
        for row in found
    ]
    commands = dict.fromkeys(command for row in found for command in row["commands"])
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return text + "\n\n```bash\n" + "\n".join(commands) + "\n```"


def summary() -> str:
    """Returns the table of README.md, of scores in rows of other tables."""
    lines = ["| experiment | paper | here | n |", "|---|---|---|---|"]
    for text, stem, key in SUMMARY:
        (path,) = RESULTS.glob(f"{stem}-*.json")
        row = json.loads(path.read_text("utf-8"))
        paper = row["paper"] if key == row.get("paper_protocol", key) else None
        n = row["n"][key] if isinstance(row["n"], dict) else row["n"]
        lines.append(f"| {text} | {paper or ''} | {cell(row['scores'][key])} | {n:,} |")
    return "\n".join(lines)


def filled(page: str) -> str:
    """Returns a page with its tables as the JSON files have them now."""

    def region(match: re.Match[str]) -> str:
        name = match[1]
        return f"<!-- results: {name} -->\n{rendered(name)}\n<!-- end of results -->"

    return REGION.sub(region, page)


def main() -> None:
    for path in PAGES:
        path.write_text(filled(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
