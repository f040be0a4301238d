"""What is the letter and what stands around it: tables of (text, body), and what holds for every text."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.clean import clean, cut_footer, cut_history, cut_signature, visible
from analyzer.records import Letter, Note

NEWS = "Thank you for coming in on Tuesday. After a long talk we have decided to give the post to another cook."
few = settings(max_examples=60, deadline=None, derandomize=True)


def cleaned(text: str, **headers: str):
    return clean(Letter(text=text, source="x", **headers))


def codes(result) -> list[str]:
    return [note.code for note in result.notes]


# what a person sees


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("the post\u00a0is\u2003gone \t now", "the post is gone now"),
        ("one\r\ntwo\rthree\u2028four\u2029five\fsix", "one\ntwo\nthree\nfour\n\nfive\n\nsix"),
        ("  one  \n\n\n \n two ", "one\n\ntwo"),
        ("AT&amp;T&nbsp;said &quot;no&quot; &#8211; caf&eacute; &#x27;s", 'AT&T said "no" \u2013 café \'s'),
        ("see https://jobs.example/a in full", "see https://jobs.example/a in full"),
        ("above\nhttps://track.example/u?id=4711\n<www.acme.example>\nbelow", "above\n\nbelow"),
        (
            "the key " + "ab" * 101 + " was in it, with " + "more words " * 20,
            "the key was in it, with " + "more words " * 20,
        ),
        ("no in\u00advi\u200bsi\u2060ble \ufeffwords\u034f", "no invisible words"),
        ("\u202eton\u202c a \u2066yes\u2069, \u200eno\u200f", "ton a yes, no"),
        ("a\x00b\x07c\x7fd\x9be", "abcde"),
        ("\x1b[31mred\x1b[0m and \x1b[2J\x1b[1;1Hgone", "red and gone"),
        ("\x1b]0;title\x07shown \x1b]8;;https://x.example\x1b\\link\x1b]8;;\x1b\\", "shown link"),
        ("\x1b unfinished \x1b]0;no end", "unfinished ]0;no end"),
        ("a\ud800b \ue000c", "ab c"),
    ],
)
def test_the_text_as_a_person_sees_it(text, seen):
    assert visible(text) == seen.strip()


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<p>Dear Sam,</p><p>it is <b>a no</b>.</p>", ["Dear Sam,", "it is a no."]),
        ('<p>Dear Sam,<p class="x">it is a no.', ["Dear Sam,", "it is a no."]),
        ("one<br/>two<BR>three<br />four", ["one", "two", "three", "four"]),
        ("<div>one</div>two<div>three</div>", ["one", "two", "three"]),
        ("<ul><li>one</li><li>two</li></ul>three", ["one", "two", "three"]),
        ("<table><tr><td>Role</td><td>Cook</td></tr><tr><td>Status</td></tr></table>", ["Role Cook", "Status"]),
        ("<span>un</span>fortunately <i>n</i>o", ["unfortunately no"]),
    ],
)
def test_stray_markup_leaves_its_lines_and_its_words_whole(markup, lines):
    assert [line for line in visible(markup).split("\n") if line] == lines


@pytest.mark.parametrize(
    "text",
    [
        "AT&T and R&D; this & that",
        "we want x < y and b > a, <3 years",
        "write to <ann@acme.example> or <sam@home.example>",
        "one <b> in a text about HTML",
        "50 % of 1,000 \u2013 “quoted”, naïve, Łódź, 北京, привет, 👍🏽",
        "a_b *bold* [link] (x) {y} #1 ~2 `c`",
    ],
)
def test_plain_text_is_left_as_it_is(text):
    assert visible(text) == text


# quoted history and forwarded letters

APPLY = "Dear Ann, I would like to be your cook and I can start in May.\nSam"
HEADERS = "From: Sam <sam@home.example>\nSent: Monday, 2 March 2026\nTo: Ann\nSubject: Cook"


@pytest.mark.parametrize(
    "history",
    [
        "> " + APPLY.replace("\n", "\n> "),
        "On Mon, 2 Mar 2026 at 09:00, Sam <sam@home.example> wrote:\n> I can cook.\n>> You can?",
        "On Mon, Mar 2, 2026 at 9:00 AM Samantha Long <samantha.long@home.example>\nwrote:\n\n> I can cook.",
        "On Mon, Mar 2, 2026 at 9:00 AM Samantha Long-Name\n<samantha.long@home.example> wrote:\n\n> I can cook.",
        f"Am 02.03.2026 um 09:00 schrieb Sam:\n\n{APPLY}",
        f"Le lun. 2 mars 2026, Sam a écrit :\n\n{APPLY}",
        f"-----Original Message-----\n{HEADERS}\n\n{APPLY}",
        f"________________________________\n{HEADERS}\n\n{APPLY}",
        f"{HEADERS}\n\n{APPLY}",
        f"*From:* Sam\n*Sent:* Monday\n*To:* Ann\n\n{APPLY}",
    ],
)
def test_the_readers_own_mail_below_the_letter_is_set_aside(history):
    result = cleaned(f"Dear Sam,\n\n{NEWS}\n\n{history}")
    assert result.body == f"Dear Sam,\n\n{NEWS}"
    assert "Sam" in result.quoted or "cook" in result.quoted


def test_quotes_between_answers_and_above_the_letter_are_set_aside():
    body, quoted = cut_history(f"> Is it a no?\n\n{NEWS}\n\n> And the other post?\n\nThat one is gone too.")
    assert body.split("\n\n") == [NEWS, "That one is gone too."]
    assert quoted == "> Is it a no?\n> And the other post?"


@pytest.mark.parametrize(
    "above", ["", "FYI\n\n", "Oh no :( see below\n\nSent from my phone\n\n", "> ", "Hi both, what now?\n\n"]
)
@pytest.mark.parametrize(
    "mark",
    ["---------- Forwarded message ---------\n", "Begin forwarded message:\n\n", "-----Original Message-----\n", ""],
)
def test_a_forwarded_letter_is_the_letter(above, mark):
    headers = "From: Ann Lee <ann@acme.example>\nDate: Mon, 2 Mar 2026\nSubject: Cook\nTo: Sam <sam@home.example>"
    text = f"{mark}{headers}\n\nDear Sam,\n\n{NEWS}\n\nKind regards,\nAnn Lee"
    if above == "> ":
        text, above = "\n".join(f"> {line}" for line in text.split("\n")), ""
    result = cleaned(above + text)
    assert result.body == f"Dear Sam,\n\n{NEWS}"
    assert result.signature == "Kind regards,\nAnn Lee"


def test_the_headers_of_a_forwarded_letter_are_kept_for_the_steps_that_read_them():
    result = cleaned(f"FYI\n\nFrom: Ann Lee <ann@acme.example>\nDate: Monday\nSubject: Cook\n\nDear Sam,\n\n{NEWS}")
    assert "FYI" in result.quoted
    assert "From: Ann Lee <ann@acme.example>" in result.quoted


def test_a_letter_that_was_forwarded_with_its_own_history_loses_only_that():
    result = cleaned(f"FYI\n\nFrom: Ann\nTo: Sam\n\nDear Sam,\n\n{NEWS}\n\nFrom: Sam\nTo: Ann\n\n{APPLY}")
    assert result.body == f"Dear Sam,\n\n{NEWS}"
    assert "I can start in May" in result.quoted


@pytest.mark.parametrize(
    "line",
    [
        "From: the 3rd of May we are at a new address, where cooks are always welcome.",
        "To: all applicants",
        "Date: 3 May",
        "Subject to funding, the post may come back.",
        "On Monday the panel met, and as Ann wrote: it was close.",
        "On the form you wrote that you can start in May.",
        "Your score was > 5 of 10, and < 8.",
        "This is our original message: we need a cook.",
        "Role: Cook\nStatus: Closed\nSalary: by agreement",
        "The steps were:\n- a test\n- a trial shift\n\n1. a talk\n2. another",
    ],
)
@pytest.mark.parametrize("place", ["above", "below"])
def test_a_line_that_only_looks_like_history_stays(line, place):
    text = f"{line}\n\n{NEWS}" if place == "above" else f"Dear Sam,\n\n{NEWS}\n\n{line}\n\nWe wish you well."
    assert cleaned(text).body == text


# footers


@pytest.mark.parametrize(
    "footer",
    [
        "Please do not reply to this email.",
        "This is an automated message, replies are not read.",
        "This email and any attachments may contain confidential words.",
        "This e-mail was sent to sam@home.example by Acme.",
        "If you are not the intended reader, delete it.",
        "Unsubscribe | Email settings | Privacy policy",
        "© 2026 Acme Ltd. All rights reserved.\nRegistered office: 1 Long Street",
        "Sent from my iPhone",
        "Please consider the environment before you print.\n\nConfidentiality notice: this is for you alone.",
    ],
)
@pytest.mark.parametrize("signature", ["", "Kind regards,\nAnn Lee\nAcme Ltd"])
def test_the_footer_is_set_aside_below_a_signature_or_none(footer, signature):
    result = cleaned("\n\n".join(part for part in (f"Dear Sam,\n\n{NEWS}", signature, footer) if part))
    assert (result.body, result.signature, result.footer) == (f"Dear Sam,\n\n{NEWS}", signature, footer)


@pytest.mark.parametrize(
    "last",
    [
        "This email is to let you know that we have given the post to somebody else.",
        "This message is not easy to write: we chose another cook for the post.",
        "This message contains our answer, and it is a no.",
        "We send you our privacy policy and will unsubscribe you from alerts if you wish.",
        "Your application was sent by us to the kitchen, and they said no.",
    ],
)
def test_news_that_begins_like_a_footer_stays_in_the_letter(last):
    text = f"Dear Sam,\n\nThank you for your patience in these weeks, and for your kind words on the phone.\n\n{last}"
    assert cleaned(text).body == text


def test_the_first_paragraph_is_never_a_footer():
    assert cut_footer("This is an automated message: the post is filled.") == (
        "This is an automated message: the post is filled.",
        "",
    )


@pytest.mark.parametrize(
    ("sender", "footer", "wanted"),
    [
        ("noreply@acme.example", "", True),
        ("Acme <no-reply@acme.example>", "", True),
        ("donotreply@acme.example", "", True),
        ("do-not-reply@acme.example", "", True),
        ("ann@acme.example", "Please do not reply to this email.", True),
        ("ann@acme.example", "This mailbox is not monitored.", True),
        ("ann@acme.example", "Unsubscribe", False),
        ("Ann Lee <ann@acme.example>", "", False),
    ],
)
def test_an_address_that_nobody_reads_is_noted(sender, footer, wanted):
    assert ("no_reply_wanted" in codes(cleaned(f"{NEWS}\n\n{footer}", sender=sender))) is wanted


# signatures


@pytest.mark.parametrize(
    "signature",
    [
        "Kind regards,\nAnn Lee\nHead Chef\nAcme Ltd\n020 7946 0000",
        "Yours sincerely\n\nAnn Lee",
        "Best,\nAnn",
        "Thanks again,\nAnn",
        "All the best\nAnn",
        "Cheers!",
        "Warm regards,\n\nAnn Lee (she/her)\nTalent Partner | Acme | +1 555 0100",
        "--\nAnn Lee\nAcme Ltd",
        "Kind regards,\nAnn Lee\n\n--\nAcme Ltd\n1 Long Street",
        "Ann Lee",
        "Ann Lee\nHead Chef, Acme",
        "The Acme Kitchen Team",
    ],
)
def test_the_signature_is_set_aside(signature):
    result = cleaned(f"Dear Sam,\n\n{NEWS}\n\n{signature}")
    assert (result.body, result.signature) == (f"Dear Sam,\n\n{NEWS}", signature)


@pytest.mark.parametrize(
    "last",
    [
        "Thanks for your time.",
        "Best of luck with your search.",
        "We wish you all the best",
        "We went with someone else in the end",
        "You may apply again in six months",
        "Sorry it was not better news",
        "Will you come to our open day?",
        "- a knife\n- an apron",
        "Best,\nAnn\n\nPS: do come and eat with us, there is always a table for the cooks who tried out for the post.",
    ],
)
def test_words_of_the_letter_at_its_end_are_no_signature(last):
    text = f"Hi Sam\n\n{NEWS}\n\n{last}"
    assert cut_signature(text) == (text, "")


def test_a_short_letter_is_read_whole_and_says_so():
    result = cleaned("Sorry, no.\n\nKind regards,\nAnn")
    assert result.body == "Sorry, no.\n\nKind regards,\nAnn"
    assert codes(result) == ["little_text_left"]
    assert (result.signature, result.quoted, result.footer) == ("", "", "")


def test_the_notes_of_reading_go_along():
    note = Note("broken_mail", "It is damaged.")
    assert clean(Letter(text=NEWS, source="x", notes=(note,))).notes == (note,)


# what holds for every text

LINES = st.sampled_from(
    [
        *(NEWS, "We went with someone else", "Dear Sam,", "Ann Lee", "Head Chef", "Is it a no?", "- one", "* two", ""),
        *("Kind regards,", "Best", "Thanks!", "--", "______", "Unsubscribe", "Please do not reply.", "© Acme", "", ""),
        *("> I can cook.", "> ", ">> and more", "On Mon, 2 Mar 2026, Sam wrote:", "-----Original Message-----", ""),
        *(
            "From: Sam <sam@home.example>",
            "To: Ann",
            "Subject: Cook",
            "Date: Monday",
            "---------- Forwarded message ---",
        ),
        *(
            "<p>",
            "<br>it",
            "&nbsp;",
            "&lt;b&gt;",
            "AT&amp;T",
            "\x1b[31mred\x1b[0m",
            "\u202e\u200b",
            "https://x.example/a",
        ),
        *("word " * 80, "x" * 250, "\u00a0", "Sent from my phone", "This email may contain secrets."),
    ]
)
LETTERS = st.lists(LINES, max_size=14).map("\n".join)
ANY = st.text(st.characters(), max_size=200) | LETTERS


@few
@given(ANY)
@example("&amp;lt;b&amp;gt;")
@example(f"{NEWS}\n\nKind regards,\nAnn\n\n--\nAcme")
@example(f"{NEWS}\n\nThanks again\n\nKind regards,\nAnn")
@example(f"{NEWS}\n\n© Acme\n\nAnn Lee")
@example(f"{NEWS}\n\n>\n\nWe will not forget you.")
def test_cleaning_a_body_gives_that_body(text):
    body = cleaned(text).body
    assert cleaned(body).body == body
    assert visible(body) == body


@few
@given(ANY)
def test_a_body_has_no_word_that_the_text_had_not(text):
    words = Counter(visible(text).replace(">", " ").split())
    assert Counter(cleaned(text).body.replace(">", " ").split()) <= words


@few
@given(ANY)
def test_no_control_character_is_left_to_reach_a_screen(text):
    result = cleaned(text)
    for part in (result.body, result.signature, result.quoted, result.footer):
        assert all(char == "\n" or char.isprintable() or char.isspace() for char in part)
        assert not {"\x1b", "\x9b", "\u202e", "\u2066"} & set(part)


@few
@given(LETTERS)
def test_every_word_that_is_set_aside_is_kept(text):
    result = cleaned(text)
    kept = " ".join((result.body, result.signature, result.quoted, result.footer))
    assert Counter(kept.replace(">", " ").split()) == Counter(visible(text).replace(">", " ").split())


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "> ",
            "> > a\n",
            "--\n",
            "Kind regards,\n",
            "Ann\n\n",
            "Unsubscribe\n\n",
            "https://x.example/\n",
            "<p ",
            "<p>",
        ),
        *(
            "&amp;",
            "&",
            "\x1b[",
            "\x1b]",
            "\u200b",
            "From: a\nTo: b\n",
            "hi\nFrom: a\nTo: b\n",
            "On a ",
            "a",
            " \n",
            "- _",
        ),
        "hi\n-----Original Message-----\n",
        "This email and any including ",
    ],
)
def test_a_megabyte_of_bait_is_read_in_linear_time(unit):
    """At this size what is quadratic never ends, what is linear is a blink."""
    bait = unit * (1_000_000 // len(unit))
    assert isinstance(cleaned(bait).body, str)
    assert cleaned(f"{NEWS}\n\n{bait}").body.startswith(NEWS[:30])
