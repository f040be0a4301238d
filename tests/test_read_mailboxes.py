"""Mailboxes as programs leave them on disk, up to the bytes of each message: nothing cut, nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import itertools
import json
import mailbox
import os
import pty
import re
import shutil
import subprocess
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import ReadError
from analyzer.read import disk, files, mbox, plan, read_letters, read_shard, shards
from analyzer.records import Letter, RawMail

few = settings(max_examples=80, deadline=None, derandomize=True)
FROM = b"From ann@acme.example Mon Jan  5 10:00:00 2026\n"


def mail(number: object, body: str = "Dear Sam, it is a no.\n") -> bytes:
    return f"From: ann@acme.example\nSubject: {number}\nMessage-ID: <{number}@acme.example>\n\n{body}".encode()


def mbox_of(*messages: bytes) -> bytes:
    return b"".join(FROM + message + b"\n" for message in messages)


def planned(*paths: Path, scratch: Path | None = None, **options) -> list:
    return list(plan(paths, scratch=scratch or paths[0].parent / "scratch", **options))


def read_all(*paths: Path, **options) -> list:
    found = []
    for item in planned(*paths, **options):
        found += [item] if isinstance(item, ReadError) else read_shard(item)
    return found


def split(data: bytes, path: Path) -> list[bytes]:
    path.write_bytes(data)
    return [item.data for item in read_all(path)]


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def subject_of(item: RawMail | ReadError) -> str:
    return re.search(rb"^Subject: (\S*)", item.data, re.M)[1].decode() if isinstance(item, RawMail) else str(item)


def subjects(items: list) -> list[str]:
    return [subject_of(item) for item in items]


# mbox: where a message begins

ENVELOPES = [
    "From ann@acme.example Mon Jan  5 10:00:00 2026",
    "From ann@acme.example  Mon Jan  5 10:00:00 2026",
    "From - Mon Jan 05 10:00:00 2026",
    "From 1790000000000000001@xxx Mon Jan 05 10:00:00 +0000 2026",
    "From MAILER-DAEMON Fri Jul  8 12:08:34 2011",
    "From ann Mon Jan  5 10:00 2026",
    "From ann Mon Jan  5 10:00:00 CET 2026",
    "From ann Mon Jan  5 10:00:00 MET DST 2026",
    "From ann Mon Jan  5 10:00:00 2026 +0100",
    "From ann Mon Jan  5 10:00:00 2026 -0700 (PDT)",
    "From ann at acme.example  Mon Jan  5 10:00:00 2026",
    "From Ann Lee <ann@acme.example> Mon Jan  5 10:00:00 2026",
    '"From "ann lee"@acme.example Mon Jan  5 10:00:00 2026'[1:],
    "From ???@??? Mon Jan 05 10:00:00 2026",
    "From ann@acme.example Mon, 5 Jan 2026 10:00:00 +0100",
    "From ann@acme.example 2026-01-05 10:00:00",
    "From ann@acme.example 2026-01-05T10:00:00Z",
    "From ann Mon Jan  5 10:00:00 2026 remote from acme",
    "From  Mon Jan  5 10:00:00 2026",
    "From ann Mon Jan  5 10:00:00 2026   ",
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("envelope", ENVELOPES)
def test_a_message_begins_at_the_envelope_of_every_known_program(tmp_path, envelope, line_end):
    text = f"{envelope}\nSubject: 1\n\nDear Sam.\n\n{envelope}\nSubject: 2\n\nDear Pat.\n\n".replace("\n", line_end)
    first, second = split(text.encode(), tmp_path / "x.mbox")
    assert first.decode() == "Subject: 1\n\nDear Sam.\n".replace("\n", line_end)
    assert second.decode() == "Subject: 2\n\nDear Pat.\n".replace("\n", line_end)


@pytest.mark.parametrize(
    "lines",
    [
        "\nFrom what I hear, the post is filled.\nNote: no answer is needed.",
        "\nFrom Monday the office is closed.\nHours: none",
        "\nFrom Mon Jan 5 on we are closed.\nHours: none",
        "\nFrom what I see on Mon Jan  5 10:00:00 2026\nNote: it is a no.",
        "\nFrom ann@acme.example on Monday\nSubject: the post",
        "\nFrom 10:00 2026\nNote: x",
        "\nFrom ann@acme.example Mon Jan  5 10:00:00 2026\nit went downhill.",
        "\nFrom ann@acme.example Mon Jan  5 10:00:00 2026\n\nSubject: x",
        "\nFrom ann@acme.example Mon Jan  5 10:00:00 2026, we wrote\nSubject: x",
        "We wrote:\nFrom ann@acme.example Mon Jan  5 10:00:00 2026\nSubject: x",
        "\n From ann@acme.example Mon Jan  5 10:00:00 2026\nSubject: x",
        "\nFrom: ann@acme.example Mon Jan  5 10:00:00 2026\nSubject: x",
        "\nfrom ann@acme.example Mon Jan  5 10:00:00 2026\nSubject: x",
        "\nFrom \nSubject: x",
        "\nFrom ann@acme.example Mon Jan  5 10:00:00 2026",
    ],
)
def test_a_line_of_a_letter_never_cuts_it_in_two(tmp_path, lines):
    body = f"Dear Sam,\n{lines}\n\nYours, Ann\n"
    found = split(mbox_of(mail(1, body), mail(2)), tmp_path / "x.mbox")
    assert found == [mail(1, body), mail(2)]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (">From now on", "From now on"),
        (">>From now on", ">From now on"),
        (">>>>From now on", ">>>From now on"),
        ("> From now on", "> From now on"),
        (">From: Ann", ">From: Ann"),
        (">Fromage", ">Fromage"),
        ("a >From now on", "a >From now on"),
    ],
)
def test_what_a_mailbox_quoted_is_unquoted_by_one(tmp_path, written, read):
    assert split(mbox_of(mail(1, f"{written}\n")), tmp_path / "x.mbox") == [mail(1, f"{read}\n")]


messages = st.lists(
    st.lists(
        st.sampled_from(
            [
                "",
                "From ",
                "From a@b.example Mon Jan  5 10:00:00 2026",
                ">From x",
                ">>From y",
                "Subject: z",
                "words " * 9,
            ]
        ),
        max_size=8,
    ).map(lambda lines: "".join(f"{line}\n" for line in lines)),
    min_size=1,
    max_size=12,
)


@given(messages, st.sampled_from(["\n", "\r\n"]), st.integers(16, 300), st.integers(1, 500))
@few
def test_messages_written_as_mboxrd_are_split_into_the_same_whatever_the_sizes(
    tmp_path_factory, bodies, line_end, block, shard
):
    path = tmp_path_factory.mktemp("mbox") / "x.mbox"
    written = [mail(number, body).replace(b"\n", line_end.encode()) for number, body in enumerate(bodies)]
    quoted = [re.sub(rb"(?m)^>+From ", rb">\g<0>", one) for one in written]  # ">From " -> ">>From "
    quoted = [
        b"\n".join(b">" + line if line.startswith(b"From ") else line for line in one.split(b"\n")) for one in quoted
    ]
    path.write_bytes(b"".join(FROM.strip() + line_end.encode() + one + line_end.encode() for one in quoted))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "BLOCK", block)
        patch.setattr(disk, "SHARD_BYTES", shard)
        pieces = planned(path)
        found = [list(read_shard(one)) for one in pieces]
    assert [item.data for items in found for item in items] == written
    numbers = [item.source for items in found for item in items]
    assert numbers == [f"{path}#{number}" for number in range(1, len(written) + 1)]
    assert [one.first for one in pieces] == [1 + sum(map(len, found[:at])) for at in range(len(pieces))]
    assert pieces[0].start == 0
    assert pieces[-1].stop == path.stat().st_size
    assert all(one.stop == after.start for one, after in itertools.pairwise(pieces))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("name", ["Content-Length", "Content-length", "content-length"])
@pytest.mark.parametrize("separator", [True, False])
def test_a_length_that_leads_to_the_next_message_is_believed_and_nothing_in_it_is_quoted(
    tmp_path, line_end, name, separator
):
    body = b"Dear Sam,\n\nFrom ann@acme.example Mon Jan  5 10:00:00 2026\nSubject: x\n\n>From here on\n"
    body = body.replace(b"\n", line_end)
    head = f"Subject: 1\n{name}: {len(body)}\n\n".encode().replace(b"\n", line_end)
    one = FROM.replace(b"\n", line_end) + head + body + (line_end if separator else b"")
    assert split(one * 3, tmp_path / "x.mbox") == [head + body] * 3


@pytest.mark.parametrize("length", ["0", "1", "21", "23", "100", "99999999999", "-5", "many", ""])
def test_a_length_that_lies_is_not_believed(tmp_path, length):
    one = f"Subject: 1\nContent-Length: {length}\n\nDear Sam, it is a no.\n".encode()
    assert split(mbox_of(one, one), tmp_path / "x.mbox") == [one, one]


def test_a_length_in_the_letter_itself_is_no_length(tmp_path):
    one = mail(1, "HTTP/1.1 200 OK\nContent-Length: 0\n\nFrom us all\n")
    assert split(mbox_of(one, mail(2)), tmp_path / "x.mbox") == [one, mail(2)]


@pytest.mark.parametrize(
    ("before", "first"), [(b"", None), (b"\xef\xbb\xbf", None), (b"\n\r\n", None), (mail(0) + b"\n", b"Subject: 0")]
)
def test_what_stands_before_the_first_message_is_nothing_or_a_message_that_lost_its_first_line(tmp_path, before, first):
    before = before.replace(b"From: ann@acme.example\n", b"From: ann@acme.example\nReceived: by home\n")
    found = split(before + mbox_of(mail(1), mail(2)), tmp_path / "x.mbox")
    assert found[-2:] == [mail(1), mail(2)]
    assert (b"Subject: 0" in found[0]) if first else len(found) == 2


def test_a_file_that_is_called_a_mailbox_and_is_none_is_one_error(tmp_path):
    path = put(tmp_path / "x.mbox", b"\1\1\1\1\n" + b"words\n" * 100)
    (error,) = read_all(path)
    assert str(error).startswith(f"{path}: does not begin as a mailbox does")


def test_the_rest_of_a_message_at_the_head_of_a_mailbox_is_one_error_and_loses_no_other(tmp_path):
    path = put(tmp_path / "x.mbox", b"no headers here\n\n" + mbox_of(mail(1), mail(2)))
    error, *found = read_all(path)
    assert "17 bytes before its first message" in str(error)
    assert subjects(found) == ["1", "2"]


def test_an_empty_mailbox_holds_nothing(tmp_path):
    put(tmp_path / "y" / "Trash", b"")
    assert read_all(put(tmp_path / "x.mbox", b""), tmp_path / "y") == []


@pytest.mark.parametrize("name", ["Inbox", "x.mbox", "x.txt", "x.eml", "x.dat", "no.suffix.known"])
def test_a_mailbox_is_known_by_its_first_line_whatever_it_is_called(tmp_path, name):
    path = put(tmp_path / "in" / name, mbox_of(mail(1), mail(2)))
    assert subjects(read_all(path)) == subjects(read_all(path.parent)) == ["1", "2"]


def test_of_a_huge_message_the_beginning_is_read_and_the_next_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(mbox, "MAX_BYTES", 1000)
    path = put(tmp_path / "x.mbox", mbox_of(mail(1, "no " * 1_000_000 + "\n"), mail(2)))
    huge, after = read_all(path)
    assert len(huge.data) == 1000
    assert [note.code for note in huge.notes] == ["cut"]
    assert (after.data, after.notes) == (mail(2), ())


def test_a_message_of_a_hundred_megabytes_is_read_without_holding_it(tmp_path):
    """A sparse file weighs nothing; whoever takes it into memory is killed."""
    path = put(tmp_path / "x.mbox", FROM + mail(1))
    with path.open("r+b") as file:
        file.truncate(100_000_000)
        file.seek(0, 2)
        file.write(b"\n\n" + mbox_of(mail(2)))
    tracemalloc.start()
    huge, after = read_all(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(huge.data) == 10_000_000
    assert after.data == mail(2)
    assert peak < 50_000_000


def test_the_same_messages_have_the_same_digest_and_a_changed_one_another(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "SHARD_BYTES", 1)
    short = planned(put(tmp_path / "a.mbox", mbox_of(mail(1), mail(2))))
    longer = planned(put(tmp_path / "b.mbox", mbox_of(mail(1), mail(3), mail(4))))
    assert short[0].digest == longer[0].digest
    assert len({one.digest for one in (*short, *longer)}) == 4


@pytest.mark.parametrize("bait", [b"\n\nFrom ", b"\n\nFrom a@" + b" " * 900, b"\n\nFrom " + b"a@b " * 300, b">" * 2000])
def test_bait_for_the_splitter_is_split_in_linear_time(tmp_path, bait):
    body = bait * (2_000_000 // len(bait)) + b"\n"
    (found,) = split(FROM + b"Subject: 1\n\n" + body, tmp_path / "x.mbox")
    assert len(found) >= len(body)


# mbox and maildir: what real programs write and find

BODIES = (
    "Dear Sam,\n\nFrom now on we are closed.\n",
    "\nFrom ann@acme.example Mon Jan  5 10:00:00 2026\nSubject: it looks like a mail\n\nand is a letter.\n",
    ">From the team\n",
    "",
    "last\n\n",
)


def run_mutt(program: str, box: Path, keys: str, home: Path) -> None:
    """Let mutt open a mailbox and press keys; it wants a terminal, and is given one."""
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    answers = f"set folder={home} confirmappend=no confirmcreate=no wait_key=no quit=yes mbox_type=mbox\n"
    (home / "rc").write_text(answers, "utf-8")
    master, slave = pty.openpty()
    environment = os.environ | {"HOME": str(home), "TERM": "vt100", "LC_ALL": "C"}
    command = [program, "-n", "-F", str(home / "rc"), "-R", "-f", str(box), "-e", f"push '{keys}<quit>'"]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as mutt:
        os.close(slave)
        with contextlib.suppress(OSError):  # how a terminal says that nobody is there any more
            while os.read(master, 4096):
                pass
        os.close(master)
        assert mutt.wait(60) == 0


@pytest.mark.parametrize("program", ["mutt", "neomutt"])
def test_what_mutt_copies_from_a_maildir_into_a_mailbox_is_read_as_it_was(tmp_path, program):
    """It writes lengths and quotes nothing, so that only the length tells a letter's line from an envelope."""
    for number, body in enumerate(BODIES):
        put(tmp_path / "box" / "cur" / f"170000000{number}.M1P1.home:2,S", mail(number, body))
    (tmp_path / "box" / "new").mkdir()
    (tmp_path / "box" / "tmp").mkdir()
    keys = f"<tag-pattern>~A<enter><tag-prefix><copy-message>{tmp_path / 'out'}<enter>"
    run_mutt(program, tmp_path / "box", keys, tmp_path)
    before = {subject_of(item): item.data for item in read_all(tmp_path / "box")}
    after = {subject_of(item): item.data for item in read_all(tmp_path / "out")}
    assert len(before) == len(after) == len(BODIES)
    for subject, data in before.items():
        assert after[subject].partition(b"\n\n")[2].rstrip(b"\n") == data.partition(b"\n\n")[2].rstrip(b"\n")


