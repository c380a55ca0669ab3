"""What is precomputed equals what the model computes, is shared, and follows its files."""

import gc
import inspect
import json
import os
import shutil

import keras
import librosa
import numpy as np
import pytest
import soundfile

from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.errors import UserError
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import adjusted, override
from kerasaudio.frontends import fourier
from kerasaudio.frontends.log_mel import LogMelLayer
from kerasaudio.training import first_layer, pipeline, precompute, waveform_model
from kerasaudio.training.assemble import assemble, trainable_part
from kerasaudio.training.cache import Cache, Memory
from kerasaudio.training.embedding_layer import EmbeddingLayer
from kerasaudio.training.spectrograms import CachedFiles, CachedRows

ROUNDING = 2e-4  # dB, of a spectrogram that is computed in a batch of another size
SMALL = ["data.window_samples=16000", "data.windows=2", "fit.epochs=2", "fit.batch_size=32"]


@pytest.fixture(scope="module")
def experiment():
    return adjusted(load("gtzan_cnn1d:gap").experiment, SMALL, None)


@pytest.fixture
def few(tmp_path):
    """Four short clips for each of two genres."""
    random = np.random.default_rng(0)
    for genre, names in {"blues": (0, 2, 12, 13, 22, 29), "jazz": (0, 1, 15, 21, 12, 13)}.items():
        folder = tmp_path / "gtzan" / "genres_original" / genre
        folder.mkdir(parents=True)
        for number in names:
            wave = random.uniform(-0.5, 0.5, 34_000)
            soundfile.write(folder / f"{genre}.{number:05d}.wav", wave, 22_050, subtype="PCM_16")
    return tmp_path


@pytest.fixture
def partial(experiment, few):
    value = adjusted(experiment, ["data.partial=True", "data.split=random_clips"], None)
    return override(value, 'data.genres=("blues", "jazz")')


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", 10**9)


def inputs(examples):
    return np.concatenate(
        [batch for batch, _ in pipeline.batches(examples, 32).as_numpy_iterator()]
    )


def test_every_window_is_as_the_model_computes_it_and_as_librosa_does(
    experiment, sounding, cache, capsys
):
    given = precompute.load_splits(experiment, sounding)
    splits = precompute.load_splits(experiment, sounding, cache)
    assert splits.members_hash() == given.members_hash()
    for name, examples in splits:
        sound = inputs(dict(given)[name])
        found = inputs(examples)
        live = np.concatenate(
            [precompute.first_layer(experiment)(rows) for rows in np.array_split(sound, 7)]
        )
        assert found.shape == live.shape
        np.testing.assert_allclose(found, live, atol=ROUNDING)
    mel = {
        "sr": 16_000,
        "n_fft": 1024,
        "hop_length": 512,
        "htk": True,
        "norm": None,
        "pad_mode": "reflect",
    }
    power = librosa.feature.melspectrogram(y=sound[3], **mel)
    np.testing.assert_allclose(found[3].T, librosa.power_to_db(power, top_db=None), atol=2e-3)
    told = capsys.readouterr().out
    assert "log_mel of 80 clips, 80 computed now" in told
    assert f"{cache.used() / 1e9:.3f} of at most 1 GB" in told
    assert cache.used() == 160 * (32 * 128 * 4 + 4)


def test_training_on_the_cache_is_training_of_the_model(experiment, sounding, cache):
    """It differs by no more than what the spectrograms' own rounding may do.

    Processors round a spectrogram differently in batches of other sizes, by up to ROUNDING. How
    much of that reaches the probabilities after a few steps is found by adding noise of that size.
    Gradient descent keeps the differences in proportion; Adam's first steps would not, for they
    have the size of the learning rate, whatever the gradient.
    """
    experiment = override(experiment, "fit.optimizer=SGD", "fit.optimizer.learning_rate=0.005")
    sound = inputs(precompute.load_splits(experiment, sounding).test)

    def probabilities(kept, noise=0.0):
        splits = precompute.load_splits(experiment, sounding, kept)
        model = assemble(experiment, splits.train)
        trained = trainable_part(model, splits.train)
        assert (trained is model) == (kept is None)
        random = np.random.default_rng(0)
        for batch, targets in pipeline.batches(splits.train, 32).as_numpy_iterator():
            trained.train_on_batch(batch + noise * random.choice([-1, 1], batch.shape), targets)
        assert int(model.optimizer.iterations) == 3
        assert model.input_shape == (None, 16_000)
        return np.array(model(sound))

    live, cached, noisy = probabilities(None), probabilities(cache), probabilities(cache, ROUNDING)
    assert np.abs(cached - live).max() <= np.abs(noisy - cached).max() < 0.05


