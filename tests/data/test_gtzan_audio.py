import shutil

import numpy as np
import pytest
import soundfile

from kerasaudio.data.gtzan import GENRES, filtered_clips
from kerasaudio.data.gtzan_audio import GtzanAudio
from kerasaudio.errors import UserError
from kerasaudio.training import pipeline

SHORT = {"window_samples": 3000, "windows": 4}
THREE = ("classical", "jazz", "rock")


@pytest.fixture
def small(tmp_path):
    """18 clips of a second for each of three genres, which nothing calls synthetic."""
    for genre in THREE:
        folder = tmp_path / "gtzan" / "genres" / genre
        folder.mkdir(parents=True)
        names = [
            name
            for split in ("train", "valid", "test")
            for name in filtered_clips(split)
            if genre in name
        ]
        for name in [*names[:5], *names[40:50], *names[-3:]]:
            wave = np.random.default_rng(len(name)).uniform(-0.5, 0.5, 22_050)
            soundfile.write(folder / f"{name}.au", wave, 22_050, format="AU", subtype="PCM_16")
    return tmp_path


def clips(examples):
    return set(examples.clips)


def test_standin_has_the_real_layout_and_ten_genres_that_differ(sounding):
    folder = sounding / "gtzan" / "genres_original"
    assert sorted(path.name for path in folder.iterdir()) == sorted(GENRES)
    info = soundfile.info(folder / "metal" / "metal.00002.wav")
    assert (info.samplerate, info.channels, info.subtype, info.frames) == (
        22_050,
        1,
        "PCM_16",
        661_794,
    )
    crossings = []
    for genre in GENRES:
        wave = soundfile.read(next((folder / genre).iterdir()))[0]
        assert 0.2 < np.abs(wave).max() <= 1
        crossings.append(int((np.diff(np.signbit(wave)) != 0).sum()))
    assert len(set(crossings)) == 10
    assert max(crossings) > 3 * min(crossings)


def test_filtered_is_the_published_split(sounding):
    splits = GtzanAudio().load(sounding)
    for name, examples in splits:
        assert clips(examples) <= set(filtered_clips(name))
        assert len(examples) == 8 * len(clips(examples))
        assert [GENRES[target] for target in examples.targets] == [
            clip.partition(".")[0] for clip in examples.clips
        ]
    assert splits.notes["songs on both sides"] == 0


def test_random_clips_keeps_songs_apart_and_genres_in_proportion(sounding):
    splits = GtzanAudio(split="random_clips", seed=1).load(sounding)
    assert not clips(splits.train) & (clips(splits.valid) | clips(splits.test))
    assert not clips(splits.valid) & clips(splits.test)
    counts = splits.test.counts(GENRES).values()
    assert max(counts) - min(counts) <= 8
    again, other = (
        GtzanAudio(split="random_clips", seed=1),
        GtzanAudio(split="random_clips", seed=2),
    )
    assert (
        again.load(sounding).members_hash()
        == splits.members_hash()
        != other.load(sounding).members_hash()
    )


def test_random_windows_says_that_it_leaks(sounding):
    data = GtzanAudio(split="random_windows")
    splits = data.load(sounding)
    assert len(clips(splits.train) & clips(splits.test)) > 40
    assert splits.notes["songs on both sides"] > 40
    assert "LEAKS" in data.protocol
    ids = [member for _, examples in splits for member in examples.ids]
    assert len(set(ids)) == len(ids) == 80 * 8


def test_windows_are_the_clips_samples_in_order(sounding):
    data = GtzanAudio(**SHORT)
    splits = data.load(sounding)
    inputs, targets = next(pipeline.batches(splits.test, 8).as_numpy_iterator())
    clip = splits.test.clips[0]
    wave = soundfile.read(
        sounding / "gtzan" / "genres_original" / clip.partition(".")[0] / f"{clip}.wav"
    )[0]
    np.testing.assert_allclose(inputs[:4].ravel(), wave[:12_000], atol=1e-6)
    assert splits.test.ids[:2] == (f"{clip}#0", f"{clip}#1")
    assert targets[0] == splits.test.targets[0]


