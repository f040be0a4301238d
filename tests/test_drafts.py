"""Unsent emails: exactly the headers that are meant, names that are legal everywhere, and nobody's own file touched."""

from __future__ import annotations

import email
import email.policy
import json
import re
import stat
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results_made import made

from analyzer.drafts import MANIFEST, eml, file_name, write_drafts
from analyzer.errors import RunError
from analyzer.outbox import due, plan

TODAY = date(2026, 3, 2)
ALWAYS = [
    "X-Unsent",
    "X-Uniform-Type-Identifier",
    "Subject",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
]
REPLY = ["In-Reply-To", "References"]
HOSTILE = [
    "x\r\nBcc: a@evil.example", "x\nTo: a@evil.example", "x\rCc: a@evil.example", "x\u2028Bcc: a@evil.example", "x\x00y",
    "x\x0bBcc: a@evil.example", "x\x85Bcc: a@evil.example", "=?utf-8?q?x=0ABcc=3A_a=40evil.example?=", "=?utf-8?b?Cg==?= Bcc: a@evil.example", "\r\n\r\nbody",
    "a@evil.example, b@evil.example", "A <a@evil.example>", "\u202exe.exe", "é" * 4000, "x" * 4000, "x " * 2000, "", " ", "\ud800",
]  # fmt: skip


def task(row=None, **changes):
    (one,) = due([row or made(**changes)], today=TODAY)
    return one


def parsed(content):
    return email.message_from_bytes(content, policy=email.policy.default)


def recipients(mail):
    return [
        address.addr_spec
        for name in ("To", "Cc", "Bcc")
        for header in mail.get_all(name, [])
        for address in header.addresses
    ]


def test_a_draft_is_an_unsent_reply_in_its_thread():
    mail = parsed(eml(task(draft={"cc": ["bo@firm1.example"]})))
    assert sorted(mail.keys()) == sorted([*ALWAYS, *REPLY, "To", "Cc"])
    assert (mail["X-Unsent"], mail["To"], mail["Cc"]) == ("1", "ana@firm1.example", "bo@firm1.example")
    assert mail["Subject"] == "Re: Your application 1"
    assert mail["In-Reply-To"] == mail["References"] == "<1@firm.example>"
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == made()["draft"]["body"].splitlines()


def test_lines_end_as_mail_programs_expect_and_are_of_legal_length():
    content = eml(task(draft={"body": "Dear Zoë,\n\n" + "Grüße " * 400, "subject": "Re: " + "Größe " * 30}))
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 78
    assert parsed(content)["Subject"] == "Re: " + ("Größe " * 30).strip()
    assert parsed(content).get_content().count("Grüße") == 400


@pytest.mark.parametrize(
    "message_id", ["<" + "a" * 200 + "@x.example>", "<=?utf-8?q?=0ABcc=3A_a=40evil.example?=>", "<1>"]
)
def test_a_message_id_stands_as_it_was_however_long(message_id):
    content = eml(task(message_id=message_id))
    assert f"In-Reply-To: {message_id}\r\nReferences: {message_id}\r\n".encode() in content


def test_a_long_address_stands_as_it_was():
    long = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    content = eml(task(draft={"to": [long, "ana@firm1.example"]}))
    assert f"To: {long},\r\n ana@firm1.example\r\n".encode() in content
    assert recipients(parsed(content)) == [long, "ana@firm1.example"]


@pytest.mark.parametrize(
    "message_id",
    ["", None, "<a b@x>", "<a@x>\r\nBcc: a@evil.example", "a@x", "<a@x> <b@x>", "<é@x>", "<" + "a" * 300 + ">"],
)
def test_what_is_no_message_id_threads_nothing(message_id):
    mail = parsed(eml(task(message_id=message_id)))
    assert sorted(mail.keys()) == sorted([*ALWAYS, "To"])


def test_without_an_address_there_is_no_recipient():
    mail = parsed(eml(task(draft={"to": []})))
    assert sorted(mail.keys()) == sorted([*ALWAYS, *REPLY])


def check_hostile(subject, address, name, message_id, body):
    row = made(
        company=name, role=name, contact=name, message_id=message_id,
        draft={"subject": subject, "to": [address, "ana@firm1.example"], "cc": [address], "body": body},
    )  # fmt: skip
    one = task(row)
    mail = parsed(eml(one))
    threaded = REPLY if "In-Reply-To" in mail else []
    to = ["To"] + ["Cc"] * ("Cc" in mail)
    assert sorted(mail.keys()) == sorted([*ALWAYS, *to, *threaded])
    assert recipients(mail) == [*one.draft.to, *one.draft.cc]
    assert set(recipients(mail)) <= {address, "ana@firm1.example"}
    assert (mail["In-Reply-To"] or message_id) == message_id
    assert mail["Subject"] == one.draft.subject
    assert len(one.draft.subject) <= 250
    assert not mail.is_multipart()
    assert mail.defects == []
    check_name(file_name(one))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_letter_adds_a_header_or_a_recipient(text):
    check_hostile(text, text, text, text, f"Dear {text},\n\nHello.")


texts = st.text(max_size=80) | st.sampled_from(HOSTILE) | st.text('\r\n\x00 :@<>,;=?"\u2028ab', max_size=40)


@given(texts, texts, texts, texts, texts)
@settings(max_examples=300, deadline=None)
def test_no_text_whatever_adds_a_header_or_a_recipient(subject, address, name, message_id, body):
    check_hostile(subject, address, name, message_id, body)


def check_name(name):
    assert re.fullmatch(r"(?:\d{4}-\d\d-\d\d|undated)(?:_[a-z0-9]+(?:-[a-z0-9]+)*){1,3}\.eml", name), name
    assert len(name) <= 120


