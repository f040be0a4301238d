"""Every format, every encoding and everything that goes wrong in a file, up to the decoded letter."""

from __future__ import annotations

import base64
import io
import json
import os
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import ReadError
from analyzer.read import LETTER_SUFFIXES, MAX_BYTES, read_letter, read_letters, read_stream
from analyzer.read.eml import letter_from_eml
from analyzer.read.html import letter_from_html, visible_text
from analyzer.read.text import letter_from_text, parse_date, split_headers

WORDS = "Dear Sam, the post at our café has gone to somebody else \u2013 we are sorry."
few = settings(max_examples=60, deadline=None, derandomize=True)


def text_of(data: bytes) -> str:
    return letter_from_text(data, "x").text.strip()


def mail(head: str, body: str | bytes = "Dear Sam, it is a no.\n") -> bytes:
    return head.encode() + b"\n\n" + (body if isinstance(body, bytes) else body.encode())


def multipart(*parts: str, kind: str = "alternative", end: str = "--AA--") -> bytes:
    body = "".join(f"--AA\n{part}\n" for part in parts) + end
    return mail(f'Subject: s\nContent-Type: multipart/{kind}; boundary="AA"', body)


def codes(letter) -> list[str]:
    return [note.code for note in letter.notes]


# text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)  # "utf-16" writes a mark, the two after it do not
def test_a_text_file_reads_the_same_in_every_encoding_that_people_save(encoding):
    letter = letter_from_text(WORDS.encode(encoding), "x")
    assert letter.text == WORDS
    assert letter.notes == ()


def test_latin_1_is_read_as_its_superset():
    assert text_of("Grüße aus Genève, señor".encode("latin-1")) == "Grüße aus Genève, señor"


def test_bytes_that_mean_nothing_in_any_encoding_are_shown_as_such_and_noted():
    letter = letter_from_text(b"Dear Sam, caf\x81 \xe9t\x8d, it is a no.", "x")
    assert letter.text == "Dear Sam, caf\ufffd ét\ufffd, it is a no."
    assert codes(letter) == ["undecodable"]


@pytest.mark.parametrize(
    "data", [b"Dear\0Sam", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", bytes(range(1, 32)) * 4, b"%\x7f\x01" * 9]
)
@pytest.mark.parametrize("adapter", [letter_from_text, letter_from_html, letter_from_eml])
def test_binary_content_is_refused_as_no_text(adapter, data):
    with pytest.raises(ReadError, match=r"^photo: is not text"):
        adapter(data, "photo")


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"-- ... !\n", "\u200b\u2014".encode()])
@pytest.mark.parametrize("adapter", [letter_from_text, letter_from_html, letter_from_eml])
def test_a_file_without_a_word_is_refused(adapter, data):
    with pytest.raises(ReadError, match=r"^empty: .* no text"):
        adapter(data, "empty")


def test_pasted_headers_become_those_of_the_letter():
    pasted = (
        b"\xef\xbb\xbf\r\n\r\nFrom: Ann Lee <ann@acme.example>\r\nSent: Monday, March 2, 2026 9:14 AM\r\n"
        b"TO: sam@home.example\r\nCc: hr@acme.example\r\nReply-To: jobs@acme.example\r\n"
        b"Message-ID: <1@acme.example>\r\nSubject: Your application: cook\r\n\r\nDear Sam,\r\nit is a no.\r\n"
    )
    letter = letter_from_text(pasted, "x")
    assert letter.sender == "Ann Lee <ann@acme.example>"
    assert (letter.to, letter.cc, letter.reply_to) == ("sam@home.example", "hr@acme.example", "jobs@acme.example")
    assert (letter.subject, letter.message_id) == ("Your application: cook", "<1@acme.example>")
    assert letter.sent == date(2026, 3, 2)
    assert letter.text.split() == ["Dear", "Sam,", "it", "is", "a", "no."]


