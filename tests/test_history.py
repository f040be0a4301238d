"""What an application's messages show of each other: how far it went, who wrote, what was answered, what followed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from analyzer.history import MAX_PEOPLE, calls_off, find_hopes, next_hope, read_history, speaks_of_meeting
from analyzer.reasons import Kind, Stage
from analyzer.records import Person
from analyzer.threads import DAY, Application, Message

FIRST = date(2026, 1, 5)
START = 1_767_571_200.0
ME = "jo@jo.example"
HR = "hr@acme.example"


def mail(number, kind=Kind.REJECTION, **more):
    """A message so many days after 5 January 2026, and known by that number."""
    facts = {
        "seq": int(number * 10),
        "message_id": f"<{number}@x>",
        "sender": HR,
        "domain": "acme.example",
        "sure": True,
    }
    facts |= {"time": START + DAY * number, "day": FIRST + timedelta(days=number)}
    return Message(kind=kind, **{**facts, **more})


def invited(number, **more):
    return mail(number, Kind.INTERVIEW, **{"invites": True, **more})


def mine(number, **more):
    return mail(number, Kind.OTHER, **{"own": True, "sender": ME, "domain": "", "to": (HR,), **more})


def read(*messages, written=()):
    ordered = sorted(messages, key=lambda message: message.order)
    return read_history(Application(tuple(ordered), 0, "Acme", "Cook"), written)


# --- how far it went


@pytest.mark.parametrize(
    ("earlier", "stage"),
    [
        ([], Stage.APPLICATION),
        ([mail(0, Kind.ACKNOWLEDGEMENT)], Stage.APPLICATION),
        ([invited(0)], Stage.INTERVIEW),
        ([mail(0, Kind.OFFER)], Stage.FINAL),
        ([mail(0, stage=Stage.FINAL)], Stage.FINAL),
        ([mail(0, stage=Stage.INTERVIEW), mail(1, stage=Stage.APPLICATION)], Stage.INTERVIEW),
        # near misses
        ([invited(0, sure=False)], Stage.APPLICATION),
        ([invited(0, invites=False)], Stage.APPLICATION),  # asks for documents
        ([mail(0, Kind.OFFER, sure=False)], Stage.APPLICATION),
        ([invited(0, own=True, sender=ME)], Stage.APPLICATION),
        ([invited(0), mail(1, Kind.ACKNOWLEDGEMENT, calls_off=True)], Stage.APPLICATION),
        ([invited(0), mine(1, calls_off=True)], Stage.APPLICATION),
        (
            [invited(0), invited(3), mail(4, Kind.ACKNOWLEDGEMENT, calls_off=True)],
            Stage.INTERVIEW,
        ),  # the first was held
        ([invited(0), mail(1, Kind.OTHER, calls_off=True), invited(2)], Stage.INTERVIEW),  # invited anew
    ],
)
def test_a_rejection_has_the_furthest_stage_that_went_before(earlier, stage):
    assert read(*earlier, mail(9)).before[90].stage is stage


def test_what_comes_later_raises_nothing():
    history = read(mail(0), invited(3), mail(9, Kind.OFFER))
    assert history.before[0].stage is Stage.APPLICATION
    assert history.furthest is Stage.FINAL


@pytest.mark.parametrize(("days", "stage"), [(0.5, Stage.APPLICATION), (1, Stage.INTERVIEW)])
def test_who_is_rejected_within_a_day_was_not_interviewed(days, stage):
    assert read(mail(0, Kind.INTERVIEW, invites=True), mail(1, time=START + DAY * days)).before[10].stage is stage


def test_a_rejection_that_calls_the_interview_off_is_not_raised_by_it():
    assert read(invited(0), mail(5, calls_off=True)).before[50].stage is Stage.APPLICATION
    assert read(invited(0), mail(5, calls_off=True)).furthest is Stage.APPLICATION


def test_what_has_no_date_came_after_what_it_answers_to():
    undated = mail(9, time=None, day=None, thread=("<0@x>",))
    assert read(invited(0), undated).before[90].stage is Stage.INTERVIEW
    assert read(invited(0), mail(9, time=None, day=None)).before[90].stage is Stage.APPLICATION


# --- who wrote


def test_people_who_wrote_before_are_known_the_last_one_last():
    ann, ben = ({"name": name, "address": f"{name.lower()}@acme.example"} for name in ("Ann", "Ben"))
    history = read(invited(0, **ann), invited(1, **ben), mail(2, Kind.OTHER, **ann), mail(5), mail(7, **ben))
    assert [person.name for person in history.before[50].people] == ["Ben", "Ann"]
    assert history.people == (Person("Ann", "ann@acme.example"), Person("Ben", "ben@acme.example"))


def test_a_friend_to_whom_the_reader_sent_the_invitation_on_is_not_one_of_them():
    friend = mail(1, Kind.OTHER, sender="sam@gmail.com", domain="", name="Sam", address="sam@gmail.com")
    own = mine(2, name="Jo", address=ME)
    assert read(invited(0), friend, own, mail(5)).before[50].people == ()


def test_a_recruiter_at_a_private_address_is_one_of_them():
    recruiter = {"sender": "sam@gmail.com", "domain": "", "name": "Sam Hill", "address": "sam@gmail.com"}
    assert read(invited(0, **recruiter), mail(5)).before[50].people == (Person("Sam Hill", "sam@gmail.com"),)


def test_of_many_people_the_last_are_remembered():
    many = [mail(n, Kind.ACKNOWLEDGEMENT, address=f"a{n}@acme.example") for n in range(MAX_PEOPLE + 5)]
    people = read(*many, mail(99)).before[990].people
    assert [person.address for person in people] == [f"a{n}@acme.example" for n in range(5, MAX_PEOPLE + 5)]


# --- what the reader answered


@pytest.mark.parametrize(
    ("later", "answered"),
    [
        ([mine(3)], True),
        ([mine(3, to=())], True),
        ([mine(3, to=("ann@acme.example",))], True),  # somebody else there
        ([mine(3, to=("friend@gmail.com",))], False),
        ([mine(3, forwarded=True)], False),
        ([mail(3, Kind.OTHER)], False),
        ([mine(0.5)], False),  # before the rejection
        ([], False),
    ],
)
def test_a_reply_to_the_employer_after_the_rejection_is_an_answer(later, answered):
    before = read(mail(0, Kind.ACKNOWLEDGEMENT), mail(1), *later).before[10]
    assert before.answered is answered
    assert before.answer_day == (FIRST + timedelta(days=3) if answered else None)


def test_one_answer_is_for_two_rejections_unless_something_gave_hope_in_between():
    assert read(mail(0), mine(1), mail(2)).before[20].answered
    again = read(mail(0), mine(1), invited(2), mail(9)).before
    assert (again[0].answered, again[90].answered) == (True, False)


def test_an_answer_without_a_date_or_with_a_slow_clock_is_known_by_its_thread():
    for answer in (mine(9, time=None, day=None, thread=("<1@x>",)), mine(0.5, thread=("<1@x>",))):
        assert read(mail(1), answer).before[10].answered
    assert not read(mail(1), mine(9, time=None, day=None)).before[10].answered


# --- how long they took, and what followed


@pytest.mark.parametrize(
    ("messages", "written", "applied", "days"),
    [
        ([mail(4, Kind.ACKNOWLEDGEMENT), mail(10)], [], 4, 6),
        ([mine(0), mail(4, Kind.ACKNOWLEDGEMENT), mail(10)], [], 0, 10),
        ([mail(4, Kind.ACKNOWLEDGEMENT), mail(10)], [mine(3)], 3, 7),
        ([mail(4, Kind.ACKNOWLEDGEMENT), invited(6), mail(20)], [], 4, 2),
        ([mail(10)], [], None, None),
        ([mail(4), mail(10, Kind.ACKNOWLEDGEMENT)], [], None, None),
        ([mail(4, Kind.ACKNOWLEDGEMENT)], [], 4, None),
    ],
)
def test_the_days_to_an_answer_count_from_the_application_where_its_day_is_known(messages, written, applied, days):
    history = read(*messages, written=written)
    assert history.applied == (None if applied is None else FIRST + timedelta(days=applied))
    assert history.days_to_answer == days


@pytest.mark.parametrize(
    ("messages", "is_open", "last"),
    [
        ([mail(0, Kind.ACKNOWLEDGEMENT)], True, 0),
        ([mail(0, Kind.ACKNOWLEDGEMENT), mail(1)], False, 10),
        ([mail(0), invited(1)], True, 10),
        ([mail(0), mine(1)], False, 0),
    ],
)
def test_an_application_is_open_while_the_employers_last_word_is_not_no(messages, is_open, last):
    assert (read(*messages).open, read(*messages).last) == (is_open, last)


def test_a_later_sign_of_hope_from_the_same_company_is_found_and_an_earlier_or_unsure_one_is_not():
    found = [
        Application((mail(0), mail(2, Kind.INTERVIEW)), 0, "Acme", "Cook"),
        Application((mail(5, Kind.OFFER), mail(6, Kind.OFFER, sure=False)), 0, "Acme", "Waiter"),
        Application((mail(9, Kind.OFFER),), 1, "Oakwell", "Cook"),
        Application((mail(9, Kind.OFFER),), None, None, None),
    ]
    hopes = find_hopes(found)[0]
    days = [next_hope(hopes, START + DAY * day) for day in (0, 2, 5)]
    assert [hope and (hope.kind, hope.message_id) for hope in days] == [
        (Kind.INTERVIEW, "<2@x>"),
        (Kind.OFFER, "<5@x>"),
        None,
    ]
    assert next_hope(hopes, None) is None


# --- what a text says of a meeting


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("Your interview on Monday has been cancelled.", True),
        ("We have had to cancel your interview.", True),
        ("Canceled event: Interview with Acme", True),
        ("The interview planned for Friday will not take place.", True),
        ("The call is no longer needed.", True),
        ("Unfortunately your assessment is not going ahead.", True),
        # it was held, or something else ended
        ("Thank you for the interview. The position has been cancelled.", False),
        ("Following your interview the position was cancelled.", False),
        ("Following your interview we will not be taking your application further.", False),
        ("After the interview we cancelled the search.", False),
        ("We cancelled the role after your interview.", False),
        ("Your interview has been cancelled and will be rescheduled.", False),
        ("We had to cancel the interview; please choose another date.", False),
        ("Thank you for coming to the interview.", False),
    ],
)
def test_an_interview_is_called_off_only_where_the_words_say_so(text, off):
    assert calls_off(text) is off


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("We would like to invite you to an interview.", True),
        ("Are you free for a call on Tuesday?", True),
        ("Please complete the online assessment.", True),
        ("Please send us two references.", False),
        ("Please upload your certificates.", False),
    ],
)
def test_an_invitation_speaks_of_a_meeting_or_a_test(text, speaks):
    assert speaks_of_meeting(text) is speaks


@pytest.mark.parametrize("bait", ["interview " * 2000, "cancelled " * 2000, "interview cancel" * 1500, "a" * 20_000])
def test_no_text_makes_the_question_slow(bait):
    assert not calls_off(bait + " reschedule")
