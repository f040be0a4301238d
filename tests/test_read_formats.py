"""Letters that real programs wrote (tests/fixtures), Outlook's formats, documents, the clipboard."""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from analyzer.cli import app
from analyzer.errors import ReadError
from analyzer.read import read_letter, read_letters
from analyzer.read.clipboard import read_clipboard
from analyzer.read.document import letter_from_docx, letter_from_pdf
from analyzer.read.mapi import code_page, from_filetime
from analyzer.read.msg import letter_from_msg
from analyzer.read.pst import plan_pst, read_pst
from analyzer.read.rtf import read_rtf, unpack_rtf
from scripts.outlook_msg import File, Mail, Person, compound_file, packed_rtf, write_msg

FIXTURES = Path(__file__).parent / "fixtures"
LETTERS = [json.loads(line) for line in (FIXTURES / "letters.jsonl").read_text("utf-8").splitlines()]
STORES = sorted(Path(os.environ.get("ANALYZER_PST") or os.devnull).glob("*.[po]st"))
ANN = Person("Ann Lee", "ann@acme.example")
SAM = Person("Sam Roe", "sam@home.example")
few = settings(max_examples=60, deadline=None, derandomize=True)


def words(text: str) -> str:
    return " ".join(text.split())


def msg(tmp_path, mail: Mail):
    write_msg(tmp_path / "m.msg", mail)
    return letter_from_msg((tmp_path / "m.msg").read_bytes(), "m.msg")


# what real programs wrote


@pytest.mark.parametrize("mailbox", ["neomutt.mbox", "mutt", "mblaze", "getmail.mbox"])
def test_a_mailbox_of_a_mail_program_gives_every_letter_that_went_in(mailbox):
    letters = list(read_letters(FIXTURES / "mailboxes" / mailbox))
    assert [words(letter.text) for letter in letters] == [words(row["body"]) for row in LETTERS]
    assert [letter.subject for letter in letters] == [row["subject"] for row in LETTERS]
    assert [letter.sender.replace('"', "") for letter in letters] == [row["from"].replace('"', "") for row in LETTERS]
    assert {letter.to.removeprefix("Sam Roe ") for letter in letters} == {"<sam@home.example>"}
    assert not any(letter.notes for letter in letters)
    assert all(letter.message_id.endswith("@mail.example>") for letter in letters)


def test_the_dates_of_a_mailbox_are_those_that_went_in():
    letters = read_letters(FIXTURES / "mailboxes/getmail.mbox")
    assert [letter.sent.isoformat() for letter in letters] == [row["date"] for row in LETTERS]


@pytest.mark.parametrize("name", ["letters.xlsx", "utf-8-comma.csv", "windows-semicolon.csv", "utf-16-tab.tsv"])
def test_a_table_of_libreoffice_gives_every_letter_that_went_in(name):
    pytest.importorskip("openpyxl")
    letters = list(read_letters(FIXTURES / "tables" / name))
    assert [letter.text for letter in letters] == [row["body"] for row in LETTERS]
    for field, shown in (("subject", "subject"), ("from", "sender"), ("to", "to"), ("id", "id")):
        assert [getattr(letter, shown) for letter in letters] == [row[field] for row in LETTERS]
    assert [letter.sent.isoformat() for letter in letters] == [row["date"] for row in LETTERS]


@pytest.mark.parametrize(("name", "module"), [("letter.pdf", "pypdf"), ("letter.docx", "docx")])
def test_a_document_gives_the_letter_that_went_in(name, module):
    pytest.importorskip(module)
    letter = read_letter(FIXTURES / "documents" / name)
    assert words(LETTERS[4]["body"]) in words(letter.text)
    assert "Best wishes,\n" in letter.text


@pytest.mark.parametrize("name", ["plain.msg", "html.msg", "rtf.msg", "forwarded.msg"])
def test_a_mail_of_outlook_gives_the_letter_in_whatever_form_it_is_kept(name):
    pytest.importorskip("olefile")
    letter = read_letter(FIXTURES / "outlook" / name)
    assert words(letter.text) == words(LETTERS[4]["body"])
    assert (letter.subject, letter.sent) == (LETTERS[4]["subject"], date(2026, 3, 5))
    assert letter.sender == "Priya Nair <priya@quayside-museum.example>"
    assert (letter.to, letter.cc) == ("Sam Roe <sam@home.example>", "Hiring <hiring@quayside-museum.example>")
    assert (letter.message_id, letter.thread) == ("<msg-5@mail.example>", ("<msg-4@mail.example>",))
    assert letter.instant == datetime(2026, 3, 5, 9, 14, tzinfo=UTC).timestamp()


