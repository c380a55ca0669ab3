"""Export a run's model as a SavedModel, for LiteRT or as ONNX.

python -m kerasaudio.export runs/gtzan_mlp-001
python -m kerasaudio.export runs/gtzan_mlp-001 --format litert
python -m kerasaudio.export runs/gtzan_mlp-001 --format onnx

RUN/saved_model then holds the network with its front end (signature `serving_default`: inputs to
scores, which are probabilities; a model of sound takes any number of samples, and its signature
`windows` gives the scores of each window), labels.txt (one label a line, in the order of the
scores) and model.json (what goes in, what comes out, what was measured). RUN/litert holds
model.tflite instead, which takes one example, and RUN/onnx holds model.onnx, which takes batches.
Both take sound of one length; they need `pip install 'kerasaudio[litert]'` and `'[onnx]'`. The
exported model is checked against the original on test examples.
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasaudio.commandline import options, running
from kerasaudio.commandline.parser import command_parser
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("export", __doc__ or "")
    options.add_run(parser)
    parser.add_argument(
        "--format",
        choices=("saved_model", "litert", "onnx"),
        default="saved_model",
        help="kind of the model file (default: %(default)s); example: onnx",
    )
    chosen = parser.parse_args(arguments)
    import_keras()
    from kerasaudio.serving.export import export_run

    exported = export_run(chosen.run, chosen.experiment, chosen.data, chosen.format)
    print(f"exported  {exported.folder}")
    print(
        f"checked   largest difference to the live model on {exported.compared} test examples: "
        f"{exported.difference:.2g}"
    )
    return 0


if __name__ == "__main__":
    running.run(main)
