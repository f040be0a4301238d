"""Many letters -> one folder: a line for every letter, nothing lost, nothing half written."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from analyzer.batch import COLUMNS, Total, run_batch
from analyzer.errors import ReadError
from analyzer.reasons import Kind
from analyzer.records import Entities

NO = "Thank you for applying. We regret that we will not be taking your application further. We wish you well."
FILES = {"results.jsonl", "results.csv", "skipped.csv"}


@pytest.fixture
def mail(tmp_path):
    """A folder of letters, one of them twice and two of them broken, and a JSONL file with more."""
    folder = tmp_path / "mail"
    (folder / "2025").mkdir(parents=True)
    (folder / "a.txt").write_text(NO, "utf-8")
    (folder / "2025" / "same.txt").write_text(f"{NO}\r\n", "utf-8")
    (folder / "2025" / "b.eml").write_text(f"Message-ID: <1@x.example>\nSubject: No\n\n{NO}", "utf-8")
    (folder / "c.html").write_text(f"<p>{NO} Sincerely</p>", "utf-8")
    (folder / "empty.txt").write_text(" \n", "utf-8")
    (folder / "photo.txt").write_bytes(b"\0\1\2" * 50)
    (folder / "notes.pdf").write_text("not a letter of a known format", "utf-8")
    lines = [
        {"id": "one", "body": NO, "subject": "No"},
        {"id": "one", "body": "Another text with the same id."},
        {"id": "two", "body": NO, "subject": "No"},
        {"body": "Garden chairs are half price in our spring sale. Come and see them."},
        {"id": "three"},
    ]
    text = "\n".join(map(json.dumps, lines)) + "\n\nnot JSON\n"
    (tmp_path / "more.jsonl").write_text(text, "utf-8")
    return [folder, tmp_path / "more.jsonl"]


def read(output):
    results = [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    with (output / "results.csv").open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    with (output / "skipped.csv").open(encoding="utf-8", newline="") as table:
        skipped = list(csv.DictReader(table))
    return results, rows, skipped


def test_every_letter_is_in_the_results_or_skipped_with_its_reason(analyzer, mail, tmp_path):
    total = run_batch(mail, tmp_path / "out", analyzer)
    results, rows, skipped = read(tmp_path / "out")
    assert total == Total(read=12, analysed=5, other=1, duplicates=2, skipped=4, due=total.due)
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    sources = [Path(row["source"]).name for row in results]
    assert sources == ["b.eml", "same.txt", "c.html", "more.jsonl#1", "more.jsonl#3", "more.jsonl#4"]
    assert [row["id"] for row in rows] == [row["id"] for row in results]
    assert tuple(rows[0]) == COLUMNS
    reasons = [row["reason"] for row in skipped]
    for name, reason in zip(("empty.txt", "photo.txt", "more.jsonl#5", "more.jsonl#7"), reasons, strict=True):
        assert name in reason
    assert tuple(skipped[0]) == ("id", "message_id", "reason")


def test_other_mail_has_a_line_without_its_body(analyzer, mail, tmp_path):
    run_batch(mail, tmp_path / "out", analyzer)
    results = read(tmp_path / "out")[0]
    assert {row["kind"] == Kind.OTHER for row in results} == {True, False}
    for row in results:
        assert (row["body"] is None) == (row["kind"] == Kind.OTHER)


def test_the_sum_adds_up(analyzer, mail, tmp_path):
    total = run_batch(mail, tmp_path / "out", analyzer)
    results, _, skipped = read(tmp_path / "out")
    assert total.read == total.analysed + total.other + total.duplicates + total.skipped
    assert (total.analysed + total.other, total.skipped) == (len(results), len(skipped))
    assert total.due == sum(row["status"] == "due" for row in results) > 0
    words = total.in_words(tmp_path / "out")
    for part in ("12 read", "5 about", "1 other", "2 duplicates", "4 skipped", f"{total.due} emails are due"):
        assert part in words


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ({"id": "a", "body": NO}, {"id": "a", "body": "Something else."}, 1),
        ({"id": "a", "body": NO}, {"id": "b", "body": NO}, 2),
        ({"id": "a", "body": NO, "message_id": "<1>"}, {"id": "b", "body": NO, "message_id": "<1>"}, 2),
        ({"body": NO, "message_id": "<1>"}, {"body": "Something else.", "message_id": "<1>"}, 1),
        ({"body": NO, "message_id": "<1>"}, {"body": NO, "message_id": "<2>"}, 2),
        ({"body": NO}, {"body": f"{NO}\n"}, 1),
        ({"body": NO}, {"body": NO, "subject": "No"}, 2),
        ({"id": "a", "body": NO}, {"body": NO}, 2),
    ],
)
def test_what_a_duplicate_is(analyzer, write_corpus, tmp_path, first, second, kept):
    total = run_batch([write_corpus([first, second])], tmp_path / "out", analyzer)
    assert (len(read(tmp_path / "out")[0]), total.duplicates) == (kept, 2 - kept)


@dataclass
class Found:
    """Stands in for the extractor: every letter comes from here."""

    company: str
    role: str

    def extract(self, *_):
        return Entities(company=self.company, role=self.role)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+44", "'+44"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'=1+1"),
        (" \r\n=1+1", "'=1+1"),
        ("A = B", "A = B"),
        ("Fry, Ash\n& Co", "Fry, Ash & Co"),
        ('Ash "Quick" Co', 'Ash "Quick" Co'),
    ],
)
def test_no_cell_is_a_formula(analyzer, write_corpus, tmp_path, text, cell):
    corpus = write_corpus([{"id": text, "body": NO}])
    run_batch([corpus], tmp_path / "out", replace(analyzer, extractor=Found(text, text)))
    (row,) = read(tmp_path / "out")[1]
    assert (row["company"], row["role"], row["id"]) == (cell, cell, cell)


def test_no_reason_in_skipped_is_a_formula(analyzer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "=cmd.txt").write_text("", "utf-8")
    run_batch([Path("=cmd.txt")], tmp_path / "out", analyzer)
    (row,) = read(tmp_path / "out")[2]
    assert row["reason"].startswith("'=cmd.txt: ")


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_the_results_are_for_their_owner_alone(analyzer, mail, tmp_path, mask):
    before = os.umask(mask)
    try:
        run_batch(mail, tmp_path / "out", analyzer)
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}


def test_a_second_run_gives_the_same_files_and_leaves_others_alone(analyzer, mail, tmp_path):
    out = tmp_path / "out"
    run_batch(mail, out, analyzer)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (out / "mine.txt").write_text("a note", "utf-8")
    (out / "results.jsonl").write_text("cut sho", "utf-8")
    run_batch(mail, out, analyzer)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == {**before, "mine.txt": b"a note"}


@pytest.mark.parametrize("name", ["0-out", "out"])
def test_the_results_are_not_read_as_letters(analyzer, mail, name):
    """Where the output folder lies inside the mail folder, before the letters or after them."""
    out = mail[0] / name
    first = run_batch(mail, out, analyzer)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert run_batch(mail, out, analyzer) == first
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("place", ["file", "file/below", "full"])
def test_where_the_output_cannot_be_written_nothing_is(analyzer, mail, tmp_path, place):
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "full" / "results.jsonl").mkdir(parents=True)
    with pytest.raises(ReadError, match=r"cannot be written .*; name a folder") as failure:
        run_batch(mail, tmp_path / place, analyzer)
    assert "\n" not in str(failure.value)
    assert (tmp_path / "file").read_text("utf-8") == "mine"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["results.jsonl"]


@pytest.mark.skipif(os.name == "nt", reason="there are no such limits")
def test_a_run_for_which_the_disk_is_too_small_leaves_the_old_results(analyzer, mail, tmp_path):
    out = tmp_path / "out"
    run_batch(mail, out, analyzer)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    more = tmp_path / "more.txt"
    more.write_text(f"{NO} And once more: {NO}", "utf-8")
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
        "from analyzer.cli import main; main()"
    )
    command = [sys.executable, "-c", limited, "batch", *map(str, [*mail, more]), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "cannot be written" in done.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_path_that_does_not_exist_leaves_the_old_results(analyzer, mail, tmp_path):
    out = tmp_path / "out"
    run_batch(mail, out, analyzer)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(ReadError, match="no such file"):
        run_batch([*mail, tmp_path / "mial"], out, analyzer)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_half_a_character_ends_no_run(analyzer, write_corpus, tmp_path):
    """As mail has it that was cut in the middle of an emoji."""
    corpus = write_corpus([{"id": "a\ud83d", "body": f"{NO} \ud83d", "subject": "\ud83d"}, {"id": "b", "body": NO}])
    total = run_batch([corpus], tmp_path / "out", analyzer)
    assert (total.read, len(read(tmp_path / "out")[0])) == (2, 2)


def test_a_file_name_that_is_no_text_is_no_obstacle(analyzer, tmp_path):
    folder = tmp_path / "mail"
    folder.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text(NO, "utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    total = run_batch([folder], tmp_path / "out", analyzer)
    assert (total.read, len(read(tmp_path / "out")[0])) == (1, 1)


def test_the_command_says_the_sum_in_words_or_json(run, mail, tmp_path):
    said = run("batch", *mail, "-o", tmp_path / "out")
    assert said.exit_code == 0
    assert "12 read = 5 about applications + 1 other mail + 2 duplicates + 4 skipped" in said.stdout
    asked = run("batch", *mail, "-o", tmp_path / "out", "--json")
    assert json.loads(asked.stdout)["skipped"] == 4
    assert asked.stderr == ""
