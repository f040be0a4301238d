"""Mail as bytes: its thread and labels, its charsets, the attachment that is the letter, the first look, and bait."""

# ruff: noqa: RUF001  letters of other alphabets are what is read here

from __future__ import annotations

import base64
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyzer.errors import ReadError
from analyzer.look import FIRST
from analyzer.read.attached import calendar_text
from analyzer.read.eml import letter_from_eml, read_mail
from analyzer.read.headers import MAX_HEADER, header_value, read_labels, read_thread
from analyzer.read.peek import peek
from analyzer.read.text import decode_bytes, encoding_of, parse_instant
from analyzer.records import Note, RawMail

WORDS = "Dear Sam, the post at our café has gone to somebody else \u2013 we are sorry."
LONG = "Dear Sam,\n\n" + "we have read your papers with care and chosen another cook for the post. " * 8
few = settings(max_examples=100, deadline=None, derandomize=True)


def codes(letter) -> list[str]:
    return [note.code for note in letter.notes]


def mail_with(text: str | None, *files: tuple[str, str, bytes], kind: str = "plain") -> bytes:
    """A mail with attachments (name, type, content); `text` None: nothing but the first of them."""
    mail = EmailMessage()
    mail["Subject"] = "s"
    if text is not None:
        mail.set_content(text, subtype=kind)
    for name, what, content in files:
        main, sub = what.split("/")
        if text is None:
            mail.set_content(content, maintype=main, subtype=sub, filename=name, disposition="attachment")
        else:
            mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


# headers


def test_a_mail_says_which_mails_it_answers_oldest_first_and_each_once():
    head = b"References: <a@x.example>\n <b@x.example>\nIn-Reply-To: <b@x.example>\nX-GM-THRID: 18\n\nDear Sam, no."
    assert letter_from_eml(head, "x").thread == ("<a@x.example>", "<b@x.example>", "gmail:18")


@pytest.mark.parametrize(
    ("references", "in_reply_to", "gmail", "thread"),
    [
        ("", "", "", ()),
        ("", "Your message of Monday <a@x>", "", ("<a@x>",)),
        ("<a@x><b@x> <c d@x> <>", "", "not a number", ("<a@x>", "<b@x>")),
        ("<" * 9_000, "", "", ()),
    ],
)
def test_only_what_is_a_message_id_is_taken_for_one(references, in_reply_to, gmail, thread):
    assert read_thread(references, in_reply_to, gmail) == thread


@pytest.mark.parametrize(
    ("raw", "labels"),
    [
        (b"Inbox,Important", ("Inbox", "Important")),
        (b'Inbox,"Jobs, old",Inbox, Opened ,,', ("Inbox", "Jobs, old", "Opened")),
        (b"=?UTF-8?Q?Entw=C3=BCrfe,_Ge=C3=B6ffnet?=", ("Entwürfe", "Geöffnet")),
        (b'"a, b', ('"a', "b")),
        (b"", ()),
    ],
)
def test_gmail_labels_are_decoded_and_parted_at_commas_outside_quotes(raw, labels):
    assert letter_from_eml(b"X-Gmail-Labels: " + raw + b"\n\nDear Sam, no.", "x").labels == labels


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("Mon, 2 Mar 2026 10:00:00 +0000", 1772445600.0),
        ("Mon, 2 Mar 2026 10:00:00 -0000", 1772445600.0),
        ("Mon, 2 Mar 2026 02:00:00 -0800", 1772445600.0),
        ("2026-03-02T10:00:00", 1772445600.0),
        ("2026-03-02T11:00:00+01:00", 1772445600.0),
        ("2026-03-02", 1772409600.0),
        ("", None),
        ("soon", None),
        ("Mon, 2 Mar 2026 10:00:00 +99999999999", None),
    ],
)
def test_the_moment_of_a_date_is_told_in_seconds(value, instant):
    assert parse_instant(value) == instant


