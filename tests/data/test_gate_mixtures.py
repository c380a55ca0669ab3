"""Mixtures of a gate: labels from the clean target, groups in one split, seeds that decide."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import soundfile

from kerasaudio.data.gate.clips import target_clip
from kerasaudio.data.gate_mixtures import GateMixtures
from kerasaudio.errors import UserError

SMALL = GateMixtures(length=1.0, mixtures=(4, 4, 8), target_group=r"^\d-(\d)-")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    SMALL.write_standin(root)
    return root


def test_a_target_is_open_while_it_is_loud_enough():
    sound = np.zeros(16_000, np.float32)
    sound[4000:8000] = 0.5
    sound[8000:12_000] = 0.5 * 10 ** (-50 / 20)
    clip = target_clip("a", sound, 16_000, -40, 0.0)
    assert clip.active.sum() == pytest.approx(4000, abs=40)


def test_mixtures_have_their_ratio_of_signal_to_noise(root):
    inputs = SMALL.load(root).test.inputs
    for number, expected in ((1, 10), (2, 0), (3, -5), (5, 10), (6, 0), (7, -5)):
        mixture = inputs.mixture(number)
        if mixture.active.any():
            target = np.sqrt(np.mean(mixture.target[mixture.active] ** 2))
            background = np.sqrt(np.mean(mixture.background**2))
            assert 20 * np.log10(target / background) == pytest.approx(expected, abs=6)


def test_a_seed_decides_and_batches_are_the_mixtures(root):
    splits = [replace(SMALL, seed=seed).load(root) for seed in (0, 0, 1)]
    assert splits[0].content == splits[1].content
    first, again, other = [each.train.inputs.mixture(1).sound for each in splits]
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    train = splits[0].train
    ((sounds, labels),) = train.inputs.batches(None, train.targets, 32).as_numpy_iterator()
    np.testing.assert_array_equal(sounds[1], first)
    np.testing.assert_array_equal(labels, train.targets)
    mixer, number = train.inputs.members[1]
    np.testing.assert_array_equal(mixer.active(number), mixer.mix(number).active)


def test_varied_clips_train_only_and_their_labels_follow_their_sound(root):
    """A steady tone that was made to die away is open for a shorter time."""
    both = [replace(SMALL, vary=vary, level_db=(-20, -20)).load(root) for vary in (False, True)]
    for plain, other in zip(both[0].test.inputs.members, both[1].test.inputs.members, strict=True):
        np.testing.assert_array_equal(plain[0].mix(plain[1]).sound, other[0].mix(other[1]).sound)
    mixer, number = both[1].train.inputs.members[0]
    tone = np.sin(2 * np.pi * 400 * np.arange(16_000) / 16_000)
    clip = target_clip("tone", tone, 16_000, SMALL.open_db, 0.05)
    mixer = replace(
        mixer, targets=[clip], recipe=replace(mixer.recipe, without=0.0, samples=48_000)
    )
    shares = []
    for number in range(20):
        mixture = mixer.mix(number)
        np.testing.assert_array_equal(mixture.active, mixer.active(number))
        power = [np.square(mixture.target[at]).mean() for at in (mixture.active, ~mixture.active)]
        assert power[1] < 1e-2 * power[0]
        shares.append(mixture.active.mean())
    assert len(set(shares)) > 10


def test_groups_are_in_one_split(root):
    splits = SMALL.load(root)
    groups = {
        name: {clip.name.split("-")[1] for clip in each.inputs.members[0][0].targets}
        for name, each in splits
    }
    assert not groups["train"] & groups["test"]
    assert not groups["train"] & groups["valid"]


def test_files_can_be_named_for_each_split(root):
    splits = replace(SMALL, test_files="-CR-78-", valid_files="-(TR-505|CR-78)-").load(root)
    for name, kit in (("train", "LM-2"), ("valid", "TR-505"), ("test", "CR-78")):
        mixer, _ = dict(splits)[name].inputs.members[0]
        for clips in (mixer.targets, mixer.backgrounds):
            assert clips
            assert all(f"-{kit}-" in clip.name for clip in clips)
    with pytest.raises(UserError, match=r"data\.valid_files is '\(', no regular expression"):
        replace(SMALL, test_files="CR-78", valid_files="(").load(root)
    with pytest.raises(UserError, match="test has no target clips.*data.test_files"):
        replace(SMALL, valid_files="TR-505").load(root)


def test_small_groups_train_as_often_as_large_ones(root):
    """Of those that train, one kit has eight clips and the other two."""
    kit = "-(LM-2|TR-505|CR-78)-"
    data = replace(SMALL, target_group=kit, background_group=kit, test_files="CR-78")
    data = replace(data, valid_files="/2-1-|/5-4-", even=True)
    for name, each in data.load(root):
        mixer, _ = each.inputs.members[0]
        for clips in (mixer.targets, mixer.backgrounds):
            kits = Counter(re.search(kit, clip.name)[1] for clip in clips)
            expected = {"train": {"LM-2": 8, "TR-505": 8}, "valid": {"TR-505": 4}}
            assert kits == expected.get(name, {"CR-78": 6})


def test_what_a_mixture_cannot_hold_of_a_background_changes_nothing(root):
    data = replace(SMALL, hits=4.0, speed=(0.7, 1.4))
    mixer, number = data.load(root).train.inputs.members[0]
    whole = mixer.mix(number).sound
    samples = int(1.5 * mixer.recipe.samples)
    cut = [replace(clip, sound=clip.sound[:samples]) for clip in mixer.backgrounds]
    assert any(len(clip.sound) > samples for clip in mixer.backgrounds)
    np.testing.assert_array_equal(replace(mixer, backgrounds=cut).mix(number).sound, whole)


def test_a_target_in_the_background_is_told(root, tmp_path):
    data = replace(SMALL, background=("gate/background", "gate/target"))
    assert "pairs" in data.load(root).notes["WARNING, targets in the background"]


def test_one_clip_is_too_few(root, tmp_path):
    (tmp_path / "one").mkdir()
    soundfile.write(tmp_path / "one" / "a.wav", np.ones(1600) * 0.1, 16_000)
    with pytest.raises(UserError, match="at least 5"):
        replace(SMALL, target=("one",), background=("one",), target_group=None).load(tmp_path)


def test_a_short_background_is_repeated(root, tmp_path):
    tone = np.sin(2 * np.pi * 400 * np.arange(800) / 16_000)  # 20 cycles: it has no seam
    for place, group in product(("target", "short"), range(10)):
        (tmp_path / place).mkdir(exist_ok=True)
        burst = np.random.default_rng(group).normal(0, 0.1, 1600)
        soundfile.write(
            tmp_path / place / f"0-{group}-a.wav", tone if place == "short" else burst, 16_000
        )
    data = replace(SMALL, target=("target",), background=("short",))
    mixture = data.load(tmp_path).test.inputs.mixture(2)  # at 0 dB
    blocks = mixture.background[: len(mixture.background) // 160 * 160].reshape(-1, 160)
    power = np.square(blocks).mean(axis=1)
    assert power.min() > 0.5 * power.max()


def test_bad_clips_are_left_out_and_others_are_heard_at_any_rate(root, tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 192_000)
    sounds = {
        "silence": (np.zeros(1600), 16_000),
        "nan": (np.full(1600, np.nan), 16_000),
        "clipped": (np.clip(50 * noise[:8000], -1, 1), 16_000),
        "8k": (noise[:8000], 8_000),
        "192k": (noise, 192_000),
        "dc": (np.full(1600, 0.5), 16_000),
        "sample": (np.full(1, 0.5), 16_000),
    }
    (tmp_path / "target").mkdir()
    for name, (sound, rate) in sounds.items():
        soundfile.write(tmp_path / "target" / f"{name}.wav", sound, rate, subtype="FLOAT")
    shutil.copytree(root / "gate" / "background", tmp_path / "gate" / "background")
    data = replace(SMALL, target=("target",), target_group=None, max_bad_files=0.3)
    splits = data.load(tmp_path)
    assert splits.notes["target clips left out"].startswith("2,")
    for _, examples in splits:
        for number in range(len(examples)):
            assert np.isfinite(examples.inputs.mixture(number).sound).all()
    with pytest.raises(UserError, match=r"silence\.wav|nan\.wav"):
        replace(data, max_bad_files=0.05).load(tmp_path)


def test_the_condition_is_told_apart_from_a_label_with_a_blank(root):
    mine, spaced = (replace(SMALL, label=label).load(root).test.ids for label in ("clap", "a clap"))
    conditions = [[name.partition(" ")[2] for name in names] for names in (mine, spaced)]
    assert conditions[0] == conditions[1]


def test_the_protocol_tells_other_test_mixtures(root):
    for change in ({"hits": 5.0}, {"level_db": (-70.0, -60.0)}, {"background_files": "dog"}):
        assert replace(SMALL, **change).protocol != SMALL.protocol
    trains = (
        {"snr_db": (0.0, 5.0)},
        {"vary": True},
        {"mixtures": (9, 4, 8)},
        {"valid_files": "a"},
        {"even": True},
    )
    for change in trains:
        assert replace(SMALL, **change).protocol == SMALL.protocol
