"""The wheel and the editable install find the experiments and run outside the checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def python(binary: Path | str, *arguments: object, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(binary), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The python of a fresh environment with the wheel; its dependencies are this one's."""
    folder = tmp_path_factory.mktemp("wheel")
    python(sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "kerasaudio/experiments/gtzan_mlp.py" in names
    assert "kerasaudio/reports/templates/page.html" in names
    assert not [name for name in names if name.startswith(("tests/", "experiments/", "tools/"))]
    python(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    binary = folder / "venv" / "bin" / "python"
    python(binary, "-m", "pip", "install", "--quiet", "--no-deps", wheel, cwd=folder)
    (site,) = (folder / "venv" / "lib").glob("python3.*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return binary


def test_a_wheel_brings_its_experiments_and_trains(installed, tmp_path):
    where = python(installed, "-c", "import kerasaudio; print(kerasaudio.__file__)", cwd=tmp_path)
    assert "venv/lib" in where
    assert str(ROOT) not in where
    kerasaudio = installed.parent / "kerasaudio"
    assert "gtzan_mlp" in python(kerasaudio, "train", "--list", cwd=tmp_path)
    out = python(
        kerasaudio, "train", "--experiment", "gtzan_mlp", "--set", "fit.epochs=1", cwd=tmp_path
    )
    assert "STAND-IN" in out
    assert (tmp_path / "runs" / "gtzan_mlp-001" / "report.html").is_file()


def test_an_editable_install_finds_the_checkouts_experiments(tmp_path):
    out = python(
        sys.executable,
        "-c",
        "from kerasaudio.experiment import catalogue; print(catalogue.folder())",
        cwd=tmp_path,
    )
    assert out.strip() == str(ROOT / "experiments")