def test_the_day_is_the_senders_own_and_the_moment_everybodys():
    letter = letter_from_eml(b"Date: Mon, 2 Mar 2026 23:30:00 -0800\n\nDear Sam, no.", "x")
    assert (letter.sent, letter.instant) == (date(2026, 3, 2), 1772523000.0)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b"=?utf-8?b?w6k=?= =?utf-8?b?w6k=?=", "éé"),
        (b"=?utf-8?b?ww==?=\n =?utf-8?b?qQ==?= x", "é x"),  # a character cut in two
        (b"=?utf-8?q?Really=3F?= yes =?latin-1?q?=E9?=", "Really? yes é"),
        (b"=?utf-8?q?really??=", "really?"),
        (b"=?utf-8*en?q?caf=C3=A9?=", "café"),
        (b"=?iso-8859-1?q?it=92s?=", "it\u2019s"),  # Windows-1252 under another name
        (b"=?utf-8?b?A?= =?utf-8?q?b?=", "=?utf-8?b?A?= b"),
        ("J\u00f6rg".encode("cp1252"), "J\u00f6rg"),
        (b"  two \r\n\tlines ", "two lines"),
    ],
)
def test_encoded_words_of_all_kinds_become_one_line(raw, value):
    assert header_value(raw) == value


@pytest.mark.parametrize("bait", [b"=?a?q?", b"=?", b"=?a?q?x", b'"', b"<", b"=?utf-8?b?/w==?= "])
def test_a_header_of_bait_is_cut_and_read_in_linear_time(bait):
    """Ten megabytes: what is quadratic would take hours."""
    value = header_value(bait * (10_000_000 // len(bait)))
    assert len(value) <= MAX_HEADER
    read_labels(value), read_thread(value, value)


def test_a_header_that_is_cut_keeps_whole_addresses():
    value = header_value(b"sam@home.example, " * 1_000)
    assert set(value.removesuffix(",").split(", ")) == {"sam@home.example"}


# charsets


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("koi8-r", "Уважаемый Иван, благодарим вас за интерес к нашей компании. К сожалению, мы выбрали другого."),
        ("cp1251", "Уважаемый Иван, благодарим вас за интерес к нашей компании. К сожалению, мы выбрали другого."),
        ("cp932", "この度は弊社の求人にご応募いただき、誠にありがとうございました。今回は見送らせていただきます。"),
        ("gb18030", "感谢您对我们公司的关注。经过慎重考虑，我们决定录用另一位候选人。祝您求职顺利。"),
        ("cp1253", "Αγαπητέ Γιάννη, σας ευχαριστούμε για το ενδιαφέρον σας. Δυστυχώς επιλέξαμε άλλον υποψήφιο."),
        ("cp1255", "שלום רב, תודה על פנייתך לחברתנו. לצערנו בחרנו במועמד אחר לתפקיד."),
        ("cp1252", "Grüße aus Genève, señor"),
    ],
)
def test_an_encoding_that_nobody_declares_is_guessed(encoding, text):
    assert decode_bytes(text.encode(encoding)) == (text, True)
    assert encoding_of((text * 9).encode(encoding)).replace("_", "-") in {encoding, "cp1252", "gb18030", "koi8-r"}


@pytest.mark.parametrize(
    ("declared", "data", "text"),
    [
        ("us-ascii", "café".encode(), "café"),
        ("iso-8859-1", "it\u2019s".encode("cp1252"), "it\u2019s"),
        ("iso-8859-1", "it\u2019s".encode(), "it\u2019s"),
        ("gb2312", "\u4f60\u597d\u9555".encode("gb18030"), "\u4f60\u597d\u9555"),
        ("utf-16", b"Dear Sam", "Dear Sam"),
        ("x" * 5_000, "café".encode(), "café"),
        ("idna", b"abc", "abc"),
        ("zlib", b"abc", "abc"),
    ],
)
def test_a_declared_charset_is_believed_as_far_as_the_bytes_bear_it(declared, data, text):
    assert decode_bytes(data, declared)[0] == text


def test_utf_8_that_was_cut_within_a_character_stays_utf_8():
    data = (WORDS * 3).encode()
    text, whole = decode_bytes(data[: data.rindex(b"\xa9")], "utf-8")
    assert text.startswith(WORDS)
    assert not whole


@few
@given(
    st.binary(max_size=400),
    st.sampled_from([None, "utf-8", "utf-16", "utf-7", "shift_jis", "hz", "\0", "ks_c_5601-1987"]),
)
def test_no_bytes_and_no_charset_break_the_decoder(data, declared):
    assert decode_bytes(data, declared)[0].encode() is not None