def test_the_internet_header_of_a_mail_of_outlook_comes_before_what_outlook_made_of_it():
    pytest.importorskip("olefile")
    letter = read_letter(FIXTURES / "outlook/windows-1252.msg")
    assert words(letter.text) == words(LETTERS[1]["body"])
    assert (letter.subject, letter.sender) == (LETTERS[1]["subject"], LETTERS[1]["from"])
    assert (letter.message_id, letter.sent) == ("<getmail-2@mail.example>", date(2026, 3, 2))


def test_the_letter_that_is_attached_to_a_mail_of_outlook_is_read():
    pytest.importorskip("olefile")
    pytest.importorskip("pypdf")
    letter = read_letter(FIXTURES / "outlook/attached.msg")
    assert words(LETTERS[4]["body"]) in words(letter.text)
    assert [note.code for note in letter.notes] == ["attachment_read"]


# .msg


def test_the_name_that_exchange_gives_people_is_never_shown_as_an_address(tmp_path):
    within = Person("Lee, Ann", "", "/o=Acme/ou=Exchange/cn=Recipients/cn=ann")
    letter = msg(tmp_path, Mail("s", within, [within], "Dear Sam, no."))
    assert (letter.sender, letter.to) == ("Lee, Ann", "Lee, Ann")


def test_a_name_cannot_add_an_address_or_a_line(tmp_path):
    bait = Person('Ann" <evil@x.example>,\r\nBcc: x', "ann@acme.example")
    letter = msg(tmp_path, Mail("a\r\nBcc: x@x.example", bait, [SAM], "Dear Sam, no."))
    from email.utils import getaddresses

    assert [address for _, address in getaddresses([letter.sender])] == ["ann@acme.example"]
    assert letter.subject == "a Bcc: x@x.example"
    assert "\n" not in letter.sender


@pytest.mark.parametrize("recipients", [0, 1, 300])
def test_mails_of_outlook_of_every_size_are_read(tmp_path, recipients):
    body = "Dear Sam, it is a no. " * (recipients * 10 + 1)
    letter = msg(tmp_path, Mail("s", ANN, [SAM] * recipients, body, files=[File("x.bin", b"x" * 100_000)]))
    assert letter.text == body
    assert letter.to.count("sam@home.example") == min(recipients, 200)


def test_a_mail_in_a_mail_in_a_mail_is_read_and_no_deeper(tmp_path):
    mail = Mail("inner", ANN, [SAM], "Dear Sam, no.")
    for _ in range(3):
        mail = Mail("outer", SAM, [SAM], "", files=[File("inner", mail)])
    assert msg(tmp_path, mail).text == "Dear Sam, no."
    with pytest.raises(ReadError, match="no text"):
        msg(tmp_path, Mail("outer", SAM, [SAM], "", files=[File("inner", mail)]))


