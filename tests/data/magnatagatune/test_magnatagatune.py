"""MagnaTagATune: files read against NumPy and soundfile, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile
from small_set import LENGTH, annotate, load, row, scaled, wave

from kerasaudio.data.magnatagatune import SAMPLES, MagnaTagATune
from kerasaudio.data.magnatagatune_tags import TAGS
from kerasaudio.data.sound.arrays import ClipFiles
from kerasaudio.data.sound.read import read
from kerasaudio.data.sound.stored import stored
from kerasaudio.errors import UserError
from kerasaudio.experiment import catalogue
from kerasaudio.experiment.overrides import override
from kerasaudio.scoring.provenance import provenance
from kerasaudio.training import pipeline
from kerasaudio.training.cache import Cache
from kerasaudio.training.first_layer import first_layer
from kerasaudio.training.precompute import load_splits


@pytest.mark.parametrize("shape", [(LENGTH,), (10, 40), (10, 1, 40)])
@pytest.mark.parametrize(("dtype", "scale"), [("<i2", 1), ("<f4", 1 / 32_768), ("<f8", 1 / 32_768)])
def test_every_form_of_a_clip_is_the_same_samples(home, shape, dtype, scale):
    np.save(home / "d" / "clip-13.npy", (wave(13) * scale).astype(dtype).reshape(shape))
    inputs, targets = next(iter(pipeline.batches(load(home).test, 8)))
    assert targets.shape == (3, 50)
    np.testing.assert_allclose(inputs[0], scaled(wave(13)), atol=1e-6)
    np.testing.assert_allclose(inputs[1], scaled(wave(14)), atol=1e-6)
    assert float(inputs.numpy().min()) >= -1 and float(inputs.numpy().max()) <= 1


def test_floats_of_sixteen_bits_are_scaled_when_told_so(home):
    np.save(home / "d" / "clip-13.npy", wave(13).astype(np.float32))
    with pytest.raises(UserError, match="data.full_scale=32768"), pipeline.reading():
        list(pipeline.batches(load(home).test, 8))
    inputs, _ = next(iter(pipeline.batches(load(home, full_scale=32_768).test, 8)))
    np.testing.assert_allclose(inputs[0], scaled(wave(13)), atol=1e-6)
    for full_scale, found in {1.0: [("d/clip-13", "too loud")], 32_768.0: []}.items():
        data = MagnaTagATune(samples=LENGTH, full_scale=full_scale)
        faults = data.examine(home.parent, lambda units: None)
        assert [(each.name, each.kind) for each in faults if each.harmful] == found


def test_sound_is_read_where_there_is_no_array(home):
    (home / "e" / "clip-14.npy").unlink()
    tone = 0.5 * np.sin(np.arange(16_000) / 20)
    soundfile.write(home / "e" / "clip-14.mp3", tone, 16_000)
    inputs, _ = next(iter(pipeline.batches(load(home).test, 8)))
    expected = np.round(read(home / "e" / "clip-14.mp3", 12_000)[:LENGTH] * 32_768)
    np.testing.assert_allclose(inputs[1], scaled(expected), atol=1e-6)
    np.testing.assert_allclose(inputs[2], scaled(wave(15)), atol=1e-6)


def test_an_epoch_has_every_training_clip_with_its_own_tags(home):
    annotate(
        home,
        [
            row(n, f"{n:x}/clip-{n}.mp3", ("guitar", "beats") if n % 2 else ("woman",))
            for n in range(16)
        ],
    )
    splits = load(home)
    guitar, beat, female = (TAGS["merged"].index(tag) for tag in ("guitar", "beat", "female"))
    seen = {}
    for inputs, targets in pipeline.training_batches(splits.train, 5, 0, range(1)):
        seen |= {
            float(one[0]): target
            for one, target in zip(inputs.numpy(), targets.numpy(), strict=True)
        }
    for number in range(12):
        target = seen[min(seen, key=lambda first: abs(first - scaled(wave(number)[0])))]
        assert np.flatnonzero(target).tolist() == (
            sorted([guitar, beat]) if number % 2 else [female]
        )


@pytest.mark.parametrize("more", [b"", b"x"])
def test_samples_begin_where_the_header_ends_whatever_its_length(tmp_path, more):
    """NumPy reads a header of 79 bytes, too, and leaves out what follows the samples."""
    path, expected = tmp_path / "clip.npy", np.arange(-50, 50, dtype="<i2")
    text = b"{'descr': '<i2', 'fortran_order': False, 'shape': (100,)}".ljust(68) + b"\n"
    head = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
    path.write_bytes(head + expected.tobytes() + more)
    assert np.load(path).tolist() == expected.tolist() and len(head) % 2
    files = ClipFiles((stored(path, 100),), 16_000, 100, 1.0)
    ((found, _),) = files.batches(None, np.zeros(1), 1)
    assert found.numpy()[0] == pytest.approx((2 * expected + 1) / 65_535, abs=1e-7)


def test_a_set_in_part_is_taken_where_that_is_wanted(home):
    (home / "0" / "clip-0.npy").unlink()
    np.save(home / "0" / "mine.npy", wave(0))
    splits = load(home, partial=True)
    assert len(splits.train) == 11
    assert splits.notes["clips without annotation"] == 1
    assert MagnaTagATune(partial=True).protocol.endswith(", partial")


def test_test_clips_that_do_not_differ_are_one_line(home):
    annotate(home, [row(n, f"{n:x}/clip-{n}.mp3") for n in range(16)])
    with pytest.raises(UserError, match="no tag can be rated"):
        load(home)


def test_validation_on_the_test_clips_is_never_silent(home):
    data = MagnaTagATune(split="13-3", samples=LENGTH)
    value = replace(catalogue.load("magnatagatune:crnn").experiment, data=data)
    splits = load(home, split="13-3")
    assert splits.valid.ids == splits.test.ids
    assert "SELECTED ON TEST" in str(provenance(value, splits, "test", home.parent))
    assert not set(splits.selected_on_test().train.ids) & set(splits.test.ids)


def test_clips_that_are_stored_in_other_forms_than_the_training_ones_train_too(home):
    np.save(home / "c" / "clip-12.npy", (wave(12) / 32_768).astype(np.float32))
    splits = load(home, split="12-1-3").selected_on_test()
    assert splits.train.ids[-1] == "c/clip-12"
    inputs = np.concatenate(
        [batch for batch, _ in pipeline.batches(splits.train, 4).as_numpy_iterator()]
    )
    np.testing.assert_allclose(inputs[-1], scaled(wave(12)), atol=1e-4)


def test_the_standin_has_the_real_layout_and_tags_of_both_vocabularies(tmp_path):
    from kerasaudio.data.standins import magnatagatune_standin

    magnatagatune_standin.write(tmp_path / "magnatagatune", clips=32)
    for split, tags in (("12-1-3", "merged"), ("all", "top50")):
        splits = MagnaTagATune(split=split, tags=tags).load(tmp_path)
        assert [len(examples) for _, examples in splits] == [24, 2, 6]
        assert splits.train.targets.any(axis=0).sum() > 25
    file = stored(tmp_path / "magnatagatune" / "0" / "standin-00000-0-29.npy", SAMPLES)
    files = ClipFiles((file,), 12_000, SAMPLES, 1.0)
    samples, _ = next(iter(files.batches(None, np.zeros(1), 1)))
    assert 0.05 < float(np.abs(samples).max()) <= 1


@pytest.mark.parametrize("changes", [{"samples": 0}, {"full_scale": 0.0}, {"max_bad_files": 1.0}])
def test_settings_that_cannot_be_are_one_line(changes):
    with pytest.raises(UserError, match=f"data.{next(iter(changes))} is"):
        MagnaTagATune(**changes)


def test_log_mel_spectrograms_of_clips_are_cached(home, tmp_path, capsys):
    for number, path in enumerate(sorted(home.glob("*/*.npy"))):
        np.save(path, np.resize(wave(number), 4096))
    np.save(home / "d" / "clip-13.npy", (np.resize(wave(13), 4096) / 32_768).astype(np.float32))
    (home / "e" / "clip-14.npy").unlink()
    soundfile.write(home / "e" / "clip-14.mp3", 0.5 * np.sin(np.arange(16_000) / 20), 16_000)
    experiment = override(catalogue.load("magnatagatune:crnn").experiment, "data.samples=4096")
    cache = Cache(tmp_path / "cache", 10**8)
    live = load_splits(experiment, tmp_path)
    for computed in (16, 0):
        splits = load_splits(experiment, tmp_path, cache)
        assert f"log_mel of 16 clips, {computed} computed now" in capsys.readouterr().out
    for name, examples in splits:
        sound = next(iter(pipeline.batches(dict(live)[name], 32)))[0]
        found, targets = next(iter(pipeline.batches(examples, 32)))
        np.testing.assert_allclose(found, first_layer(experiment)(sound), atol=2e-4)
        np.testing.assert_array_equal(targets, dict(live)[name].targets)
    scaled = override(experiment, "data.full_scale=2.0")
    load_splits(scaled, tmp_path, cache)
    assert "16 computed now" in capsys.readouterr().out
    np.save(home / "0" / "clip-0.npy", np.full(4096, np.nan, np.float32))
    with pytest.raises(UserError, match=r"clip-0\.npy holds samples that are not numbers"):
        load_splits(experiment, tmp_path, cache)
