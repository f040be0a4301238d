"""The same run on a Dask cluster: a scheduler and two workers on this machine's own address, nowhere else."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date

import pytest

from analyzer.batch import Options, run_batch
from analyzer.errors import RunError
from scripts.make_mailbox import make_mailbox

pytest.importorskip("distributed")
OPTIONS = Options(today=date(2026, 3, 2))


def wait_for(found):
    """Wait until `found()` gives something, and return it."""
    for _ in range(1200):
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError("nothing came")


@contextlib.contextmanager
def program(*words, cwd):
    """Run a program of Dask's in a group of its own, which ends with the test whatever happens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, words)],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill(process)


def kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def cluster(tmp_path):
    """An address, and two workers with a process of their own each."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    place = folder / "scheduler.json"
    own = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", place)
    with contextlib.ExitStack() as stack:
        stack.enter_context(program("scheduler", *own, "--port", "0", cwd=folder))
        wait_for(lambda: place.exists() and place.read_text("utf-8"))
        workers = [
            stack.enter_context(program("worker", *own, "--nthreads", "1", "--nworkers", "1", cwd=folder)) for _ in "ab"
        ]
        yield json.loads(place.read_text("utf-8"))["address"], workers


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(cluster, tmp_path):
    address, workers = cluster
    mail = tmp_path / "mail"
    mail.mkdir()
    for number in range(8):
        make_mailbox(mail / f"{number}.mbox", messages=40, seed=number)
    alone = run_batch([mail], tmp_path / "alone", OPTIONS)
    command = [
        sys.executable,
        "-m",
        "analyzer",
        "batch",
        str(mail),
        "-o",
        str(tmp_path / "out"),
        "--scheduler",
        address,
    ]
    run = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    parts = tmp_path / "out" / ".analyzer" / "parts"
    wait_for(lambda: run.poll() is not None or any(parts.glob("*.jsonl")))
    kill(workers[0])
    stdout, stderr = run.communicate(timeout=120)
    assert (run.returncode, stderr) == (0, "")
    assert json.loads(stdout) == alone.as_dict()
    for name in ("results.jsonl", "results.csv", "skipped.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def test_an_address_where_nobody_answers_is_one_line(tmp_path):
    (tmp_path / "a.txt").write_text("We regret.", "utf-8")
    options = replace(OPTIONS, scheduler="nothing://127.0.0.1:1")
    with pytest.raises(RunError, match="no Dask scheduler answers there") as failure:
        run_batch([tmp_path / "a.txt"], tmp_path / "out", options)
    assert "\n" not in str(failure.value)
