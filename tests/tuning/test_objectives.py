import pytest

from kerasaudio.errors import UserError
from kerasaudio.experiment import Binary, MultiLabel, SingleLabel
from kerasaudio.tuning.objectives import build_objective, objective_title, scored_metric


@pytest.mark.parametrize(
    ("task", "name", "chosen", "direction", "title", "scored"),
    [
        (SingleLabel(), None, "val_accuracy", "max", "accuracy", "accuracy"),
        (SingleLabel(), "val_macro_f1", "val_macro_f1", "max", "macro-F1", "macro_f1"),
        (SingleLabel(), "val_loss", "val_loss", "min", "loss", "log_loss"),
        (SingleLabel(), "val_log_loss", "val_log_loss", "min", "log-loss", "log_loss"),
        (Binary(), "val_roc_auc", "val_roc_auc", "max", "ROC-AUC", "roc_auc"),
        (MultiLabel(), None, "val_auc", "max", "ROC-AUC", "mean_roc_auc"),
        (MultiLabel("Speech"), None, "val_accuracy", "max", "accuracy", "accuracy"),
    ],
)
def test_an_objective_has_a_direction_a_title_and_a_test_score(
    task, name, chosen, direction, title, scored
):
    objective = build_objective(task, name)
    assert (objective.name, objective.direction) == (chosen, direction)
    assert objective_title(task, chosen) == title
    assert scored_metric(task, chosen) == scored


@pytest.mark.parametrize(
    ("task", "name"), [(SingleLabel(), "val_auc"), (MultiLabel(), "f1"), (Binary(), "loss")]
)
def test_what_a_task_does_not_have_is_refused(task, name):
    with pytest.raises(UserError, match="There is no objective"):
        build_objective(task, name)