@pytest.mark.parametrize(
    "text",
    [
        "To: all applicants\n\nThe post is filled.",
        "Date: 3 May\nTo: be decided\n\nThe post is filled.",
        "From: the 3rd of May we are\nat a new address.",
        "From: the 3rd of May we no longer take on cooks.\n\nThank you for asking.",
        "Subject: to funding, the post\nmay come back.",
        "Subjects: two\nFrom us: no.\n",
        "Dear Sam,\nFrom: Ann\nSubject: cook\n\nno.",
    ],
)
def test_a_line_of_the_letter_that_only_looks_like_a_header_stays_in_the_letter(text):
    headers, rest = split_headers(text)
    assert headers == {}
    assert rest == text


def test_headers_alone_are_a_letter_of_their_own():
    """Where nothing stands below them, they are all that the reader pasted."""
    letter = letter_from_text(b"Subject: no\nFrom: Ann", "x")
    assert letter.text == "Subject: no\nFrom: Ann"
    assert letter.subject == ""


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("Mon, 2 Mar 2026 10:00:00 +0000", date(2026, 3, 2)),
        ("Mon, 2 Mar 2026 23:30:00 -0800", date(2026, 3, 2)),  # the sender's own day, not UTC's
        ("Monday, March 2, 2026 9:14 AM", date(2026, 3, 2)),  # Outlook
        ("02 March 2026 09:14", date(2026, 3, 2)),
        ("Mon, Mar 2, 2026 at 9:14 AM", date(2026, 3, 2)),  # Gmail
        ("2 March 2026 at 09:14:00 GMT", date(2026, 3, 2)),  # Apple Mail
        ("2 March 2026", date(2026, 3, 2)),
        ("2026-03-02", date(2026, 3, 2)),
        ("2026-03-02T23:59:59Z", date(2026, 3, 2)),
        ("", None),
        ("yesterday", None),
        ("2026-13-45", None),
        ("Sat, 31 Feb 2026 10:00:00 +0000", None),
        ("Mon, 2 Mar 2026 10:00:00 +99999999999", None),
    ],
)
def test_dates_of_mail_programs_and_files(value, day):
    assert parse_date(value) == day


@few
@given(st.text(max_size=60))
def test_no_text_breaks_the_date_parser(value):
    assert parse_date(value) is None or isinstance(parse_date(value), date)


@few
@given(st.binary(max_size=300))
@pytest.mark.parametrize("adapter", [letter_from_text, letter_from_html, letter_from_eml])
def test_any_bytes_give_a_letter_or_one_line(adapter, data):
    def read() -> str:
        try:
            return adapter(data, "x").text
        except ReadError as error:
            return str(error)

    said = read()
    assert any(char.isalnum() for char in said)
    assert not said.startswith("x: ") or "\n" not in said


# eml


def test_a_mail_gives_its_headers_in_one_line_each_and_its_day():
    head = (
        "From: =?utf-8?q?J=C3=B6rg?= <j@acme.example>\nTo: sam@home.example,\n pat@home.example\n"
        "Cc: hr@acme.example\nReply-To: jobs@acme.example\nMessage-ID: <1@acme.example>\n"
        "Subject: =?iso-8859-1?q?caf=E9?=\n =?utf-8?b?IMOgIGxhIGNhcnRl?=\nDate: Mon, 2 Mar 2026 23:30:00 -0800"
    )
    letter = letter_from_eml(mail(head), "x")
    assert letter.sender == "Jörg <j@acme.example>"
    assert (letter.to, letter.cc) == ("sam@home.example, pat@home.example", "hr@acme.example")
    assert (letter.reply_to, letter.message_id) == ("jobs@acme.example", "<1@acme.example>")
    assert letter.subject == "café à la carte"
    assert letter.sent == date(2026, 3, 2)
    assert letter.notes == ()


def test_a_header_in_raw_utf_8_is_read_as_such():
    assert letter_from_eml(mail("From: Jörg <j@acme.example>"), "x").sender == "Jörg <j@acme.example>"


@pytest.mark.parametrize(
    "raw", ["=?x-none?b?AAAA?=", "=?utf-8?b?A?=", "=?undefined?q?a?=", "=?idna?q?..?=", "=?unicode_escape?q?=5Cud800?="]
)
def test_a_header_that_cannot_be_decoded_costs_neither_the_letter_nor_its_output(raw):
    letter = letter_from_eml(mail(f"Subject: {raw}\nDate: never"), "x")
    assert letter.text.strip() == "Dear Sam, it is a no."
    assert letter.subject.encode()  # can be written to a file
    assert letter.sent is None