@pytest.mark.parametrize("program", ["mutt", "neomutt"])
def test_mutt_finds_the_same_messages_in_a_mailbox(tmp_path, program):
    path = put(tmp_path / "x.mbox", mbox_of(*(mail(number, BODIES[number]) for number in (0, 2, 3, 4))))
    keys = f"<tag-pattern>~A<enter><tag-prefix><copy-message>{tmp_path / 'out'}<enter>"
    run_mutt(program, path, keys, tmp_path)
    assert subjects(read_all(tmp_path / "out")) == subjects(read_all(path)) == ["0", "2", "3", "4"]


def test_python_and_the_splitter_find_the_same_in_what_python_wrote(tmp_path):
    box = mailbox.mbox(tmp_path / "x.mbox")
    for number, body in enumerate(BODIES):
        box.add(mail(number, body))
    box.close()
    found = read_all(tmp_path / "x.mbox")
    expected = [
        mail(number, body.removeprefix(">")) for number, body in enumerate(BODIES)
    ]  # Python quotes as mboxo does
    assert [item.data.rstrip(b"\n") for item in found] == [one.rstrip(b"\n") for one in expected]


def test_mblaze_finds_the_same_messages_in_a_maildir(tmp_path):
    if not shutil.which("mlist"):
        pytest.skip("mblaze is not installed")
    box = mailbox.Maildir(tmp_path / "Maildir")
    sent = mailbox.Maildir(tmp_path / "Maildir" / ".Sent")
    for number in range(5):
        (sent if number % 2 else box).add(mail(number))
    for name in ("Maildir", "Maildir/.Sent"):
        for path in list((tmp_path / name / "new").iterdir())[:1]:
            path.rename(tmp_path / name / "cur" / f"{path.name}:2,RS")
    listed = subprocess.run(
        ["mlist", tmp_path / "Maildir", tmp_path / "Maildir" / ".Sent"], capture_output=True, text=True, check=True
    )
    assert sorted(listed.stdout.split()) == sorted(item.source for item in read_all(tmp_path / "Maildir"))
    assert len(listed.stdout.split()) == 5


