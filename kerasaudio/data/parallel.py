"""The same function for many items at the same time, with few of them in flight."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

from kerasaudio.cluster.executor import Machines

AHEAD = 2  # tasks in flight for each worker, so that none waits for its next one
CHUNK = 8  # recordings of a task elsewhere: each task takes some milliseconds more

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """Returns the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Items at the same time in a process, all of which are in memory. No result depends on it.
THREADS = min(8, processors())


def operation_threads() -> int:
    """Returns how many threads TensorFlow gives an operation; it must be imported.

    Sums are put together in another order with another number, so it decides last digits.
    """
    chosen = sys.modules["tensorflow"].config.threading.get_intra_op_parallelism_threads()
    return chosen or int(os.environ.get("TF_NUM_INTRAOP_THREADS", 0)) or processors()


def for_each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    advance: Callable[[int], None] = lambda units: None,
    threads: int = THREADS,
) -> list[Result]:
    """Returns what a function returns for each item, in the items' order.

    Args:
        function: The function, called in threads. It should mostly read files.
        items: The items.
        advance: Called with 1 after each item, for the progress display.
        threads: Number of threads.
    """
    found: dict[int, Result] = {}
    for number, result in in_threads(threads, lambda n: function(items[n]), range(len(items))):
        found[number] = result
        advance(1)
    return [found[number] for number in range(len(items))]


def at_once(
    function: Callable[[Item], Result], items: Sequence[Item], threads: int
) -> list[Result]:
    """Returns what a function returns for each item; one thread is the caller's own.

    Args:
        function: The function.
        items: The items.
        threads: Number of items at the same time, such as `stores.in_flight`.
    """
    return list(in_order(function, items, threads))


def in_order(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yields what a function returns for each item, in order; see `at_once`.

    Twice as many items as there are threads are begun at most before they are asked for.
    """
    if threads == 1:
        yield from map(function, items)
        return
    waiting = deque[Future[Result]]()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) == AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def as_done(
    pool: Executor,
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: Callable[[], int],
    chunk: int = 1,
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with what a function returns for it, in the order in which they are done.

    What waits is cancelled when the caller stops or the function raises.

    Args:
        pool: Threads, processes or machines.
        function: The function.
        items: The items.
        workers: Returns the number of workers of the pool; twice as many tasks are in flight.
        chunk: Number of items of a task.
    """
    left, waiting = iter(items), dict[Future[list[Result]], list[Item]]()
    try:
        while True:
            while len(waiting) < AHEAD * max(1, workers()) and (few := list(islice(left, chunk))):
                waiting[pool.submit(_for_few, function, few)] = few
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield from zip(waiting.pop(future), future.result(), strict=True)
    finally:
        for future in waiting:
            future.cancel()


def _for_few(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """What a task does; other processes have to find it by its name."""
    return [function(item) for item in items]


def one_by_one(
    function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with what a function returns for it, when it is asked for."""
    for item in items:
        yield item, function(item)


def in_threads(
    number: int, function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with what a function returns for it in some threads; see `as_done`."""
    with ThreadPoolExecutor(number) as pool:
        yield from as_done(pool, function, items, lambda: number)


def elsewhere(
    machines: Machines,
    check: Callable[[], None],
    function: Callable[[Item], Result],
    items: Sequence[Item],
    threads: int = 1,
    gpus: bool = False,
    most: int = CHUNK,
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with what a function returns for it in other processes; see `as_done`.

    The function, the items and the results are pickled.

    Args:
        machines: The processes and machines.
        check: See `Machines.executor`.
        function: The function.
        items: The items.
        threads: See `Machines.executor`, as for the next one.
        gpus: Whether the function computes on GPUs where there are any.
        most: Largest number of items of a task; of few items each worker gets some.

    Raises:
        UserError: If the machines cannot be used.
    """
    with machines.executor(check, threads, gpus=gpus) as executor:
        chunk = max(1, min(most, len(items) // (AHEAD * max(1, executor.workers))))
        yield from as_done(executor, function, items, lambda: executor.workers, chunk)