@pytest.mark.parametrize("charset", ["", "; charset=x-none", "; charset=undefined", "; charset=rot13", '; charset="'])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_mail_with_no_charset_or_an_unknown_one_is_still_read(charset, encoding):
    assert letter_from_eml(mail(f"Content-Type: text/plain{charset}", WORDS.encode(encoding)), "x").text == WORDS


def test_a_mail_that_declares_the_wrong_charset_is_read_as_what_it_is():
    assert letter_from_eml(mail("Content-Type: text/plain; charset=utf-8", WORDS.encode("cp1252")), "x").text == WORDS


@pytest.mark.parametrize("cut", [100, 101, 102, 103])
def test_base64_that_was_cut_gives_the_letter_up_to_the_cut(cut):
    whole = base64.b64encode((WORDS * 5).encode())[:cut]
    head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64"
    letter = letter_from_eml(mail(head, whole), "x")
    assert letter.text.startswith(WORDS[:60])
    assert codes(letter) == ([] if cut % 4 == 0 else ["broken_mail"])


@pytest.mark.parametrize(
    "data",
    [
        mail("Content-Type: multipart/mixed"),
        mail('Content-Type: multipart/mixed; boundary="never"'),
        mail('Content-Type: multipart/mixed; boundary="AA"', "--AA\nContent-Type: text/plain\n\nDear Sam, it is a no."),
        b"Dear Sam, it is a no.",
    ],
    ids=["no boundary", "absent boundary", "no end", "no headers"],
)
def test_a_broken_mail_with_text_in_it_is_read_with_a_note(data):
    letter = letter_from_eml(data, "x")
    assert letter.text.strip() == "Dear Sam, it is a no."
    assert codes(letter) == ["broken_mail"]


PLAIN = "Content-Type: text/plain\n\nDear Sam, the post is filled and we are sorry to say so.\n"
HTML = "Content-Type: text/html\n\n<p>Dear Sam, the post is filled and we are <b>sorry</b> to say so.</p>\n"


@pytest.mark.parametrize(
    "data",
    [
        multipart(PLAIN, HTML),
        multipart(HTML),
        multipart("Content-Type: text/plain\n\n\n", HTML),
        multipart("Content-Type: text/plain\n\nSee the other part.\n", HTML),
        multipart('Content-Type: text/plain; name="cv.txt"\n\nmy CV, of many words\n', PLAIN, kind="mixed"),
        multipart("Content-Type: text/plain\nContent-Disposition: attachment\n\nmy CV\n", PLAIN, kind="mixed"),
        multipart("Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n", PLAIN, kind="mixed"),
        multipart("Content-Type: message/rfc822\n\nSubject: inner\n" + PLAIN, kind="mixed"),
    ],
    ids=["both", "HTML alone", "empty plain", "stub", "named file", "attachment", "picture", "attached mail"],
)
def test_the_part_that_is_the_letter_is_found(data):
    letter = letter_from_eml(data, "x")
    assert letter.text.strip() == "Dear Sam, the post is filled and we are sorry to say so."
    assert letter.subject == "s"


@pytest.mark.parametrize("name", ["name*=undefined''cv", "name*=idna''%ff%fe", "name*0*=undefined''cv"])
def test_a_file_name_in_an_impossible_encoding_is_no_crash(name):
    data = multipart(f"Content-Type: image/png; {name}\n\nx\n", PLAIN, kind="mixed")
    assert letter_from_eml(data, "x").text.startswith("Dear Sam")


@pytest.mark.parametrize("depth", [990, 5_000])
@pytest.mark.parametrize(
    "level",
    [
        'Content-Type: multipart/mixed; boundary="b{0}"\n\n--b{0}\n',
        'Content-Type: multipart/mixed; BOUNDARY="b{0}"\n\n--b{0}\n',
        "Content-Type: message/rfc822\n\n",
    ],
    ids=["boundary", "BOUNDARY", "message"],
)
def test_mail_in_mail_in_mail_is_refused_in_one_line(level, depth):
    data = "".join(level.format(number) for number in range(depth)) + "Content-Type: text/plain\n\nDear Sam, no."
    with pytest.raises(ReadError, match=r"^bait: .*nested"):
        letter_from_eml(data.encode(), "bait")


