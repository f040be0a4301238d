"""A run that is killed at any instant and started again ends in the same results as one that was not.

ANALYZER_KILLS says at how many random moments (3 unless it is set), ANALYZER_SEED which ones.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date

import pytest

from analyzer.batch import Options, run_batch
from scripts.make_mailbox import make_mailbox

KILLS = int(os.environ.get("ANALYZER_KILLS", "3"))
SEED = os.environ.get("ANALYZER_SEED") or str(time.time_ns())
OPTIONS = Options(today=date(2026, 3, 2))

pytestmark = pytest.mark.skipif(os.name == "nt", reason="nothing can be killed so there")


@pytest.fixture(scope="module")
def mail(tmp_path_factory):
    """Ten small mailboxes, the last of which holds again what the first one holds, and letters in files."""
    folder = tmp_path_factory.mktemp("killed")
    for number in range(9):
        make_mailbox(folder / f"{number}.mbox", messages=30, seed=number)
    make_mailbox(folder / "9.mbox", messages=40, seed=0)
    (folder / "letters").mkdir()
    for number in range(20):
        (folder / "letters" / f"{number}.txt").write_text(
            f"We regret, and wish you well. {number}\n" * (number % 7), "utf-8"
        )
    return folder


def start(mail, output):
    home = {name: str(output.parent) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    env = {**os.environ, **home, "ANALYZER_NOW": OPTIONS.today.isoformat()}
    command = [sys.executable, "-m", "analyzer", "batch", str(mail), "-o", str(output), "-j", "2"]
    return subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env, start_new_session=True
    )


@pytest.fixture(scope="module")
def whole(mail, tmp_path_factory):
    """The results of a run that was left alone, and how long it took."""
    output = tmp_path_factory.mktemp("whole") / "out"
    begin = time.monotonic()
    process = start(mail, output)
    assert (process.wait(), process.stderr.read()) == (0, "")
    process.stderr.close()
    return sorted_results(output), time.monotonic() - begin


def sorted_results(output):
    """Return every line of what people and programs read, sorted; drafts and reminders byte for byte."""
    results = {
        name: sorted((output / name).read_bytes().splitlines())
        for name in ("results.jsonl", "results.csv", "skipped.csv")
    }
    drafts = {path.name: path.read_bytes() for path in (output / "drafts").glob("*.eml")}
    entries = sorted(
        line for line in (output / "reminders.ics").read_bytes().splitlines() if line.startswith(_OF_ENTRY)
    )
    return {**results, "drafts": drafts, "reminders.ics": entries}


_OF_ENTRY = (b"UID", b"DTSTAMP", b"DTSTART", b"SUMMARY")  # the description names the folder


@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_that_was_killed_ends_in_the_same_results(mail, whole, tmp_path, number):
    moments = random.Random(f"{SEED} {number}")  # noqa: S311  any will do, if it can be had again
    expected, seconds = whole
    for _ in range(moments.randint(1, 2)):
        wait = moments.uniform(0, seconds)
        process = start(mail, tmp_path / "out")
        time.sleep(wait)
        process.kill()
        process.stderr.close()
        process.wait()
        try:
            run_batch([mail], tmp_path / "out", OPTIONS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        found = sorted_results(tmp_path / "out")
        for name, content in expected.items():
            assert found[name] == content, f"{name} differs, killed after {wait} s of {seconds} (ANALYZER_SEED={SEED})"
