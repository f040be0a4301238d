"""Exported mail -> one folder: a line for every message, nothing lost, nothing half written."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from analyzer.batch import Options, Total, person_folders, run_batch
from analyzer.errors import ReadError, RunError
from analyzer.model import CARD, find_model, load_model, save_model
from analyzer.present import to_json
from analyzer.read import read_letters
from analyzer.reasons import Kind
from analyzer.state import open_run
from scripts.make_mailbox import make_mailbox

TODAY = date(2026, 3, 2)
OPTIONS = Options(today=TODAY)
NO = "Thank you for applying. We regret that we will not be taking your application further. We wish you well."
FILES = {"results.jsonl", "results.csv", "skipped.csv", "report.html", "reminders.ics"}


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


def written(output):
    """Return what a run wrote for people to read, as bytes by name."""
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in output.rglob("*")
        if path.is_file() and ".analyzer" not in path.parts and path.name != "results.parquet"
    }


@pytest.fixture(scope="session")
def other_model(tmp_path_factory):
    """The bundled model under another name, which makes it another model."""
    stored = load_model(find_model(None))
    folder = tmp_path_factory.mktemp("models") / "other"
    known = {name: value for name, value in stored.manifest.items() if name not in {"sha256", "manifest_sha256"}}
    save_model(folder, {**known, "name": "other-1"}, stored.arrays, (stored.path / CARD).read_text("utf-8"))
    return folder


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory):
    """A small mailbox, mixed as real mail is."""
    path = tmp_path_factory.mktemp("mailbox") / "inbox.mbox"
    make_mailbox(path, messages=120, seed=3)
    return path


def test_every_letter_is_in_the_results_or_skipped_with_its_reason(mail, tmp_path):
    total = run_batch(mail, tmp_path / "out", OPTIONS)
    results, rows, skipped = read(tmp_path / "out")
    assert total == Total(read=13, analysed=5, other=1, duplicates=2, skipped=5, due=total.due)
    assert {path.name for path in (tmp_path / "out").iterdir()} - {"results.parquet"} == {*FILES, ".analyzer", "drafts"}
    sources = [Path(row["source"]).name for row in results]
    assert sources == ["b.eml", "same.txt", "c.html", "more.jsonl#1", "more.jsonl#3", "more.jsonl#4"]
    assert [row["id"] for row in rows] == [row["id"] for row in results]
    reasons = [row["reason"] for row in skipped]
    for name, reason in zip(("empty", "notes", "photo", "more.jsonl#5", "more.jsonl#7"), reasons, strict=True):
        assert name in reason
    assert tuple(skipped[0]) == ("id", "message_id", "reason")


def test_other_mail_has_a_line_without_its_body(mail, tmp_path):
    run_batch(mail, tmp_path / "out", OPTIONS)
    results = read(tmp_path / "out")[0]
    assert {row["kind"] == Kind.OTHER for row in results} == {True, False}
    for row in results:
        assert (row["body"] is None) == (row["kind"] == Kind.OTHER)


def test_a_result_is_what_the_letter_alone_gives(mailbox, tmp_path, analyzer):
    """Whichever way it went, by the first look or through the model, its shape is the same and its kinds sum to 1."""
    run_batch([mailbox], tmp_path / "out", OPTIONS)
    letters = {letter.source: letter for letter in read_letters(mailbox)}
    results = read(tmp_path / "out")[0]
    assert len({tuple(row) for row in results}) == 1
    assert all(sum(row["kinds"].values()) == pytest.approx(1) for row in results)
    job_mail = [row for row in results if row["kind"] != Kind.OTHER]
    assert job_mail
    for row in job_mail:
        alone = to_json(analyzer.analyze(letters[row["source"]]))
        for name in ("id", "message_id", "subject", "kind", "kinds", "reasons", "shown", "evidence", "body"):
            assert row[name] == alone[name]


def test_the_sum_adds_up(mail, tmp_path):
    total = run_batch(mail, tmp_path / "out", OPTIONS)
    results, _, skipped = read(tmp_path / "out")
    assert total.read == total.analysed + total.other + total.duplicates + total.skipped
    assert (total.analysed + total.other, total.skipped) == (len(results), len(skipped))
    words = total.in_words(tmp_path / "out").splitlines()
    assert words[0].startswith(f"{total.due} things to do this week")
    assert words[1].startswith("13 read = 5 about applications + 1 other mail + 2 duplicates + 5 skipped")
    assert "rejection" not in words[0] + words[1]


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
def test_what_a_duplicate_is(write_corpus, tmp_path, first, second, kept):
    total = run_batch([write_corpus([first, second])], tmp_path / "out", OPTIONS)
    assert (len(read(tmp_path / "out")[0]), total.duplicates) == (kept, 2 - kept)


def test_mail_without_a_message_id_is_known_by_all_of_its_text(tmp_path):
    """Even where two messages differ only beyond what a first look sees."""
    news = "Garden chairs are half price in our spring sale.\n" * 3000
    message = "From a@b.example Mon Jan  5 10:00:00 2026\nFrom: a@b.example\nSubject: Sale\n\n{}\n\n"
    (tmp_path / "in.mbox").write_text("".join(message.format(news + end) for end in ("one", "two", "one")), "utf-8")
    total = run_batch([tmp_path / "in.mbox"], tmp_path / "out", OPTIONS)
    assert (total.read, total.other, total.duplicates) == (3, 2, 1)


def test_no_reason_in_skipped_is_a_formula(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "=cmd.txt").write_text("", "utf-8")
    run_batch([Path("=cmd.txt")], tmp_path / "out", OPTIONS)
    (row,) = read(tmp_path / "out")[2]
    assert row["reason"].startswith("'=cmd.txt: ")


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_the_results_are_for_their_owner_alone(mail, tmp_path, mask):
    before = os.umask(mask)
    try:
        run_batch(mail, tmp_path / "out", OPTIONS)
    finally:
        os.umask(before)
    out = tmp_path / "out"
    assert {path.stat().st_mode & 0o777 for path in (out, out / ".analyzer", out / "drafts")} == {0o700}
    assert {path.stat().st_mode & 0o077 for path in out.rglob("*") if path.is_file()} == {0}


def test_a_second_run_gives_the_same_files_and_leaves_others_alone(mail, tmp_path):
    out = tmp_path / "out"
    run_batch(mail, out, OPTIONS)
    before = written(out)
    (out / "mine.txt").write_text("a note", "utf-8")
    (out / "results.jsonl").write_text("cut sho", "utf-8")
    run_batch(mail, out, OPTIONS)
    assert written(out) == {**before, "mine.txt": b"a note"}


def test_a_finished_run_with_nothing_new_loads_neither_the_model_nor_spacy(mailbox, tmp_path):
    first = run_batch([mailbox], tmp_path / "out", OPTIONS)
    code = (
        "import sys; from datetime import date; from pathlib import Path; from analyzer.batch import Options, run_batch\n"
        f"total = run_batch([Path({str(mailbox)!r})], Path({str(tmp_path / 'out')!r}), Options(today=date(2026, 3, 2)))\n"
        "print(total.read, sorted({'spacy', 'sklearn', 'joblib', 'safetensors', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{first.read} []\n"


def test_on_another_day_what_is_due_is_told_anew(mail, tmp_path):
    first = run_batch(mail, tmp_path / "out", OPTIONS)
    later = run_batch(mail, tmp_path / "out", replace(OPTIONS, today=TODAY + timedelta(days=20_000)))
    assert first.due > 0
    assert replace(later, due=first.due) == first
    with open_run(tmp_path / "out") as last:
        assert last.today == TODAY + timedelta(days=20_000)


def test_a_later_export_that_overlaps_adds_only_the_new_messages(tmp_path):
    make_mailbox(tmp_path / "june.mbox", messages=60, seed=5)
    make_mailbox(tmp_path / "july.mbox", messages=90, seed=5)
    run_batch([tmp_path / "june.mbox"], tmp_path / "out", OPTIONS)
    before = read(tmp_path / "out")[0]
    total = run_batch([tmp_path / "july.mbox"], tmp_path / "out", OPTIONS)
    after = read(tmp_path / "out")[0]
    assert (total.read, total.duplicates, len(after)) == (150, 60, 90)
    assert [row["id"] for row in after[:60]] == [row["id"] for row in before]


def test_a_mailbox_that_has_grown_counts_each_message_once(tmp_path):
    inbox = tmp_path / "inbox.mbox"
    make_mailbox(inbox, messages=60, seed=5)
    run_batch([inbox], tmp_path / "out", OPTIONS)
    make_mailbox(inbox, messages=90, seed=5)
    total = run_batch([inbox], tmp_path / "out", OPTIONS)
    assert (total.read, total.duplicates) == (90, 0)
    assert len(read(tmp_path / "out")[0]) == 90


def test_what_was_mended_is_no_longer_skipped_and_nothing_that_was_read_is_lost(mail, tmp_path):
    run_batch(mail, tmp_path / "out", OPTIONS)
    (mail[0] / "empty.txt").write_text(f"{NO} Yours, Jo", "utf-8")
    (mail[0] / "a.txt").unlink()
    (mail[0] / "c.html").unlink()
    total = run_batch(mail, tmp_path / "out", OPTIONS)
    results, _, skipped = read(tmp_path / "out")
    assert {Path(row["source"]).name for row in results} >= {"empty.txt", "c.html", "same.txt"}
    assert not [row for row in skipped if "empty.txt" in row["reason"]]
    assert total.read == total.analysed + total.other + total.duplicates + total.skipped


def test_rows_of_another_profile_are_made_again_and_it_says_so(mail, tmp_path):
    run_batch(mail, tmp_path / "out", OPTIONS)
    profile = tmp_path / "profile.toml"
    profile.write_text('name = "Kim Example"', "utf-8")
    said = []
    run_batch(mail, tmp_path / "out", replace(OPTIONS, profile=profile), said.append)
    assert said == ["13 messages are analysed again, since another profile made them; --keep would leave them."]
    drafts = [row["draft"]["body"] for row in read(tmp_path / "out")[0] if row["draft"]]
    assert all("Kim Example" in draft for draft in drafts)


def test_keep_leaves_the_rows_of_another_model_as_they_are(mail, tmp_path, other_model):
    run_batch(mail, tmp_path / "out", OPTIONS)
    before = read(tmp_path / "out")[0]
    more = tmp_path / "more.txt"
    more.write_text(f"{NO} With kind regards", "utf-8")
    said = []
    options = replace(OPTIONS, model=str(other_model), keep=True)
    run_batch([*mail, more], tmp_path / "out", options, said.append)
    after = read(tmp_path / "out")[0]
    assert said == ["13 messages stay as they are, though another model made them, as --keep asks."]
    assert [row["model"] for row in after] == [*(row["model"] for row in before), "other-1"]
    run_batch([*mail, more], tmp_path / "out", replace(options, keep=False))
    assert {row["model"] for row in read(tmp_path / "out")[0]} == {"other-1"}


def test_mail_of_an_earlier_run_that_is_gone_is_asked_for_before_two_models_are_mixed(mail, tmp_path, other_model):
    run_batch(mail, tmp_path / "out", OPTIONS)
    mail[1].unlink()
    with pytest.raises(RunError, match=r"more\.jsonl: was read into this folder and is gone, .* use --keep"):
        run_batch(mail[:1], tmp_path / "out", replace(OPTIONS, model=str(other_model)))


@pytest.mark.parametrize(
    ("changes", "sources"),
    [
        ({"since": date(2026, 2, 1)}, [2, 3, 4]),
        ({"until": date(2026, 1, 31)}, [1, 4]),
        ({"since": date(2026, 2, 1), "until": date(2026, 2, 28)}, [2, 4]),
        ({"sender": "JO@"}, [1, 2]),
        ({"folder": "work"}, [2, 3]),
        ({"limit": 3}, [1, 2, 3]),
        ({"limit": 1, "folder": "work"}, [2]),
    ],
)
def test_filters_leave_out_what_is_not_asked_for(tmp_path, changes, sources):
    head = "From a Mon Jan  5 10:00:00 2026\nMessage-ID: <{}@x>\n{}\n\n" + NO + "\n\n"
    heads = [
        "From: Jo <jo@a.example>\nDate: Mon, 05 Jan 2026 10:00:00 +0000",
        "From: Jo <jo@a.example>\nDate: Thu, 05 Feb 2026 10:00:00 +0000\nX-Gmail-Labels: Inbox,Work",
        "From: Al <al@a.example>\nDate: Thu, 05 Mar 2026 10:00:00 +0000\nX-Gmail-Labels: Work",
        "From: Al <al@a.example>",
    ]
    (tmp_path / "in.mbox").write_text("".join(head.format(n, text) for n, text in enumerate(heads)), "utf-8")
    total = run_batch([tmp_path / "in.mbox"], tmp_path / "out", replace(OPTIONS, **changes))
    found = [int(row["source"].rsplit("#")[-1]) for row in read(tmp_path / "out")[0]]
    assert found == sources
    assert total.read == len(sources)
    if "limit" not in changes:
        assert total.left_out == 4 - len(sources)


def test_a_run_without_filters_after_one_with_them_reads_the_rest(mailbox, tmp_path):
    run_batch([mailbox], tmp_path / "out", replace(OPTIONS, sender="friends.example"))
    total = run_batch([mailbox], tmp_path / "out", OPTIONS)
    assert (total.read, total.duplicates, total.left_out) == (120, 0, 0)
    limited = run_batch([mailbox], tmp_path / "limited", replace(OPTIONS, limit=10))
    assert limited.read == 10
    assert run_batch([mailbox], tmp_path / "limited", OPTIONS).read == 120
    fresh = run_batch([mailbox], tmp_path / "fresh", OPTIONS)
    assert fresh == total
    for name in ("out", "limited"):
        assert sorted(read(tmp_path / name)[0], key=str) == sorted(read(tmp_path / "fresh")[0], key=str)


@pytest.mark.parametrize("name", ["0-out", "out"])
def test_the_results_are_not_read_as_letters(mail, name):
    """Where the output folder lies inside the mail folder, before the letters or after them."""
    out = mail[0] / name
    first = run_batch(mail, out, OPTIONS)
    before = written(out)
    (out / "results.csv").unlink()
    assert run_batch(mail, out, OPTIONS) == first
    assert written(out) == before


@pytest.mark.parametrize("place", ["file", "file/below", "full"])
def test_where_the_output_cannot_be_written_nothing_is(mail, tmp_path, place):
    (tmp_path / "file").write_text("mine", "utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "results.jsonl").write_text("of another program", "utf-8")
    with pytest.raises(RunError, match=r"name another folder|cannot be written .*; name a folder") as failure:
        run_batch(mail, tmp_path / place, OPTIONS)
    assert "\n" not in str(failure.value)
    assert (tmp_path / "file").read_text("utf-8") == "mine"
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["results.jsonl"]


@pytest.mark.skipif(os.name == "nt", reason="there are no such limits")
def test_a_run_for_which_the_disk_is_too_small_leaves_the_old_results(mail, tmp_path):
    out = tmp_path / "out"
    run_batch(mail, out, OPTIONS)
    before = written(out)
    more = tmp_path / "more.txt"
    more.write_text(f"{NO} And once more: {NO}", "utf-8")
    limited = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
        "from analyzer.cli import main; main()"
    )
    command = [sys.executable, "-c", limited, "batch", *map(str, [*mail, more]), "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert written(out) == before
    assert run_batch([*mail, more], out, OPTIONS).read == 14


def test_a_path_that_does_not_exist_leaves_the_old_results(mail, tmp_path):
    out = tmp_path / "out"
    run_batch(mail, out, OPTIONS)
    before = written(out)
    with pytest.raises(ReadError, match="no such file"):
        run_batch([*mail, tmp_path / "mial"], out, OPTIONS)
    assert written(out) == before


def test_half_a_character_ends_no_run(write_corpus, tmp_path):
    """As mail has it that was cut in the middle of an emoji."""
    corpus = write_corpus([{"id": "a\ud83d", "body": f"{NO} \ud83d", "subject": "\ud83d"}, {"id": "b", "body": NO}])
    total = run_batch([corpus], tmp_path / "out", OPTIONS)
    assert (total.read, len(read(tmp_path / "out")[0])) == (2, 2)


def test_a_file_name_that_is_no_text_is_no_obstacle(tmp_path):
    folder = tmp_path / "mail"
    folder.mkdir()
    try:
        Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text(NO, "utf-8")
    except OSError:
        pytest.skip("this file system has no such names")
    total = run_batch([folder], tmp_path / "out", OPTIONS)
    assert (total.read, len(read(tmp_path / "out")[0])) == (1, 1)


def test_people_have_folders_and_duplicates_of_their_own(tmp_path):
    for person in ("ann", "ben"):
        (tmp_path / "mail" / person).mkdir(parents=True)
        (tmp_path / "mail" / person / "no.eml").write_text(f"Message-ID: <1@x.example>\nSubject: No\n\n{NO}", "utf-8")
    total = run_batch([tmp_path / "mail"], tmp_path / "out", replace(OPTIONS, people=True))
    assert (total.read, total.duplicates) == (2, 0)
    for person in ("ann", "ben"):
        (row,) = read(tmp_path / "out" / person)[0]
        assert f"/{person}/" in row["source"]
    with pytest.raises(RunError, match="one subfolder a person"):
        run_batch([tmp_path / "mail"], tmp_path / "out", OPTIONS)


def test_each_persons_drafts_are_signed_by_their_own_profile(tmp_path, own_home):
    for person in ("ann", "ben"):
        (tmp_path / "mail" / person).mkdir(parents=True)
        (tmp_path / "mail" / person / "no.txt").write_text(NO, "utf-8")
    (own_home / "config" / "analyzer").mkdir(parents=True)
    (own_home / "config" / "analyzer" / "profile.toml").write_text('name = "The Coach"', "utf-8")
    (tmp_path / "out" / "ann").mkdir(parents=True)
    (tmp_path / "out" / "ann" / "profile.toml").write_text('name = "Ann Own"', "utf-8")
    run_batch([tmp_path / "mail"], tmp_path / "out", replace(OPTIONS, people=True))
    drafts = {name: read(tmp_path / "out" / name)[0][0]["draft"]["body"] for name in ("ann", "ben")}
    assert "Ann Own" in drafts["ann"]
    assert not any(name in drafts["ben"] for name in ("Ann", "Coach"))
    assert "Coach" not in drafts["ann"]


@pytest.mark.parametrize(
    "name",
    ["", "..", "a/b", "../../etc", "CON", "con.txt", "drafts", ".analyzer", "x" * 300, "a\0b", "a\nb", " a", "é\u202e"],
)
def test_no_name_of_a_person_leads_out_of_the_folder(name):
    (folder,) = person_folders([name]).values()
    assert folder == Path(folder).name
    assert folder not in {"", ".", "..", "drafts", ".analyzer"}
    assert len(folder) < 120
    assert folder.isprintable()
    assert folder.split(".")[0].upper() != "CON"


def test_people_whose_names_differ_little_have_folders_of_their_own():
    folders = person_folders(["Ann", "ann", "a/b", "a_b", "a:b", ""])
    assert len({name.casefold() for name in folders.values()}) == 6
    assert folders["Ann"] == "Ann"


def test_the_command_says_the_sum_in_words_or_json(run, mail, tmp_path):
    said = run("batch", *mail, "-o", tmp_path / "out")
    assert said.exit_code == 0
    assert "13 read = 5 about applications + 1 other mail + 2 duplicates + 5 skipped" in said.stdout
    asked = run("batch", *mail, "-o", tmp_path / "out", "--json")
    assert json.loads(asked.stdout)["skipped"] == 5
    assert asked.stderr == ""


def test_a_dry_run_counts_and_leaves_nothing(run, mail, tmp_path):
    said = run("batch", *mail, "-o", tmp_path / "out", "--dry-run", "--json")
    found = json.loads(said.stdout)
    assert (found["messages"], found["skipped"]) == (13, 5)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_says_how_to_go_on_and_goes_on(tmp_path, stop):
    make_mailbox(tmp_path / "in.mbox", messages=500, seed=2)
    command = [
        sys.executable,
        "-m",
        "analyzer",
        "batch",
        str(tmp_path / "in.mbox"),
        "-o",
        str(tmp_path / "out"),
        "-j",
        "2",
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    wait_for(lambda: list((tmp_path / "out" / ".analyzer" / "journal").glob("*")), process)
    if stop is signal.SIGINT:
        os.killpg(process.pid, stop)  # as a terminal does
    else:
        process.send_signal(stop)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (130, "")
    assert stderr == "Stopped. What is done is kept; the same command again goes on from there.\n"
    assert run_batch([tmp_path / "in.mbox"], tmp_path / "out", OPTIONS).read == 500


def wait_for(found, process):
    """Wait until `found()`, while the process runs."""
    for _ in range(600):
        if found() or process.poll() is not None:
            return
        time.sleep(0.05)