def test_many_parts_side_by_side_are_no_bait():
    assert letter_from_eml(multipart(*[PLAIN] * 2_000), "x").text.startswith("Dear Sam")


# html


@pytest.mark.parametrize(
    "markup",
    [
        "<script>X</script>",
        "<style>X</style>",
        "<template>X</template>",
        "<title>X</title>",
        "<!-- X -->",
        "<!--[if mso]><p>X</p><![endif]-->",
        "<p hidden>X</p>",
        "<p aria-hidden=true>X</p>",
        "<div style='display:none'>X<div>X</div></div>",
        "<div style='color:red; DISPLAY: None !important'>X</div>",
        "<div style='visibility: hidden'>X</div>",
        "<div style='font-size:0'>X</div>",
        "<div style='max-height:0px;overflow:hidden'>X</div>",
        "<div style='opacity:0'>X</div>",
    ],
)
def test_text_that_nobody_sees_is_not_read(markup):
    assert visible_text(f"<body>{markup}<p>Dear Sam</p>{markup}</body>").split() == ["Dear", "Sam"]


@pytest.mark.parametrize(
    "style",
    ["font-size:0.9em", "font-size: 0.875rem", "max-height:0.5in", "opacity:0.9", "opacity:0.6;", "display:block", ""],
)
def test_text_that_is_only_small_or_pale_is_read(style):
    assert visible_text(f'<p style="{style}">Dear Sam</p>').strip() == "Dear Sam"


def test_a_wrapper_of_font_size_zero_hides_nothing_that_sets_its_own():
    """Mail builders write every section so, to close the gaps between columns."""
    markup = '<td style="font-size:0px;padding:20px 0"><div style="font-size:13px">Dear Sam, no.</div></td>'
    assert visible_text(f"<table><tr>{markup}</tr></table>").strip() == "Dear Sam, no."


def test_blocks_lists_and_table_cells_stay_apart():
    markup = (
        "<h1>Acme</h1><p>Dear&nbsp;Sam,<br>the <b>p</b>ost &amp; <i>all</i></p><ul><li>one<li>two</ul>"
        "<table><tr><td>Role</td><td>Cook</td></tr><tr><td>Status</td><td>Closed</td></tr></table>"
    )
    lines = [" ".join(line.split()) for line in visible_text(markup).splitlines() if line.strip()]
    assert lines == ["Acme", "Dear Sam,", "the post & all", "one", "two", "Role Cook", "Status Closed"]


def test_quoted_mail_is_marked_and_put_below():
    markup = "<div class=gmail_quote>Ann wrote:<blockquote type=cite>I apply.<br>Please.</blockquote></div><p>No.</p>"
    assert visible_text(markup).split("\n") == ["No.", "", "> Ann wrote:", "> I apply.", "> Please."]


def test_a_quotation_in_a_letter_is_the_letter():
    assert ">" not in visible_text("<p>You wrote:</p><blockquote>I can cook.</blockquote><p>No.</p>")


@pytest.mark.parametrize(
    "page", ["<html><head><title>T</title></head><body><img src=x><hr></body></html>", "<frameset>"]
)
def test_a_page_of_markup_alone_is_refused(page):
    with pytest.raises(ReadError, match=r"^page: the page holds no text"):
        letter_from_html(page.encode(), "page")


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("iso-8859-1", "latin-1"), ("x-none", "utf-8"), ("utf-8", "cp1252"), ("utf-8", "utf-16"), ("utf-16", "utf-8")],
)
def test_a_page_is_read_whatever_charset_it_declares(declared, encoding):
    page = f'<meta charset="{declared}"><p>the café</p>'.encode(encoding)
    assert letter_from_html(page, "x").text.strip() == "the café"


@pytest.mark.parametrize("end", ["</div>" * 20_000, ""])
def test_twenty_thousand_nested_blocks_lose_no_letter(end):
    assert visible_text("<div>" * 20_000 + "Dear Sam, no." + end).strip() == "Dear Sam, no."


