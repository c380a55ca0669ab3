"""Recordings of one's own: labels from folders, windows, and splits without leaks."""

import shutil

import numpy as np
import pytest
import soundfile
from librosa import resample
from small_recordings import DATA, RATE, files, loaded, tone, write

from kerasaudio.data.own.groups import draw_folds
from kerasaudio.data.own.own_windows import pieces
from kerasaudio.data.own_sound import OwnSound
from kerasaudio.errors import UserError
from kerasaudio.experiment import SingleLabel
from kerasaudio.runs.results import sound_seconds
from kerasaudio.training import pipeline


def test_folders_are_labels_and_windows_are_the_samples(root):
    data, splits = loaded(root)
    assert data.labels == ("cow", "owl") and data.task == SingleLabel() and data.shape == (4000,)
    inputs, targets = next(pipeline.batches(splits.test, 6).as_numpy_iterator())
    name = splits.test.clips[0]
    wave = soundfile.read(root / "sounds" / name)[0]
    np.testing.assert_allclose(inputs[:3], [wave[n : n + 4000] for n in (0, 2000, 4000)], atol=1e-6)
    assert data.labels[targets[0]] == name.partition("/")[0]
    assert sum(len(each) for _, each in splits) == 24 * 3
    assert "WARNING" in splits.notes and "^(.+)[-_. ]" in splits.notes["WARNING"]


@pytest.mark.parametrize("group", [r"^(.+)-", r"^(?P<group>\w\d)"])
def test_a_pattern_on_names_keeps_takes_together(root, group):
    for fold in range(3):
        _, splits = loaded(root, group=group, fold=fold)
        sources = [{clip.partition("-")[0] for clip in each.clips} for _, each in splits]
        assert sum(map(len, sources)) == len(set.union(*sources)) == 12
        assert splits.test.counts(("cow", "owl")) == {"cow": 12, "owl": 12}
        assert "WARNING" not in splits.notes


def test_every_recording_is_tested_once(root):
    tested = [files(loaded(root, fold=fold, seed=4)[1].test) for fold in range(3)]
    assert sum(map(len, tested)) == len(set.union(*tested)) == 24


def test_folds_in_names_are_obeyed(root):
    _, splits = loaded(root, group=r"^(?P<group>\w(?P<fold>\d))", folds=6, fold=2)
    assert files(splits.test) == {f"{x}/{x[0]}2-{n}.wav" for x in ("cow", "owl") for n in (0, 1)}
    with pytest.raises(UserError, match="set data.folds=6"):
        loaded(root, group=r"^(?P<group>\w(?P<fold>\d))")


def test_a_pattern_that_does_not_fit_is_refused(root):
    with pytest.raises(UserError, match="does not match the name 'c0-0'"):
        loaded(root, group=r"^x")
    with pytest.raises(UserError, match="no regular expression"):
        loaded(root, group=r"^(")
    with pytest.raises(UserError, match="2 groups.*at least 3"):
        loaded(root, group="folder")


def test_folds_are_scikit_learns(root):
    from sklearn.model_selection import StratifiedGroupKFold

    labels, groups = [("a",), ("b",), ("a",)] * 10, [f"{n // 2}" for n in range(30)]
    wanted = StratifiedGroupKFold(5, shuffle=True, random_state=3).split(
        labels, [each[0] for each in labels], groups
    )
    found = draw_folds(labels, groups, 5, 3)
    for fold, (_, members) in enumerate(wanted):
        assert set(np.flatnonzero(found == fold)) == set(members)


def test_what_is_no_sound_is_counted_and_named(root, tmp_path_factory):
    cow = root / "sounds" / "cow"
    shutil.copy(cow / "c0-0.wav", cow / "._c0-0.wav")
    for folder in (".ipynb_checkpoints", "__MACOSX", "@eaDir"):
        (root / "sounds" / folder).mkdir()
        shutil.copy(cow / "c0-0.wav", root / "sounds" / folder / "x.wav")
    (cow / "notes.docx").write_bytes(b"text")
    outside = tmp_path_factory.mktemp("outside")
    write(outside / "z.wav", tone(200, 1))
    (cow / "z.wav").symlink_to(outside / "z.wav")
    (root / "sounds" / "far").symlink_to(outside)
    write(root / "sounds" / "nowhere.wav", tone(200, 1))
    _, splits = loaded(root)
    assert splits.notes["hidden"].startswith("4: .ipynb_checkpoints/x.wav, @eaDir/x.wav, __MACOSX")
    assert splits.notes["not read"] == "1: cow/notes.docx"
    assert splits.notes["links"] == "2: cow/z.wav, far"
    assert splits.notes["unlabelled"] == "1: nowhere.wav"
    assert splits.notes["recordings"] == "train 8, valid 8, test 8"


def test_nested_folders_rates_channels_and_formats(root):
    deep = root / "sounds" / "cow" / "farm" / "deep.flac"
    stereo = np.stack([tone(300, 1, 44_100), np.zeros(44_100)], axis=1)
    write(deep, stereo, 44_100)
    _, splits = loaded(root)
    _, each = next(pair for pair in splits if "cow/farm/deep.flac" in pair[1].clips)
    row = each.clips.index("cow/farm/deep.flac")
    inputs = np.concatenate([batch for batch, _ in pipeline.batches(each, 5).as_numpy_iterator()])
    wanted = resample(stereo.mean(axis=1), orig_sr=44_100, target_sr=RATE, res_type="soxr_hq")
    np.testing.assert_allclose(inputs[row], wanted[:4000], atol=1e-4)  # FLAC of 16 bits
    data = OwnSound(**DATA, label_from="last").with_facts(root)
    assert data.labels == ("cow", "farm", "owl")