@pytest.mark.parametrize("data", [b"", b"words", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", compound_file({"x": b"y"})])
def test_what_is_no_mail_of_outlook_is_one_line(data):
    with pytest.raises(ReadError, match=r"^m\.msg: .*(no Outlook mail|no text)"):
        letter_from_msg(data, "m.msg")


@few
@given(st.lists(st.tuples(st.integers(0, 8191), st.integers(0, 255)), min_size=1, max_size=20), st.integers(0, 8192))
def test_a_damaged_mail_of_outlook_is_a_letter_or_one_line(damage, cut):
    data = bytearray((FIXTURES / "outlook/rtf.msg").read_bytes())
    for place, byte in damage:
        data[place] = byte
    for piece in (bytes(data), bytes(data[:cut])):
        try:
            said = letter_from_msg(piece, "m").text
        except ReadError as error:
            said = str(error)
        assert any(char.isalnum() for char in said)


@pytest.mark.parametrize(
    ("number", "name"),
    [(0, None), (1252, "cp1252"), (65001, "utf-8"), (28592, "iso8859-2"), (20127, "ascii"), (99999, "cp99999")],
)
def test_code_pages_have_their_names(number, name):
    assert code_page(number) == name


@pytest.mark.parametrize("ticks", [0, 2**63 - 1, 2**64 - 1])
def test_a_time_that_is_none_is_none(ticks):
    assert from_filetime(ticks) is None


# RTF


def test_the_examples_of_the_specification_are_unpacked():
    """[MS-OXRTFCP], sections 4.1 and 4.2."""
    first = "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    second = "1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0"
    assert unpack_rtf(bytes.fromhex(first)) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unpack_rtf(bytes.fromhex(second)) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@few
@given(st.binary(max_size=300))
def test_packed_rtf_comes_out_as_it_went_in(data):
    assert unpack_rtf(packed_rtf(data)) == data
    assert unpack_rtf(struct.pack("<IIII", 0, len(data), 0x414C454D, 0) + data) == data
    assert isinstance(read_rtf(unpack_rtf(data))[0], str)


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1\ansi Dear Sam,\par\par it is\line a \{no\}.}", "Dear Sam,\n\nit is\na {no}."),
        (rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}caf\'e9 \u8211\'96 x\~y}", "caf\u00e9 \u2013 x\xa0y"),
        (rb"{\rtf1\ansi\ansicpg932\'82\'b1\'82\'cc}", "\u3053\u306e"),
        (rb"{\rtf1\ansi\uc2\u233xx!{\uc0\u233 }\u-3913 z}", "\u00e9!\u00e9\uf0b7"),
        (rb"{\rtf1{\*\secret no}{\field{\*\fldinst LINK}{\fldrslt shown}}{\info{\title no}}}", "shown"),
        (rb"{\rtf1 a\bin4 {{{{ b\'zz\tab c\emdash}", "a bzz\tc\u2014"),
        (b"{\\rtf1 }}}}} a {\\b", " a "),
        (b"", ""),
    ],
)
def test_rtf_says_what_it_shows(rtf, text):
    assert read_rtf(rtf) == (text, False)


def test_the_page_that_outlook_packed_into_rtf_comes_out_whole():
    rtf = (
        rb"{\rtf1\ansi\ansicpg1251\fromhtml1 {\fonttbl{\f0 Arial;}}{\*\htmltag84 <p>}\htmlrtf {\htmlrtf0 Dear \'c8\'e2\'e0\'ed"
        rb" {\*\htmltag92 <b>}\htmlrtf \b \htmlrtf0 no{\*\htmltag100 </b>}\htmlrtf \b0\htmlrtf0 .\htmlrtf \par}\htmlrtf0"
        rb" {\*\htmltag92 </p>}{\*\mhtmltag92 <x>}}"
    )
    assert read_rtf(rtf) == ("<p>Dear \u0418\u0432\u0430\u043d <b>no</b>.</p>", True)


