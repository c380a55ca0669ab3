import csv
from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasaudio.data import audioset_parts
from kerasaudio.data.audioset import AudioSetTags, AudioSetTarget, class_number, classes
from kerasaudio.data.augment import Mix, Shift, ShiftAndMix
from kerasaudio.data.records import records
from kerasaudio.data.records.record_stream import RecordInputs
from kerasaudio.data.rows import Rows
from kerasaudio.data.standins.audioset_standin import example
from kerasaudio.errors import UserError
from kerasaudio.experiment import MultiLabel
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import override
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble
from kerasaudio.training.fit import fit


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A hundred clips of which every fourth is speech, three of them short; twenty to test on."""
    root = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for part, clips in (("bal_train", 100), ("eval", 20)):
        folder = root / "audioset" / part
        folder.mkdir(parents=True)
        data = b""
        for number in range(clips):
            frames = random.integers(
                1, 256, size=(4 if number in (5, 6, 7) else 10, 128), dtype=np.uint8
            )
            labels = [0, 137] if number % 4 == 0 else [137] if number % 2 else [72]
            data += records.frame(
                example(f"{part}{number // 2 if part == 'bal_train' else number}", labels, frames)
            )
        (folder / "a.tfrecord").write_bytes(data)
    return root


def bare(examples):
    """Ids without what an augmentation added."""
    return {member.partition(" ")[0] for member in examples.ids}


def test_names_and_mids_are_those_of_the_published_list(real_data):
    with (real_data / "audioset" / "class_labels_indices.csv").open(newline="") as file:
        published = [
            (int(row["index"]), row["mid"], row["display_name"]) for row in csv.DictReader(file)
        ]
    assert [(number, mid, classes()[mid]) for number, mid in enumerate(classes())] == published


def test_a_target_is_named_by_name_or_mid_and_several_are_one():
    assert class_number("speech") == class_number("/m/09x0r") == 0
    data = AudioSetTarget(target="Speech|/m/04rlf")
    assert (data.numbers(), data.labels) == ([0, 137], ("other", "speech or music"))
    with pytest.raises(UserError, match="no class 'Speach'.*did you mean 'Speech'"):
        AudioSetTarget(target="Speach")


def test_targets_are_the_clips_labels(root):
    splits = AudioSetTarget(validation=0.5).load(root)
    found = dict(zip(splits.test.ids, splits.test.targets, strict=True))
    assert {member for member, target in found.items() if target} == {
        f"eval{number}" for number in range(0, 20, 4)
    }
    both = AudioSetTarget(target="Speech|Music", validation=0.5).load(root).test
    assert sum(both.targets) == sum(
        1 for number in range(20) if number not in (5, 6, 7) and number % 4 != 2
    )


def test_an_id_never_straddles(root):
    for seed in range(3):
        splits = AudioSetTarget(seed=seed, validation=0.3).load(root)
        assert not set(splits.train.ids) & set(splits.valid.ids)
        assert len(splits.train) + len(splits.valid) == 97
    assert (
        AudioSetTarget(seed=1).load(root).train.ids != AudioSetTarget(seed=2).load(root).train.ids
    )
    assert (
        AudioSetTarget(seed=1).load(root).train.ids == AudioSetTarget(seed=1).load(root).train.ids
    )


def test_clips_whose_id_is_in_eval_are_left_out(root, tmp_path):
    for part in ("bal_train", "eval"):
        (tmp_path / "audioset" / part).mkdir(parents=True)
        source = (root / "audioset" / part / "a.tfrecord").read_bytes()
        shared = (
            records.frame(example("eval3", [0], np.ones((10, 128), np.uint8)))
            if part == "bal_train"
            else b""
        )
        (tmp_path / "audioset" / part / "a.tfrecord").write_bytes(source + shared)
    splits = AudioSetTarget(validation=0.3).load(tmp_path)
    assert splits.notes["clips left out for their id is in eval"] == 1
    assert "eval3" not in splits.train.ids + splits.valid.ids


def test_short_clips_are_dropped_or_padded_with_frames_of_zero(root):
    assert len(AudioSetTarget().load(root).test) == 17
    padded = AudioSetTarget(short="pad").load(root).test
    assert len(padded) == 20
    assert (padded.inputs.array[5, 4:] == 0).all() and (padded.inputs.array[5, :4] > 0).all()


@pytest.mark.parametrize("augment, copies", [(Shift(7), 2), (Mix(), 1), (ShiftAndMix(), 3)])
def test_only_training_positives_are_augmented_after_the_split(root, augment, copies):
    plain = AudioSetTarget(validation=0.3).load(root)
    more = AudioSetTarget(validation=0.3, augment=augment).load(root)
    assert len(more.train) == len(plain.train) + copies * plain.train.targets.sum()
    assert more.valid.ids == plain.valid.ids and more.test.ids == plain.test.ids
    assert not bare(more.train) & bare(more.valid)


def test_shifts_and_mixes_by_hand():
    clips = np.array([[[250, 3], [0, 0]], [[10, 20], [30, 40]]], np.uint8)

    def copied(augment):
        copies = augment.copies(len(clips), np.random.default_rng(0))
        return {name: copy.change(clips, clips[copy.partners]) for name, copy in copies.items()}

    shifted = copied(Shift(5))
    np.testing.assert_array_equal(shifted["+5"], [[[255, 8], [0, 0]], [[15, 25], [35, 45]]])
    np.testing.assert_array_equal(shifted["-5"], [[[245, 0], [0, 0]], [[5, 15], [25, 35]]])
    mixed = copied(Mix())["mix"]
    possible = [(clips[a] / 2 + clips[b] / 2) for a in range(2) for b in range(2)]
    assert all(any((each == option).all() for option in possible) for each in mixed)


def test_the_papers_order_leaks_and_says_so(root):
    data = AudioSetTarget(split="paper_leaky", augment=Shift(), validation=0.3)
    splits = data.load(root)
    assert bare(splits.train) & bare(splits.valid)
    assert "leaky" in data.protocol
    with pytest.raises(UserError, match="set data.augment"):
        AudioSetTarget(split="paper_leaky")


def test_all_labels_at_once(root):
    splits = AudioSetTags(validation=0.3).load(root)
    assert splits.test.targets.shape == (17, 527)
    assert splits.test.counts(AudioSetTags().labels)["Speech"] == 5
    assert splits.notes["classes without a test clip"] == 524


def test_the_target_is_named_as_the_labels_name_it():
    for text in ("speech", "/m/09x0r", "Speech"):
        assert AudioSetTags(target=text).task == MultiLabel(target="Speech")
    with pytest.raises(UserError, match="did you mean 'Speech'"):
        AudioSetTags(target="Speach")


def test_the_real_set_has_the_published_counts(real_data):
    splits = AudioSetTarget().load(real_data)
    assert (len(splits.train), len(splits.valid)) == (17_425, 4_357)
    assert splits.train.targets.sum() + splits.valid.targets.sum() == 5_668
    assert splits.notes["clips left out for their id is in eval"] == 0


def test_real_clips_equal_those_that_tensorflows_chain_reads(real_data):
    splits = AudioSetTarget(split="file_order").load(real_data)
    files = sorted(str(path) for path in (real_data / "audioset" / "bal_train").glob("*.tfrecord"))[
        :20
    ]
    frames = dict(zip(splits.train.ids[:200], splits.train.inputs.array[:200], strict=True))
    seen = 0
    for raw in tf.data.TFRecordDataset(files):
        context, lists = tf.io.parse_single_sequence_example(
            raw,
            {"video_id": tf.io.FixedLenFeature([], tf.string)},
            {"audio_embedding": tf.io.FixedLenSequenceFeature([], tf.string)},
        )
        name = context["video_id"].numpy().decode()
        if name in frames:
            np.testing.assert_array_equal(
                frames[name], tf.io.decode_raw(lists["audio_embedding"], tf.uint8)
            )
            seen += 1
    assert seen > 50


@pytest.mark.parametrize("change", [{"validation": 0.0}, {"max_bad_files": 1.0}])
def test_shares_that_are_none(change):
    with pytest.raises(UserError, match="expected a share"):
        replace(AudioSetTarget(), **change)


def loaded(root, data):
    """The same splits with frames in memory, and with frames in the files."""
    return [replace(data, in_memory=kept).load(root) for kept in ("always", "never")]


@pytest.mark.parametrize(
    "data",
    [
        AudioSetTarget(validation=0.3),
        AudioSetTarget(validation=0.3, augment=Shift()),
        AudioSetTarget(validation=0.3, short="pad", augment=ShiftAndMix()),
        AudioSetTarget(split="paper_leaky", validation=0.3, augment=Mix()),
        AudioSetTags(validation=0.3),
    ],
)
def test_splits_that_stream_equal_those_in_memory(root, data):
    kept, streamed = loaded(root, data)
    assert (kept.content, kept.members_hash()) == (streamed.content, streamed.members_hash())
    assert dict(kept.notes) == dict(streamed.notes)
    merged = [splits.selected_on_test() for splits in (kept, streamed)]
    for (_, ours), (_, theirs) in zip([*kept, *merged[0]], [*streamed, *merged[1]], strict=True):
        assert ours.ids == theirs.ids
        np.testing.assert_array_equal(ours.targets, theirs.targets)
        assert_equal_batches(*(pipeline.batches(each, 8) for each in (ours, theirs)))
        shuffled = [pipeline.training_batches(each, 8, 3, range(1, 3)) for each in (ours, theirs)]
        assert_equal_batches(*shuffled)


def assert_equal_batches(ours, theirs):
    for (inputs, targets), (others, truth) in zip(ours, theirs, strict=True):
        assert (inputs.dtype, targets.dtype) == (others.dtype, truth.dtype)
        np.testing.assert_array_equal(inputs, others)
        np.testing.assert_array_equal(targets, truth)


def test_training_that_streams_has_the_same_history(root):
    experiment = load("audioset_speech:linear").experiment
    experiment = override(experiment, "fit.epochs=2", "data.validation=0.3")
    histories = []
    for splits in loaded(root, experiment.data):
        keras.utils.set_random_seed(0)
        histories.append(fit(assemble(experiment, splits.train), experiment, splits))
    assert histories[0] == histories[1]


@pytest.mark.parametrize("free, kind", [(0, RecordInputs), (1 << 40, Rows)])
def test_what_does_not_fit_into_the_free_memory_streams(root, monkeypatch, free, kind):
    monkeypatch.setattr(audioset_parts, "free_memory", lambda: free)
    splits = AudioSetTarget().load(root)
    assert all(isinstance(examples.inputs, kind) for _, examples in splits)
    assert isinstance(AudioSetTarget(in_memory="always").load(root).train.inputs, Rows)


def test_training_on_the_evaluation_clips_says_that_it_leaks(root):
    data = AudioSetTarget(part="eval", validation=0.3)
    splits = data.load(root)
    assert bare(splits.train) | bare(splits.valid) == set(splits.test.ids)
    assert not bare(splits.train) & bare(splits.valid)
    assert splits.test.ids == AudioSetTarget(validation=0.5).load(root).test.ids
    assert "LEAKS" in data.protocol
