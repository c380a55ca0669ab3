"""Files of runs that earlier versions made, in today's form."""

from __future__ import annotations

from typing import Any

TITLES = {  # of the metrics in scores.json before version 0.2, by the kind of task
    "single": {"accuracy": "accuracy", "macro_f1": "macro-F1", "log_loss": "log-loss"},
    "binary": {
        "accuracy": "accuracy",
        "f1": "F1",
        "macro_f1": "macro-F1",
        "micro_f1": "micro-F1",
        "roc_auc": "ROC-AUC",
        "average_precision": "AP",
        "log_loss": "log-loss",
    },
    "beside": {"mean_average_precision": "mAP", "mean_roc_auc": "mean AUC", "d_prime": "d'"},
    "tags": {
        "mean_roc_auc": "ROC-AUC",
        "mean_average_precision": "PR-AUC",
        "accuracy": "first tag",
        "log_loss": "log-loss",
    },
}


def updated(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """Returns the content of a run's JSON file in today's form.

    Args:
        name: Name of the file.
        value: Its content, as this or an earlier version wrote it.
    """
    if name == "scores.json" and "stamp" in value:
        return _scores(value)
    return value


def _scores(old: dict[str, Any]) -> dict[str, Any]:
    """scores.json from before version 0.2: a member for each metric, and a "stamp"."""
    kind = "tags" if "left_out" in old else "binary" if "majority" in old else "single"
    found = {"provenance": old["stamp"], **_part(old, kind, old["stamp"]["n"])}
    if "clips" in old:
        found["unit"] = "windows"
        found["clips"] = _part(old["clips"], "single", old["clips"]["n"])
    if "tags" in old:
        found["all_labels"] = _part(old["tags"], "beside", old["stamp"]["n"])
    found["baselines"] = old.get("rivals", [])
    return found | {"kept_epoch": old["kept_epoch"]}


def _part(old: dict[str, Any], kind: str, n: int) -> dict[str, Any]:
    baselines = old.get("majority", {})
    found: dict[str, Any] = {
        "unit": "clips",
        "n": n,
        "metrics": {
            key: {"title": title, **old[key], "baseline": baselines.get(key)}
            for key, title in TITLES[kind].items()
        },
        "labels": old["labels"],
    }
    kept = ("confusion", "threshold", "curves", "left_out", "best", "worst")
    found |= {key: old[key] for key in kept if key in old}
    if "calibration" in old:
        each = old["calibration"]
        found["calibration"] = {
            "predicted": each["said"],
            "observed": each["happened"],
            "expected_error": each["expected_error"],
        }
    return found
