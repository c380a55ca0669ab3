"""The functions for notebooks, and the lines of README that show them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


def python(script, folder):
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_lines_of_readme_run(tmp_path):
    text = README.read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(import kerasaudio\n.*?)```", text, flags=re.DOTALL)
    assert len(lines.splitlines()) <= 14
    python(lines, tmp_path)
    assert (tmp_path / "runs").is_dir()


def test_importing_is_quick_because_it_imports_nothing_large(tmp_path):
    heavy = ("tensorflow", "keras", "numpy", "pandas", "sklearn", "librosa", "matplotlib")
    script = f"import sys, kerasaudio\nprint(sorted(set({heavy}) & set(sys.modules)))"
    assert python(script, tmp_path).strip() == "[]"


@pytest.mark.parametrize(
    "first", ["import kerasaudio, keras", "import keras, kerasaudio", "import kerasaudio.compare"]
)
def test_keras_itself_loads_a_model_once_kerasaudio_is_imported(tmp_path, first):
    golden = Path(__file__).parent / "golden" / "small_gap-001" / "best.keras"
    count = f"print(keras.saving.load_model({str(golden)!r}).count_params())"
    script = f"{first}\nimport keras\n{count}"
    assert int(python(script, tmp_path)) > 1000


def test_values_that_there_are_not_are_refused_before_anything_is_made(tmp_path, trained):
    script = (
        "import kerasaudio\n"
        "from kerasaudio.errors import UserError\n"
        "for call in (\n"
        "    lambda: kerasaudio.search('gtzan_mlp', strategy='randm'),\n"
        f"    lambda: kerasaudio.evaluate({str(trained)!r}, split='vali'),\n"
        "):\n"
        "    try:\n"
        "        call()\n"
        "    except UserError as error:\n"
        "        print(error)\n"
    )
    told = python(script, tmp_path)
    assert "strategy is 'randm': expected grid, random, bayesian, hyperband." in told
    assert "split is 'vali': expected one of train, valid, test." in told
    assert not list(tmp_path.iterdir())
