"""Mail that was damaged at random: nothing is lost, nothing hangs, nothing gets out, and every file can be read.

ANALYZER_FUZZ says how many messages (200 unless it is set), ANALYZER_SEED which ones.
"""

from __future__ import annotations

import csv
import email
import json
import os
import re
import subprocess
import sys
from collections import Counter
from email.policy import default
from html.parser import HTMLParser

import pytest
from icalendar import Calendar

from analyzer.read import plan, read_shard
from scripts.fuzz import make_mail

MESSAGES = int(os.environ.get("ANALYZER_FUZZ", "200"))
SEED = int(os.environ.get("ANALYZER_SEED", "1"))
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    """A folder with `mail`, `out` and the home of the run, and what the run printed."""
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "home").mkdir()
    alone = make_mail(folder / "mail", messages=MESSAGES, seed=SEED)
    home = {name: str(folder / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")}
    env = {**os.environ, **home, "TMPDIR": str(folder / "home"), "ANALYZER_NOW": "2026-03-02"}
    command = [sys.executable, "-m", "analyzer", "batch", "mail", "-o", "out", "-j", "2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=env)
    return folder, alone, done


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def results_of(folder):
    return [json.loads(line) for line in (folder / "out" / "results.jsonl").read_text("utf-8").splitlines()]


def test_the_run_ends_well_and_says_nothing_of_failures(fuzzed):
    _, _, done = fuzzed
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 1


def test_the_sum_adds_up_and_no_message_is_lost(fuzzed):
    folder, alone, done = fuzzed
    total = json.loads(done.stdout)
    assert total["read"] == total["analysed"] + total["other"] + total["duplicates"] + total["skipped"]
    shards = list(plan([folder / "mail"], scratch=folder / "home"))
    found = Counter(shard.format for shard in shards for _ in read_shard(shard))
    assert found["files"] == alone
    assert found["mbox"] > 0.7 * (MESSAGES - alone)  # what no longer begins as mail does belongs to the one before
    assert total["read"] == found.total()
    results, skipped = results_of(folder), rows_of(folder / "out" / "skipped.csv")
    assert (len(results), len(skipped)) == (total["analysed"] + total["other"], total["skipped"])
    assert len({row["source"] for row in results}) == len(results)
    assert min(total["analysed"], total["other"]) > MESSAGES / 10  # else little was tried


def test_nothing_is_written_but_in_the_output_folder(fuzzed):
    folder, alone, _ = fuzzed
    assert {path.name for path in folder.iterdir()} == {"mail", "out", "home"}
    assert len(list((folder / "mail" / "files").iterdir())) == alone
    written = {path.name for path in (folder / "home").rglob("*") if path.is_file()}
    assert written <= {"last_output"}
    for path in (folder / "out").rglob("*"):
        assert not path.is_symlink()
        assert path.is_dir() or path.stat().st_mode & 0o077 == 0


def test_every_failure_is_foreseen(fuzzed):
    """A reason names what is wrong with the message, never a place in the program."""
    folder, _, _ = fuzzed
    for row in rows_of(folder / "out" / "skipped.csv"):
        assert "the program failed" not in row["reason"], row
        assert "cannot be read (" not in row["reason"], row
        assert "\n" not in row["reason"]


def test_every_table_can_be_read_and_holds_no_formula(fuzzed):
    folder, _, _ = fuzzed
    results, rows = results_of(folder), rows_of(folder / "out" / "results.csv")
    assert [row["id"] for row in rows] == [row["id"].lstrip("=+-@") for row in results]
    for row in (*rows, *rows_of(folder / "out" / "skipped.csv")):
        for cell in row.values():
            assert cell[:1] not in set("=+-@\t\r") or cell.lstrip("+-").replace(".", "").isdigit()
            assert not UNSEEN.search(cell)
    for row in results:
        assert sum(row["kinds"].values()) == pytest.approx(1)
        for span in row["evidence"]:
            assert row["body"][span["start"] : span["end"]] == span["text"]


def test_the_parquet_file_holds_the_same(fuzzed):
    parquet = pytest.importorskip("pyarrow.parquet")
    folder, _, _ = fuzzed
    assert parquet.read_table(folder / "out" / "results.parquet").num_rows == len(results_of(folder))


def test_every_draft_is_one_unsent_mail_to_nobody_else(fuzzed):
    folder, _, _ = fuzzed
    for path in (folder / "out" / "drafts").glob("*.eml"):
        draft = email.message_from_bytes(path.read_bytes(), policy=default)
        assert not draft.defects
        assert draft["X-Unsent"] == "1"
        assert not {"bcc", "cc", "from", "sender"} & {name.lower() for name in draft}
        assert len(draft["To"].addresses if draft["To"] else ()) <= 1
        assert not UNSEEN.search(str(draft["Subject"]) + draft.get_content().replace("\r\n", "\n"))


def test_the_calendar_can_be_imported(fuzzed):
    folder, _, _ = fuzzed
    calendar = Calendar.from_ical((folder / "out" / "reminders.ics").read_bytes())
    marks = [str(entry["UID"]) for entry in calendar.walk("VEVENT")]
    assert len(marks) == len(set(marks))


class Page(HTMLParser):
    """The tags with their attributes, and what stands in each script."""

    def __init__(self):
        super().__init__()
        self.elements, self.scripts = [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append([dict(attrs).get("type"), ""])

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] == "script":
            self.scripts[-1][1] += data


def test_the_report_holds_its_own_script_alone_and_its_data_can_be_read(fuzzed):
    folder, _, _ = fuzzed
    page = Page()
    page.feed((folder / "out" / "report.html").read_text("utf-8"))
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert not attributes.get("src")
        assert attributes.get("href", "#").startswith(("#", "mailto:"))
    assert [kind for kind, _ in page.scripts] == ["application/json", "application/json", None]
    assert all(json.loads(text) for kind, text in page.scripts if kind)