@pytest.mark.parametrize("bait", [b"{", b"\\", b"\\'e9", b"\\u", b"{\\*", b"\\bin99999999 "])
def test_bait_in_rtf_takes_linear_time(bait):
    assert isinstance(read_rtf(b"{\\rtf1 " + bait * (1_000_000 // len(bait)))[0], str)


def test_a_few_packed_bytes_cannot_become_more_than_the_limit():
    packed = struct.pack("<IIII", 0, 0xFFFFFFFF, 0x75465A4C, 0) + b"\xff" + b"\x00\x0f" * 8
    assert len(unpack_rtf(packed + (b"\xff" + b"\x00\x0f" * 8) * 100_000)) <= 5_000_000


# .pst


@pytest.mark.skipif(not STORES, reason="ANALYZER_PST names no folder with stores; see tests/fixtures/README.md")
@pytest.mark.parametrize("path", STORES, ids=lambda path: path.name)
def test_every_message_of_a_store_is_a_letter_or_one_error(path):
    shards = list(plan_pst(path, path.name))
    items = [item for shard in shards for item in read_pst(shard)]
    assert len(items) == sum(shard.stop - shard.start for shard in shards)
    letters = [item for item in items if not isinstance(item, ReadError)]
    assert len(letters) >= len(items) - 1  # one has a picture alone
    assert all(letter.sender and letter.sent for letter in letters)
    assert sum(not letter.subject for letter in letters) <= 1  # one has none
    assert all(letter.message_id for letter in letters if letter.labels != ("Sync Issues",))
    assert len({item.source for item in items}) == len(items)
    assert not any("/o=" in (letter.sender + letter.to).lower() for letter in letters)


@pytest.mark.skipif(not STORES, reason="ANALYZER_PST names no folder with stores; see tests/fixtures/README.md")
def test_a_store_gives_its_folders_as_labels_and_as_many_mails_as_another_program_finds():
    path = next(path for path in STORES if path.name == "enron.pst")
    found = {shard.labels: shard.stop - shard.start for shard in plan_pst(path, "enron.pst")}
    assert sum(found.values()) == 71  # which is what readpst 0.6.76 counts
    assert found["lokay-m", "MLOKAY (Non-Privileged)", "TW-Commercial Group"] == 14


@pytest.mark.skipif(not STORES, reason="ANALYZER_PST names no folder with stores; see tests/fixtures/README.md")
def test_a_letter_attached_to_a_mail_in_a_store_is_read():
    path = next(path for path in STORES if path.name == "pstextractortestpdf@outlook.com.ost")
    letters = [letter for shard in plan_pst(path, "x.ost") for letter in read_pst(shard)]
    assert "Technical Support" in next(letter for letter in letters if letter.subject == "single PDF").text


@pytest.mark.parametrize("data", [b"", b"words", b"!BDN" + bytes(1000)])
def test_a_damaged_store_is_one_line(tmp_path, data):
    pytest.importorskip("pypff")
    (tmp_path / "x.pst").write_bytes(data)
    (error,) = plan_pst(tmp_path / "x.pst", "x.pst")
    assert str(error).startswith("x.pst: is damaged or no Outlook store")


# PDF and DOCX


def pdf_with(*, text: bytes | None = None, password: str = "", pages: int = 1) -> bytes:
    pypdf = pytest.importorskip("pypdf")
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = pypdf.PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(200, 200)
        if text is not None:
            stream = DecodedStreamObject()
            stream.set_data(text)
            font = DictionaryObject(
                {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")}
            )
            font[NameObject("/BaseFont")] = NameObject("/Helvetica")
            page[NameObject("/Contents")] = writer._add_object(stream)
            page[NameObject("/Resources")] = DictionaryObject(
                {NameObject("/Font"): DictionaryObject({NameObject("/F"): font})}
            )
    if password:
        writer.encrypt("", password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


SHOWS = b"BT /F 12 Tf 10 100 Td (Dear Sam, no.) Tj ET\n"


def test_a_pdf_that_only_forbids_changes_is_read():
    data = pdf_with(text=SHOWS, password="owner")  # noqa: S106  it opens with none
    assert letter_from_pdf(data, "x").text == "Dear Sam, no."


def test_of_a_long_pdf_the_first_pages_are_read():
    assert letter_from_pdf(pdf_with(text=SHOWS, pages=30), "x").text.count("Dear Sam") == 20


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: pdf_with(), "there is no text in it; it may be a scan"),
        (lambda: (FIXTURES / "documents/locked.pdf").read_bytes(), "is locked with a password"),
        (lambda: pdf_with(text=SHOWS * 200_000), "more drawing than any letter"),
        (lambda: pdf_with(text=SHOWS * 50_000), "more drawing than any letter"),
        (lambda: b"%PDF-1.7 and no more", "is damaged or no PDF"),
        (lambda: b"words", "is damaged or no PDF"),
        (lambda: b"", "is damaged or no PDF"),
    ],
)
def test_a_pdf_that_cannot_be_read_is_one_line_that_says_why(data, said, capfd):
    pytest.importorskip("pypdf")
    with pytest.raises(ReadError) as caught:
        letter_from_pdf(data(), "x.pdf")
    assert str(caught.value).startswith("x.pdf: ")
    assert said in str(caught.value)
    assert capfd.readouterr() == ("", "")  # the library talks no more than we do


@few
@given(
    st.lists(st.tuples(st.integers(0, 12_000), st.integers(0, 255)), min_size=1, max_size=30), st.integers(0, 12_000)
)
def test_a_damaged_document_is_a_letter_or_one_line(damage, cut):
    pytest.importorskip("pypdf")
    pytest.importorskip("docx")
    for name, adapter in (("letter.pdf", letter_from_pdf), ("letter.docx", letter_from_docx)):
        data = bytearray((FIXTURES / "documents" / name).read_bytes())
        for place, byte in damage:
            data[place % len(data)] = byte
        for piece in (bytes(data), bytes(data[:cut])):
            try:
                said = adapter(piece, "x").text
            except ReadError as error:
                said = str(error)
            assert any(char.isalnum() for char in said)


def test_a_word_document_gives_paragraphs_and_tables_in_their_order():
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_paragraph("Dear Sam,")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Role:", "cook"
    document.add_paragraph("it is a no.")
    out = io.BytesIO()
    document.save(out)
    assert letter_from_docx(out.getvalue(), "x").text == "Dear Sam,\n\nRole: cook\n\nit is a no."


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: zipped(document=bytes(150_000_000)), "unpacks to far more than it weighs"),
        (lambda: zipped(**{f"m{n}": b"" for n in range(10_001)}), "unpacks to far more than it weighs"),
        (lambda: zipped(document=b"<x/>"), "is damaged or no Word document"),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "is locked or in Word's old format"),
        (lambda: b"words", "is damaged or no Office file"),
    ],
)
def test_a_word_document_that_cannot_be_read_is_one_line_that_says_why(data, said):
    pytest.importorskip("docx")
    with pytest.raises(ReadError) as caught:
        letter_from_docx(data(), "x.docx")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("read", "module", "extra"),
    [
        (lambda: letter_from_pdf(b"%PDF-", "x"), "pypdf", "documents"),
        (lambda: letter_from_docx(b"PK", "x"), "docx", "documents"),
        (lambda: letter_from_msg(b"", "x"), "olefile", "outlook"),
    ],
)
def test_without_its_extra_a_format_is_one_line_that_says_how_to_get_it(monkeypatch, read, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ReadError) as caught:
        read()
    assert str(caught.value).endswith(f"get it with: pip install 'analyzer[{extra}]'")


