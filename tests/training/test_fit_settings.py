import keras
import numpy as np
import pytest

from kerasaudio.experiment import Cosine, Plateau
from kerasaudio.experiment.catalogue import load
from kerasaudio.training.assemble import ReadoutFirstCrossentropy, WeightedBinaryCrossentropy


def test_plateau_waits_more_than_its_patience_as_pytorchs_does():
    # torch.optim.lr_scheduler.ReduceLROnPlateau(patience=2): the third epoch in a row without a better one acts.
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
    # Worked by hand: -w*y*log(sigmoid(x)) - (1-y)*log(1-sigmoid(x)), mean over the two labels, then over the batch.
    logits = np.array([[0.5, -1.0], [2.0, 0.3]], np.float32)
    hot, weights = np.array([[0, 1], [1, 0]]), np.array([1.0, 3.0])
    sigmoid = 1 / (1 + np.exp(-logits))
    expected = (-weights * hot * np.log(sigmoid) - (1 - hot) * np.log(1 - sigmoid)).mean()
    found = WeightedBinaryCrossentropy((1.0, 3.0))(np.array([1, 0]), keras.ops.sigmoid(logits))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_readout_first_by_hand():
    truth = np.array([[1, 0, 1]], np.float32)
    scores = np.array([[0.9, 0.2, 0.4]], np.float32)
    each = -np.log([0.9, 0.8, 0.4])
    found = ReadoutFirstCrossentropy(2, 0.1)(truth, scores)
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
    from kerasaudio.tuning import oracles

    explored = oracles.explore(load(f"audioset_speech:{member}").space)
    assert oracles.grid_size(explored) == rows
    points = [point for _, point in explored]
    assert len(set(points)) == rows
    assert load(f"audioset_speech:{member}").experiment in points


def test_plateau_can_wait_for_the_validation_auc_to_rise():
    # torch.optim.lr_scheduler.ReduceLROnPlateau(mode="max", factor=0.2, patience=3): the fourth without a rise acts.
    plateau = Plateau(factor=0.2, patience=3, watch="val_auc")
    assert [plateau.scale([0.8] + [0.7] * n, 20) for n in (0, 3, 4, 7, 8)] == pytest.approx(
        [1, 1, 0.2, 0.2, 0.04]
    )
    assert plateau.scale([0.5, 0.6, 0.55, 0.55, 0.55, 0.61, 0.6, 0.6, 0.6], 20) == 1
    assert plateau.scale([0.8] + [0.80005] * 4, 20) == pytest.approx(
        0.2
    )  # too little to count as better


def test_keeping_the_best_auc_is_for_tags():
    from kerasaudio.errors import UserError
    from kerasaudio.experiment import fields
    from kerasaudio.training import assemble

    value = fields.override(load("gtzan_mlp").experiment, "fit.keep=best_auc")
    with pytest.raises(UserError, match="need tags"):
        assemble.build_metrics(value)
