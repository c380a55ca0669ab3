"""`export --format`: models for LiteRT and ONNX Runtime give the live model's probabilities."""

import importlib
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from kerasaudio.data.gtzan import GENRES
from kerasaudio.errors import UserError
from kerasaudio.frontends.log_mel import LogMel
from kerasaudio.frontends.low_pass import LowPass
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.frontends.scaling import Scaling
from kerasaudio.frontends.spectrogram import FlatSpectrogram
from kerasaudio.frontends.waveform import Waveform
from kerasaudio.frontends.windows import Windows
from kerasaudio.models.cnn1d import CNN1D
from kerasaudio.models.conv_blocks import Conv
from kerasaudio.models.crnn import CRNN
from kerasaudio.models.embedding_attention import EmbeddingAttention
from kerasaudio.models.embedding_lstm import EmbeddingLSTM
from kerasaudio.models.embedding_transformer import EmbeddingTransformer
from kerasaudio.models.heads import FullyConnected, GlobalAverage
from kerasaudio.models.rcnn import RCNN, RCNN2D, Recurrent
from kerasaudio.models.strided_cnn import StridedCNN
from kerasaudio.models.windowed import Windowed
from kerasaudio.serving import portable
from kerasaudio.serving.export import FORMATS
from kerasaudio.serving.model_facts import ModelInputs

RATE, SAMPLES, LABELS = 8_000, 4_000, 3
ROOT = Path(__file__).parents[2]


def with_extra(name, package):
    missing = importlib.util.find_spec(package) is None
    return pytest.param(
        name, marks=pytest.mark.skipif(missing, reason=f"needs pip install 'kerasaudio[{name}]'")
    )


formats = pytest.mark.parametrize(
    "name", [with_extra("litert", "ai_edge_litert"), with_extra("onnx", "tf2onnx")]
)

CONVS = (Conv(8, pool=2), Conv(8, pool=2))
NETWORK = StridedCNN(length=32, stride=16, filters=(4, 4), units=6)
NETWORKS = {
    "lstm over padded clips": (Scaling("unit"), EmbeddingLSTM(units=8, layers=2, head=8)),
    "transformer": (Scaling("log"), EmbeddingTransformer(head_units=8, feed_forward=16)),
    "attention": (Scaling("whitened"), EmbeddingAttention((16, 16), 2, 16)),
    "log-mel, a power of two": (LogMel(256, 128, 32), CNN1D(CONVS, FullyConnected((8,)))),
    "log-mel, 400": (
        LogMel(400, 160, 32, reference="max", range_db=80.0),
        CNN1D(CONVS, GlobalAverage(8)),
    ),
    "gru": (
        Normalized(LogMel(256, 100, 16)),
        CRNN(
            RCNN2D(
                RCNN((Conv(4, padding=1, pool=4),), Recurrent(6, cell="gru"), FullyConnected(()))
            ),
            silent_frames=3,
        ),
    ),
    "samples": (Waveform(), CNN1D((Conv(8, stride=3), *CONVS), FullyConnected((8,)))),
    "windows of a clip": (Windows(1_000, FlatSpectrogram(100, 50)), Windowed(NETWORK, "scores")),
}


def made(name):
    """A model with answers that differ, and three examples."""
    frontend, network = NETWORKS[name]
    random = np.random.default_rng(0)
    embeddings = isinstance(frontend, Scaling)
    examples = random.normal(scale=[[0.02], [0.2], [0.5]], size=(3, SAMPLES)).astype(np.float32)
    if embeddings:
        examples = random.integers(0, 256, (3, 10, 128)).astype(np.float32)
        examples[1, 7:] = 0  # a clip of seven seconds
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None,) if frontend.any_length else examples.shape[1:])
    logits = network(frontend(inputs, None if embeddings else RATE), LABELS)
    model = keras.Model(inputs, logits)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.adapt(keras.Model(inputs, layer.input)(examples))
    found = np.array(model(examples, training=False))
    centred = (model.output - found.mean(axis=0)) * float(2 / found.std(axis=0).max())
    return keras.Model(inputs, keras.layers.Softmax()(centred)), examples


