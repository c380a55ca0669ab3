"""Bad input is one line and exit code 2, and leaves nothing behind."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import kerasaudio
from kerasaudio.__main__ import COMMANDS
from kerasaudio.data.files import write_text
from kerasaudio.errors import UserError
from kerasaudio.runs.compare import check_provenance
from kerasaudio.scoring.provenance import Provenance


def one_line(outcome, *words):
    assert outcome.code == 2
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    for word in words:
        assert word in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["--experiment is missing", "--list"]),
        (("--experiment", "gtzan_mlpp"), ["did you mean gtzan_mlp?"]),
        (("--experiment", "nowhere/mine.py"), ["There is no experiment file nowhere/mine.py"]),
        (("--experiment", "gtzan_mlp", "--set", "fit.epochs=x"), ["expected a whole number"]),
        (("--experiment", "gtzan_mlp", "--set", "fit.epoch=1"), ["did you mean epochs?"]),
        (
            ("--experiment", "gtzan_mlp", "--data", "nowhere"),
            ["nowhere/gtzan/features_30_sec.csv was not found", "Kaggle"],
        ),
        (("--experiment", "gtzan_mlp", "--seeds", "0"), ["at least 1"]),
        (("--experiment", "gtzan_mlp", "--bogus"), ["--bogus", "--help"]),
        (("--resume", "nowhere"), ["nowhere has no experiment.json"]),
        (("--resume", "nowhere", "--protocols", "filtered"), ["leave", "--protocols"]),
        (("--experiment", "gtzan_mlp", "--seed", "-1"), ["whole number from 0"]),
    ],
)
def test_train_refuses_in_one_line_and_leaves_nothing(command, tmp_path, arguments, words):
    one_line(command("train", *arguments), *words)
    assert list(tmp_path.iterdir()) == []


def test_an_optimizer_out_of_range_is_one_line(command, tmp_path, standin_root):
    settings = ("--set", "fit.optimizer=SGD", "--set", "fit.optimizer.momentum=7")
    one_line(
        command("train", "--experiment", "gtzan_mlp", "--data", standin_root, *settings),
        "momentum is 7.0: expected 0 to 1",
    )
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_no_value_is_refused(command, tmp_path, standin_root):
    own = tmp_path / "own.py"
    own.write_text(
        "from dataclasses import replace\n"
        "from keras import layers\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "model = lambda features, labels: layers.Dense(labels)(features)\n"
        "experiment = replace(load('gtzan_mlp').experiment, model=model)\n"
    )
    one_line(
        command("train", "--experiment", own, "--data", standin_root),
        "lambda",
        "expected dataclasses",
    )
    assert list(tmp_path.iterdir()) == [own]


def test_a_class_from_elsewhere_is_refused_before_it_trains(
    command, tmp_path, standin_root, monkeypatch
):
    """No run that has it could be read again."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_models.py").write_text(
        "from dataclasses import dataclass\n"
        "@dataclass(frozen=True)\n"
        "class Mine:\n"
        "    def __call__(self, features, labels):\n"
        "        return features[:, :labels]\n"
    )
    (tmp_path / "own.py").write_text(
        "from dataclasses import replace\n"
        "from my_models import Mine\n"
        "from kerasaudio.experiment.catalogue import load\n"
        "experiment = replace(load('gtzan_mlp').experiment, model=Mine())\n"
    )
    outcome = command("train", "--experiment", tmp_path / "own.py", "--data", standin_root)
    one_line(outcome, "Mine is defined in my_models", "experiment file itself")
    assert not (tmp_path / "runs").exists()


def test_a_label_called_like_a_column_is_refused(command, tmp_path):
    (tmp_path / "own.csv").write_text("x,label\n" + "1,id\n2,other\n2,id\n1,other\n" * 10)
    outcome = command(
        "train", "--experiment", "own_table", "--data", tmp_path, "--set", "data.path=own.csv"
    )
    one_line(outcome, "'id'", "rename")
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


def test_runs_that_cannot_be_written(command, tmp_path, standin_root):
    (tmp_path / "file").write_text("")
    outcome = command(
        "train", "--experiment", "gtzan_mlp", "--data", standin_root, "--runs", tmp_path / "file"
    )
    one_line(outcome, "could not be made", "--runs")
    one_line(
        command("train", "--experiment", "gtzan_mlp", "--runs", tmp_path / "file"),
        "could not be made",
        "--runs",
    )