def test_without_its_extra_a_store_is_one_line_that_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pypff", None)
    (error,) = plan_pst(tmp_path / "x.pst", "x.pst")
    assert str(error).endswith("pip install 'analyzer[outlook]'")


# the clipboard


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A desktop with no program but those that a test makes."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")

    def make(name: str, script: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        (tmp_path / name).chmod(0o755)

    return make


def test_the_clipboard_is_read_with_the_first_tool_that_has_it(tools):
    tools("xclip", "echo no such target >&2; exit 1")
    tools("xsel", "echo 'Subject: cook'; echo; echo 'Dear Sam, café: no.'")
    letter = read_clipboard()
    assert (letter.subject, letter.text.strip()) == ("cook", "Dear Sam, café: no.")
    assert letter.source == "the clipboard"


@pytest.mark.parametrize(
    ("environment", "made", "said"),
    [
        ({}, "", "xclip is not installed"),
        ({"WAYLAND_DISPLAY": "0"}, "", "wl-paste is not installed"),
        ({"DISPLAY": ""}, "", "there is no desktop here"),
        ({}, "exit 1", "holds no text that could be read"),
        ({}, "exit 0", "is empty"),
        ({}, "echo ...", "there is no text in it"),
    ],
)
def test_a_clipboard_without_a_letter_is_one_line(tools, monkeypatch, environment, made, said):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if made:
        tools("xclip", made)
    with pytest.raises(ReadError) as caught:
        read_clipboard()
    assert str(caught.value).startswith("the clipboard: ")
    assert said in str(caught.value)


def test_analyze_takes_the_letter_from_the_clipboard(tools):
    tools("xclip", "echo 'Dear Sam, thank you for applying. Sadly we have chosen another cook for the post.'")
    done = CliRunner().invoke(app, ["analyze", "--clipboard", "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert (answer["source"], answer["kind"]) == ("the clipboard", "rejection")


def test_analyze_without_a_letter_is_wrong_usage():
    assert CliRunner().invoke(app, ["analyze"]).exit_code == 2
