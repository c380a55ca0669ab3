"""A gate that learns by example: opens for voice, or for the snare of a drum kit.

Source: Halaby, Marzec and Mukhtar, Audio classification (Georgia Tech, CS 7643), section 1, who
wanted such a gate. Clips are mixed and labelled here; networks as in Valin, A hybrid DSP/deep
learning approach to real-time full-band speech enhancement (2018).

    python -m kerasaudio.train --experiment gate:voice --data ROOT
    python -m kerasaudio.gate runs/gate-voice-001 in.wav --out out.wav

Expect: see experiments/gate.md.
"""

from dataclasses import replace

from kerasaudio.data.gate_mixtures import GateMixtures
from kerasaudio.experiment import Adam, Cosine, Experiment, Fit
from kerasaudio.frontends.causal_log_mel import CausalLogMel
from kerasaudio.frontends.normalized import Normalized
from kerasaudio.models.gate import GateNetwork

VOICE = GateMixtures(
    target=("fsdd/recordings", "wake_words"),
    background=("esc10",),
    label="voice",
    background_files="^(?!.*(baby_cry|person_sneeze))",
    target_group="(?<=_)[a-z]+(?=_)|^[^_]+$",  # digit_SPEAKER_number, or a file of its own
    background_group=r"^(?P<fold>\d)-(?P<group>\d+)",
    open_db=-30.0,
    speed=(0.9, 1.1),
    mixtures=(7200, 200, 400),
)
DRUM = GateMixtures(
    target=("drums",),
    background=("drums",),
    label="snare",
    target_files="snare",
    background_files="^(?!.*snare)",
    test_files="CR-78",
    validation=0.34,
    open_db=-30.0,
    length=2.0,
    frame_ms=2.5,
    bridge_ms=10.0,
    snr_db=(-6.0, 20.0),
    most=4,
    hits=6.0,
    speed=(0.7, 1.4),
    vary=True,  # two or three snares train
    mixtures=(3600, 200, 400),
)
SAMPLED = ("sampled/DM", "sampled/DRUMS")  # https://github.com/oramics/sampled
KITS = replace(
    DRUM,
    target=SAMPLED,
    background=SAMPLED,
    target_files=r"(?i)snare|\.SD",
    background_files=r"(?i)^(?!.*(snare|\.SD))",
    target_group="folder",
    background_group="folder",
    valid_files="TR-505|TR-909",
    even=True,  # a kit has 14 clips, another 256
    mixtures=(7200, 200, 400),
)
DRUM_FRAMES = Normalized(CausalLogMel(window=256, hop=40, fall=40))
NETWORK = GateNetwork(filters=(64,), kernel=7, units=(128,))
FIT = Fit(epochs=5, batch_size=32, optimizer=Adam(0.003), schedule=Cosine())

experiments = {
    "voice": Experiment(VOICE, Normalized(CausalLogMel()), NETWORK, FIT),
    # so few snares are learned by heart by a larger network, or in a longer training
    "drum": Experiment(
        DRUM, DRUM_FRAMES, replace(NETWORK, units=(96,)), replace(FIT, batch_size=64)
    ),
    "drum_kits": Experiment(KITS, DRUM_FRAMES, NETWORK, replace(FIT, epochs=2)),
}


def space(hp, experiment=experiments["voice"]):
    """3 * 3 * 3 * 2 * 3 = 162 points: filters, kernel, units, dropout, learning rate."""
    model = replace(
        experiment.model,
        filters=(hp.Choice("filters", [32, 48, 64]),),
        kernel=hp.Choice("kernel", [3, 5, 7]),
        units=(hp.Choice("units", [64, 96, 128]),),
        dropout=hp.Choice("dropout", [0.0, 0.1]),
    )
    rate = hp.Choice("learning_rate", [0.001, 0.003, 0.01])
    fit = replace(experiment.fit, optimizer=replace(experiment.fit.optimizer, learning_rate=rate))
    return replace(experiment, model=model, fit=fit)


spaces = {
    "voice": space,
    "drum": lambda hp: space(hp, experiments["drum"]),
    "drum_kits": lambda hp: space(hp, experiments["drum_kits"]),
}