def test_a_part_that_is_no_text_costs_only_itself():
    data = (
        b'Content-Type: multipart/alternative; boundary="A"\n\n--A\nContent-Type: text/plain\n\n\0\0\0\0\n'
        b"--A\nContent-Type: text/html\n\n<p>Dear Sam, no.</p>\n--A--\n"
    )
    assert letter_from_eml(data, "x").text.strip() == "Dear Sam, no."


# the attachment that is the letter


PDF_STUB = "Dear Sam,\n\nplease see the attached letter.\n\nHarbour Kitchen\n"


@pytest.mark.parametrize("text", ["", "\n\n", PDF_STUB, "Sent from my phone", None])
@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("Letter.txt", "application/octet-stream", LONG.encode()),
        ("letter.html", "text/html", f"<p>{LONG}</p>".encode()),
        ("Outcome.TXT", "text/plain", LONG.encode("utf-16")),
    ],
)
def test_an_attachment_that_is_the_letter_is_read_and_named(text, name, kind, content):
    if kind.startswith("text/"):
        kind = "application/octet-stream"
    letter = letter_from_eml(mail_with(text, (name, kind, content)), "x")
    assert "chosen another cook" in letter.text
    assert letter.notes == (
        Note("attachment_read", f'The letter is in the attachment "{name}"; that is what was read.'),
    )
    assert ("attached letter" in letter.text) == (text == PDF_STUB)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (LONG + "Our letter is attached.", "letter.txt"),  # the mail is the letter
        ("Dear Sam,\n\nsorry, we have taken somebody else.\n\nTom", "notes.txt"),  # short, and says it all
        (PDF_STUB, "Sam Roe CV.txt"),  # the reader's own papers, sent back
        (PDF_STUB, "photo.png"),
    ],
)
def test_a_letter_that_only_has_something_attached_stays_the_letter(text, name):
    letter = letter_from_eml(mail_with(text, (name, "application/octet-stream", b"my papers, of many words")), "x")
    assert letter.text.split() == text.split()
    assert letter.notes == ()


def test_of_several_attachments_the_one_called_a_letter_is_read():
    files = [
        (name, "application/octet-stream", f"This is {name}.".encode()) for name in ("info.txt", "Decision letter.txt")
    ]
    assert "This is Decision letter.txt." in letter_from_eml(mail_with(PDF_STUB, *files), "x").text


def test_an_attachment_that_cannot_be_read_is_noted_where_the_mail_has_words():
    letter = letter_from_eml(mail_with(PDF_STUB, ("letter.pdf", "application/pdf", b"no pdf")), "mail.eml")
    assert letter.text.split() == PDF_STUB.split()
    assert codes(letter) == ["attachment_unread"]
    assert 'its attachment "letter.pdf": is damaged or no PDF' in letter.notes[0].text


def test_an_attachment_that_cannot_be_read_is_the_error_of_a_mail_without_words():
    with pytest.raises(ReadError, match=r'^mail\.eml: its attachment "letter\.pdf": is damaged or no PDF'):
        letter_from_eml(mail_with("", ("letter.pdf", "application/pdf", b"no pdf")), "mail.eml")


