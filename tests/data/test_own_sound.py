"""Recordings of one's own: labels from folders, manifests and tracks, and splits without leaks."""

import csv
import json
import shutil

import numpy as np
import pytest
import soundfile
from librosa import resample

from kerasaudio.data.own.groups import draw_folds
from kerasaudio.data.own.label_tracks import Event, read_track, tracks_of
from kerasaudio.data.own.own_windows import pieces
from kerasaudio.data.own_sound import OwnSound
from kerasaudio.errors import UserError
from kerasaudio.experiment import Binary, MultiLabel, SingleLabel
from kerasaudio.runs.results import sound_seconds
from kerasaudio.training import pipeline

RATE = 8000
DATA = {"path": "sounds", "rate": RATE, "window": 0.5, "hop": 0.25, "folds": 3, "validation": 0.5}


def tone(pitch, seconds, rate=RATE, seed=0):
    """A tone in noise that no other seed has."""
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng((int(pitch), seed)).normal(size=len(time))
    return 0.3 * np.sin(2 * np.pi * pitch * time) + 0.05 * noise


def write(path, sound, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate)


@pytest.fixture
def root(tmp_path):
    """Six sources of two takes of each of two labels: cow/c0-0.wav, cow/c0-1.wav, ..."""
    for label, pitch in {"cow": 300, "owl": 900}.items():
        for source in range(6):
            for take in range(2):
                name = f"{label[0]}{source}-{take}.wav"
                sound = tone(pitch + 20 * source, 1.0, seed=take)
                write(tmp_path / "sounds" / label / name, sound)
    return tmp_path


def loaded(root, **values):
    data = OwnSound(**(DATA | values)).with_facts(root)
    return data, data.load(root)


def manifest(root, rows, name="list.csv"):
    with (root / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return {"path": name}


def files(examples):
    return {clip.partition("@")[0] for clip in examples.clips}


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


def test_a_manifest_with_parts_groups_and_splits(root):
    rows = [
        {
            "file": f"sounds/{label}/{label[0]}{source}-0.wav",
            "label": label,
            "start": 0.1,
            "end": 0.7 if source % 2 else "",
            "group": f"farm {source}",
            "split": ("train", "val", "test")[source % 3],
        }
        for label in ("cow", "owl")
        for source in range(6)
    ]
    _, splits = loaded(root, **manifest(root, rows))
    assert files(splits.valid) == {row["file"] for row in rows if row["split"] == "val"}
    assert files(splits.test) == {row["file"] for row in rows if row["split"] == "test"}
    assert len(splits.train) == 2 * (1 + 3)  # 0.6 s hold one window, 0.9 s two and the end
    inputs, _ = next(pipeline.batches(splits.train, 1).as_numpy_iterator())
    wave = soundfile.read(root / rows[0]["file"])[0]
    np.testing.assert_allclose(inputs[0], wave[800:4800], atol=1e-6)
    assert "WARNING, groups in more than one split" not in splits.notes
    parted = [row | {"group": "one farm"} for row in rows]
    notes = loaded(root, **manifest(root, parted))[1].notes
    assert "such as one farm" in notes["WARNING, groups in more than one split"]
    free = [{name: row[name] for name in ("file", "label", "group")} for row in rows]
    for row in free:
        row["group"] = row["group"].replace("5", "4")
    _, splits = loaded(root, **manifest(root, free))
    sides = {}
    for name, each in splits:
        for clip in each.clips:
            sides.setdefault(clip[-7], set()).add(name)
    assert sides["4"] == sides["5"] and len(sides["4"]) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"file": "../../etc/passwd.wav"}, "line 2: the file is"),
        ({"start": "x"}, "line 2: start is 'x'"),
        ({"start": "2", "end": "1"}, "begins at 2 s and ends at 1 s"),
        ({"split": "later"}, "the split is 'later'"),
        ({"label": ""}, "has no label"),
        ({"label": "cow|owl"}, "data.answer=several"),
        ({"label": "pig"}, "unknown|too few|pig"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(root, change, words):
    row = {"file": "sounds/cow/c0-0.wav", "label": "cow", "start": "", "end": "", "split": ""}
    others = [
        row | {"file": f"sounds/{label}/{label[0]}{n}-1.wav", "label": label}
        for label in ("cow", "owl")
        for n in range(6)
    ]
    values = manifest(root, [row | change, *others])
    with pytest.raises(UserError, match=f"(?i){words}"):
        OwnSound(**(DATA | values), labels=("cow", "owl")).load(root)
    with pytest.raises(UserError, match="stands there twice"):
        loaded(root, **manifest(root, [row, row, *others]))


def test_several_labels(root):
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-{m}.wav", "label": ("cow|owl", "owl", "cow", "none")[n % 4]}
        for x in ("cow", "owl")
        for n in range(6)
        for m in range(2)
    ]
    values = manifest(root, rows) | {"answer": "several", "background": "none"}
    data, splits = loaded(root, **values)
    assert data.task == MultiLabel() and data.labels == ("cow", "owl")
    truth = dict(zip(splits.train.clips, splits.train.targets.tolist(), strict=True))
    wanted = {"cow|owl": [1, 1], "owl": [0, 1], "cow": [1, 0], "none": [0, 0]}
    for row in rows:
        if row["file"] in truth:
            assert truth[row["file"]] == wanted[row["label"]]
    with pytest.raises(UserError, match="data.answer=several"):
        loaded(root, **manifest(root, rows))