# maildirs, folders


def test_a_maildir_gives_what_was_delivered_with_its_folders_as_labels(tmp_path):
    box = tmp_path / "Maildir"
    put(box / "cur" / "1700000000.M1P1.home:2,S", mail(1))
    put(box / "new" / "1700000001.M1P1.mail.example.md", mail(2, "caf=E9\n"))
    put(box / "tmp" / "1700000002.M1P1.home", mail("half"))
    put(box / ".Jobs.Absagen &APw-ber" / "cur" / "1700000003.home:2,", mail(3))
    put(box / "dovecot-uidlist", b"3 V1 N2\n")
    put(box / ".Jobs.Absagen &APw-ber" / "maildirfolder", b"")
    found = read_all(box)
    assert [(subject_of(item), item.labels) for item in found] == [
        ("3", ("Jobs", "Absagen über")),
        ("1", ()),
        ("2", ()),
    ]
    assert found[1].source == str(box / "cur" / "1700000000.M1P1.home:2,S")


def test_apple_mail_is_read_as_it_exports_and_as_it_keeps_mail(tmp_path):
    export = tmp_path / "export" / "Jobs.mbox"
    put(export / "mbox", mbox_of(mail(1), mail(2)))
    put(export / "table_of_contents", b"\0\1\2")
    store = (
        tmp_path
        / "V10"
        / "0A1B2C3D-0000-1111-2222-333344445555"
        / "INBOX.mbox"
        / "9A1B2C3D-0000-1111-2222-333344445555"
    )
    plist = b'<?xml version="1.0"?>\n<plist><dict><key>flags</key><integer>1</integer></dict></plist>\n'
    put(store / "Data" / "1" / "Messages" / "17.emlx", b"%-10d\n" % len(mail(3)) + mail(3) + plist)
    assert [(subject_of(item), item.labels) for item in read_all(export)] == [("1", ("Jobs",)), ("2", ("Jobs",))]
    (kept,) = read_all(tmp_path / "V10")
    assert (kept.data, kept.labels[-1]) == (mail(3), "INBOX")
    assert "Data" not in kept.labels
    assert "<plist>" not in next(read_letters(store / "Data" / "1" / "Messages" / "17.emlx")).text


