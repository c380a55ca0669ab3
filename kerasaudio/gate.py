"""Let through a recording only where a target sounds, with the gate of a run.

python -m kerasaudio.gate runs/gate-voice-001 in.wav --out out.wav
python -m kerasaudio.gate runs/gate-voice-001 in.wav --out out.wav --threshold 0.3 --labels out.txt
arecord -t raw -f S16_LE -r 48000 | python -m kerasaudio.gate runs/gate-voice-001 - --out - |
    aplay -t raw -f S16_LE -r 48000

The recording has any format, rate and number of channels, which are gated as one. It is read in
buffers, and the gate answers to each before it gets the next one. Sound in a pipe has no header:
its samples are signed 16-bit little-endian numbers, and those of several channels take turns. What
comes from a file into a pipe has the file's rate and channels.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from kerasaudio.commandline import options, running, values
from kerasaudio.commandline.parser import command_parser
from kerasaudio.training.backend import import_keras

SETTINGS = {
    "threshold": "probability from which on the gate opens; example: 0.3",
    "hysteresis": "how far below the threshold it closes; follows --threshold; example: 0.1",
    "attack": "ms from closed to open; example: 1",
    "hold": "ms that it stays open after the target; example: 100",
    "release": "ms from open to closed; example: 80",
    "range": "gain of the closed gate in dB; example: -60",
}
WHOLE = {
    "buffer": (100, "samples that the gate gets at once", 480),
    "rate": (48_000, "sampling rate in Hz of sound from stdin", 16_000),
    "channels": (1, "number of channels of sound from stdin", 2),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = command_parser("gate", __doc__ or "")
    parser.add_argument("run", type=Path, metavar="RUN", help="run folder, or its exported gate")
    parser.add_argument("source", type=Path, metavar="IN", help="recording; - reads stdin")
    out = "file that gets the gated sound; - writes to stdout; example: out.wav"
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=out)
    for name, text in SETTINGS.items():
        parser.add_argument(f"--{name}", type=float, metavar="X", help=f"{text} (default: its own)")
    for name, (default, text, example) in WHOLE.items():
        text = f"{text} (default: %(default)s); example: {example}"
        parser.add_argument(
            f"--{name}", type=values.positive, default=default, metavar="N", help=text
        )
    labels = "file that gets the openings as an Audacity label track; example: out.txt"
    parser.add_argument("--labels", type=Path, metavar="FILE", help=labels)
    picture = "PNG file of the waveform, the probability and the openings; example: out.png"
    parser.add_argument("--picture", type=Path, metavar="FILE", help=picture)
    options.add_own_file(parser)
    chosen = vars(parser.parse_args(arguments))
    from kerasaudio.serving.gate_files import GateJob, exported_gate, gate_file

    given = {name: chosen.pop(name) for name in SETTINGS}
    changes = {name: value for name, value in given.items() if value is not None}
    run, file = chosen.pop("run"), chosen.pop("experiment")
    folder = exported_gate(run) or _export(run, file)
    count = gate_file(folder, GateJob(changes=changes, **chosen))
    print(f"gated     {chosen['out']}: {count} opening{'' if count == 1 else 's'}", file=sys.stderr)
    return 0


def _export(run: Path, file: str | None) -> Path:
    """Exports a run's gate; this alone needs Keras, which takes seconds to import."""
    import_keras()
    from kerasaudio.runs.folder import open_run
    from kerasaudio.serving.gate_export import export_gate

    return export_gate(open_run(run), file)


if __name__ == "__main__":
    running.run(main)
