"""`gate` on files: what is bad about them is one line, and everything else is gated."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kerasaudio.data.gate_mixtures import GateMixtures
from kerasaudio.errors import UserError
from kerasaudio.experiment import Adam, Experiment, Fit
from kerasaudio.frontends.causal_log_mel import CausalLogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.models.gate import GateNetwork
from kerasaudio.runs.train import train
from kerasaudio.serving.gate_export import export_gate
from kerasaudio.serving.gate_numpy import numpy_step
from kerasaudio.serving.gate_picture import MOST, Strip
from kerasaudio.serving.gate_stream import GateStream, read_gate
from kerasaudio.training.checkpoint import load_model

ROOT = Path(__file__).parents[2]
RATE = 16_000
DATA = GateMixtures(length=1.0, mixtures=(32, 8, 8), target_group=r"^\d-(\d)-", lookahead_ms=10)


@pytest.fixture(scope="module")
def gate(tmp_path_factory):
    """The run folder of a small gate, exported."""
    root, runs = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("runs")
    DATA.write_standin(root)
    front = Normalized(CausalLogMel(window=256, hop=80, fall=40, bands=20))
    network = GateNetwork(filters=(8,), kernel=3, units=(8,))
    value = Experiment(DATA, front, network, Fit(epochs=3, batch_size=4, optimizer=Adam(0.01)))
    run = train(value, "gate:test", root, runs / "gate-001")
    export_gate(run)
    return run.path


def voice(rate, channels=1, seconds=1.0):
    """A tone with harmonics between two silences."""
    time = np.arange(int(rate * seconds)) / rate
    tone = sum(np.sin(2 * np.pi * 150 * n * time) / n for n in range(1, 12)) * 0.1
    tone[(time < 0.3 * seconds) | (time > 0.7 * seconds)] = 0
    return np.repeat(tone[:, None], channels, axis=1)


BROKEN = np.where(np.arange(RATE) % 100 == 0, np.nan, voice(RATE)[:, 0])
SOUNDS = {
    "silence": (np.zeros(RATE), RATE),
    "DC": (np.full(RATE, 0.5), RATE),
    "not a number": (BROKEN, RATE),
    "infinite": (np.where(np.isnan(BROKEN), np.inf, BROKEN), RATE),
    "clipped": (np.clip(50 * voice(RATE), -1, 1), RATE),
    "8 kHz": (voice(8_000), 8_000),
    "192 kHz": (voice(192_000), 192_000),
    "one sample": (np.full(1, 0.5), RATE),
    "stereo": (voice(44_100, 2), 44_100),
}


def test_other_commands_say_what_a_gate_is_for(gate, command):
    assert "ROC-AUC" in command("evaluate", gate).out
    for told in (command("export", gate), command("predict", gate, gate)):
        assert (told.code, told.err.count("\n")) == (2, 1)
        assert "kerasaudio.gate uses it" in told.err


@pytest.mark.parametrize("name", SOUNDS)
def test_a_gated_file_has_the_shape_of_the_recording_and_is_never_louder(name, gate, command):
    sound, rate = SOUNDS[name]
    soundfile.write("in.wav", sound, rate, subtype="FLOAT")
    told = command("gate", gate, "in.wav", "--out", "out.wav", "--labels", "out.txt")
    assert told.code == 0, told.err
    found, same = soundfile.read("out.wav", always_2d=True)
    clean = np.nan_to_num(sound.reshape(len(sound), -1), nan=0, posinf=0, neginf=0)
    assert (found.shape, same) == (clean.shape, rate)
    assert soundfile.info("out.wav").subtype == "FLOAT"
    assert (np.abs(found) <= np.abs(clean.astype(np.float32)) + 1e-7).all()
    spans = [line.split("\t") for line in Path("out.txt").read_text().splitlines()]
    assert told.err.strip().endswith(f"{len(spans)} opening{'s' * (len(spans) != 1)}")
    assert all(0 <= float(start) < float(end) <= len(sound) / rate for start, end, _ in spans)
    assert sorted(path.name for path in Path().iterdir()) == ["in.wav", "out.txt", "out.wav"]


def test_the_target_is_let_through_and_buffers_do_not_matter(gate, command):
    sound = voice(24_000, seconds=0.5)[:, 0]
    soundfile.write("in.wav", sound, 24_000, subtype="FLOAT")
    found = []
    for size in (1, 100, 480, 4096, len(sound)):
        told = command("gate", gate, "in.wav", "--out", "out.wav", "--buffer", size)
        assert told.code == 0, told.err
        found.append(soundfile.read("out.wav")[0])
        np.testing.assert_allclose(found[-1], found[0], atol=1e-6)
    part = slice(int(0.4 * len(sound)), int(0.6 * len(sound)))
    assert np.square(found[0][part]).sum() > 0.5 * np.square(sound[part]).sum()


def piped(gate, *options, **given):
    line = [sys.executable, "-m", "kerasaudio.gate", gate, "-", "--out", "-", *options]
    return subprocess.Popen(
        [str(each) for each in line],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **given,
    )


def test_a_pipe_gives_what_a_file_gives_and_each_buffer_at_once(gate, command):
    sound = np.round(voice(RATE, 2) * 2**15).astype("<i2")
    soundfile.write("in.wav", sound, RATE, subtype="PCM_16")
    told = command("gate", gate, "in.wav", "--out", "out.wav", "--release", 10)
    assert told.code == 0, told.err
    options = ("--rate", RATE, "--channels", 2, "--release", 10, "--buffer", 400)
    with piped(gate, *options) as process:
        process.stdin.write(sound[:400].tobytes())
        process.stdin.flush()
        late = round(DATA.lookahead_ms / 1000 * RATE)
        first = process.stdout.read(4 * (400 - late))  # before the next buffer is sent
        rest, told = process.communicate(sound[400:].tobytes(), timeout=300)
    assert process.returncode == 0, told
    found = np.frombuffer(first + rest, "<i2").reshape(-1, 2)
    expected = soundfile.read("out.wav", dtype="int16")[0]
    np.testing.assert_allclose(found, expected, atol=1)
    assert b"gated     -: " in told


def test_a_gate_that_was_exported_runs_without_tensorflow(gate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    soundfile.write("in.wav", voice(RATE), RATE)
    script = (
        "import sys\nfrom kerasaudio.gate import main\n"
        f"main([{str(gate)!r}, 'in.wav', '--out', 'out.wav'])\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_numpy_answers_as_the_whole_network(gate):
    facts = read_gate(gate / "gate")
    with np.load(gate / "gate" / "weights.npz") as weights:
        step = numpy_step(facts["layers"], dict(weights))
    sound = voice(RATE)[:, 0].astype(np.float32)
    found = [step(hop) for hop in sound.reshape(-1, facts["hop"])]
    whole = load_model(gate / "best.keras")(sound[None], training=False).numpy()[0, :, 0]
    np.testing.assert_allclose(found, whole, atol=1e-5)


@pytest.mark.skipif(
    importlib.util.find_spec("ai_edge_litert") is None,
    reason="needs pip install 'kerasaudio[litert]'",
)
def test_without_litert_the_openings_are_the_same(gate, command, monkeypatch):
    soundfile.write("in.wav", voice(RATE), RATE)
    found = []
    for runtime in ("ai_edge_litert.interpreter", "not_installed"):
        monkeypatch.setattr("kerasaudio.serving.gate_stream.RUNTIME", runtime)
        command("gate", gate, "in.wav", "--out", "out.wav", "--labels", "out.txt")
        found.append((Path("out.txt").read_text(), soundfile.read("out.wav")[0]))
    assert found[0][0] == found[1][0]
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-6)


def test_damaged_weights_are_one_line(gate, tmp_path, monkeypatch):
    monkeypatch.setattr("kerasaudio.serving.gate_stream.RUNTIME", "not_installed")
    folder = shutil.copytree(gate / "gate", tmp_path / "gate")
    (folder / "weights.npz").write_bytes((folder / "weights.npz").read_bytes()[:-30])
    with pytest.raises(UserError, match="is damaged: export the run again"):
        GateStream(folder, RATE)


def test_the_report_plays_mixtures_before_and_after(gate):
    page = (gate / "report.html").read_text()
    for title in ("best", "middle", "worst"):
        for side in ("before", "after"):
            assert re.search(rf"{title}: target-0-test-\d+ .+ dB, {side}", page), (title, side)
    scores = json.loads((gate / "scores.json").read_text())["gates"]
    assert f"threshold {scores['chosen']['learned']['threshold']:.3g}" in page
    assert scores["latency_ms"] == {"of_the_sound": 10.0, "of_a_decision": 15.0}
    for name in ("si_sdr_gain_db_mean", "leak_dbfs", "lost"):
        figure = scores["conditions"]["0 dB"]["learned"][name]
        assert figure["low"] <= figure["value"] <= figure["high"]


def test_targets_from_clean_to_0_db_are_also_counted_together(gate):
    found = json.loads((gate / "scores.json").read_text())["gates"]["conditions"]
    for name in ("targets", "missed", "already_open"):
        each = [found[part]["level"][name]["value"] for part in ("clean", "10 dB", "0 dB")]
        assert found["clean to 0 dB"]["level"][name]["value"] == sum(each)


def test_an_export_says_how_long_a_buffer_takes(gate):
    times = read_gate(gate / "gate")["buffer_times_on_the_exporting_machine"]
    assert (times["samples"], times["rate"]) == (100, 48_000)
    litert = importlib.util.find_spec("ai_edge_litert") is not None
    assert times["runtime"] == ("LiteRT" if litert else "NumPy")
    for clock in ("clock_us", "cpu_us"):
        assert 0 < times[clock]["median"] <= times[clock]["p99"] < 1e6


def test_a_picture_shows_long_sound_in_little_memory(gate, command):
    soundfile.write("in.wav", voice(RATE), RATE)
    told = command("gate", gate, "in.wav", "--out", "out.wav", "--picture", "out.png")
    assert told.code == 0, told.err
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")
    strip, random = Strip(), np.random.default_rng(0)
    sound = random.normal(size=(9_000, 1))
    for part in np.split(sound, 90):
        strip.add(part, np.repeat(np.abs(part), 2, axis=1))
    assert len(strip.columns) <= MOST
    groups = np.split(sound[:, 0], np.arange(strip.width, len(sound), strip.width))
    columns = [*strip.columns, *strip.last]
    np.testing.assert_allclose([each.min() for each in groups], [each[0] for each in columns])
    np.testing.assert_allclose([abs(each).max() for each in groups], [each[3] for each in columns])


def test_bad_files_are_one_line_and_leave_what_was_there(gate, command, tmp_path):
    soundfile.write("in.wav", voice(RATE), RATE)
    Path("text.wav").write_text("no sound")
    Path("out.wav").write_text("before")
    for source, out, words in [
        ("no.wav", "out.wav", "no.wav was not found"),
        ("text.wav", "out.wav", "text.wav could not be read as sound"),
        ("in.wav", "in.wav", "the file itself"),
        ("in.wav", "out.xyz", "out.xyz could not be written"),
        ("in.wav", "no/out.wav", "no/out.wav could not be written"),
        (".", "out.wav", ". is no file"),
    ]:
        told = command("gate", gate, source, "--out", out)
        assert (told.code, told.err.count("\n")) == (2, 1), told.err
        assert words in told.err
    assert Path("out.wav").read_text() == "before"
    assert not list(Path().glob(".partial*"))


def test_what_a_format_cannot_hold_is_a_fault_of_the_output(gate, command):
    soundfile.write("in.wav", voice(192_000), 192_000)
    told = command("gate", gate, "in.wav", "--out", "out.mp3")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "out.mp3 could not be written with 192000 Hz" in told.err


def test_what_is_no_gate_is_one_line(trained, command):
    soundfile.write("in.wav", voice(RATE), RATE)
    for folder, words in ((trained, "is no gate"), ("nowhere", "nowhere")):
        told = command("gate", folder, "in.wav", "--out", "out.wav")
        assert (told.code, told.err.count("\n")) == (2, 1)
        assert words in told.err


def test_a_long_recording_says_how_far_it_is(gate, command, monkeypatch):
    monkeypatch.setattr("kerasaudio.serving.gate_files.EVERY", 0.0)
    soundfile.write("in.wav", voice(RATE), RATE)
    told = command("gate", gate, "in.wav", "--out", "out.wav", "--buffer", 8_000)
    assert "of 1 s" in told.err


@pytest.mark.skipif(
    importlib.util.find_spec("ai_edge_litert") is None,
    reason="needs pip install 'kerasaudio[litert]'",
)
def test_the_lines_in_gate_md_run_without_kerasaudio(gate, tmp_path):
    text = (ROOT / "experiments" / "gate.md").read_text()
    lines = text.partition("```python\n")[2].partition("```")[0]
    assert lines.count("\n") <= 20
    np.save(tmp_path / "sound.npy", voice(RATE)[:, 0].astype(np.float32))
    script = (
        f"import sys, numpy as np\nsound = np.load({str(tmp_path / 'sound.npy')!r})\n{lines}\n"
        "assert not {'tensorflow', 'kerasaudio'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=gate / "gate", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    told = [line.split() for line in done.stdout.splitlines()]
    hop = json.loads((gate / "gate" / "model.json").read_text())["hop"]
    assert [int(first) for first, _ in told] == list(range(0, RATE, hop))
    probabilities = [float(probability) for _, probability in told]
    assert max(probabilities[70:130]) > max(probabilities[5:50])