def test_a_second_experiment_and_another_split_compute_nothing(experiment, sounding, cache, capsys):
    precompute.load_splits(experiment, sounding, cache)
    other = override(load("gtzan_cnn1d:acn_fc").experiment, "data.split=random_windows")
    precompute.load_splits(adjusted(other, SMALL, None), sounding, cache)
    assert (
        capsys.readouterr()
        .out.splitlines()[1]
        .startswith("cache     log_mel of 80 clips, 0 computed now")
    )
    precompute.load_splits(override(experiment, "frontend.inner.bands=64"), sounding, cache)
    assert "80 computed now" in capsys.readouterr().out
    assert len(list(cache.folder.iterdir())) == 2


def test_a_changed_file_is_noticed_even_if_size_and_time_are_the_same(partial, few, cache, capsys):
    precompute.load_splits(partial, few, cache)
    path = sorted(few.rglob("*.wav"))[3]
    before = path.stat()
    wave, rate = soundfile.read(path)
    soundfile.write(path, wave[::-1], rate, subtype="PCM_16")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    splits = precompute.load_splits(partial, few, cache)
    assert "log_mel of 12 clips, 1 computed now" in capsys.readouterr().out.splitlines()[1]
    live = precompute.load_splits(partial, few)
    for name, examples in splits:
        expected = precompute.first_layer(partial)(inputs(dict(live)[name]))
        np.testing.assert_allclose(inputs(examples), expected, atol=ROUNDING)


def test_files_that_are_the_same_are_computed_once(partial, few, cache, capsys):
    first, *others = sorted(few.rglob("*.wav"))[:6]
    for path in others:
        shutil.copy(first, path)
    precompute.load_splits(partial, few, cache)
    assert "log_mel of 12 clips, 7 computed now" in capsys.readouterr().out


def test_a_copy_elsewhere_under_another_name_is_known(partial, few, cache, capsys, tmp_path):
    precompute.load_splits(partial, few, cache)
    home = tmp_path / "moved" / "gtzan"
    shutil.copytree(few / "gtzan" / "genres_original", home / "genres")
    shutil.move(
        home / "genres" / "jazz" / "jazz.00000.wav", home / "genres" / "jazz" / "jazz.00099.wav"
    )
    precompute.load_splits(partial, tmp_path / "moved", cache)
    assert "0 computed now" in capsys.readouterr().out.splitlines()[1]


@pytest.mark.parametrize("memory", [None, 0])
def test_damage_is_rebuilt_and_never_served(partial, few, tmp_path, capsys, memory):
    cache = Cache(tmp_path / "cache", 10**9, Memory(memory))
    expected = inputs(precompute.load_splits(partial, few, cache).train)
    splits = precompute.load_splits(partial, few, cache)
    files = sorted(cache.folder.glob("*/*.records"))
    for number, path in enumerate(files):  # after the splits were made: while a model trains
        data = bytearray(path.read_bytes())
        data[1000 + number] ^= 1
        path.write_bytes(data)
    files[0].unlink()
    np.testing.assert_allclose(inputs(splits.train), expected, atol=ROUNDING)
    capsys.readouterr()
    np.testing.assert_array_equal(
        inputs(precompute.load_splits(partial, few, cache).train), expected
    )
    assert "12 computed now" in capsys.readouterr().out
    precompute.load_splits(partial, few, cache)
    assert "0 computed now" in capsys.readouterr().out


def test_measuring_shows_its_progress_and_names_a_file_that_is_gone(
    partial, few, capsys, monkeypatch
):
    monkeypatch.setattr("kerasaudio.data.progress.EVERY", -1)
    train = partial.data.load(few).train
    assemble(partial, train)
    assert f"measure   {len(train)}/{len(train)} examples" in capsys.readouterr().out
    for path in few.rglob("*.wav"):
        path.unlink()
    with pytest.raises(UserError, match=r"\.wav.*No such file"):
        assemble(partial, train)


def test_batches_from_memory_and_from_files_are_the_same(partial, few, tmp_path, capsys):
    size = 24 * 32 * 128 * 4
    found = {}
    for name, limit in {"held": size, "read": size - 1}.items():
        cache = Cache(tmp_path / "cache", 10**9, Memory(limit))
        splits = precompute.load_splits(partial, few, cache).selected_on_test()
        assert capsys.readouterr().out.rstrip().endswith("held in memory") == (name == "held")
        assert len(splits.train.inputs) == len(splits.train)
        found[name] = [
            *pipeline.training_batches(splits.train, 5, 0, range(2)).as_numpy_iterator(),
            *pipeline.batches(splits.test, 5).as_numpy_iterator(),
        ]
    for one, other in zip(found["held"], found["read"], strict=True):
        for part, same in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, same)


