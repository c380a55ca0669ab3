"""The same function for many items at the same time, with few of them in flight."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

THREADS = 4  # reading waits for the disk, and libsndfile lets other threads run
AHEAD = 2  # items in flight for each worker, so that none waits for its next one

Item = TypeVar("Item")
Result = TypeVar("Result")


def processors() -> int:
    """Returns the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    with ThreadPoolExecutor(threads) as pool:
        numbered = as_done(pool, lambda n: function(items[n]), range(len(items)), threads)
        for number, result in numbered:
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
    pool: Executor, function: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Iterator[tuple[Item, Result]]:
    """Yields each item with what a function returns for it, in the order in which they are done.

    What waits is cancelled when the caller stops or the function raises.

    Args:
        pool: Threads or processes.
        function: The function.
        items: The items.
        workers: Number of workers of the pool; twice as many items are in flight.
    """
    left, waiting = iter(items), dict[Future[Result], Item]()
    try:
        while True:
            for item in islice(left, AHEAD * workers - len(waiting)):
                waiting[pool.submit(function, item)] = item
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), future.result()
    finally:
        for future in waiting:
            future.cancel()
