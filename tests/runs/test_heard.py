"""What a page plays is the sound of the window, whether its spectrogram was cached or not."""

import io

import numpy as np
import pytest
import soundfile

from kerasaudio.experiment import with_facts
from kerasaudio.experiment.catalogue import load
from kerasaudio.experiment.overrides import adjusted
from kerasaudio.runs.heard import heard
from kerasaudio.training import pipeline
from kerasaudio.training.assemble import assemble
from kerasaudio.training.cache import Cache
from kerasaudio.training.precompute import load_splits

SMALL = ["data.windows=2", "data.partial=True"]


@pytest.mark.parametrize("name", ["gtzan_cnn1d:gap", "gtzan_sample_cnn:gap"])
@pytest.mark.parametrize("cached", [True, False])
def test_the_sound_is_that_of_the_window(real_data, tmp_path, name, cached):
    experiment = with_facts(adjusted(load(name).experiment, SMALL, None), real_data)
    cache = Cache(tmp_path, 10**9) if cached else None
    test = load_splits(experiment, real_data, cache).test
    model = assemble(experiment, test)
    chosen = [test.ids[5], test.ids[0]]
    found = heard(model, experiment, test, chosen)
    assert list(found) == chosen
    plain = load_splits(experiment, real_data).test
    windows = np.concatenate([batch for batch, _ in pipeline.batches(plain, 32)])
    for each, row in zip(chosen, (5, 0), strict=True):
        samples, rate = soundfile.read(io.BytesIO(found[each].flac))
        assert rate == 22_050
        np.testing.assert_allclose(samples, windows[row], atol=2 / 32_768)
        assert found[each].inputs.shape == found[each].saliency.shape
        assert 0 <= found[each].saliency.min() <= found[each].saliency.max() <= 1
        assert found[each].picture().startswith("<svg")


def test_rows_of_a_table_are_not_heard(standin_root):
    experiment = load("gtzan_mlp").experiment
    splits = load_splits(experiment, standin_root)
    model = assemble(experiment, splits.train)
    assert heard(model, experiment, splits.test, splits.test.ids[:2]) == {}