def test_an_emlx_without_its_first_line_is_a_mail_as_it_stands(tmp_path):
    assert [item.data for item in read_all(put(tmp_path / "1.emlx", mail(1)))] == [mail(1)]


def test_thunderbird_is_read_with_its_folders_and_without_its_indexes(tmp_path):
    put(tmp_path / "Mail" / "Inbox", mbox_of(mail(1)).replace(b"From ann@acme.example", b"From -"))
    put(tmp_path / "Mail" / "Inbox.msf", b'// <!-- <mdb:mork:z v="1.4"/> -->\n')
    put(tmp_path / "Mail" / "Inbox.sbd" / "Jobs", mbox_of(mail(2)).replace(b"From ann@acme.example", b"From -"))
    put(tmp_path / "Mail" / "popstate.dat", b"# POP3 State File\n")
    found = [(subject_of(item), item.labels) for item in read_all(tmp_path / "Mail")]
    assert found == [("1", ("Inbox",)), ("2", ("Inbox", "Jobs"))]


def test_an_mh_folder_is_read_by_what_its_files_begin_with(tmp_path):
    head = b"Received: by home\n"
    put(tmp_path / "inbox" / "1", head + mail(1))
    put(tmp_path / "inbox" / "2", head + mail(2))
    put(tmp_path / "inbox" / ".mh_sequences", b"unseen: 2\n")
    put(tmp_path / "inbox" / "notes", b"Subject: not a mail\nbut: a list\n")
    assert subjects(read_all(tmp_path)) == ["1", "2"]