INVITATION = (
    b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Interview\\, line cook\r\nLOCATION:Side door\r\n"
    b"DESCRIPTION:Dear Sam\\, we would li\r\n ke to meet you.\\n\\nAnn\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.mark.parametrize("name", ["", '; name="invite.ics"'])
def test_an_invitation_that_says_all_in_the_calendar_is_read(name):
    data = f"Content-Type: text/calendar; method=REQUEST{name}\n\n".encode() + INVITATION
    letter = letter_from_eml(data, "x")
    assert letter.text == "Interview, line cook\n\nSide door\n\nDear Sam, we would like to meet you.\n\nAnn"
    assert codes(letter) == ["attachment_read"]


def test_an_invitation_beside_a_text_is_not_read():
    data = mail_with(LONG, ("invite.ics", "text/calendar", INVITATION))
    assert "Side door" not in letter_from_eml(data, "x").text


def test_an_appointment_without_a_word_is_refused():
    with pytest.raises(ReadError, match="without a word"):
        calendar_text(b"BEGIN:VEVENT\nSUMMARY:\nEND:VEVENT", "x")


def test_a_mail_that_is_attached_to_a_mail_without_words_is_read():
    data = b"Subject: fwd\nContent-Type: message/rfc822\n\nSubject: inner\n\n" + LONG.encode()
    letter = letter_from_eml(data, "x")
    assert (letter.subject, letter.text.strip()) == ("fwd", LONG.strip())


# one message of a mailbox


def test_what_its_place_says_of_a_message_is_joined_to_what_it_says_itself():
    note = Note("cut", "It was cut.")
    raw = RawMail(b"X-Gmail-Labels: Inbox,Jobs\n\nDear Sam, no.", "box#3", ("Jobs", "2026"), "sam", (note,))
    letter = read_mail(raw)
    assert letter.labels == ("Jobs", "2026", "Inbox")
    assert (letter.source, letter.person, letter.notes) == ("box#3", "sam", (note,))


@pytest.mark.parametrize("rest", [b"\n\n", b"\nContent-Type: multipart/mixed; boundary=a" * 300 + b"\n\nDear Sam"])
def test_a_message_that_cannot_be_read_is_named_by_its_place_and_its_id(rest):
    with pytest.raises(ReadError) as caught:
        read_mail(RawMail(b"Message-ID: <1@x>\nSubject: s" + rest, "box#3"))
    assert (caught.value.source, caught.value.message_id) == ("box#3", "<1@x>")


# bait


LINE = base64.b64encode(b"x" * 54) + b"\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"To: " + b"a@b.example,\n " * 1_000_000 + b"\nSubject: s\n\nDear Sam, no.", "Dear Sam, no."),
        (b'Content-Type: multipart/mixed; boundary="A"\n\n' + b"--A\n\nDear Sam, no.\n" * 100_000, "Dear Sam, no."),
        (b"Content-Type: multipart/mixed" + b";" * 5_000_000 + b"\n\nDear Sam, no.", "Dear Sam, no."),
        (b"Content-Type: text/plain; name=" + b"a" * 5_000_000 + b".txt\n\nDear Sam, no.", "Dear Sam, no."),
        (b"A: b\n" * 500_000 + b"\nDear Sam, no.", "Dear Sam, no."),
        (b"Subject: s\n\nDear Sam " + b"A" * 5_000_000, "Dear Sam AAAA"),
        (b"Subject: s\n\nDear Sam, no.\n" + LINE * 19 + b"\n" + (LINE * 19 + b"\n") * 5_000, "Dear Sam, no."),
    ],
    ids=["recipients", "parts", "parameters", "name", "headers", "one word", "nearly base64"],
)
def test_bait_of_millions_takes_linear_time(data, text):
    """At this size what is quadratic takes hours."""
    assert letter_from_eml(data, "x").text.strip().startswith(text)


def test_many_levels_of_many_lines_are_refused():
    level = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(90))
    with pytest.raises(ReadError, match="nested"):
        letter_from_eml((level + "\nx\n" * 200_000).encode(), "x")


def test_a_hundred_thousand_levels_are_refused():
    with pytest.raises(ReadError, match="nested"):
        letter_from_eml(b"Content-Type: message/rfc822\n\n" * 100_000 + b"Dear Sam", "x")


def test_a_large_attachment_is_not_decoded_where_it_is_not_read(monkeypatch):
    import analyzer.read.eml as eml

    decoded: list[int] = []
    payload = eml._payload
    monkeypatch.setattr(eml, "_payload", lambda part: decoded.append(len(payload(part))) or payload(part))
    data = mail_with(LONG, ("letter.pdf", "application/pdf", b"%PDF-" + b"x" * 3_000_000))
    assert "chosen another cook" in letter_from_eml(data, "x").text
    assert max(decoded) < 10_000


def test_a_file_name_cannot_bring_control_characters_into_a_note():
    data = b'Content-Type: text/plain; name="a\x1b[31m=?utf-8?q?=E2=80=AE?=.txt"\nContent-Disposition: attachment\n\nDear Sam, no.'
    letter = letter_from_eml(data, "x")
    assert codes(letter) == ["attachment_read"]
    assert letter.notes[0].text.isprintable()


# the first look


