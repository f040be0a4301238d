"""Mail is hostile: what it brings through a whole run reaches no terminal, no page, no file name and nobody else."""

from __future__ import annotations

import csv
import email
import json
import os
import re
import unicodedata
from dataclasses import replace
from datetime import date
from email.policy import default

import numpy as np
import pytest

from analyzer.batch import Options, run_batch
from analyzer.classify import FLOOR
from analyzer.encoder import Encoder
from analyzer.read import files, mbox
from analyzer.reasons import Cue

OPTIONS = Options(today=date(2026, 3, 2))
NO = (
    "Dear Sam,\n\nThank you for applying for the role of Harbour Pilot at Oakwell. We regret that we will not be taking your "
    "application further, since another candidate has accepted the position. We wish you well in your search.\n\n"
    "Kind regards,\nImani Reyes\nOakwell"
)
BAD = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202egnp.exe\u2066\u2069\u200f\u200b\ufeff\x08\x7f"


def mail(number, *, subject="Your application", body=NO, day=1, sender="Imani Reyes <imani@oakwell.example>", more=""):
    """Return a letter as the bytes of a mail; what is not ASCII is there as it is."""
    head = (
        f"From: {sender}\nTo: Sam <sam@home.example>\nSubject: {subject}\nDate: Sun, {day:02} Mar 2026 09:00:00 +0000\n"
    )
    text = f"{head}Message-ID: <{number}@oakwell.example>\n{more}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
    return text.encode("utf-8", "surrogatepass")


def run_on(folder, *messages):
    """Run a batch on these messages, a file each; return its total, its results and what it skipped."""
    (folder / "mail").mkdir()
    for number, data in enumerate(messages):
        (folder / "mail" / f"{number}.eml").write_bytes(data)
    total = run_batch([folder / "mail"], folder / "out", OPTIONS)
    assert total.read == len(messages) == total.analysed + total.other + total.duplicates + total.skipped
    return (total, *read(folder / "out"))


def read(output):
    results = [json.loads(line) for line in (output / "results.jsonl").read_text("utf-8").splitlines()]
    with (output / "skipped.csv").open(encoding="utf-8", newline="") as table:
        return results, list(csv.DictReader(table))


def unseen(text):
    """Return what a terminal acts upon, what turns the order of characters, and what nobody sees."""
    return {char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


@pytest.mark.parametrize(
    "subject",
    [
        "../../.bashrc",
        "..\\..\\autoexec.bat",
        "/etc/cron.d/x",
        "a" * 4000,
        "CON",
        "nul.eml",
        "COM1.",
        ".hidden",
        "-rf *",
        "a:b|c?d*e<f>g",
        f"Outcome{BAD}",
        "=?utf-8?b?Li4vLi4vLmJhc2hyYwA=?=",
    ],
)
def test_no_subject_names_a_file_elsewhere(tmp_path, subject):
    """The company, which names the draft, is what the subject says too."""
    body = NO.replace("Oakwell", subject[:300])
    _, results, _ = run_on(
        tmp_path, mail(1, subject=subject, body=body), mail(2, subject=subject, sender="x@firm.example")
    )
    assert len(results) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"mail", "out"}
    drafts = [path.name for path in (tmp_path / "out" / "drafts").rglob("*")]
    assert any(name.endswith(".eml") for name in drafts)  # else no name was made
    for name in drafts:
        assert re.fullmatch(r"\.?[\w.-]{1,120}", name), name
        assert name.split(".")[0].upper() not in {"CON", "NUL", "COM1"}


