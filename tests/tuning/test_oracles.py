from itertools import product
from pathlib import Path

import pytest
from keras_tuner import HyperParameters, Objective
from keras_tuner.errors import FailedTrialError

from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import load
from kerasaudio.tuning import oracles, space
from kerasaudio.tuning.tuner import Tuner


def grid(tmp_path: Path) -> oracles.GridOracle:
    """The oracle of gtzan_mlp's grid, with its space read."""
    oracle = oracles.build_oracle("grid", Objective("val_accuracy", "max"), seed=0, epochs=10)
    Tuner(oracle, load("gtzan_mlp").space, lambda data, frontend: None, tmp_path, limit=None)
    return oracle


def test_the_grid_is_the_papers_768_points_once_each(tmp_path):
    oracle = grid(tmp_path)
    drawn = []
    while (trial := oracle.create_trial("tuner0")).status != "STOPPED":
        drawn.append(tuple(trial.hyperparameters.values.items()))
        trial.status = "FAILED"
        oracle.end_trial(trial)
    paper = {
        **{f"units{layer}": (64, 128) for layer in (1, 2, 3)},
        **{f"dropout{layer}": (0.1, 0.2) for layer in (1, 2, 3)},
        "activation": ("relu", "leaky_relu"),
        "initializer": ("glorot_uniform", "random_uniform"),
        "optimizer": ("adam", "sgd", "rmsprop"),
    }
    expected = {tuple(zip(paper, values, strict=True)) for values in product(*paper.values())}
    assert len(drawn) == 768
    assert set(drawn) == expected


def asks_under_a_condition(hp):
    if hp.Choice("kind", ["a", "b"]) == "b":
        hp.Choice("size", [1, 2])
    return "point"


def asks_most_at_first(hp):
    if hp.Choice("kind", ["a", "b"]) == "a":
        hp.Choice("size", [1, 2])
    return "point"


def declares_a_condition(hp):
    hp.Choice("kind", ["a", "b"])
    with hp.conditional_scope("kind", ["a"]):
        hp.Choice("size", [1, 2])
    return "point"


@pytest.mark.parametrize(
    "asked", [asks_under_a_condition, asks_most_at_first, declares_a_condition]
)
def test_a_grid_over_conditional_parameters_is_refused(asked):
    with pytest.raises(UserError, match="use random"):
        space.grid_size(space.explore(asked))


def test_a_grid_whose_space_grows_among_its_trials_is_refused(tmp_path):
    oracle = grid(tmp_path)
    trial = oracle.create_trial("tuner0")
    oracle.update_space(trial.hyperparameters)
    trial.hyperparameters.Choice("new", [1, 2])
    with pytest.raises(UserError, match="use random"):
        oracle.update_space(trial.hyperparameters)


def test_a_space_is_explored_one_value_at_a_time_also_behind_a_condition():
    def asked(hp):
        units, depth = hp.Int("units", 8, 24, step=8), hp.Choice("depth", [1, 2])
        if units == 24:
            raise FailedTrialError("too large")
        if depth == 2:
            with hp.conditional_scope("depth", [2]):
                return units, depth, hp.Float("rate", 0.1, 0.9)
        return units, depth

    found = space.explore(asked)
    assert [point for _, point in found] == [(8, 1), None, (8, 2, 0.1), (8, 2, 0.9)]
    assert [[parameter.name for parameter in point.space] for point, _ in found] == [
        ["units", "depth"],
        ["units", "depth"],
        ["units", "depth", "rate"],
        ["units", "depth", "rate"],
    ]


def test_the_widest_corner_of_a_space():
    hp = HyperParameters()
    hp.Int("units", 8, 24, step=8)
    hp.Choice("kind", ["a", "b", "c"])
    hp.Choice("depth", [1, 2])
    with hp.conditional_scope("depth", [2]):
        hp.Float("rate", 0.1, 0.9)
    assert space.widest(hp).values == {"units": 24, "kind": "a", "depth": 2, "rate": 0.9}


def test_a_state_with_a_wrong_bit_is_one_line(tmp_path):
    oracle = grid(tmp_path)
    for _ in range(3):
        oracle.create_trial("tuner0")
    oracle.write_state()
    path = Path(oracle._get_oracle_fname())
    state, drawn = path.read_bytes(), list(oracle.trials)
    oracle.reload()
    for place in range(0, len(state) - 1, 97):
        path.write_bytes(state[:place] + bytes([state[place] ^ 1]) + state[place + 1 :])
        with pytest.raises(UserError, match=r"oracle\.json is damaged .*to search anew"):
            oracle.reload()
    path.write_bytes(state[: len(state) // 2])
    with pytest.raises(UserError, match="is damaged"):
        oracle.reload()
    path.write_bytes(state.rpartition(b', "crc32"')[0] + b"}")  # as earlier versions wrote it
    oracle.reload()
    assert list(oracle.trials) == drawn
