"""A worker that dies is replaced, and the message that kills is found, named and set aside.

What kills is put into workers from outside: a `sitecustomize` on their path, so that the program knows nothing of it.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date

import pytest

from analyzer.batch import Options, run_batch
from analyzer.decide import read_policy
from analyzer.errors import RunError
from analyzer.pool import Here, Job, analyze_all
from analyzer.records import Shard
from analyzer.work import Settings, work_journal

OPTIONS = Options(today=date(2026, 3, 2), jobs=2)
MESSAGE = (
    "From a Mon Jan  5 10:00:00 2026\nMessage-ID: <{0}@x.example>\nFrom: Jo <jo@a.example>\nSubject: {0}\n\n{1}\n\n"
)
NEWS = "Garden chairs are half price in our spring sale. Unsubscribe here."

KILLER = """
import os, signal, sys
from importlib.abc import MetaPathFinder

def die(text):
    if "kill-" in text and not os.path.exists(os.path.join({folder!r}, "spare")):
        os.kill(os.getpid(), signal.SIGKILL)

class Finder(MetaPathFinder):
    "Changes {module} as it is imported."
    def find_spec(self, name, path, target=None):
        if name != {module!r}:
            return None
        sys.meta_path.remove(self)
        import importlib.util
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module
        def exec_module(module):
            execute(module)
            real = getattr(module, {function!r})
            def changed(*args):
                result = real(*args)
                die(" ".join(str(arg) for arg in args))
                return result
            setattr(module, {function!r}, changed)
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Finder())
"""


@pytest.fixture
def deadly(tmp_path, monkeypatch):
    """Make a function of a module deadly, in workers, for what holds "kill-"."""

    def make(module, function):
        folder = tmp_path / "site"
        folder.mkdir()
        code = KILLER.format(folder=str(folder), module=module, function=function)
        (folder / "sitecustomize.py").write_text(code, "utf-8")
        monkeypatch.setenv("PYTHONPATH", str(folder))
        return folder

    return make


def mailbox(path, subjects):
    path.write_text("".join(MESSAGE.format(subject, NEWS) for subject in subjects), "utf-8")
    return path


def read(output):
    with (output / "skipped.csv").open(encoding="utf-8", newline="") as table:
        skipped = list(csv.DictReader(table))
    results = [json.loads(line)["subject"] for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    return results, skipped


def test_a_message_that_kills_twice_is_set_aside_with_its_message_id(tmp_path, deadly):
    deadly("analyzer.look", "may_be_job_mail")
    (tmp_path / "mail").mkdir()
    mailbox(tmp_path / "mail" / "a.mbox", ["1", "2", "kill-3", "4", "kill-5"])
    mailbox(tmp_path / "mail" / "b.mbox", ["6", "7"])
    total = run_batch([tmp_path / "mail"], tmp_path / "out", OPTIONS)
    results, skipped = read(tmp_path / "out")
    assert (total.read, total.other, total.skipped) == (7, 5, 2)
    assert results == ["1", "2", "4", "6", "7"]
    assert [row["message_id"] for row in skipped] == ["<kill-3@x.example>", "<kill-5@x.example>"]
    assert all("was killed twice" in row["reason"] for row in skipped)
    assert [row["reason"].split(":")[0].rsplit("/")[-1] for row in skipped] == ["a.mbox#3", "a.mbox#5"]


def test_where_even_reading_past_a_message_kills_the_rest_of_its_piece_is_set_aside(tmp_path, deadly):
    deadly("analyzer.read.mbox", "_message")
    box = mailbox(tmp_path / "a.mbox", ["1", "2", "kill-3", "4"])
    text = box.read_text("utf-8")
    start = text.index("From a", text.index("<2@x"))
    deadly_extent = f"Extent(start={start}, "
    site = tmp_path / "site" / "sitecustomize.py"
    site.write_text(site.read_text("utf-8").replace('"kill-" in text', f"{deadly_extent!r} in text"), "utf-8")
    total = run_batch([box], tmp_path / "out", OPTIONS)
    results, skipped = read(tmp_path / "out")
    assert results == ["1", "2"]
    assert (total.read, total.skipped) == (3, 1)
    assert "from here on it is not read" in skipped[0]["reason"]


def test_a_worker_that_was_killed_once_changes_nothing(tmp_path, deadly):
    """As the system kills one when memory is short."""
    folder = deadly("analyzer.look", "may_be_job_mail")
    site = folder / "sitecustomize.py"
    once = f"os.mkdir(os.path.join({str(folder)!r}, 'spare')) or os.kill"
    site.write_text(site.read_text("utf-8").replace("os.kill", once), "utf-8")
    box = mailbox(tmp_path / "a.mbox", ["1", "kill-2", "3"])
    total = run_batch([box], tmp_path / "out", OPTIONS)
    assert (folder / "spare").exists()
    assert (total.read, total.skipped) == (3, 0)


def test_workers_that_cannot_even_begin_end_the_run_with_one_line(tmp_path, deadly):
    folder = deadly("analyzer.look", "may_be_job_mail")
    (folder / "sitecustomize.py").write_text("import os\nos._exit(1)\n", "utf-8")
    with pytest.raises(RunError, match="end before they begin") as failure:
        run_batch([mailbox(tmp_path / "a.mbox", ["1"])], tmp_path / "out", OPTIONS)
    assert "\n" not in str(failure.value)


def test_as_many_processes_as_asked_for_give_the_same_results(tmp_path):
    (tmp_path / "mail").mkdir()
    for name in "abcde":
        mailbox(tmp_path / "mail" / f"{name}.mbox", [f"{name}{n}" for n in range(9)])
    totals = [
        run_batch([tmp_path / "mail"], tmp_path / f"out{jobs}", replace(OPTIONS, jobs=jobs)) for jobs in (None, 1, 3)
    ]
    assert totals[0] == totals[1] == totals[2]
    assert len({(tmp_path / f"out{jobs}" / "results.jsonl").read_bytes() for jobs in (None, 1, 3)}) == 1


class DeathError(Exception):
    """What a library raises when a worker died."""


class Frail(Here):
    """Four workers that die together whenever one of them reads message 2 of the shard named "bad"."""

    width = 4
    deaths = (DeathError,)

    def __init__(self, folder):
        self.folder = folder
        self.together = []

    def submit(self, job):
        work_journal(str(self.folder), job.shard).write_bytes((2).to_bytes(8, "little"))
        return Working(job)

    def wait(self, working):
        self.together.append(sorted(one.job.shard.source for one in working))
        died = any(one.job.shard.source == "bad" and 2 not in one.job.skip for one in working)
        for one in working:
            one.died = died
        return list(working)


class Working:
    """Stands in for a future."""

    died = False

    def __init__(self, job):
        self.job = job

    def result(self):
        if self.died:
            raise DeathError
        return sorted(self.job.skip)


def test_those_who_died_together_are_tried_alone_so_that_only_the_guilty_is_set_aside(tmp_path):
    crew = Frail(tmp_path)
    settings = Settings("", "", read_policy(), {}, OPTIONS.today, journal=str(tmp_path))
    shards = [Shard(source, "", "mbox") for source in ("a", "bad", "c", "d", "e")]
    jobs = (Job(number, shard, settings) for number, shard in enumerate(shards))
    parts = {job.shard.source: skipped for job, skipped in analyze_all(jobs, crew, lambda: None)}
    assert parts == {"a": [], "bad": [2], "c": [], "d": [], "e": []}
    assert crew.together == [["a", "bad", "c", "d"], ["a"], ["bad"], ["c"], ["d"], ["bad"], ["e"]]