@pytest.mark.parametrize(
    ("company", "begins"),
    [
        ("../../.bashrc", "2026-03-01_bashrc_"), ("CON", "2026-03-01_con_"), ("x" * 150, "2026-03-01_" + "x" * 40 + "_"),
        ("Zürich & Söhne", "2026-03-01_zurich-sohne_"), ("株式会社", "2026-03-01_role-1_"), ("", "2026-03-01_role-1_"),
        ("C:\\aux.", "2026-03-01_c-aux_"), (".hidden", "2026-03-01_hidden_"), ("a\x00b\n", "2026-03-01_ab_"),
    ],
)  # fmt: skip
def test_a_file_name_is_legal_everywhere(company, begins):
    name = file_name(task(company=company))
    check_name(name)
    assert name.startswith(begins)


def test_a_letter_without_a_day_is_called_undated():
    assert file_name(task(sent=None)).startswith("undated_firm-1_role-1_")


def test_no_two_tasks_have_one_name_and_one_task_has_one(tmp_path):
    rows = [made(n, company="Acme", role="Clerk") for n in range(20)]
    names = [path.name for path in write_drafts(plan(rows, today=TODAY), tmp_path)]
    assert len(set(names)) == 20
    assert names == [file_name(one) for one in plan(reversed(rows), today=TODAY)]


def test_only_what_is_due_is_written_for_its_owner_alone_and_the_same_every_time(tmp_path):
    tasks = plan([made(1, after=42), made(2, "2026-02-10", after=42)], today=TODAY)
    assert [one.due for one in tasks] == [True, False, False]
    (path,) = write_drafts(tasks, tmp_path / "drafts")
    before = {file.name: file.read_bytes() for file in (tmp_path / "drafts").iterdir()}
    assert set(before) == {path.name, MANIFEST}
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "drafts").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "drafts").stat().st_mode) == 0o700
    write_drafts(tasks, tmp_path / "drafts")
    assert {file.name: file.read_bytes() for file in (tmp_path / "drafts").iterdir()} == before


def test_what_is_no_longer_due_is_removed_and_what_is_due_is_renewed(tmp_path):
    old, kept = task(made(1)), task(made(2))
    write_drafts([old, kept], tmp_path)
    renewed = replace(kept, draft=replace(kept.draft, body="Dear Bo,\n\nAnother."))
    (path,) = write_drafts([renewed], tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {path.name, MANIFEST}
    assert b"Another" in path.read_bytes()


def test_what_somebody_changed_or_put_there_stays(tmp_path):
    old, kept = task(made(1)), task(made(2))
    for path in write_drafts([old, kept], tmp_path):
        path.write_bytes(path.read_bytes() + b"my own words")
    (tmp_path / "mine.eml").write_text("mine", "utf-8")
    renewed = replace(kept, draft=replace(kept.draft, body="Dear Bo,\n\nAnother."))
    for _ in range(2):
        write_drafts([renewed], tmp_path)
        assert (tmp_path / "mine.eml").read_text("utf-8") == "mine"
        for one in (old, kept):
            assert (tmp_path / file_name(one)).read_bytes().endswith(b"my own words")


def test_a_file_of_the_same_name_that_is_not_ours_stays(tmp_path):
    (tmp_path / file_name(task())).write_text("mine", "utf-8")
    write_drafts([task()], tmp_path)
    assert (tmp_path / file_name(task())).read_text("utf-8") == "mine"


def test_a_link_is_neither_followed_nor_removed(tmp_path):
    one = task()
    (tmp_path / "elsewhere").write_bytes(eml(one))
    drafts = tmp_path / "drafts"
    write_drafts([one], drafts)
    (drafts / file_name(one)).unlink()
    (drafts / file_name(one)).symlink_to(tmp_path / "elsewhere")
    write_drafts([replace(one, draft=replace(one.draft, body="Other."))], drafts)
    write_drafts([], drafts)
    assert (tmp_path / "elsewhere").read_bytes() == eml(one)
    assert (drafts / file_name(one)).is_symlink()


@pytest.mark.parametrize("manifest", ["{", "[]", '{"../victim.eml": ["x"]}', '{"a.eml": 1}', "[" * 100_000])
def test_a_manifest_that_was_tampered_with_removes_nothing(tmp_path, manifest):
    (tmp_path / "victim.eml").write_text("x", "utf-8")
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    (drafts / MANIFEST).write_text(manifest, "utf-8")
    (drafts / "a.eml").write_text("x", "utf-8")
    write_drafts([], drafts)
    assert (tmp_path / "victim.eml").exists()
    assert (drafts / "a.eml").exists()


def test_a_run_that_was_killed_between_leaves_drafts_that_the_next_knows(tmp_path, monkeypatch):
    old, new = task(made(1)), task(made(2))
    write_drafts([old], tmp_path)
    writes = []

    def killed(path, content):
        writes.append(path)
        if len(writes) == 3:
            raise KeyboardInterrupt
        path.write_bytes(content)

    with monkeypatch.context() as patched:
        patched.setattr("analyzer.drafts._write", killed)
        changed = replace(old, draft=replace(old.draft, body="Changed."))
        with pytest.raises(KeyboardInterrupt):
            write_drafts([changed, new], tmp_path)
    assert b"Changed" in (tmp_path / file_name(old)).read_bytes()
    write_drafts([new], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {file_name(new), MANIFEST}
    assert json.loads((tmp_path / MANIFEST).read_text("utf-8")).keys() == {file_name(new)}


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(RunError, match=r"file: cannot be written \(.*\); name a folder"):
        write_drafts([task()], tmp_path / "file")