@pytest.mark.parametrize("name", ["evaluate", "export", "predict"])
def test_a_damaged_run_is_refused(command, tmp_path, trained, name):
    extra = [tmp_path / "table.csv"] if name == "predict" else []
    one_line(command(name, tmp_path / "nowhere", *extra), "no run folder")
    broken = tmp_path / "broken"
    broken.mkdir()
    one_line(command(name, broken, *extra), "has no experiment.json")
    for file in ("experiment.json", "environment.json", "splits.json"):
        (broken / file).write_bytes((trained / file).read_bytes())
    one_line(command(name, broken, *extra), "half a run")
    (broken / "scores.json").write_bytes((trained / "scores.json").read_bytes())
    one_line(command(name, broken, *extra), "best.keras", "train again")
    whole = (trained / "best.keras").read_bytes()
    for damaged in (
        b"",
        b"no model",
        whole[: len(whole) // 2],
        whole[:5000] + b"\0" * 3000 + whole[8000:],
    ):
        (broken / "best.keras").write_bytes(damaged)
        one_line(command(name, broken, *extra), "best.keras", "train again")
    for damaged in ("{", "{}", "3"):
        (broken / "experiment.json").write_text(damaged)
        one_line(command(name, broken, *extra), "experiment.json", "damaged")
    assert not (broken / "saved_model").exists()


def test_evaluate_tells_the_scores_and_protocol_of_the_run(command, trained):
    outcome = command("evaluate", trained)
    assert outcome.code == 0
    accuracy = json.loads((trained / "scores.json").read_text())["metrics"]["accuracy"]["value"]
    assert f"accuracy  {accuracy:.3f}" in outcome.out
    assert "STAND-IN" in outcome.out
    assert "random_70_30 seed 0" in outcome.out


def test_evaluate_refuses_data_that_the_run_was_not_trained_on(command, trained, real_data):
    one_line(command("evaluate", trained, "--data", real_data), "trained on other data")


def test_changed_numbers_are_other_data(command, tmp_path):
    """The rows are called by their lines, and stand in the same splits."""
    train = ("train", "--experiment", "own_table", "--data", tmp_path, "--set", "data.path=own.csv")
    rows = [f"{number * 7 % 5},{number**2},{'ab'[number % 2]}" for number in range(60)]
    for sign in ("", "-"):
        (tmp_path / "own.csv").write_text(
            "\n".join(["x,y,label", *(sign + row for row in rows)]) + "\n"
        )
        assert command(*train, "--set", "fit.epochs=1").code == 0
    first, second = (f"runs/own_table-00{number}" for number in (1, 2))
    one_line(command("evaluate", first), "trained on other data")
    assert command("evaluate", second).code == 0
    one_line(command("compare", first, second), "held other numbers")


def test_runs_that_look_for_different_labels_are_not_compared():
    runs = [
        SimpleNamespace(
            path=Path(label),
            provenance=Provenance(
                "p", "test", "m", 10, {"other": 0.7, label: 0.3}, 0, "valid", False
            ),
        )
        for label in ("Speech", "Music")
    ]
    with pytest.raises(UserError, match="Speech and Music can't share a table: shares of the"):
        check_provenance(runs)


def test_what_is_written_goes_into_devices_but_not_through_links(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(UserError, match="it is a link"):
        write_text(tmp_path / "link", "told")
    assert not (tmp_path / "file").exists()
    write_text(Path("/dev/null"), "told")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("name", ["train", "search"])
def test_list_shows_names_weights_data_spaces_and_titles(command, name):
    outcome = command(name, "--list")
    (line,) = (line for line in outcome.out.splitlines() if line.startswith("gtzan_mlp "))
    assert line.split()[:4] == ["gtzan_mlp", "32,842", "gtzan", "yes"]
    assert "Genres of GTZAN from its 57-column feature table" in line


def test_show_tells_all_fields_as_set_takes_them(command):
    outcome = command("train", "--show", "gtzan_mlp", "--set", "fit.epochs=3")
    assert "fit.epochs = 3\n" in outcome.out
    fields = [line for line in outcome.out.splitlines() if line.startswith(("fit.", "model."))]
    changes = [part for line in fields for part in ("--set", line.replace(" = ", "="))]
    assert len(fields) > 12
    assert command("train", "--show", "gtzan_mlp", *changes).out == outcome.out


def test_a_run_has_the_name_that_was_asked_for(command, tmp_path):
    train = ("train", "--experiment", "gtzan_mlp", "--set", "fit.epochs=1", "--name", "first.try")
    assert command(*train).code == 0
    assert (tmp_path / "runs" / "first.try" / "report.html").is_file()
    one_line(command(*train), "runs/first.try is there; choose another name")
    one_line(command(*train[:-1], "../out"), "is no name of a folder")
    one_line(command(*train[:-1], ".."), "is no name of a folder")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_tells_the_version(name, capsys):
    with pytest.raises(SystemExit) as stop:
        importlib.import_module(f"kerasaudio.{name}").main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"kerasaudio {kerasaudio.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_and_list_do_not_import_tensorflow(name):
    script = (
        f"import sys\nfrom kerasaudio.{name} import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'sklearn', 'librosa', 'matplotlib'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"python -m kerasaudio.{name}" in done.stdout


def test_the_kerasaudio_command_hands_over(tmp_path: Path):
    def kerasaudio(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "kerasaudio", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        return done.returncode, done.stdout, done.stderr

    assert all(command in kerasaudio()[1] for command in COMMANDS)
    assert "gtzan_mlp" in kerasaudio("train", "--list")[1]
    code, _, error = kerasaudio("trian")
    assert (code, error.count("\n")) == (2, 1)