def test_one_class_against_all_else(root):
    for n in range(6):
        write(root / "sounds" / "other" / f"o{n}.wav", tone(3000 + n, 1))
    data, splits = loaded(root, target="owl", background="other")
    assert data.task == Binary() and data.labels == ("other", "owl")
    for clip, target in zip(splits.train.clips, splits.train.targets, strict=True):
        assert target == clip.startswith("owl")
    assert any(clip.startswith("cow") for clip in splits.train.clips)
    with pytest.raises(UserError, match="data.target is 'bat'"):
        loaded(root, target="bat")


AUDACITY = "0.5\t1.0\tcow\n\\\t300.0\t900.0\n2\t2.5\towl\n"
RAVEN = (
    "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tAnnotation\n"
    "1\tWaveform 1\t1\t0.5\t1.0\t300\tcow\n1\tSpectrogram 1\t1\t0.5\t1.0\t300\tcow\n"
    "2\tSpectrogram 1\t1\t2\t2.5\t300\towl\n"
)


@pytest.mark.parametrize(
    ("name", "text"), [("r{}.txt", AUDACITY), ("r{}.Table.1.selections.txt", RAVEN)]
)
def test_long_recordings_with_label_tracks(tmp_path, name, text):
    folder = tmp_path / "sounds"
    for n in range(6):
        write(folder / f"r{n}.wav", tone(500, 3, seed=n))
        (folder / name.format(n)).write_text(text)
    events = read_track(folder / name.format(0), "label")
    assert events == (Event(0.5, 1.0, "cow"), Event(2.0, 2.5, "owl"))
    data, splits = loaded(tmp_path, background="quiet")
    assert data.labels == ("cow", "owl", "quiet") and not splits.test.clips
    truth = dict(zip(splits.test.ids, splits.test.targets.tolist(), strict=True))
    recording = splits.test.ids[0].partition("#")[0]
    found = [data.labels[truth[f"{recording}#{n}"]] for n in range(11)]  # at 0, 0.25, ... s
    assert found == ["quiet", "cow", "cow", "cow", *["quiet"] * 3, "owl", "owl", "owl", "quiet"]
    assert len({member.partition("#")[0] for member in splits.test.ids}) == 2
    _, without = loaded(tmp_path)
    assert without.notes["windows left out, no label or more than one"] == 6 * 5


def test_a_track_that_is_wrong_is_told(tmp_path):
    (tmp_path / "x.txt").write_text("0.5\t1\tcow\nlater\t2\towl\n")
    with pytest.raises(UserError, match="line 2: found 'later'"):
        read_track(tmp_path / "x.txt", "label")
    (tmp_path / "x.txt").write_text("Begin Time (s)\tEnd Time (s)\tWhat\n0\t1\tcow\n")
    with pytest.raises(UserError, match="Begin Time.*data.label_column"):
        read_track(tmp_path / "x.txt", "label")
    assert read_track(tmp_path / "x.txt", "What") == (Event(0, 1, "cow"),)


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


