"""Look at a data set before training on it: one self-contained page about GTZAN's feature table.

python -m kerasaudio.explore gtzan --data ROOT
python -m kerasaudio.explore gtzan --data ROOT --out gtzan.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasaudio import options
from kerasaudio.errors import UserError

DATA_SETS = ("gtzan",)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = options.parser("explore", __doc__ or "")
    parser.add_argument(
        "set", choices=DATA_SETS, metavar="SET", help=f"one of {', '.join(DATA_SETS)}"
    )
    options.add_data(parser)
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="FOLDER", help="where a stand-in goes"
    )
    parser.add_argument(
        "--out", type=Path, metavar="PAGE.html", help="where the page goes (SET.html)"
    )
    chosen = parser.parse_args(arguments)
    out = chosen.out or Path(f"{chosen.set}.html")
    if not out.parent.is_dir():
        raise UserError(f"There is no folder {out.parent}: choose another --out.")
    options.import_keras()
    page, lines = gtzan(chosen.data, chosen.runs)
    from kerasaudio.runs.runs import write_text

    write_text(out, page)
    for line in lines:
        print(line)
    print(f"page      {out}")
    return 0


def gtzan(data: Path | None, runs: Path) -> tuple[str, list[str]]:
    """The page about the feature table, and what it says in short."""
    from kerasaudio.data import exploration
    from kerasaudio.data.gtzan import FEATURES, GENRES, GtzanFeatures
    from kerasaudio.data.standin import is_standin
    from kerasaudio.experiment.catalogue import load
    from kerasaudio.reports import figures, report

    root = options.data_root(data, runs, load("gtzan_mlp").experiment)
    rows = GtzanFeatures().table(root)
    features = rows[list(FEATURES)]
    correlation = exploration.ordered_correlation(features.filter(like="_mean"))
    components = exploration.principal_components(features)
    values: dict[str, Any] = {
        "synthetic": is_standin(root),
        "rows": len(rows),
        "features": len(FEATURES),
        "duplicates": int(features.duplicated().sum()),
        "counts": rows.label.value_counts().reindex(GENRES).to_dict(),
        "pairs": exploration.strongest_pairs(correlation, 12),
        "claim": exploration.pair(correlation, "mfcc2_mean", "spectral_centroid_mean"),
        "ratios": components.ratios,
        "heatmap": figures.heatmap(correlation),
        "plane": figures.plane(components, rows.label, GENRES),
        "space": figures.space(components, rows.label, GENRES),
        "boxes": [
            {"feature": feature, "svg": figures.boxes(features[feature], rows.label, GENRES)}
            for feature in FEATURES
        ],
    }
    ratios = ", ".join(f"{ratio:.8f}" for ratio in components.ratios)
    lines = [
        f"table     {len(rows)} rows, {len(FEATURES)} features, {values['duplicates']} duplicate rows",
        f"PCA       explained variance {ratios} (columns scaled to 0..1)",
        *(
            f"pair      {pair['first']}, {pair['second']}: {pair['r']:+.4f}"
            for pair in values["pairs"][:5]
        ),
    ]
    return report.render("explore.html", **values), lines


if __name__ == "__main__":
    options.run(main)
