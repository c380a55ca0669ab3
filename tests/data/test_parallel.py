"""What runs at the same time follows the machine, and no result depends on it."""

import importlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kerasaudio.data.parallel import AHEAD, as_done, for_each, in_threads, one_by_one
from kerasaudio.data.standins import standin
from kerasaudio.experiment.catalogue import load
from kerasaudio.training import pipeline

READERS = {  # who reads the examples of an experiment in threads
    "gtzan_sample_cnn:gap": "kerasaudio.data.sound.windows",
    "gate:voice": "kerasaudio.data.gate.mixture_inputs",
    "audioset_speech:linear": "kerasaudio.data.records.embedding_folder",
}


@pytest.mark.parametrize("name", READERS)
def test_batches_are_the_same_whatever_the_number_of_threads(name, tmp_path, monkeypatch):
    data = load(name).experiment.data
    standin.write_marker(tmp_path)
    data.write_standin(tmp_path)
    reader, found = importlib.import_module(READERS[name]), []
    for threads in (1, 7):
        monkeypatch.setattr(reader, "THREADS", threads)
        train = data.load(tmp_path).train
        batches = pipeline.training_batches(train, 4, 0, range(1)).take(6)
        found.append([np.asarray(part) for batch in batches for part in batch])
    assert len(found[0]) == 12
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_way_calls_the_function_once_for_each_item():
    expected = {number: number**2 for number in range(50)}
    assert dict(in_threads(3, lambda n: n**2, range(50))) == expected
    assert list(one_by_one(lambda n: n**2, range(50))) == list(expected.items())
    assert for_each(lambda n: n**2, range(50)) == list(expected.values())


def test_tasks_of_several_items_are_few_in_flight():
    taken, tasks = [], []

    class Counting(ThreadPoolExecutor):
        def submit(self, function, *arguments):
            tasks.append(arguments[-1])
            return super().submit(function, *arguments)

    def items():
        for number in range(204):
            taken.append(number)
            yield number

    with Counting(2) as pool:
        for done, (number, found) in enumerate(
            as_done(pool, lambda n: -n, items(), lambda: 2, chunk=8)
        ):
            assert found == -number
            assert len(taken) <= done + 8 + AHEAD * 2 * 8
    assert [len(few) for few in tasks] == [*[8] * 25, 4]
