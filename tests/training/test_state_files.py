"""Files that a fit leaves are right or refused, whichever of their bits is wrong."""

import io
import json
import zipfile

import keras
import numpy as np
import pytest

from kerasaudio.errors import DAMAGED, UserError
from kerasaudio.training.checkpoint import Checkpoint, load_model, save_model
from kerasaudio.training.history import parsed_history, read_history
from kerasaudio.training.state_file import seal, sealed_history
from kerasaudio.tuning.stacks.trained import Trained

ROWS = [{"epoch": n, "loss": 1 / 3**n, "val_loss": 0.1 + 0.2 * n} for n in (1, 2)]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(40), keras.layers.Dense(3)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


@pytest.fixture
def half(tmp_path, model):
    """A checkpoint after two epochs of ten steps."""
    model.optimizer.iterations.assign(20)
    Checkpoint(tmp_path, model).save(model, ROWS)
    return tmp_path


def flipped(data, count, seed=0):
    """The bytes with one bit wrong, for many places."""
    for place in np.random.default_rng(seed).integers(0, 8 * len(data), count).tolist():
        wrong = bytearray(data)
        wrong[place // 8] ^= 1 << place % 8
        yield bytes(wrong)


def test_a_state_has_its_own_history(half, model):
    (half / "history.csv").write_text("epoch,loss\n1,999.0\n")
    assert Checkpoint(half, model).resume(model, 10) == (ROWS, None)


def test_no_wrong_bit_of_a_state_goes_unseen(half, model):
    state = half / "last.weights.h5"
    weights, seen = model.get_weights(), 0
    for wrong in flipped(state.read_bytes(), 60):
        state.write_bytes(wrong)
        try:
            assert Checkpoint(half, model).resume(model, 10) == (ROWS, None)
            for found, expected in zip(model.get_weights(), weights, strict=True):
                np.testing.assert_array_equal(found, expected)
        except UserError as error:
            assert "last.weights.h5 is damaged" in str(error) and "remove it" in str(error)
            model.set_weights(weights)
            seen += 1
    assert seen > 10  # the rest is in unused bytes


def test_a_state_of_an_earlier_version_needs_a_row_for_every_epoch(half, model):
    model.save_weights(half / "last.weights.h5", overwrite=True)
    assert sealed_history(half / "last.weights.h5") is None
    assert Checkpoint(half, model).resume(model, 10) == (ROWS, None)
    lines = (half / "history.csv").read_text().splitlines()
    (half / "history.csv").write_text("\n".join(lines[:2]) + "\n")
    with pytest.raises(UserError, match=r"epoch\.npz is damaged"):
        Checkpoint(half, model).resume(model, 10)


def test_a_sealed_file_is_sealed_once_more_by_nobody(half):
    with pytest.raises(DAMAGED):
        seal(half / "last.weights.h5", ROWS)


@pytest.mark.parametrize(
    "text", ["", "loss\n1\n", "epoch,loss\n2,0.5\n", "epoch,loss\n1\n", "a,a\n"]
)
def test_what_is_no_history_is_refused(tmp_path, text):
    with pytest.raises(ValueError):
        parsed_history(text)
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(UserError, match="history.csv is damaged"):
        read_history(tmp_path / "history.csv")


def archive(path, model, change):
    """The model's .keras file, with its parts changed and packed again."""
    save_model(model, path)
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in change(parts).items():
            packed.writestr(name, data)
    return path


def test_a_file_that_grows_without_end_is_refused(tmp_path, model):
    bomb = archive(
        tmp_path / "m.keras",
        model,
        lambda parts: parts | {"config.json": b" " * 100_000_000 + parts["config.json"]},
    )
    with pytest.raises(UserError, match="bytes that grow to 100"):
        load_model(bomb)


@pytest.mark.parametrize("units", [10**9, [10**12], 1e30])
def test_a_layer_larger_than_its_weights_is_refused(tmp_path, model, units):
    def change(parts):
        config = json.loads(parts["config.json"])
        config["config"]["layers"][1]["config"]["units"] = units
        return parts | {"config.json": json.dumps(config).encode()}

    with pytest.raises(UserError, match="a layer of size"):
        load_model(archive(tmp_path / "m.keras", model, change))


def test_a_layer_of_a_package_that_is_not_there_is_refused(tmp_path, model):
    def change(parts):
        config = json.loads(parts["config.json"])
        layer = config["config"]["layers"][1]
        layer |= {"class_name": "TorchModuleWrapper", "registered_name": None}
        layer["config"] = {"name": layer["config"]["name"], "module": {"class_name": "x"}}
        return parts | {"config.json": json.dumps(config).encode()}

    with pytest.raises(UserError, match="could not be read as a Keras model"):
        load_model(archive(tmp_path / "m.keras", model, change))


def test_no_wrong_bit_of_a_model_goes_unseen(tmp_path, model):
    path = tmp_path / "m.keras"
    save_model(model, path)
    for wrong in flipped(path.read_bytes(), 60):
        path.write_bytes(wrong)
        try:
            weights = load_model(path).get_weights()
        except UserError as error:
            assert "could not be read as a Keras model" in str(error)
            continue
        for found, expected in zip(weights, model.get_weights(), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_a_damaged_best_trial_trains_again(tmp_path, capsys):
    path = tmp_path / "best.npz"
    Trained(ROWS, [np.arange(12.0).reshape(3, 4)]).write(path, "7")
    assert Trained.read(path, "7").history == ROWS
    assert Trained.read(path, "8") is None
    seen = 0
    for wrong in flipped(path.read_bytes(), 60):
        path.write_bytes(wrong)
        found = Trained.read(path, "7")
        seen += found is None
        if found:
            assert found.history == ROWS
            np.testing.assert_array_equal(found.weights[0], np.arange(12.0).reshape(3, 4))
    assert seen > 20 and "trial 7 trains again" in capsys.readouterr().err
    path.write_bytes(io.BytesIO().getvalue())
    assert Trained.read(path, "7") is None
