"""Shards -> parts, by several processes on this machine (loky) or on others (a Dask cluster), in any order.

A worker that dies is replaced. Then the shards that were in work are read one by one, so that it is known which
message kills: one at which two workers died is set aside, and where even reading past it kills, so is what follows it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from analyzer.errors import RunError
from analyzer.work import Part, analyze_shard, read_journal, work_journal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from analyzer.records import Shard
    from analyzer.work import Settings

MAX_DEATHS = 2
"""A message at which so many workers died is set aside; at twice as many, reading it is what kills."""

_BARREN = 3  # so many deaths in a row before any message was begun are the machine's fault
_BEAT = 0.2  # seconds between two looks at the clock


@dataclass(frozen=True)
class Job:
    """A shard to be read, with what is known to kill in it."""

    number: int
    shard: Shard
    settings: Settings
    skip: frozenset[int] = frozenset()
    cut: int | None = None


class Crew(Protocol):
    """Whoever reads shards: this process, others, or a cluster. `deaths` are the errors that say that a worker died."""

    width: int
    deaths: tuple[type[BaseException], ...]

    def submit(self, job: Job) -> Any:  # noqa: ANN401  each library has a future of its own
        """Begin a shard."""

    def wait(self, futures: Collection[Any]) -> Collection[Any]:
        """Return those that are done, after a moment at the latest."""

    def replace(self) -> None:
        """Go on after a death."""

    def close(self) -> None:
        """End at once, whatever is in work."""


def analyze_all(jobs: Iterable[Job], crew: Crew, beat: Callable[[], None]) -> Iterator[tuple[Job, Part]]:
    """Yield each shard's part as it comes; a few are in work at any time. `beat` is called every moment."""
    hospital = _Hospital(jobs, crew.width)
    working: dict[Any, Job] = {}
    while True:
        for job in hospital.next_jobs(len(working)):
            working[crew.submit(job)] = job
        if not working:
            return
        done = crew.wait(working)
        beat()
        for future in done:
            job = working.pop(future)
            try:
                part = future.result()
            except crew.deaths:
                hospital.take(job)
            else:
                yield job, part
        if hospital.dead and not working:
            crew.replace()
            hospital.examine()


class _Hospital:
    """Which jobs come next: new ones, those to be done again, or one alone that is under suspicion."""

    def __init__(self, jobs: Iterable[Job], width: int) -> None:
        self.dead: list[Job] = []
        self._new = iter(jobs)
        self._width = width
        self._again: deque[Job] = deque()
        self._suspects: deque[Job] = deque()
        self._deaths: Counter[tuple[int, int]] = Counter()
        self._barren = 0

    def next_jobs(self, working: int) -> Iterator[Job]:
        """Yield what is to be begun now, while so many are in work."""
        if self.dead:
            return
        if self._suspects:
            if not working:
                yield self._suspects.popleft()
            return
        while working < self._width:
            job = self._again.popleft() if self._again else next(self._new, None)
            if job is None:
                return
            yield job
            working += 1

    def take(self, job: Job) -> None:
        """Take in a job whose worker died."""
        self.dead.append(job)

    def examine(self) -> None:
        """Find out, when all is still, which messages the dead were at."""
        begun = False
        for job in self.dead:
            n = read_journal(job.settings.journal, job.shard)
            if n is None:
                self._again.append(job)
                continue
            begun = True
            work_journal(job.settings.journal, job.shard).unlink(missing_ok=True)
            self._deaths[job.number, n] += 1
            self._suspects.append(_without(job, n, self._deaths[job.number, n]))
        self.dead.clear()
        self._barren = 0 if begun else self._barren + 1
        if self._barren == _BARREN:
            raise RunError(
                "the processes that analyse end before they begin; look whether memory is short, and try again with -j 1"
            )


def _without(job: Job, n: int, deaths: int) -> Job:
    if deaths >= 2 * MAX_DEATHS:
        return replace(job, cut=n)
    return replace(job, skip=job.skip | {n}) if deaths >= MAX_DEATHS else job


class Here:
    """This very process: for what is so small that starting others would take longer."""

    width = 1
    deaths: tuple[type[BaseException], ...] = ()

    def __init__(self) -> None:
        for name, value in _ONE_THREAD.items():  # read when the library is first loaded
            os.environ.setdefault(name, value)

    def submit(self, job: Job) -> Future[Part]:
        """Do it at once."""
        future: Future[Part] = Future()
        future.set_result(analyze_shard(job.shard, job.settings, job.skip, job.cut))
        return future

    def wait(self, futures: Collection[Future[Part]]) -> Collection[Future[Part]]:
        """Return all."""
        return list(futures)

    def replace(self) -> None:
        """Nothing dies here but the run itself."""

    def close(self) -> None:
        """Nothing is in work."""