def test_files_that_are_no_mail_are_passed_over_in_folders_without_a_word(tmp_path):
    names = [".DS_Store", "a.png", "Envelope Index", "b.sqlite", "._c.eml", "~$d.docx", "__MACOSX/e.eml", "f.jar"]
    for name in names:
        put(tmp_path / "in" / name, b"\0\0\0\1Bud1\0\1\2")
    assert read_all(tmp_path / "in") == []


def test_small_files_are_read_together_in_order_each_under_its_own_name(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "MAX_FILES", 3)
    for number in range(7):
        put(tmp_path / "in" / f"f{number % 2}" / f"{number}.eml", mail(number))
    put(tmp_path / "in" / "f0" / "3.jsonl", b'{"body": "Dear Sam"}\n')
    assert [len(shard.files) for shard in planned(tmp_path / "in")] == [2, 0, 3, 2]
    found = read_all(tmp_path / "in")
    expected = ["f0/0.eml", "f0/2.eml", "f0/3.jsonl#1", "f0/4.eml", "f0/6.eml", "f1/1.eml", "f1/3.eml", "f1/5.eml"]
    assert [item.source for item in found] == [f"{tmp_path}/in/{name}" for name in expected]
    assert [item.labels for item in found] == [(name[:2],) for name in expected]


