"""The first look saves the model's time on other mail, and what it misses of job mail is measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from analyzer.corpus import bundled_letters, read_corpus
from analyzer.look import FIRST, LONG, Filters, may_be_job_mail
from analyzer.reasons import Kind
from analyzer.records import Letter

MAX_MISSED = 0.006
"""Share of the corpus's job mail that the first look may take for other mail; it was 11 of 3,542."""

MAX_MISSED_LONG = 0.01
"""The same where pages of other text stand around the letter; it was 15 of 3,542 at worst."""


@pytest.fixture(scope="module")
def letters():
    return [(example.kind, example.letter) for example in read_corpus([bundled_letters()]) if not example.composed]


def test_hardly_any_job_mail_of_the_corpus_is_missed(letters):
    job_mail = [letter for kind, letter in letters if kind is not Kind.OTHER]
    missed = [letter for letter in job_mail if not may_be_job_mail(letter.subject, letter.sender, letter.text)]
    assert len(missed) <= MAX_MISSED * len(job_mail)


LEGAL = (
    "This message and any files sent with it are confidential and meant for the person alone to whom they are addressed. "
    "The views in it are those of the writer and not always those of the company, which cannot be held liable for damage. "
)
QUOTED = (
    "> On Tuesday we walked around the lake with the dogs, and it rained all day.\n"
    "> Please bring the blue chairs back when you come by next week.\n"
)


@pytest.mark.parametrize("more", [LEGAL, QUOTED])
@pytest.mark.parametrize("place", ["{more}\n\n{text}", "{text}\n\n{more}"])
def test_hardly_any_job_mail_is_missed_between_pages_of_other_text(letters, place, more):
    job_mail = [letter for kind, letter in letters if kind is not Kind.OTHER]
    more *= (LONG + 100) // len(more) + 1
    missed = [
        letter
        for letter in job_mail
        if not may_be_job_mail(letter.subject, letter.sender, place.format(text=letter.text, more=more[: LONG + 100]))
    ]
    assert len(missed) <= MAX_MISSED_LONG * len(job_mail)


def test_no_letter_of_the_corpus_that_names_an_application_is_missed(letters):
    for kind, letter in letters:
        if kind is not Kind.OTHER and "your application" in letter.text[:FIRST].lower():
            assert may_be_job_mail(letter.subject, letter.sender, letter.text)


@pytest.mark.parametrize(
    ("subject", "sender", "text"),
    [
        ("Your order number 88", "Tin Kettle <orders@kettle.example>", "Thank you for your order of two kettles."),
        ("Kettles", "Tin Kettle <hello@kettle.example>", "New kettles for you. Unsubscribe: https://kettle.example/u"),
        ("Sunday", "Jo <jo@friends.example>", "Hi Alex, see you at the lake on Sunday. Bring a coat. Jo"),
        ("Lamps", "news@lamps.example", "A great opportunity for all who read. " + "The lake is blue. " * 300),
        ("", "", "There is no word to anybody in it, and not a decision either."),
        ("Minutes", "Jo <jo@club.example>", "You and the committee met. " + "The lake is blue. " * 300),
        (
            "News",
            "Jo <jo@club.example>",
            "You and the committee chose a date. " + "The lake is blue. " * 300 + "To unsubscribe, write to Jo.",
        ),
    ],
)
def test_other_mail_is_known_without_the_model(subject, sender, text):
    assert not may_be_job_mail(subject, sender, text)


@pytest.mark.parametrize(
    ("subject", "sender", "text"),
    [
        ("Your application", "", ""),
        ("", "Recruitment <noreply@x.example>", "Please sign in."),
        ("", "", "We regret"),
        ("The role", "", "The role is open. " + "The lake is blue. " * 300),
        ("The role", "", "The lake is blue. " * 300),
        ("", "", "There is a new opportunity, and you have the talent. " + "The lake is blue. " * 300),
        ("Minutes", "Jo <jo@club.example>", "You and the committee chose another. " + "The lake is blue. " * 300),
        ("", "", "You have no interview. " + "The lake is blue. " * 300),
        ("R\u00e9sum\u00e9 received", "", ""),
        ("sous chef", "", "Chef, the owner shook hands with a boy from Lyon. You cooked well. Antoine"),
        ("news", "Jo <jo@x.example>", "You came close, but the committee chose the other one. Best of luck."),
        ("Weekly", "news@x.example", "Unsubscribe here. " + "Other things. " * 50 + "Your interview is on Monday."),
    ],
)
def test_what_may_be_job_mail_goes_to_the_model(subject, sender, text):
    assert may_be_job_mail(subject, sender, text)


def test_only_the_beginning_of_a_long_text_is_looked_at():
    text = "Nothing. " * FIRST + "Thank you for your application."
    assert len(text) > LONG
    assert not may_be_job_mail("", "", text)


@pytest.mark.parametrize("text", ["\0" * 9, "\ud83d", "\u202e" * 5000, "you " * 100_000, ""])
def test_no_text_is_too_odd_to_be_looked_at(text):
    assert may_be_job_mail(text, text, text) is False


LETTER = Letter("", "in/Work.mbox#1", sender="Jo <jo@a.example>", sent=date(2026, 2, 5), labels=("Inbox",))


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (Filters(), True),
        (Filters(since=date(2026, 2, 5), until=date(2026, 2, 5)), True),
        (Filters(since=date(2026, 2, 6)), False),
        (Filters(until=date(2026, 2, 4)), False),
        (Filters(sender="JO@A"), True),
        (Filters(sender="al@"), False),
        (Filters(folder="inbox"), True),
        (Filters(folder="work"), True),
        (Filters(folder="sent"), False),
    ],
)
def test_what_a_filter_lets_through(filters, wanted):
    assert filters.want(LETTER) is wanted


def test_a_message_without_a_date_is_within_all_dates():
    assert Filters(since=date(2026, 2, 6)).want(replace(LETTER, sent=None))


def test_filters_that_differ_have_names_that_differ():
    filters = [Filters(), Filters(sender="a"), Filters(folder="a"), Filters(since=date(2026, 1, 1))]
    assert len({one.name() for one in filters}) == len(filters)
    assert Filters().name() == ""