@pytest.mark.parametrize(
    "bait",
    [
        "<div style='display:none'>X</div>" * 4_000,
        "<p style='margin:0'>X</p>" * 4_000,
        "<div style='display:none'>" * 4_000 + "X" + "</div>" * 4_000,
        "<blockquote type=cite>" * 4_000 + "X" + "</blockquote>" * 4_000,
    ],
    ids=["beside", "styled", "nested", "quotes"],
)
def test_thousands_of_hidden_styled_or_quoted_blocks_take_linear_time(bait):
    """At this size what is quadratic takes a minute, what is linear a blink."""
    assert visible_text(f"<p>Dear Sam, no.</p>{bait}").split("\n")[0] == "Dear Sam, no."


# jsonl


def test_every_line_of_a_jsonl_file_is_a_letter_or_one_error(tmp_path):
    lines = [
        '{"body": "Dear Sam, no.", "id": 7, "date": "2026-03-02", "subject": "Your\\n post", "from": "Ann", "odd": []}',
        "",
        "[]",
        '{"body": 5}',
        '{"text": "Dear Sam"}',
        "{broken",
        '{"body": " -- "}',
        "[" * 100_000,
        '{"body": "Dear Pat, no.", "subject": null, "id": "p", "date": "soon"}',
    ]
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    first, *errors, last = read_letters(path)
    assert (first.text, first.id, first.sent) == ("Dear Sam, no.", "7", date(2026, 3, 2))
    assert (first.subject, first.sender, first.source) == ("Your post", "Ann", f"{path}#1")
    assert (last.text, last.id, last.subject, last.sent) == ("Dear Pat, no.", "p", "", None)
    assert [str(error).split(": ")[0] for error in errors] == [f"{path}#{number}" for number in range(3, 9)]
    assert all(isinstance(error, ReadError) for error in errors)


def test_a_jsonl_line_of_bytes_that_are_no_text_is_one_error(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"body": "first"}\n{"body": "caf\xe9"}\n{"body": "third"}\n')
    first, second, third = read_letters(path)
    assert (first.text, third.text) == ("first", "third")
    assert str(second).startswith(f"{path}#2: ")


def test_a_jsonl_line_that_is_too_long_is_one_error_and_the_next_keeps_its_number(tmp_path):
    path = tmp_path / "x.jsonl"
    tail = b'{"body": "smuggled"}'
    path.write_bytes(b'{"body": "' + b"a" * (MAX_BYTES - 9) + tail + b'\n{"body": "next"}\n')
    long, following = read_letters(path)
    assert str(long).startswith(f"{path}#1: ")
    assert (following.text, following.source) == ("next", f"{path}#2")


def test_a_lone_surrogate_in_a_jsonl_field_can_still_be_written_out(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"body": "Dear Sam", "subject": "a\ud800b", "id": "\udfff1"}))
    (letter,) = read_letters(path)
    assert letter.subject.encode()
    assert letter.id.encode()


# files and folders


@pytest.mark.parametrize("suffix", [*LETTER_SUFFIXES, ".TXT", ".letter", ""])
def test_a_file_is_read_by_its_suffix_and_else_as_text(tmp_path, suffix):
    path = tmp_path / f"letter{suffix}"
    path.write_text("Subject: cook\nFrom: Ann\n\nDear Sam, no.", "utf-8")
    letter = read_letter(path)
    assert letter.text.endswith("Dear Sam, no.")
    assert letter.source == str(path)


def test_standard_input_is_read_as_text(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WORDS.encode("cp1252"))))
    letter = read_letter(Path("-"))
    assert (letter.text, letter.source) == (WORDS, "standard input")