def test_a_shard_of_files_is_known_by_names_sizes_and_times(tmp_path):
    path = put(tmp_path / "in" / "1.eml", mail(1))
    before = planned(tmp_path / "in")
    assert planned(tmp_path / "in") == before
    os.utime(path, ns=(1, 1))
    (after,) = planned(tmp_path / "in")
    assert after.digest != before[0].digest


def test_a_file_that_went_away_since_it_was_planned_is_one_error_in_its_place(tmp_path):
    for number in range(3):
        put(tmp_path / "in" / f"{number}.eml", mail(number))
    (shard,) = planned(tmp_path / "in")
    (tmp_path / "in" / "1.eml").unlink()
    first, gone, last = read_shard(shard)
    assert subjects([first, last]) == ["0", "2"]
    assert (gone.source, "no such file" in str(gone)) == (shard.files[1], True)


def test_of_a_huge_single_mail_the_beginning_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    (found,) = read_all(put(tmp_path / "x.eml", mail(1, "no " * 1000)))
    assert (len(found.data), [note.code for note in found.notes]) == (1000, ["cut"])


def test_a_pipe_is_never_waited_for(tmp_path):
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "x.eml")
    assert read_all(tmp_path / "in") == []
    (error,) = read_all(tmp_path / "in" / "x.eml")
    assert "is no file" in str(error)


def test_a_thousand_nested_folders_are_walked(tmp_path, monkeypatch):
    """Deeper than the interpreter can call itself."""
    (tmp_path / "in").mkdir()
    monkeypatch.chdir(tmp_path / "in")
    for _ in range(1100):
        os.mkdir("d")  # noqa: PTH102  from here on a path is too long to be made whole
        os.chdir("d")
    Path("x.eml").write_bytes(mail(1))
    monkeypatch.chdir(tmp_path)
    assert subjects(read_all(tmp_path / "in")) == ["1"]
    subprocess.run(["rm", "-r", "in"], check=True)  # what removes old folders of tests calls itself too