def test_doctor_examines_a_folder_and_a_manifest(command, root):
    told = command("doctor", root / "sounds", "--set", "data.group=^(.+)-")
    assert told.code == 0, told.err
    assert "cow 12, owl 12" in told.out and "8000 Hz mono 24" in told.out
    assert "short         24 clips" in told.out  # windows are 2 s long by default
    cow = root / "sounds" / "cow"
    (cow / "c0-0.wav").write_text("text")
    write(cow / "c0-1.wav", np.zeros(RATE))
    write(cow / "c1-0.wav", np.sign(tone(300, 1)))
    shutil.copy(cow / "c1-1.wav", root / "sounds" / "owl" / "o0-0.wav")
    told = command("doctor", root / "sounds")
    lines = {line[2:].partition(":")[0]: line for line in told.out.splitlines()}
    assert told.code == 1
    assert lines["unreadable    cow/c0-0.wav"][0] == lines["silent        cow/c0-1.wav"][0] == "!"
    assert "100.0%" in lines["clipped       cow/c1-0.wav"]
    assert "the bytes of cow/c1-1.wav, with another label" in lines["identical     owl/o0-0.wav"]
    assert "names suggest groups" in lines["groups        all"]
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-1.wav", "label": x} for x in ("cow", "owl") for n in (2, 3)
    ]
    manifest(root, rows)
    told = command("doctor", root / "list.csv")
    assert told.code == 1 and "! splits        all: There are 4 groups" in told.out
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-1.wav", "label": x if x == "owl" or n != 1 else "gnu"}
        for x in ("cow", "owl")
        for n in range(6)
    ]
    manifest(root, rows)
    told = command("doctor", root / "list.csv", "--set", "data.folds=2")
    assert told.code == 1 and "! splits        gnu: no recording in" in told.out


def test_the_command_trains_on_every_fold(command, root, monkeypatch):
    arguments = [f"--set=data.{name}={value}" for name, value in DATA.items() if name != "folds"]
    arguments += ["--set=data.group=^(.+)-", "--set=fit.epochs=6", "--set=frontend.inner.bands=16"]
    outcome = command(
        *("train", "--experiment", "own_sound:cnn1d", "--data", root, "--folds", 2),
        *arguments,
    )
    assert outcome.code == 0, outcome.err
    assert "log_mel of 24 clips, 24 computed now" in outcome.out
    path = root / "runs" / "own_sound-cnn1d-001"
    found = json.loads((path / "folds.json").read_text())
    pooled = found["pooled"][0]
    assert pooled["n"] == 72 and pooled["clips"]["n"] == 24
    with (path / "clip_predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    right = np.mean([row["truth"] == row["prediction"] for row in rows])
    assert len({row["id"] for row in rows}) == 24
    assert pooled["clips"]["metrics"]["accuracy"]["value"] == pytest.approx(right)
    each = [
        json.loads((path / f"fold-{n}" / "scores.json").read_text())["metrics"]["accuracy"]["value"]
        for n in (1, 2)
    ]
    assert found["folds"]["accuracy"]["mean"] == pytest.approx(np.mean(each))
    assert found["folds"]["accuracy"]["standard_deviation"] == pytest.approx(np.std(each, ddof=1))
    outcome = command("train", "--experiment", "gtzan_mlp", "--folds", 3)
    assert outcome.code == 2 and "--folds 3 needs" in outcome.err


def test_folds_of_a_manifest_that_says_what_tests_are_refused(command, root):
    rows = [
        {"file": f"sounds/{x}/{x[0]}{n}-{take}.wav", "label": x, "split": side}
        for x in ("cow", "owl")
        for n, side in enumerate(["train", "train", "train", "valid", "test", "test"])
        for take in (0, 1)
    ]
    manifest(root, rows)
    settings = ("--set", "data.path=list.csv", "--folds", 2)
    outcome = command("train", "--experiment", "own_sound:cnn1d", "--data", root, *settings)
    assert (outcome.code, outcome.err.count("\n")) == (2, 1), outcome.err
    assert "leave --folds out" in outcome.err and not list((root / "runs").glob("*"))


def test_windows_that_overlap_add_what_is_new_of_them(root):
    data, splits = loaded(root)
    assert (data.seconds, data.new_seconds) == (0.5, 0.25)
    recordings = len(files(splits.valid))  # of a second each
    assert sound_seconds(data, splits.valid) == pytest.approx(recordings)


def test_a_folder_without_any_sound_that_can_be_used_is_examined(command, tmp_path):
    for number in range(6):
        write(tmp_path / "sounds" / "cow" / f"{number}.wav", np.zeros(RATE))
    told = command("doctor", tmp_path / "sounds")
    assert told.code == 1 and told.out.count("silent from beginning to end") == 6, told.err


def test_label_tracks_are_found_by_names_with_dots(tmp_path):
    names = ("a.txt", "b.1.Table.1.selections.txt", "other.csv.txt")
    found = tracks_of([tmp_path / name for name in names])
    assert found[tmp_path / "a"].name == "a.txt"
    assert found[tmp_path / "b.1"] == found[tmp_path / "b"] == tmp_path / names[1]
    assert tmp_path / "other" not in found