class Processes:
    """Processes on this machine. Each is a fresh interpreter, so that nothing of this one is in it."""

    def __init__(self, count: int) -> None:
        from joblib.externals.loky.process_executor import BrokenProcessPool

        self.width = 2 * count
        self.deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)
        self._count = count
        self._executor = self._start()

    def _start(self) -> Any:  # noqa: ANN401  joblib has no types
        from joblib.externals.loky import ProcessPoolExecutor

        _start_trackers()
        return ProcessPoolExecutor(max_workers=self._count, timeout=_IDLE, env=_ONE_THREAD)

    def submit(self, job: Job) -> Future[Part]:
        """Begin a shard."""
        with _without_interrupts():
            try:
                future: Future[Part] = self._executor.submit(_in_process, job)
            except self.deaths as error:  # the pool broke a moment ago: what is in work will say so as well
                future = Future()
                future.set_exception(error)
        return future

    def wait(self, futures: Collection[Future[Part]]) -> Collection[Future[Part]]:
        """Return those that are done, after a moment at the latest."""
        return wait(futures, timeout=_BEAT, return_when=FIRST_COMPLETED).done

    def replace(self) -> None:
        """Start anew: one that broke never mends."""
        self.close()
        self._executor = self._start()

    def close(self) -> None:
        """End at once."""
        self._executor.shutdown(wait=True, kill_workers=True)


class Cluster:
    """The workers of a Dask scheduler. They must see the same files at the same paths, and have the same model."""

    def __init__(self, address: str) -> None:
        try:
            distributed: Any = import_module("distributed")  # parts of it have no types
        except ImportError:
            raise RunError("--scheduler needs more packages; `pip install 'analyzer[dask]'` installs them") from None
        self.deaths: tuple[type[BaseException], ...] = (distributed.KilledWorker,)
        self._wait = distributed.wait
        self._lost = (distributed.client.FuturesCancelledError, distributed.comm.CommClosedError)
        try:
            self._client = distributed.Client(address, timeout=_CONNECT)
        except (OSError, ValueError) as error:
            raise RunError(
                f"{address}: no Dask scheduler answers there; start `dask scheduler` and try again"
            ) from error
        try:
            self._client.wait_for_workers(1, timeout=_CONNECT)
        except TimeoutError:
            self._client.close()
            raise RunError(f"{address}: this Dask scheduler has no worker; start `dask worker {address}`") from None
        logging.disable()  # tracebacks of every lost connection: what matters is said here, in a line
        self.width = 2 * max(1, sum(self._client.nthreads().values()))

    def submit(self, job: Job) -> Any:  # noqa: ANN401  distributed has no types
        """Begin a shard."""
        return self._client.submit(analyze_shard, job.shard, job.settings, job.skip, job.cut, pure=False)

    def wait(self, futures: Collection[Any]) -> Collection[Any]:
        """Return those that are done, after a moment at the latest."""
        try:
            self._wait(list(futures), timeout=_BEAT, return_when="FIRST_COMPLETED")
        except TimeoutError:
            pass
        except self._lost:
            raise RunError("the Dask scheduler has gone; start it again, then the same command to go on") from None
        return [future for future in futures if future.done()]

    def replace(self) -> None:
        """Nothing to do: the cluster has other workers."""

    def close(self) -> None:
        """Let go of the cluster, and of what is in work there."""
        self._client.close()
        logging.disable(logging.NOTSET)


_ONE_THREAD = dict.fromkeys("OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS VECLIB_MAXIMUM_THREADS".split(), "1")
"""How many threads a product of matrices takes. Those of a letter are small: threads spend their time in waiting for one
another, the more so where every process has as many as there are cores."""

_IDLE = 10  # seconds after which a worker without work ends, as it does when this process was killed
_CONNECT = 15


def _in_process(job: Job) -> Part:
    import faulthandler

    faulthandler.disable()  # it would print a traceback over the progress of the run
    return analyze_shard(job.shard, job.settings, job.skip, job.cut)


def _start_trackers() -> None:
    """Start what else the libraries start with the first process: starting it lets interrupts through again."""
    if hasattr(signal, "pthread_sigmask"):
        from multiprocessing import resource_tracker

        from joblib.externals.loky.backend.resource_tracker import ensure_running

        resource_tracker.ensure_running()
        ensure_running()


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach: the terminal sends it to all, and only the run is to answer."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