def test_nothing_in_mail_reaches_the_terminal_or_hides_in_a_file(run, tmp_path, monkeypatch):
    """On every screen: the run, what to do, one letter, the page; and in names of files of mail."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "mail").mkdir()
    hostile = mail(
        1,
        subject=f"Outcome {BAD} of your application",
        body=NO.replace("Oakwell", f"Oak{BAD}well").replace("Pilot", f"Pi{BAD}lot"),
        sender=f"Imani{BAD} Reyes <imani@oakwell.example>",
        more=f"X-Gmail-Labels: {BAD}\n",
    )
    name = "no\x1b[2J\u202e.eml" if os.name != "nt" else "no.eml"
    (tmp_path / "mail" / name).write_bytes(hostile)
    (tmp_path / "mail" / name.replace("no", "empty")).write_bytes(b"Message-ID: <\x1b[2J@x>\n\n")
    screens = [
        run("batch", tmp_path / "mail", "-o", tmp_path / "out"),
        run("next", tmp_path / "out", "--all"),
        run("next", tmp_path / "out", "--json"),
        run("report", tmp_path / "out"),
        run("analyze", tmp_path / "mail" / name),
        run("batch", tmp_path / "mail", "-o", tmp_path / "out", "--dry-run"),
    ]
    for screen in screens:
        assert screen.exit_code == 0
        assert unseen(screen.stdout + screen.stderr) == set()
    assert "imani@oakwell.example" in screens[1].stdout  # the letter is shown
    for path in (tmp_path / "out").iterdir():
        if path.suffix in {".jsonl", ".csv", ".html", ".ics"}:
            text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
            assert unseen(text) <= ({"\ufeff"} if path.suffix == ".csv" else set()), path.name
    for path in (tmp_path / "out" / "drafts").glob("*.eml"):
        draft = email.message_from_bytes(path.read_bytes(), policy=default)
        assert unseen(str(draft["Subject"]) + draft.get_content().replace("\r\n", "\n")) == set()


@pytest.mark.parametrize("kind", ["multipart", "message", "closed"])
def test_a_hundred_thousand_nested_parts_are_one_line(tmp_path, kind):
    level = {
        "multipart": 'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n',
        "message": "Content-Type: message/rfc822\n\n",
        "closed": 'Content-Type: multipart/mixed; boundary="b"\n\n--b--\n--b\n',
    }[kind]
    nested = "Message-ID: <9@oakwell.example>\nSubject: No\n" + "".join(level.format(n=n) for n in range(100_000))
    total, results, skipped = run_on(tmp_path, nested.encode() + NO.encode(), mail(1))
    assert (total.skipped, len(results)) == (1, 1)
    assert skipped[0]["message_id"] == "<9@oakwell.example>"
    assert "nested parts" in skipped[0]["reason"]


@pytest.mark.parametrize("header", ["To", "Cc", "Reply-To", "From"])
def test_of_a_million_recipients_nobody_is_written_to_by_mistake(tmp_path, header):
    many = ",".join(f"{n % 100}@b.co" for n in range(1_000_000))
    letter = mail(1)
    if header == "From":
        letter = letter.replace(b"Imani Reyes <imani@oakwell.example>", many.encode(), 1)
    else:
        letter = letter.replace(b"To: Sam <sam@home.example>\n", b"", 1 if header == "To" else 0)
        letter = f"{header}: {many}\n".encode() + letter
    total, results, _ = run_on(tmp_path, letter)
    assert total.analysed == 1
    assert len(results[0]["draft"]["to"]) <= 1
    assert len(results[0]["draft"]["cc"]) <= 1
    for path in (tmp_path / "out" / "drafts").glob("*.eml"):
        draft = email.message_from_bytes(path.read_bytes(), policy=default)
        assert sum(len(draft[name].addresses) for name in ("To", "Cc", "Bcc") if draft[name]) <= 2
    assert (tmp_path / "out" / "report.html").stat().st_size < 400_000


@pytest.mark.parametrize("shape", ["mbox", "file"])
def test_a_message_larger_than_is_read_is_read_in_part_and_the_next_one_whole(tmp_path, monkeypatch, shape):
    """As with two gigabytes and ten megabytes: the first part is in memory, the rest is passed over."""
    for module in (mbox, files):
        monkeypatch.setattr(module, "MAX_BYTES", 20_000)
    film = "\n--b\nContent-Type: video/mp4\nContent-Transfer-Encoding: base64\n\n" + f"{'A' * 76}\n" * 20_000
    head = mail(1).split(b"MIME-Version")[0] + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n'
    large = head + NO.encode() + film.encode()
    if shape == "mbox":
        start = b"From a@b.example Mon Mar  2 08:00:00 2026\n"
        (tmp_path / "in.mbox").write_bytes(start + large + b"\n" + start + mail(2, subject="The next"))
        total = run_batch([tmp_path / "in.mbox"], tmp_path / "out", OPTIONS)
        results, _ = read(tmp_path / "out")
    else:
        total, results, _ = run_on(tmp_path, large, mail(2, subject="The next"))
    assert (total.read, total.analysed) == (2, 2)
    assert ["cut" in [note["code"] for note in row["notes"]] for row in results] == [True, False]
    assert [row["body"].startswith("Dear Sam") for row in results] == [True, True]


BAIT = {
    "quote marks": "> " * 60_000,
    "deep quotes": ">" * 120_000,
    "who wrote": "On Mon, 2 Mar 2026 at 09:00, Ann " * 4_000,
    "who wrote, line by line": "On Mon, 2 Mar 2026 at 09:00, Ann\n" * 4_000,
    "who wrote on": "On " * 40_000 + "wrote:",
    "headers": "From: a\nSent: b\nTo: c\n" * 6_000,
    "dashes": "-" * 120_000,
    "dashes, line by line": "-- \n" * 30_000,
    "original message": "-----Original Message-----\n" * 4_000,
    "signature": "Kind regards,\n" * 9_000,
    "spaces": " " * 120_000 + "x",
    "blank lines": "\n" * 120_000 + "x",
    "tags": "<" * 120_000,
    "open tags": "<div " * 24_000,
    "comments": "<!--" * 30_000,
    "ats": "@" * 120_000,
    "links": "https://" * 15_000,
    "capitals": "A." * 60_000,
    "brackets": "([{" * 40_000,
}


def test_bait_for_every_pattern_goes_through_the_whole_run(tmp_path, monkeypatch):
    """Quadratic time would take minutes a letter: a hundred kilobytes squared are ten thousand million steps.

    The encoder, which has no patterns, is left out: it is slow, and counts sentences.
    """
    monkeypatch.setattr(Encoder, "strengths", lambda _, sentences: np.full((len(sentences), len(Cue)), FLOOR))
    texts = [body for bait in BAIT.values() for body in (f"{NO}\n\n{bait}", f"{bait}\n\n{NO}")]
    (tmp_path / "mail").mkdir()
    for number, body in enumerate(texts):
        (tmp_path / "mail" / f"{number:02}.eml").write_bytes(mail(number, body=body))
    total = run_batch([tmp_path / "mail"], tmp_path / "out", replace(OPTIONS, limit=1000))  # in this process
    assert (total.read, total.skipped) == (len(texts), 0)
    above = [row for row in read(tmp_path / "out")[0][::2] if row["body"]]
    assert len(above) > len(BAIT) / 2  # what stands above the bait is still read as job mail
    assert all(row["body"].startswith("Dear Sam") for row in above)


def test_two_clients_of_one_company_and_role_share_nothing(tmp_path):
    """Ann was interviewed, answered and was invited again; Ben has the same rejection and no more."""
    invitation = "Dear Ann,\n\nWe would like to invite you to an interview for the role of Harbour Pilot at Oakwell on Tuesday at ten. Please tell us whether that suits you.\n\nKind regards,\nTova Lindqvist\nOakwell"
    again = invitation.replace("on Tuesday at ten", "again, on Friday at noon")
    robot = "Oakwell <no-reply@oakwell.example>"
    reply = mail(
        14,
        body="Dear Tova,\n\nThank you, Tuesday at ten suits me. Quokkaword.\n\nAnn",
        sender="Ann Marlow <ann@marlow.example>",
    )
    boxes = {
        "ann": [
            mail(
                11, subject="Interview: Harbour Pilot", body=invitation, sender="Tova Lindqvist <tova@oakwell.example>"
            ),
            reply.replace(b"Sam <sam@home.example>", b"Tova Lindqvist <tova@oakwell.example>"),
            mail(12, body=NO.replace("Sam", "Ann"), sender=robot, day=8, more="References: <11@oakwell.example>\n"),
            mail(13, subject="Interview", body=again, sender="Tova Lindqvist <tova@oakwell.example>", day=15),
        ],
        "ben": [mail(22, body=NO.replace("Sam", "Ben"), sender=robot, day=8)],
    }
    alone = tmp_path / "alone"
    for person, letters in boxes.items():
        for folder in (tmp_path / "mail", *([alone] if person == "ben" else [])):
            (folder / person).mkdir(parents=True)
            for number, data in enumerate(letters):
                data = data.replace(b"Sam <sam@home.example>", f"{person.title()} <{person}@home.example>".encode())
                (folder / person / f"{number}.eml").write_bytes(data)
    options = replace(OPTIONS, people=True, today=date(2026, 3, 20))
    total = run_batch([tmp_path / "mail"], tmp_path / "out", options)
    assert (total.read, total.skipped) == (5, 0)
    (theirs,) = [row for row in read(tmp_path / "out" / "ann")[0] if row["kind"] == "rejection"]
    assert (theirs["stage"], theirs["stage_from"], theirs["status"]) == ("interview", "thread", "came_back")
    of_ann = ("ann@", "Ann", "Marlow", "Tova", "Lindqvist", "tova@", "Quokkaword", "<11@", "<12@", "<13@", "<14@", "Tuesday", "2026-03-15", "came_back\": {")  # fmt: skip
    assert_nothing_of(of_ann, tmp_path / "out" / "ben")
    assert_nothing_of(("Ben", "ben@", "<22@"), tmp_path / "out" / "ann")
    run_batch([alone], tmp_path / "out-alone", options)
    rows = [read(folder / "ben")[0] for folder in (tmp_path / "out", tmp_path / "out-alone")]
    for row in rows[0] + rows[1]:
        del row["source"]
    assert rows[0] == rows[1]
    assert (rows[0][0]["stage"], rows[0][0]["stage_from"]) == ("application", "letter")


def assert_nothing_of(words, folder):
    """No file below `folder` holds one of the words; a parquet file is read, for it is packed."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"results.jsonl", "results.csv", "report.html", "reminders.ics"}
    for path in files:
        text = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            import pyarrow.parquet

            text = str(pyarrow.parquet.read_table(path).to_pylist())
        for word in words:
            assert not re.search(rf"(?<![A-Za-z]){re.escape(word)}", text), f"{word} is in {path.relative_to(folder)}"