def test_labels_in_names(root):
    data, splits = loaded(root, label_from=r"^\w(\d)-", group="recording", folds=2)
    assert data.labels == ("0", "1", "2", "3", "4", "5")
    for clip, target in zip(splits.train.clips, splits.train.targets, strict=True):
        assert clip[5] == str(target)
    with pytest.raises(UserError, match="data.label_from is '\\^\\(', no regular"):
        loaded(root, label_from="^(")


def test_bad_files_are_told_within_a_share(root):
    (root / "sounds" / "cow" / "c0-0.wav").write_text("no sound")
    write(root / "sounds" / "cow" / "c1-0.wav", np.zeros(RATE))
    told = loaded(root, max_bad_files=0.1)[1].notes["passed over"]
    assert "cow/c0-0.wav: could not be read" in told and "cow/c1-0.wav: silent" in told
    with pytest.raises(UserError, match="2 of 24 recordings cannot be used, first cow/c0-0.wav"):
        loaded(root)


def test_what_is_silent_once_its_channels_are_mixed_is_told(root):
    sound = tone(300, 1.0)
    soundfile.write(root / "sounds" / "cow" / "c0-0.wav", np.stack([sound, -sound], 1), RATE)
    told = loaded(root)[1].notes["passed over"]
    assert told == "cow/c0-0.wav: silent: with its channels mixed no sample reaches -80 dB"


def test_the_data_is_the_same_however_its_path_is_written(root):
    found = {
        OwnSound(**DATA | {"path": path}).with_facts(root).protocol
        for path in ("sounds", "./sounds/", str(root / "sounds"))
    }
    assert len(found) == 1 and found.pop().startswith("sounds by")


@pytest.mark.parametrize("short", ["repeat", "pad"])
@pytest.mark.parametrize("form", ["wav", "flac"])
def test_a_short_clip_is_repeated_or_padded(root, short, form):
    sound = tone(310, 0.3, seed=9)
    write(root / "sounds" / "cow" / f"short.{form}", sound)
    name = f"cow/short.{form}"
    _, splits = loaded(root, short=short)
    _, each = next(pair for pair in splits if name in pair[1].clips)
    inputs = np.concatenate([batch for batch, _ in pipeline.batches(each, 5).as_numpy_iterator()])
    found = inputs[[clip == name for clip in each.clips]]
    n = len(sound)
    wanted = np.resize(sound, 4000) if short == "repeat" else np.pad(sound, (0, 4000 - n))
    assert found.shape == (1, 4000)
    np.testing.assert_allclose(found[0], wanted, atol=1e-4)


def test_windows_that_are_mostly_silence_or_padding_are_left_out(root):
    write(root / "sounds" / "cow" / "late.wav", np.pad(tone(300, 0.5), (0, RATE)))
    write(root / "sounds" / "owl" / "tiny.wav", tone(900, 0.1))
    _, splits = loaded(root, short="pad")
    clips = [clip for _, each in splits for clip in each.clips]
    assert clips.count("cow/late.wav") == 2  # at 0 and 0.25 s; the window at 0.5 s is silent
    assert clips.count("owl/tiny.wav") == 0
    assert splits.notes["windows left out, mostly silence or padding"] == 4


def test_pieces_cover_a_recording():
    assert list(pieces(10, 4, 3)) == [(0, 4), (3, 4), (6, 4)]
    assert list(pieces(12, 4, 3)) == [(0, 4), (3, 4), (6, 4), (8, 4)]
    assert list(pieces(3, 4, 3)) == [(0, 3)]


def test_copies_across_splits_are_told(root):
    cow = root / "sounds" / "cow"
    data, splits = loaded(root)
    assert splits.notes["copies across splits"] == "none"
    one = next(clip for clip in splits.train.clips if clip.startswith("cow"))
    other = next(clip for clip in splits.test.clips if clip.startswith("cow"))
    shutil.copy(root / "sounds" / one, root / "sounds" / other)
    told = loaded(root)[1].notes["copies across splits"]
    assert told.startswith("1 identical") and one in told and other in told
    sound = soundfile.read(cow.parent / one)[0]
    write(cow.parent / other, 0.5 * sound + 0.0005 * np.random.default_rng(0).normal(size=RATE))
    told = loaded(root)[1].notes["copies across splits"]
    assert told.startswith("1 nearly identical") and one in told and other in told


@pytest.mark.parametrize(
    "values", [{"hop": 3.0}, {"fold": 3}, {"validation": 0.0}, {"path": "../x"}, {"rate": 10}]
)
def test_fields_that_make_no_sense_are_refused(root, values):
    with pytest.raises(UserError, match="data\\."):
        loaded(root, **values)


def test_windows_that_overlap_add_what_is_new_of_them(root):
    data, splits = loaded(root)
    assert (data.seconds, data.new_seconds) == (0.5, 0.25)
    recordings = len(files(splits.valid))  # of a second each
    assert sound_seconds(data, splits.valid) == pytest.approx(recordings)
