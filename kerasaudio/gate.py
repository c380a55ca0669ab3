"""Let through a recording only where a target sounds, with the gate of a run.

python -m kerasaudio.gate runs/gate-voice-001 in.wav --out out.wav
python -m kerasaudio.gate runs/gate-voice-001 in.wav --out out.wav --threshold 0.3 --labels out.txt

The recording has any format, rate and number of channels, which are gated as one. It is read in
buffers, and the gate answers to each before it gets the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasaudio.commandline import running, values
from kerasaudio.commandline.parser import command_parser
from kerasaudio.training.backend import import_keras

SETTINGS = {
    "threshold": "probability from which on the gate opens; example: 0.3",
    "hysteresis": "how far below the threshold it closes; example: 0.1",
    "attack": "ms from closed to open; example: 1",
    "hold": "ms that it stays open after the target; example: 100",
    "release": "ms from open to closed; example: 80",
    "range": "gain of the closed gate in dB; example: -60",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("gate", __doc__ or "")
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, or its exported gate")
    parser.add_argument("source", type=Path, metavar="IN", help="recording")
    out = "file that gets the gated sound; example: out.wav"
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=out)
    for name, text in SETTINGS.items():
        parser.add_argument(f"--{name}", type=float, metavar="X", help=f"{text} (default: its own)")
    parser.add_argument(
        "--buffer",
        type=values.positive,
        default=100,
        metavar="N",
        help="samples that the gate gets at once (default: %(default)s); example: 480",
    )
    labels = "file that gets the openings as an Audacity label track; example: out.txt"
    parser.add_argument("--labels", type=Path, metavar="FILE", help=labels)
    chosen = parser.parse_args(arguments)
    import_keras()
    from kerasaudio.serving.gate_files import gate_file, gate_folder

    changes = {name: getattr(chosen, name) for name in SETTINGS}
    changes = {name: value for name, value in changes.items() if value is not None}
    folder = gate_folder(chosen.run)
    count = gate_file(folder, chosen.source, chosen.out, changes, chosen.buffer, chosen.labels)
    print(f"gated     {chosen.out}: {count} openings")
    return 0


if __name__ == "__main__":
    running.run(main)