@pytest.mark.parametrize(
    "body",
    [
        b"\n" + LONG.encode(),
        b"Content-Type: text/html\n\n<style>p{}</style><p>" + LONG.encode() + b"</p><script>x<y</script>",
        b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(LONG.encode()),
    ],
)
def test_a_first_look_shows_the_header_and_the_gist(body):
    head = (
        "From: Jörg <j@acme.example>\nSubject: =?utf-8?q?caf=C3=A9?=\n and more\nX-Gmail-Labels: a,b\nMessage-ID: <1@x>\n"
        "References: <0@x>\nDate: Mon, 2 Mar 2026 23:30:00 -0800\nTo: sam@home.example\n"
    ).encode()
    seen, letter = peek(head + body), letter_from_eml(head + body, "x")
    assert seen is not None
    assert (seen.headers.subject, seen.headers.sender) == ("café and more", "Jörg <j@acme.example>")
    assert_agree(seen, letter)
    assert "".join(seen.text.split()) == "".join(letter.text.split())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Subject: s\n",
        b"\n\nDear Sam",
        b"Subject: s\n\n \n",
        b"Subject : s\n\nDear Sam",
        b"Subject: s\nno header\nFrom: a\n\nDear Sam",
        b"Subject: s\rFrom: a\n\nDear Sam",
        b" folded\nSubject: s\n\nDear Sam",
        b"Subject: s\nContent-Transfer-Encoding: base64\n\n%%%",
        b"Subject: s\nContent-Type: text/plain; charset=x-none\n\n\xff\xfe\xfd",
        mail_with(PDF_STUB, ("letter.pdf", "application/pdf", b"%PDF-")),
    ],
)
def test_there_is_no_first_look_at_what_is_odd(data):
    assert peek(data) is None


def test_a_first_look_at_a_long_mail_is_one_at_its_beginning():
    """What is decoded is whole lines, so that what is cut of base64 and of characters can be decoded."""
    text = "".join(f"{number} Grüße vom Café\n" for number in range(30_000))
    head = b"Subject: s\nContent-Type: text/plain; charset=utf-8\n"
    plain = peek(head + b"\n" + text.encode())
    packed = peek(head + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(text.encode()))
    assert plain is not None
    assert packed is not None
    assert text.startswith(plain.text)
    assert text.startswith(packed.text)
    assert len(packed.text) > FIRST


PICTURE = ("lake.jpg", "image/jpeg", b"\xff\xd8" + b"x" * 300_000)


@pytest.mark.parametrize(
    ("text", "after", "is_seen"),
    [
        ("Look.", (), True),
        ("Look.", (PICTURE,), True),
        ("Look.", (("letter.pdf", "application/pdf", b"%PDF-"),), False),
        (LONG, (("letter.pdf", "application/pdf", b"%PDF-"),), True),
        (" ", (("letter.pdf", "application/pdf", b"%PDF-"),), False),
    ],
)
def test_what_is_attached_far_below_is_looked_at_where_the_mail_says_little(text, after, is_seen):
    seen = peek(mail_with(text, PICTURE, *after))
    assert (seen is not None and seen.text.split() == text.split()) is is_seen


def test_a_text_below_a_large_picture_is_not_overlooked():
    message = message_from_bytes(mail_with("Look.", PICTURE), policy=policy.default)
    page = EmailMessage()
    page.set_content(f"<p>{LONG}</p>", subtype="html")
    message.attach(page)
    assert peek(message.as_bytes()) is None


@pytest.mark.parametrize("above", ["", "Content-Type: text/plain\n\nLook.\n--0\n"])
def test_no_depth_can_be_hidden_from_the_first_look(above):
    """In words of an encoding (RFC 2047), which the parser decodes; it would die of thirty thousand levels."""
    levels = [
        f"=?utf-8?B?{base64.b64encode(f'multipart/mixed; boundary={n}'.encode()).decode()}?=" for n in range(30_000)
    ]
    body = f"Content-Type: {levels[0]}\n\n--0\n{above}" + "".join(
        f"Content-Type: {level}\n\n--{number}\n" for number, level in enumerate(levels[1:], 1)
    )
    assert peek((body + "\nDear Sam\n").encode()) is None


REFUSAL = "<p>We regret that your application was not successful.</p>"


@pytest.mark.parametrize(
    "above",
    [
        "<style>" + "p { color: red }\n" * 10_000 + "</style>",
        "<!-- " + "mso\n" * 40_000 + "-->",
        "<head>" + "<meta name=x>\n" * 12_000 + "</head>",
        "<style>p { color: red }",
    ],
)
def test_a_page_whose_text_begins_far_below_is_read_as_a_whole(above):
    assert peek(f"Subject: News\nContent-Type: text/html\n\n{above}{REFUSAL}\n".encode()) is None


