"""Export a run's model as a SavedModel that needs TensorFlow alone.

python -m kerasaudio.export runs/gtzan_mlp-001

RUN/saved_model then holds the network with its front end (signature `serving_default`: inputs to
scores, which are probabilities; a model of sound takes any number of samples, and its signature
`windows` gives the scores of each window), labels.txt (one label a line, in the order of the
scores) and model.json (what goes in, what comes out, what was measured). The exported model is
checked against the original on the test examples.
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasaudio import options
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = options.parser("export", __doc__ or "")
    options.add_run(parser)
    chosen = parser.parse_args(arguments)
    import_keras()
    from kerasaudio.serving.saved_model import export_run

    exported = export_run(chosen.run, chosen.experiment, chosen.data)
    print(f"exported  {exported.folder}")
    print(
        "checked   largest difference to the live model on the test examples: "
        f"{exported.difference:.2g}"
    )
    return 0


if __name__ == "__main__":
    options.run(main)
