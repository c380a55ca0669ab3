"""Score a run's model again, on its own data and protocol.

python -m kerasaudio.evaluate runs/gtzan_mlp-001
python -m kerasaudio.evaluate runs/gtzan_mlp-001 --split valid
python -m kerasaudio.evaluate runs/gtzan_mlp-001 --baselines
python -m kerasaudio.evaluate runs/audioset_speech-lstm-001 --set model.tokens=none
"""

from __future__ import annotations

from collections.abc import Sequence

from kerasaudio.commandline import options, running
from kerasaudio.commandline.parser import command_parser
from kerasaudio.training.backend import import_keras


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("evaluate", __doc__ or "")
    options.add_run(parser)
    options.add_cache(parser)
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="change a field of the model or the front end; the changed network gets the run's "
        "weights; can be given several times (default: no change); example: model.tokens=none",
    )
    parser.add_argument(
        "--split",
        choices=("train", "valid", "test"),
        default="test",
        help="split to score (default: %(default)s); example: valid",
    )
    parser.add_argument(
        "--baselines",
        action="store_true",
        help="tune eight classical methods on the same rows and compare them with the run; takes "
        "a few minutes, for tables with one label a row",
    )
    chosen = parser.parse_args(arguments)
    import_keras()
    from kerasaudio.runs.tables import evaluated_lines

    settings = (chosen.split, chosen.experiment, chosen.data, options.cache(chosen), chosen.set)
    for line in evaluated_lines(chosen.run, chosen.baselines, *settings):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    running.run(main)