def test_folders_too_deep_for_any_path_are_one_error(tmp_path, monkeypatch):
    put(tmp_path / "in" / "e.eml", mail(1))
    monkeypatch.chdir(tmp_path / "in")
    for _ in range(25):
        os.mkdir("d" * 200)  # noqa: PTH102
        os.chdir("d" * 200)
    monkeypatch.chdir(tmp_path)
    error, found = read_all(tmp_path / "in")
    assert ("cannot be reached" in str(error), found.data) == (True, mail(1))


def test_names_that_are_no_text_are_shown_as_text_and_read_all_the_same(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/caf\xe9"))
    try:
        put(folder / "1.eml", mail(1))
    except OSError:
        pytest.skip("this file system knows no such name")
    put(folder / "b.mbox", mbox_of(mail(2)))
    put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/\xe9.eml")), mail(3))
    found = read_all(tmp_path / "in")
    assert subjects(found) == ["1", "2", "3"]
    assert [item.labels for item in found] == [("caf?",), ("caf?", "b"), ()]
    assert [item.source for item in found] == [
        f"{tmp_path}/in/{name}" for name in ("caf?/1.eml", "caf?/b.mbox#1", "?.eml")
    ]
    assert json.dumps(found[1].source)


def test_every_path_is_looked_at_before_anything_is_read(tmp_path):
    good = put(tmp_path / "x.mbox", mbox_of(mail(1)))
    with pytest.raises(ReadError, match=r"none: there is no such file"):
        plan([good, tmp_path / "none"], scratch=tmp_path / "scratch")


def test_the_output_of_a_run_and_its_scratch_are_no_mail(tmp_path):
    put(tmp_path / "in" / "1.eml", mail(1))
    put(tmp_path / "in" / "out" / "2.eml", mail(2))
    put(tmp_path / "in" / "scratch" / "3.eml", mail(3))
    found = read_all(tmp_path / "in", scratch=tmp_path / "in" / "scratch", leave_out=tmp_path / "in" / "out")
    assert subjects(found) == ["1"]


# several people


def test_with_people_each_top_level_folder_is_one_person(tmp_path):
    clients = tmp_path / "clients"
    put(clients / "anna" / "mail.mbox", mbox_of(mail(1)))
    put(clients / "anna" / "more" / "2.eml", mail(2))
    put(clients / "ben" / "3.eml", mail(3))
    put(clients / "ben" / "x.jsonl", b'{"body": "Dear Ben"}\n')
    put(clients / "4.eml", mail(4))
    put(clients / "5.mbox", mbox_of(mail(5)))
    found = read_all(clients, people=True)
    assert [(item.person, item.labels) for item in found] == [
        ("", ()),
        ("", ("5",)),
        ("anna", ("mail",)),
        ("anna", ("more",)),
        ("ben", ()),
        ("ben", ()),
    ]
    assert all(
        len({getattr(item, "person", "") for item in read_shard(shard)}) == 1 for shard in planned(clients, people=True)
    )
    assert {item.person for item in read_all(clients)} == {""}


# jsonl in shards


lines = st.lists(st.sampled_from(['{"body": "Dear Sam"}', "", "  ", "{}", "broken"]), max_size=20)


@given(lines, st.integers(1, 100), st.sampled_from(["\n", "\r\n"]), st.booleans())
@few
def test_jsonl_lines_keep_their_numbers_whatever_the_shards(tmp_path_factory, rows, size, line_end, closed):
    path = tmp_path_factory.mktemp("jsonl") / "x.jsonl"
    path.write_bytes((line_end.join(rows) + (line_end if closed else "")).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk, "SHARD_BYTES", size)
        pieces = planned(path)
    found = [(shard, number, item) for shard in pieces for number, item in enumerate(read_shard(shard))]
    expected = [number for number, row in enumerate(rows, 1) if row.strip()]
    assert [shard.first + number for shard, number, _ in found] == expected
    for shard, number, item in found:
        row = rows[shard.first + number - 1]
        assert isinstance(item, Letter) == ("Dear" in row)
        shown = item.source if isinstance(item, Letter) else str(item).partition(": ")[0]
        assert shown == f"{path}#{shard.first + number}"