def test_training_batches_hold_every_window_once_an_epoch_and_resume(sounding):
    train = GtzanAudio(**SHORT).load(sounding).train
    whole = [
        batch for batch, _ in pipeline.training_batches(train, 50, 3, range(2)).as_numpy_iterator()
    ]
    late = [
        batch
        for batch, _ in pipeline.training_batches(train, 50, 3, range(1, 2)).as_numpy_iterator()
    ]
    assert [len(batch) for batch in whole] == [50, 50, 50, 10] * 2
    np.testing.assert_array_equal(np.concatenate(whole[4:]), np.concatenate(late))
    first, second = np.concatenate(whole[:4]), np.concatenate(whole[4:])
    assert (first != second).any()
    np.testing.assert_array_equal(np.sort(first.sum(axis=1)), np.sort(second.sum(axis=1)))


def test_a_set_that_is_not_whole_is_refused_unless_partial(small):
    with pytest.raises(UserError, match="holds 54 of the 1000 clips.*partial=True"):
        GtzanAudio(**SHORT).load(small)
    data = GtzanAudio(**SHORT, partial=True, split="random_clips").with_facts(small)
    assert data.labels == THREE
    splits = data.load(small)
    assert splits.notes["clips found"] == "classical 18, jazz 18, rock 18"
    assert sum(len(examples) for _, examples in splits) == 54 * 4
    assert "partial (3 genres)" in data.protocol


def test_bad_files_are_named_and_passed_over_within_a_share(small):
    folder = small / "gtzan" / "genres" / "jazz"
    good = sorted(folder.iterdir())
    good[0].write_bytes(b"")
    good[1].write_text("not sound")
    soundfile.write(good[2], np.zeros(22_050), 22_050, format="AU")
    soundfile.write(good[3], np.ones(220) / 2, 22_050, format="AU")
    data = GtzanAudio(**SHORT, partial=True, split="random_clips", max_bad_files=0.1).with_facts(
        small
    )
    told = data.load(small).notes["passed over"].split("; ")
    assert [line.partition(":")[0] for line in told] == [path.name for path in good[:4]]
    assert "silent" in told[2]
    assert "0.01 s long, expected at least 0.54 s" in told[3]
    with pytest.raises(
        UserError,
        match=r"4 of 54 sound files cannot be used, first jazz.*at most 5 %.*data.max_bad_files=",
    ):
        GtzanAudio(**SHORT, partial=True, split="random_clips").with_facts(small).load(small)


def test_a_link_out_of_the_set_is_left_alone(small, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "rock.00001.au"
    clip = next((small / "gtzan" / "genres" / "rock").iterdir())
    shutil.move(clip, outside)
    clip.symlink_to(outside)
    data = GtzanAudio(**SHORT, partial=True, split="random_clips").with_facts(small)
    assert "rock 17" in data.load(small).notes["clips found"]


@pytest.mark.parametrize(
    "values",
    [{"windows": 0}, {"max_bad_files": 1.0}, {"genres": ("rock",)}, {"genres": ("rock", "polka")}],
)
def test_fields_that_make_no_sense_are_refused(values):
    with pytest.raises(UserError, match="data\\."):
        GtzanAudio(**values)


def test_no_folder_is_one_line(tmp_path):
    with pytest.raises(UserError, match="genres_original was not found"):
        GtzanAudio().load(tmp_path)


def test_the_real_clips(real_data):
    data = GtzanAudio(partial=True).with_facts(real_data)
    splits = data.load(real_data)
    if data.labels == THREE:
        assert [(name, len(clips(examples))) for name, examples in splits] == [
            ("train", 15),
            ("valid", 6),
            ("test", 9),
        ]
    assert "jazz.00054.wav" in splits.notes["passed over"]