@formats
@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_gives_the_live_answers(name, network, tmp_path):
    model, examples = made(network)
    kind = FORMATS[name]
    live = np.array(model(examples, training=False))
    assert np.ptp(live, axis=0).max() > 0.3
    kind.write(model, tmp_path, ModelInputs((kind.batch, *examples.shape[1:])))
    infer = kind.load(tmp_path)
    np.testing.assert_allclose(infer(examples), live, atol=kind.tolerance)
    np.testing.assert_allclose(infer(examples[1:2]), live[1:2], atol=kind.tolerance)
    np.testing.assert_array_equal(np.array(model(examples, training=False)), live)


@formats
def test_what_cannot_be_converted_says_why(name, tmp_path, capfd):
    inputs = keras.Input((None,))
    network = Windowed(NETWORK)(LowPass(9, Windows(1_000))(inputs, RATE), LABELS)
    with pytest.raises(
        UserError, match=r"cannot .* this network: it lacks these operations: .*FFT"
    ):
        FORMATS[name].write(keras.Model(inputs, network), tmp_path, ModelInputs((1, SAMPLES)))
    assert capfd.readouterr().err == ""
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def run(trained, tmp_path_factory):
    """A copy of the trained run that may be changed."""
    return shutil.copytree(trained, tmp_path_factory.mktemp("formats") / "run")


def rows_of(run, standin_root):
    predicted = pd.read_csv(run / "predictions.csv", index_col=0)
    table = pd.read_csv(standin_root / "gtzan" / "features_30_sec.csv", index_col=0)
    return table.loc[predicted.index], predicted[list(GENRES)]


def snippet(name):
    """README's lines that use a model in this format."""
    text = (ROOT / "README.md").read_text()
    section = text.partition("## Exported models")[2].partition("\n## ")[0]
    blocks = [block.partition("```")[0] for block in section.split("```python\n")[1:]]
    return next(block for block in blocks if f"/{name}/" in block or f"/{name}" in block)


@formats
def test_a_run_is_exported_and_readmes_lines_use_it(name, command, run, standin_root, tmp_path):
    told = command("export", run, "--format", name)
    assert told.code == 0, told.err
    folder = run / name
    assert sorted(path.name for path in folder.iterdir()) == [
        "labels.txt",
        "model.json",
        FORMATS[name].file,
    ]
    facts = json.loads((folder / "model.json").read_text())
    assert (facts["format"], facts["file"]) == (name, FORMATS[name].file)
    assert facts["inputs"]["shape"] == [{"litert": 1, "onnx": None}[name], 57]
    assert facts["largest_difference"] <= 1e-5
    assert f"on {facts['compared']} test examples" in told.out
    rows, expected = rows_of(run, standin_root)
    shutil.copytree(folder, tmp_path / "runs" / "gtzan_mlp-001" / name)
    np.save(tmp_path / "rows.npy", rows[facts["inputs"]["columns"]].to_numpy(np.float32))
    script = (
        f"import sys, numpy as np\nrows = np.load('rows.npy')[:1]\n{snippet(name)}\n"
        "np.save('scores.npy', scores)\nassert 'tensorflow' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "scores.npy"), expected[:1], atol=1e-5)
    told = command("predict", folder, standin_root / "gtzan" / "features_30_sec.csv")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "is no SavedModel" in told.err


@pytest.mark.parametrize(("name", "package"), [("litert", "ai_edge_litert"), ("onnx", "tf2onnx")])
def test_a_missing_package_is_one_line(name, package, command, run, monkeypatch):
    def missing(wanted):
        raise ImportError(f"No module named {wanted!r}")

    monkeypatch.setattr(portable, "import_module", missing)
    before = sorted(run.iterdir())
    told = command("export", run, "--format", name)
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert f"needs the package {package}" in told.err
    assert f"pip install 'kerasaudio[{name}]'" in told.err
    assert sorted(run.iterdir()) == before


def test_recurrent_networks_leave_nvidias_operations_alone(monkeypatch):
    """As on a machine with a GPU; the network is only traced here."""
    rnn = importlib.import_module("keras.src.backend.tensorflow.rnn")
    model, _ = made("lstm over padded clips")
    monkeypatch.setattr(rnn, "_is_gpu_available", lambda: True)
    function = portable.frozen(model, (1, 10, 128), lambda length: False)
    graph = function.graph.as_graph_def()
    operations = {node.op for node in graph.node}
    operations |= {node.op for each in graph.library.function for node in each.node_def}
    assert not {each for each in operations if "Cudnn" in each}
