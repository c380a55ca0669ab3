import keras
import numpy as np
import pytest

from kerasaudio.errors import UserError
from kerasaudio.experiment import Cosine, Plateau, catalogue
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.training.history import watched_metrics
from kerasaudio.training.losses import TargetFirstCrossentropy, WeightedBinaryCrossentropy
from kerasaudio.tuning.space import explore, grid_size


def test_plateau_waits_more_than_its_patience_as_pytorchs_does():
    # torch.optim.lr_scheduler.ReduceLROnPlateau(patience=2): the third epoch without a better one
    # acts.
    plateau = Plateau(patience=2)
    assert [plateau.scale([1.0] * n, 50) for n in (1, 3, 4, 6, 7)] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01]
    )
    assert plateau.scale([1.0, 0.99995, 0.99995, 0.99995], 50) == pytest.approx(
        0.1
    )  # too little to count as better
    assert plateau.scale([1.0, 0.9, 1.0, 0.8, 1.0], 50) == 1


def test_cosine_ends_at_nothing():
    assert [Cosine().scale([0.0] * n, 4) for n in range(5)] == pytest.approx(
        [1, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4, 0]
    )


def test_weighted_binary_is_pytorchs_bce_with_logits():
    # Worked by hand: -w*y*log(sigmoid(x)) - (1-y)*log(1-sigmoid(x)), mean over labels and batch.
    logits = np.array([[0.5, -1.0], [2.0, 0.3]], np.float32)
    hot, weights = np.array([[0, 1], [1, 0]]), np.array([1.0, 3.0])
    sigmoid = 1 / (1 + np.exp(-logits))
    expected = (-weights * hot * np.log(sigmoid) - (1 - hot) * np.log(1 - sigmoid)).mean()
    found = WeightedBinaryCrossentropy((1.0, 3.0))(np.array([1, 0]), keras.ops.sigmoid(logits))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_target_first_by_hand():
    truth = np.array([[1, 0, 1]], np.float32)
    scores = np.array([[0.9, 0.2, 0.4]], np.float32)
    each = -np.log([0.9, 0.8, 0.4])
    found = TargetFirstCrossentropy(2, 0.1)(truth, scores)
    assert float(found) == pytest.approx(each[2] + 0.1 * (each[0] + each[1]), rel=1e-5)


@pytest.mark.parametrize(
    "member, rows",
    [
        ("linear", 20),
        ("linear_optimizers", 4),
        ("conv1d_optimizers", 2),
        ("conv1d_layers", 14),
        ("conv1d", 16),
    ],
)
def test_a_grid_of_the_space_is_the_papers_table(member, rows):
    explored = explore(load(f"audioset_speech:{member}").space)
    assert grid_size(explored) == rows
    points = [point for _, point in explored]
    assert len(set(points)) == rows
    assert load(f"audioset_speech:{member}").experiment in points


def test_plateau_can_wait_for_the_validation_auc_to_rise():
    # torch.optim.lr_scheduler.ReduceLROnPlateau(mode="max", factor=0.2, patience=3): the fourth
    # epoch without a rise acts.
    plateau = Plateau(factor=0.2, patience=3, watch="val_auc")
    assert [plateau.scale([0.8] + [0.7] * n, 20) for n in (0, 3, 4, 7, 8)] == pytest.approx(
        [1, 1, 0.2, 0.2, 0.04]
    )
    assert plateau.scale([0.5, 0.6, 0.55, 0.55, 0.55, 0.61, 0.6, 0.6, 0.6], 20) == 1
    assert plateau.scale([0.8] + [0.80005] * 4, 20) == pytest.approx(
        0.2
    )  # too little to count as better


@pytest.mark.parametrize(
    ("name", "setting", "expected"),
    [
        ("gtzan_mlp", "fit.keep=best_auc", "val_loss, val_accuracy, val_macro_f1, val_log_loss"),
        ("gtzan_mlp", "fit.keep=best_f2", "fit.keep=best_f2 needs val_f2"),
        ("magnatagatune", "fit.loss=WeightedBinary", "does not suit a task of the kind MultiLabel"),
        ("gtzan_mlp", "fit.loss=TargetFirst", "does not suit a task of the kind SingleLabel"),
        ("gtzan_mlp", "fit.loss=OnsetsFirst", "does not suit a task of the kind SingleLabel"),
    ],
)
def test_settings_that_do_not_suit_the_task_are_one_line(name, setting, expected):
    name = next(each for each in catalogue.names() if each.startswith(name))
    with pytest.raises(UserError, match=expected):
        watched_metrics(override(load(name).experiment, setting))


def test_metrics_that_keras_does_not_compute_are_named():
    value = override(load("gtzan_mlp").experiment, "fit.keep=best_macro_f1")
    assert watched_metrics(value) == ["macro_f1"]
    assert watched_metrics(value, ["val_accuracy", "val_log_loss"]) == ["log_loss", "macro_f1"]
    assert watched_metrics(load("gtzan_mlp").experiment) == []