@pytest.mark.parametrize("tag", ["<img src='data:image/png;base64,{}'>", "<p style='{}'>", "</p {}>"])
def test_a_long_tag_does_not_stand_before_the_text(tag):
    seen = peek(f"Subject: News\nContent-Type: text/html\n\n{tag.format('abc ' * 8_000)}{REFUSAL}\n".encode())
    assert seen is not None
    assert seen.text == "We regret that your application was not successful."


@pytest.mark.parametrize(
    "header", ['Content-Type: text/plain; name="n.txt"', "Content-Disposition: inline; filename*0=n.txt"]
)
def test_a_text_with_the_name_of_a_file_has_no_first_look(header):
    body = f"--0\n{header}\n\nScanned.\n--0\nContent-Type: text/plain\n\nWe regret.\n--0--\n"
    assert peek(f"Subject: s\nContent-Type: multipart/mixed; boundary=0\n\n{body}".encode()) is None


def test_letters_of_an_encoding_that_nobody_names_are_left_to_a_guess():
    assert peek("Subject: s\n\nRésumé received.\n".encode("latin-1")) is None
    seen = peek("Subject: s\n\nRésumé received.\n".encode())
    assert seen is not None
    assert seen.text.strip() == "Résumé received."


def test_a_page_in_another_encoding_is_stripped_as_the_text_that_it_is():
    page = "<p>a<b>" + "\u0141\u00f3d\u017a " * 30 + "</p>"
    for charset in ("utf-16", "iso-2022-jp", "cp1250"):
        data = f"Subject: s\nContent-Type: text/html; charset={charset}\nContent-Transfer-Encoding: base64\n\n".encode()
        seen = peek(data + base64.encodebytes(page.encode(charset, "ignore")))
        assert seen is not None
        assert seen.text.split()[:2] == ["a", page.encode(charset, "ignore").decode(charset)[7:].split()[0]]


LINES = st.sampled_from(
    [
        *(
            "Subject: Your application",
            "Subject: =?utf-8?q?caf=C3=A9?=",
            "subject:",
            "SUBJECT:  a\t b ",
            "Subject: =?x?b?AA",
        ),
        *(
            "From: Ann <a@x.example>",
            "From: J\u00f6rg <j@x.example>",
            'From: "Lee, Ann" <a@x>',
            "From:",
            "From a@x",
            ">From x",
        ),
        *(
            "To: a@x, b@x",
            "Cc: c@x",
            "Reply-To: r@x",
            "Date: Mon, 2 Mar 2026 23:30:00 -0800",
            "Date: soon",
            "Date: 2026-03-02",
        ),
        *("Message-ID: <1@x>", "Message-Id: 2@x", "References: <a@x>", "References: <a@x> <b@x", "In-Reply-To: <c@x>"),
        *(
            " folded <d@x>",
            "\tmore",
            "X-GM-THRID: 77",
            'X-Gmail-Labels: Inbox,"a, b"',
            "X-Gmail-Labels: =?utf-8?q?=C3=A9?=",
        ),
        *(
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html",
            'Content-Type: multipart/mixed; boundary="A"',
        ),
        *(
            "Content-Transfer-Encoding: base64",
            "Content-Transfer-Encoding: 8bit",
            "--A",
            "",
            "odd",
            ":",
            "a:b:c",
            "\x0b",
            "\x85",
        ),
        *("Subject: \x0c x \x1c y", "Subject: a\rb", "Subject\xa0: x", "Subject: \u2028 x"),
    ]
)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.lists(LINES, max_size=14),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "cp1252"]),
    st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=2),
)
def test_wherever_there_is_a_first_look_it_agrees_with_the_reader(lines, end, encoding, damage):
    data = bytearray(end.join([*lines, "", "Dear Sam, it is a no.", ""]).encode(encoding, "replace"))
    for place, byte in damage:
        if place < len(data):
            data[place] = byte
    seen = peek(bytes(data))
    assume(seen is not None)
    try:
        letter = letter_from_eml(bytes(data), "x")
    except ReadError:
        return
    assert_agree(seen, letter)


def assert_agree(seen, letter) -> None:
    headers = seen.headers
    for name in ("subject", "sender", "to", "cc", "reply_to", "message_id", "sent", "instant", "thread", "labels"):
        assert getattr(headers, name) == getattr(letter, name), name
