"""Bad TFRecords; good ones are written by TensorFlow, so the framing is not only our own."""

import gzip
import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kerasaudio.data.records import embedding_folder, records
from kerasaudio.data.records.embedding_folder import read_folder
from kerasaudio.data.records.record_places import RecordFile
from kerasaudio.data.records.record_stream import record_inputs
from kerasaudio.data.standins import audioset_standin
from kerasaudio.data.standins.audioset_standin import example
from kerasaudio.errors import UserError
from kerasaudio.training import pipeline

CLIPS = 40


def payload(number: int, **change) -> bytes:
    frames = np.full((10, 128), number, np.uint8)
    return example(
        **{"name": f"clip{number:03d}", "labels": [0, number], "frames": frames} | change
    )


@pytest.fixture(params=["natively", "by walking"], autouse=True)
def way(request, monkeypatch):
    """How files are read, whatever their size."""
    read(monkeypatch, natively=request.param == "natively")
    return request.param


def read(monkeypatch, natively):
    monkeypatch.setattr(embedding_folder, "walking_is_faster", lambda files: not natively)
    embedding_folder._read.cache_clear()


@pytest.fixture
def folder(tmp_path):
    """Two files, as TensorFlow writes them."""
    for part in range(2):
        with tf.io.TFRecordWriter(str(tmp_path / f"{part}.tfrecord")) as writer:
            for number in range(part * CLIPS // 2, (part + 1) * CLIPS // 2):
                writer.write(payload(number))
    return tmp_path


def starts(path) -> list[int]:
    """Where TensorFlow's records begin, worked out from the lengths alone."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        found.append(at)
        at += 16 + struct.unpack_from("<Q", data, at)[0]
    return found


def damage(path, change) -> None:
    data = bytearray(path.read_bytes())
    changed = change(data)
    path.write_bytes(bytes(data if changed is None else changed))


def flip(at):
    def change(data):
        data[at] ^= 0x10

    return change


def test_what_tensorflow_wrote_is_read_and_what_we_frame_tensorflow_reads(folder, tmp_path):
    clips = read_folder(folder, 0.0)
    assert (len(clips), clips.faults) == (CLIPS, ())
    assert [clips.frames[number].max() for number in range(CLIPS)] == list(range(CLIPS))
    own = tmp_path / "own.tfrecord"
    own.write_bytes(b"".join(records.frame(payload(number)) for number in range(3)))
    read = [raw.numpy() for raw in tf.data.TFRecordDataset(str(own))]
    assert read == [payload(number) for number in range(3)]


def test_clips_of_many_chunks_stand_in_the_files_order(tmp_path, monkeypatch):
    monkeypatch.setattr(embedding_folder, "CHUNK", 2)
    for number in range(12):
        whole, bad = (
            records.frame(payload(number)),
            records.frame(payload(number, name="")) if number in (3, 8) else b"",
        )
        (tmp_path / f"{number:02d}.tfrecord").write_bytes(bad + whole)
    clips = read_folder(tmp_path, 0.9)
    assert clips.ids.tolist() == [f"clip{number:03d}" for number in range(12)]
    np.testing.assert_array_equal(clips.frames.max((1, 2)), np.arange(12))
    np.testing.assert_array_equal(
        clips.labels.toarray().nonzero()[1], [0, *[each for n in range(1, 12) for each in (0, n)]]
    )
    assert [Path(fault.path).name for fault in clips.faults] == ["03.tfrecord", "08.tfrecord"]


@pytest.mark.parametrize(
    "where, reason", [(20, "payload"), (-2, "payload"), (9, "length"), (1, "length")]
)
def test_a_flipped_byte_costs_one_record_where_the_next_can_be_found(folder, where, reason):
    path = folder / "0.tfrecord"
    third, fourth = starts(path)[2:4]
    damage(path, flip(fourth + where if where < 0 else third + where))
    clips = read_folder(folder, 0.9)
    (fault,) = clips.faults
    assert (Path(fault.path).name, fault.offset) == ("0.tfrecord", third)
    assert reason in fault.reason
    # A wrong length hides where the next record begins; a wrong checksum of it does not.
    assert len(clips) == (CLIPS - CLIPS // 2 + 2 if where == 1 else CLIPS - 1)


def test_a_truncated_file_keeps_its_whole_records(folder):
    path = folder / "1.tfrecord"
    last = starts(path)[-1]
    damage(path, lambda data: data[: last + 100])
    clips = read_folder(folder, 0.9)
    assert (len(clips), clips.faults[0].offset, clips.faults[0].lost) == (CLIPS - 1, last, 100)
    damage(path, lambda data: data[: last + 5])
    assert "first 12 bytes" in read_folder(folder, 0.9).faults[0].reason


def test_an_absurd_length_with_a_right_checksum_ends_the_file_and_nothing_spins(folder):
    length = struct.pack("<Q", 2**62)
    absurd = length + struct.pack("<I", records.masked_crc(length)) + b"x" * 50
    damage(folder / "0.tfrecord", lambda data: data + absurd)
    clips = read_folder(folder, 0.9)
    assert len(clips) == CLIPS
    assert f"a record of {2**62} bytes, but the file ends after 50" in clips.faults[0].reason


def test_empty_and_gzipped_files_are_named(folder):
    (folder / "2.tfrecord").write_bytes(b"")
    (folder / "3.tfrecord").write_bytes(gzip.compress((folder / "0.tfrecord").read_bytes()))
    reasons = {Path(fault.path).name: fault.reason for fault in read_folder(folder, 0.9).faults}
    assert reasons["2.tfrecord"] == "the file is empty"
    assert "gzip" in reasons["3.tfrecord"]


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"feature": "embedding"}, "0 frames under audio_embedding"),
        ({"frames": np.zeros((10, 64), np.uint8)}, "a frame of other than 128 bytes"),
        ({"frames": np.zeros((11, 128), np.uint8)}, "11 frames"),
        ({"frames": np.zeros((5000, 0), np.uint8)}, "5000 frames"),
        ({"labels": [600]}, "label number"),
        ({"name": ""}, "no video_id"),
    ],
)
def test_whole_records_of_something_else_are_named(folder, change, reason):
    path = folder / "0.tfrecord"
    size = path.stat().st_size
    damage(path, lambda data: data + records.frame(payload(1, **change)))
    clips = read_folder(folder, 0.9)
    assert len(clips) == CLIPS
    assert (clips.faults[0].offset, reason in clips.faults[0].reason) == (size, True)


def test_a_payload_that_is_no_example_does_not_take_its_batch_along(folder):
    damage(folder / "0.tfrecord", lambda data: records.frame(b"\xff" * 40) + data)
    clips = read_folder(folder, 0.9)
    assert len(clips) == CLIPS
    assert "no SequenceExample" in clips.faults[0].reason


def test_more_bad_records_than_are_left_out_stop_with_one_line(folder):
    damage(folder / "0.tfrecord", flip(20))
    with pytest.raises(
        UserError,
        match=r"1 bad records \(0.tfrecord, byte 0: .*at most 1 %.*data.max_bad_files=",
    ):
        read_folder(folder, 0.01)
    assert len(read_folder(folder, 0.05)) == CLIPS - 1


def test_a_folder_without_records_says_what_belongs_there(tmp_path):
    with pytest.raises(UserError, match="has no \\*.tfrecord files"):
        read_folder(tmp_path / "missing", 0.01)
    (tmp_path / "a.tfrecord").write_bytes(b"")
    with pytest.raises(UserError, match="not one good record"):
        read_folder(tmp_path, 0.01)


def test_links_that_lead_out_of_the_folder_are_left_out(folder, tmp_path_factory, capsys):
    outside = tmp_path_factory.mktemp("outside") / "0.tfrecord"
    (folder / "0.tfrecord").rename(outside)
    (folder / "0.tfrecord").symlink_to(outside)
    assert len(read_folder(folder, 0.0)) == CLIPS // 2
    told = f"left out: links that lead out of {folder}: 1, first 0.tfrecord"
    assert told in capsys.readouterr().err


def test_a_changed_file_is_read_again(folder):
    assert len(read_folder(folder, 0.0)) == CLIPS
    (folder / "0.tfrecord").unlink()
    assert len(read_folder(folder, 0.0)) == CLIPS // 2


def assert_equal(clips, others):
    """All of them, whether frames are in memory or in files."""
    assert (clips.ids.tolist(), clips.faults) == (others.ids.tolist(), others.faults)
    np.testing.assert_array_equal(clips.places, others.places)
    np.testing.assert_array_equal(clips.lengths, others.lengths)
    assert (clips.labels != others.labels).nnz == 0
    np.testing.assert_array_equal(all_frames(clips), all_frames(others))


def all_frames(clips):
    if isinstance(clips.frames, np.ndarray):
        return clips.frames
    return record_inputs(clips.frames, np.arange(0), {}).read(np.arange(len(clips)))


def both_ways(monkeypatch, folder, in_memory=True):
    """The clips of a folder read natively, and found by walking."""
    found = []
    for natively in (True, False):
        read(monkeypatch, natively)
        found.append(read_folder(folder, 0.9, in_memory))
    return found


@pytest.mark.parametrize("part", ["bal_train", "eval"])
def test_real_files_are_read_natively_as_they_are_by_walking(real_data, monkeypatch, part):
    assert_equal(*both_ways(monkeypatch, real_data / "audioset" / part))


@pytest.mark.parametrize("in_memory", [True, False])
def test_the_standin_is_read_natively_as_it_is_by_walking(tmp_path, monkeypatch, in_memory):
    audioset_standin.write(tmp_path)
    assert_equal(*both_ways(monkeypatch, tmp_path / "bal_train", in_memory))


def test_good_files_are_walked_only_where_that_is_faster(folder, monkeypatch, way):
    walked, walk = [], embedding_folder._Collected.walk

    def noted(collected, first, end):
        walked.append((first, end))
        walk(collected, first, end)

    monkeypatch.setattr(embedding_folder._Collected, "walk", noted)
    assert len(read_folder(folder, 0.0)) == CLIPS
    assert walked == ([] if way == "natively" else [(0, 2)])


@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("group", [1, 8_000, 1 << 30])
def test_bad_files_between_good_ones_are_named_and_cost_no_other(
    tmp_path, monkeypatch, group, in_memory
):
    monkeypatch.setattr(embedding_folder, "GROUP", group)
    monkeypatch.setattr(embedding_folder, "CHUNK", 4)
    for file in range(12):
        data = b"".join(records.frame(payload(10 * file + number)) for number in range(6))
        (tmp_path / f"{file:02d}.tfrecord").write_bytes(data)
    damage(tmp_path / "02.tfrecord", flip(1500))
    damage(tmp_path / "03.tfrecord", flip(0))
    damage(tmp_path / "05.tfrecord", lambda data: b"")
    damage(tmp_path / "08.tfrecord", lambda data: data + records.frame(payload(1, name="")))
    damage(tmp_path / "11.tfrecord", lambda data: data[:-3])
    native, walked = both_ways(monkeypatch, tmp_path, in_memory)
    by_place = sorted(native.faults, key=lambda fault: (fault.path, fault.offset))
    assert by_place == sorted(walked.faults, key=lambda fault: (fault.path, fault.offset))
    assert_equal(replace(native, faults=()), replace(walked, faults=()))


def test_more_short_clips_than_bytes_let_expect(tmp_path):
    frames = np.ones((1, 128), np.uint8)
    data = (records.frame(payload(1, name=f"clip{n}", frames=frames)) for n in range(300))
    (tmp_path / "a.tfrecord").write_bytes(b"".join(data))
    clips = read_folder(tmp_path, 0.0)
    assert len(clips) == 300 and (clips.frames.sum((1, 2)) == 128).all()


@pytest.mark.parametrize("length", [2**31, 2**36, 2**40, 2**63, 2**64 - 1])
def test_no_absurd_length_ends_the_process(folder, length):
    header = struct.pack("<Q", length)
    absurd = header + struct.pack("<I", records.masked_crc(header)) + b"x" * 50
    damage(folder / "0.tfrecord", lambda data: data + absurd)
    assert len(read_folder(folder, 0.9, in_memory=False)) == CLIPS


def test_records_are_read_by_number_in_any_order(folder):
    inputs = record_inputs(read_folder(folder, 0.0, in_memory=False).frames, np.arange(0), {})
    rows = np.array([39, 0, 20, 19, 0, 7])
    found = inputs.read(rows)
    assert (found.shape, found.dtype) == ((6, 10, 128), np.uint8)
    np.testing.assert_array_equal(found[:, 5, 5], rows)
    np.testing.assert_array_equal((inputs + inputs)[rows + CLIPS].read(np.arange(6)), found)


@pytest.mark.parametrize("change", [lambda data: data + b"x", flip(40)])
def test_a_file_that_changes_after_it_was_indexed_ends_in_one_line(folder, change):
    inputs = record_inputs(read_folder(folder, 0.0, in_memory=False).frames, np.arange(0), {})
    damage(folder / "0.tfrecord", change)
    with (
        pytest.raises(UserError, match=r"^\S+0.tfrecord has changed since .* again\.$"),
        pipeline.reading(),
    ):
        list(inputs.batches(None, np.zeros(CLIPS), 8))
    (folder / "0.tfrecord").unlink()
    with pytest.raises(UserError, match="could not be read: No such file"), pipeline.reading():
        list(inputs.batches(None, np.zeros(CLIPS), 8))


def test_a_byte_that_rots_under_the_same_size_and_time_fails_its_checksum(folder):
    inputs = record_inputs(read_folder(folder, 0.0, in_memory=False).frames, np.arange(0), {})
    before = (folder / "0.tfrecord").stat()
    damage(folder / "0.tfrecord", flip(40))
    os.utime(folder / "0.tfrecord", ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(UserError, match="has changed since"):
        inputs.read(np.array([1, 0, 25]))


@pytest.mark.parametrize(
    "files, size, walked", [(4070, 8_200, True), (16, 2_000_000, True), (16, 41_000_000, False)]
)
def test_many_small_files_are_walked_and_large_ones_read_natively(monkeypatch, files, size, walked):
    monkeypatch.undo()
    found = [RecordFile(f"{number}", size, 0) for number in range(files)]
    assert embedding_folder.walking_is_faster(found) == walked