def test_ten_megabytes_are_read_and_one_byte_more_is_refused(tmp_path):
    path = tmp_path / "big.txt"
    path.write_bytes(b"no " * (MAX_BYTES // 3) + b"!")
    assert len(read_letter(path).text) == MAX_BYTES
    path.write_bytes(b"no " * (MAX_BYTES // 3) + b"!!")
    with pytest.raises(ReadError, match=r"big\.txt: is larger than 10 MB"):
        read_letter(path)
    with pytest.raises(ReadError, match=r"^standard input: is larger than 10 MB"):
        read_stream(io.BytesIO(path.read_bytes()))


def test_a_folder_as_one_letter_is_refused_with_the_command_that_takes_it(tmp_path):
    with pytest.raises(ReadError, match="analyzer batch"):
        read_letter(tmp_path)


@pytest.mark.parametrize(
    "name", ["none.txt", "none.eml", "none.jsonl", "no/such/folder", "x" * 300, "x" * 300 + ".eml"]
)
def test_a_path_that_leads_nowhere_raises_one_line(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(ReadError):
        read_letter(path)
    with pytest.raises(ReadError):
        list(read_letters(path))


def test_a_file_that_may_not_be_read_is_one_error_among_its_neighbours(tmp_path):
    closed, letter = tmp_path / "closed.txt", tmp_path / "letter.txt"
    closed.write_text(WORDS, "utf-8")
    letter.write_text(WORDS, "utf-8")
    closed.chmod(0)
    try:
        closed.read_bytes()
    except PermissionError:
        pass
    else:
        pytest.skip("this user may read everything")
    error, read = read_letters(tmp_path)
    assert str(error).startswith(f"{closed}: cannot be read")
    assert read.text == WORDS


def test_a_file_whose_name_is_no_utf_8_has_a_source_that_can_be_written_out(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    try:
        path.write_text(WORDS, "utf-8")
    except OSError:
        pytest.skip("this file system knows no such name")
    (letter,) = read_letters(tmp_path)
    assert letter.text == WORDS
    assert letter.source.encode()


def test_a_link_that_leads_to_itself_cannot_be_read(tmp_path):
    loop = tmp_path / "loop.txt"
    loop.symlink_to(loop)
    with pytest.raises(ReadError, match=r"loop\.txt: cannot be read"):
        read_letter(loop)


def test_a_folder_gives_its_letters_sorted_at_all_depths_and_one_error_for_each_that_is_none(tmp_path):
    (tmp_path / "b.txt").write_text("Dear B", "utf-8")
    (tmp_path / "a.d").mkdir()
    (tmp_path / "a.d" / "z.EML").write_bytes(mail("Subject: z", "Dear Z"))
    (tmp_path / "c.jsonl").write_text('{"body": "Dear C"}\n{}\n', "utf-8")
    (tmp_path / "d.html").write_bytes(b"<p>Dear D")
    (tmp_path / "e.txt").write_bytes(b"")
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    found = list(read_letters(tmp_path))
    assert [getattr(item, "text", "error").strip() for item in found] == [
        "Dear Z",
        "Dear B",
        "Dear C",
        "error",
        "Dear D",
        "error",
    ]


@pytest.mark.parametrize(
    ("name", "target"), [("link.txt", "secret.txt"), ("link.jsonl", "secret.txt"), ("link.txt", ""), ("link", "")]
)
def test_a_link_in_a_folder_is_refused_and_never_followed(tmp_path, name, target):
    outside, mailbox = tmp_path / "outside", tmp_path / "mailbox"
    outside.mkdir()
    mailbox.mkdir()
    (outside / "secret.txt").write_text("Dear secret", "utf-8")
    (mailbox / name).symlink_to(outside / target)
    assert [str(item).split(";")[0] for item in read_letters(mailbox)] == [f"{mailbox / name}: is a link"]


def test_a_link_that_the_reader_names_is_followed(tmp_path):
    (tmp_path / "letter.txt").write_text(WORDS, "utf-8")
    (tmp_path / "link.txt").symlink_to(tmp_path / "letter.txt")
    assert [letter.text for letter in read_letters(tmp_path / "link.txt")] == [WORDS]


def test_the_output_folder_of_a_run_is_left_out_whatever_links_stand_beside_it(tmp_path):
    output = tmp_path / "output"
    output.mkdir()
    (output / "results.jsonl").write_text('{"body": "Dear Sam"}', "utf-8")
    (tmp_path / "letter.txt").write_text(WORDS, "utf-8")
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    letter, error = read_letters(tmp_path, leave_out=output)
    assert letter.text == WORDS
    assert str(error).startswith(f"{tmp_path / 'loop.txt'}: is a link")