def test_memory_of_splits_that_are_gone_is_free_again(partial, few, tmp_path):
    size = 24 * 32 * 128 * 4
    cache = Cache(tmp_path / "cache", 10**9, Memory(size))
    splits = precompute.load_splits(partial, few, cache)
    assert inputs(splits.train).shape[1:] == (32, 128)
    assert cache.memory.held == size
    assert isinstance(precompute.load_splits(partial, few, cache).train.inputs, CachedFiles)
    del splits
    gc.collect()
    assert cache.memory.held == 0
    assert isinstance(precompute.load_splits(partial, few, cache).train.inputs, CachedRows)


def test_a_limit_that_is_too_small_is_told_and_the_model_computes(partial, few, tmp_path, capsys):
    splits = precompute.load_splits(partial, few, Cache(tmp_path / "cache", 1000))
    assert "cache     none, 0.000 GB are needed" in capsys.readouterr().out
    assert splits.train.precomputed == ""
    assert inputs(splits.train).shape[1:] == (16_000,)


def test_a_folder_that_cannot_be_written_is_told_and_the_model_computes(
    partial, few, tmp_path, capsys
):
    (tmp_path / "file").write_text("no folder")
    splits = precompute.load_splits(partial, few, Cache(tmp_path / "file" / "cache", 10**9))
    assert "could not be written" in capsys.readouterr().out
    assert splits.train.precomputed == ""


def test_networks_of_samples_and_tables_have_nothing_ahead(sounding, standin_root, cache):
    for name, root in (("gtzan_sample_cnn:gap", sounding), ("gtzan_mlp", standin_root)):
        value = load(name).experiment
        given = precompute.load_splits(value, root)
        assert precompute.precompute(value, given, cache) is given


def test_commands_share_the_cache_and_the_whole_model_is_saved(command, sounding, tmp_path):
    settings = [word for assignment in SMALL for word in ("--set", assignment)]
    arguments = ("--experiment", "gtzan_cnn1d:gap", "--data", sounding, *settings)
    here = ("--cache", tmp_path / "kept", "--cache-limit", "1 GB")
    first = command("train", *arguments, *here)
    assert "held in memory" in first.out
    assert first.code == 0, first.err
    run = tmp_path / "runs" / "gtzan_cnn1d-gap-001"
    again = command("evaluate", run, *here, "--cache-memory", "0")
    assert "0 computed now" in again.out
    assert "held in memory" not in again.out
    without = command("evaluate", run, "--cache-limit", "0")
    assert "cache " not in without.out
    told = [line for line in again.out.splitlines() if "accuracy" in line]
    assert told == [line for line in without.out.splitlines() if "accuracy" in line]
    assert keras.saving.load_model(run / "best.keras", compile=False).input_shape == (None, 16_000)
    assert command("export", run).code == 0
    assert json.loads((run / "scores.json").read_text())["provenance"]["n"] == 40


def test_trials_of_a_search_share_the_cache(command, sounding, tmp_path):
    settings = [word for assignment in SMALL for word in ("--set", assignment)]
    arguments = ("--experiment", "gtzan_cnn1d:gap", "--data", sounding, *settings, "--epochs", "1")
    told = command(
        "search", *arguments, "--strategy", "grid", "--trials", "2", "--cache", tmp_path / "kept"
    )
    assert told.code == 0, told.err
    assert told.out.count("80 clips, 80 computed now") == 1  # for the first trial
    assert told.out.count("80 clips, 0 computed now") >= 1  # the best one, trained again


def test_gtzan_asks_for_no_cache_by_itself(sounding):
    assert GtzanAudio().load(sounding).train.precomputed == ""


def test_the_cache_belongs_to_all_code_that_computes_its_numbers(monkeypatch):
    """Of a log-mel layer, the file with the Fourier transform, too; of an embedding, the caller."""
    getsource = inspect.getsource
    for layer, other in ((LogMelLayer, fourier), (EmbeddingLayer, waveform_model)):
        before = first_layer._code(layer)
        assert first_layer._code(layer) == before
        monkeypatch.setattr(
            inspect, "getsource", lambda each, other=other: getsource(each) + "#" * (each is other)
        )
        assert first_layer._code(layer) != before
        monkeypatch.undo()
