"""Rows of one person -> results: what threads change, what they never change, and what never crosses."""

from __future__ import annotations

import copy
import json
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.clean import clean
from analyzer.decide import read_policy
from analyzer.derive import derive
from analyzer.pipeline import OFFER_DAYS, message_hash
from analyzer.present import to_json
from analyzer.reasons import Kind
from analyzer.records import Letter, Row

TODAY = date(2026, 3, 2)
ME = "Jo Kern <jo@jo.example>"
ANN = "Ann Abel <ann.abel@acme.example>"
ROBOT = "Acme Careers <no-reply@acme.example>"
POLICY = read_policy()
VERDICT = ("id", "kind", "kinds", "reason", "shown", "reasons", "evidence", "body", "vacancy", "ineligible", "timeframe",
           "company", "role", "contact", "message_id", "date", "subject", "from", "notes", "model")  # fmt: skip
BODIES = {
    "rejection": "We have decided not to take your application further.",
    "interview": "We would like to invite you to an interview on Monday.",
    "offer": "We are glad to offer you the post.",
    "acknowledgement": "We have received your application and will read it.",
}


def row(
    seq, kind="rejection", day=None, *, sender=ANN, to=ME, company="Acme", role="Cook", thread=(), labels=(), **more
):
    """A row as a run keeps it, `seq` days before today unless a day is given: 40 came first, 1 came yesterday."""
    came = TODAY - timedelta(days=seq if day is None else day)
    job = kind != "other"
    found = {
        "id": f"id{seq}",
        "message_id": f"<{seq}@x.example>",
        "date": came.isoformat(),
        "subject": "Your application",
        "from": sender,
        "kind": kind,
        "kinds": dict.fromkeys(Kind, 0.0) | {kind: 1.0},
        "reason": None,
        "shown": [],
        "reasons": {},
        "evidence": [],
        "body": BODIES.get(kind),
        "stage": "application" if kind == "rejection" else None,
        "stage_from": "letter" if kind == "rejection" else None,
        "vacancy": "unknown" if kind == "rejection" else None,
        "ineligible": False if kind == "rejection" else None,
        "timeframe": None,
        "company": company if job else None,
        "role": role if job else None,
        "contact": None,
        **dict.fromkeys(
            ("action", "send_by", "after", "until", "status", "because", "would_change", "policy", "draft")
        ),
        "notes": [],
        "model": "small-1",
    }
    line = {
        "n": seq, "known_by": f"{seq:064}", "person": "", "error": None, "instant": None, "thread": [*thread],
        "labels": [*labels], "to": to, "cc": "", "reply_to": "", "result": {**found, **more},
    }  # fmt: skip
    return Row(1000 - seq, f"inbox.mbox#{1000 - seq}", line)


def mine(seq, thread=(), to=ANN, **more):
    return row(seq, "other", sender=ME, to=to, thread=thread, **more)


def results(*rows, today=TODAY, profile=None):
    """The results by the number of their rows."""
    ordered = sorted(rows, key=lambda each: each.seq)
    found = derive(lambda: iter(ordered), today=today, policy=POLICY, profile=profile or {})
    return {1000 - int(result["source"].split("#")[1]): result for result in found}


# --- the shape


def test_results_come_in_order_with_their_source_and_two_more_keys():
    found = results(row(3), row(2, "acknowledgement"), row(1, "other"))
    assert [*found] == [3, 2, 1]
    for seq, result in found.items():
        assert result["source"] == f"inbox.mbox#{1000 - seq}"
        assert [*result][:2] == ["id", "source"]
        assert {*result} == {*row(1).line["result"], "source", "application", "boilerplate"}
    assert found[1]["application"] is None
    assert found[1]["boilerplate"] == []


def test_what_could_not_be_read_is_no_result():
    broken = Row(5, "inbox.mbox#5", {"n": 5, "error": "is damaged", "result": {"id": "", "message_id": ""}})
    assert [*results(row(1), broken)] == [1]
    assert results() == {}


def test_a_letter_alone_is_advised_as_it_was_analysed(analyzer):
    text = (
        "Dear Jo,\n\nWe regret that the Cook position is on hold and that we are not taking your application further."
    )
    letters = [
        Letter(text, "s", subject="Cook", sender=sender, sent=sent, message_id=f"<{n}@x>", to="jo@jo.example")
        for n, (sender, sent) in enumerate(
            [
                ("ava@fennel.example", date(2026, 2, 27)),
                ("no-reply@b.example", date(2026, 1, 5)),
                ("hr@c.example", None),
            ]
        )
    ]
    rows = []
    for seq, letter in enumerate(letters):
        result = to_json(analyzer.analyze(letter))
        del result["source"]
        rows.append(Row(seq, "s", {"known_by": message_hash(letter), "to": letter.to, "result": result}))
    found = [*derive(lambda: rows, today=analyzer.today, policy=analyzer.policy, profile={})]
    for letter, result in zip(letters, found, strict=True):
        del result["application"], result["boilerplate"]
        assert result == to_json(analyzer.analyze(letter))


# --- the stage


def test_a_rejection_does_not_erase_an_interview():
    alone, after = results(row(9))[9], results(row(30, "interview"), row(9))[9]
    assert (alone["stage"], alone["stage_from"], alone["action"]) == ("application", "letter", "move_on")
    assert (after["stage"], after["stage_from"], after["action"]) == ("interview", "thread", "wait")
    assert after["after"] == (TODAY - timedelta(days=9) + timedelta(days=42)).isoformat()
    assert after["policy"]["rule"] == "no_signal_interview"
    assert "the time you gave me" in after["draft"]["body"]
    assert "the time you gave me" not in alone["draft"]["body"]


@pytest.mark.parametrize(
    ("earlier", "stage"),
    [
        (row(30, "interview", role="Waiter"), "application"),
        (row(30, "interview", company="Oakwell", sender="x@oakwell.example"), "application"),
        (row(30, "interview", kinds={"interview": 0.7, "other": 0.3}), "application"),
        (row(30, "interview", body="Please send us your certificates."), "application"),
        (row(5, "interview"), "application"),  # it came later
        (row(9, "interview"), "application"),  # on the same day
        (row(30, "interview", role=None), "interview"),
        (row(30, "interview", company=None, role=None, sender="no-reply@greenhouse.io"), "application"),
        (row(30, "offer"), "final"),
        (row(30, "rejection", stage="final"), "final"),
        (row(30, "acknowledgement"), "application"),
    ],
)
def test_only_what_surely_went_before_in_the_same_application_raises_the_stage(earlier, stage):
    assert results(earlier, row(9))[9]["stage"] == stage


def test_an_invitation_that_was_called_off_raises_nothing():
    off = row(9, body="Your interview on Monday has been cancelled. We are not taking your application further.")
    assert results(row(30, "interview"), off)[9]["stage"] == "application"
    notice = row(20, "other", subject="Canceled event: Interview with Acme", thread=["<30@x.example>"])
    assert results(row(30, "interview"), notice, row(9))[9]["stage"] == "application"


def test_the_letters_own_stage_stands_where_the_thread_shows_less():
    found = results(row(30, "interview"), row(9, stage="final"))[9]
    assert (found["stage"], found["stage_from"]) == ("final", "letter")


# --- people


def test_somebody_who_wrote_before_is_written_to_where_nobody_reads_the_rejections_address():
    found = results(row(30, "interview"), row(9, sender=ROBOT))[9]
    assert found["draft"]["to"] == ["ann.abel@acme.example"]
    assert found["draft"]["body"].startswith("Dear Ann Abel,")
    assert found["application"]["people"] == [{"name": "Ann Abel", "address": "ann.abel@acme.example"}]


def test_of_several_people_the_one_who_signs_is_written_to_else_the_last():
    ben = "Ben Abara <ben@acme.example>"
    earlier = row(30, "interview"), row(20, "interview", sender=ben)
    assert results(*earlier, row(9, sender=ROBOT))[9]["draft"]["to"] == ["ben@acme.example"]
    assert results(*earlier, row(9, sender=ROBOT, contact="Ann"))[9]["draft"]["to"] == ["ann.abel@acme.example"]


@pytest.mark.parametrize(
    "earlier",
    [
        row(30, "interview", role="Waiter"),
        row(30, "interview", company="Oakwell", sender="Ann Abel <ann@oakwell.example>"),
        row(30, "interview", sender="Acme Careers <careers@acme.example>"),
        row(5, "interview"),
        row(30, "other"),
    ],
)
def test_nobody_of_another_application_or_of_later_is_written_to(earlier):
    assert results(earlier, row(9, sender=ROBOT))[9]["draft"]["to"] == []


def test_who_reads_their_mail_is_written_to_themselves():
    earlier = row(30, "interview", sender="Ben Abara <ben@acme.example>")
    assert results(earlier, row(9))[9]["draft"]["to"] == ["ann.abel@acme.example"]


def test_the_reader_is_never_an_addressee():
    to_self = row(9, sender=ME, to="jo@jo.example")
    found = results(row(30, "acknowledgement", sender=ROBOT), to_self)[9]
    assert found["draft"]["to"] == []
    assert found["status"] == "due"
    assert all("jo@" not in person["address"] for person in found["application"]["people"])


# --- what followed


def test_a_reply_of_the_reader_makes_it_answered():
    found = results(row(9), mine(8, ["<9@x.example>"]))[9]
    assert (found["status"], found["application"]["answered"]) == ("answered", "2026-02-22")
    assert found["draft"]["purpose"] == "thank_you"  # it stays for who looks


@pytest.mark.parametrize(
    "later",
    [
        mine(8),  # not in the thread
        mine(8, ["<9@x.example>"], to="friend@gmail.com"),
        mine(8, ["<9@x.example>"], subject="Fwd: Your application"),
        row(8, "other", sender=ANN, thread=["<9@x.example>"]),
    ],
)
def test_what_is_no_answer_of_the_readers_leaves_it_due(later):
    assert results(row(9), later)[9]["status"] == "due"


def test_an_address_that_answers_a_rejection_is_the_readers_though_most_mail_is_for_another():
    """Three quarters of the mail is for one address; the letter for the other is answered from it."""
    work = "jo@work.example"
    letters = [row(n, company=f"Company {n}") for n in (20, 19, 18)]
    answer = row(8, "other", sender=work, to=ANN, thread=["<9@x.example>"])
    assert results(*letters, row(9, to=work), answer)[9]["status"] == "answered"


def test_what_the_reader_wrote_themselves_needs_no_thank_you():
    declined = row(9, sender=ME, to=ANN)
    assert results(row(30, "interview"), row(20, "acknowledgement"), declined)[9]["status"] == "answered"


@pytest.mark.parametrize("kind", ["interview", "offer"])
def test_a_later_invitation_or_offer_of_the_same_company_shows_as_came_back(kind):
    found = results(row(40), row(9, kind, role="Waiter"))[40]
    assert found["status"] == "came_back"
    assert found["application"]["came_back"] == {"date": "2026-02-21", "kind": kind, "message_id": "<9@x.example>"}


def test_nothing_comes_back_from_another_company_or_before_the_letter():
    other = row(9, "offer", company="Oakwell", sender="x@oakwell.example")
    assert results(row(40), other)[40]["application"]["came_back"] is None
    assert results(row(40, "interview"), row(9))[9]["application"]["came_back"] is None


def test_coming_back_goes_before_an_answer():
    found = results(row(40), mine(39, ["<40@x.example>"]), row(9, "interview"))[40]
    assert found["status"] == "came_back"


# --- the application


def test_an_application_knows_how_far_it_went_and_how_long_they_took():
    found = results(row(40, "acknowledgement"), row(30, "interview"), row(9))
    assert len({result["application"]["id"] for result in found.values()}) == 1
    application = found[9]["application"]
    assert {
        key: application[key] for key in ("company", "role", "furthest", "applied", "days_to_answer", "open", "last")
    } == {
        "company": "Acme",
        "role": "Cook",
        "furthest": "interview",
        "applied": "2026-01-21",
        "days_to_answer": 10,
        "open": False,
        "last": True,
    }
    assert [result["application"]["last"] for result in found.values()] == [False, False, True]


def test_the_readers_own_mail_to_the_employer_is_when_they_applied():
    written = mine(50, to="jobs@acme.example", labels=["Sent"])
    found = results(written, row(40, "acknowledgement"), row(9))
    assert found[9]["application"]["applied"] == "2026-01-11"
    two = results(written, row(40, "acknowledgement"), row(30, "acknowledgement", role="Waiter"))
    assert two[30]["application"]["applied"] == "2026-01-31"  # that mail was for the other


def test_two_roles_are_two_applications():
    found = results(row(40, "acknowledgement"), row(39, "acknowledgement", role="Waiter"), row(9, role="Waiter"))
    ids = {seq: result["application"]["id"] for seq, result in found.items()}
    assert ids[39] == ids[9] != ids[40]
    assert [found[40]["application"]["open"], found[9]["application"]["open"]] == [True, False]


def test_sentences_that_recur_are_marked_where_they_stand():
    common = "We wish you every success in your search."
    letters = [
        row(40, body=f"You came far. {common}"),
        row(30, company="Oakwell", sender="x@oakwell.example", body=f"{common} Goodbye."),
    ]
    found = results(*letters)
    for result in found.values():
        assert [result["body"][start:end] for start, end in result["boilerplate"]] == [common]
    assert results(letters[0])[40]["boilerplate"] == []


@pytest.mark.parametrize(
    ("days", "purpose", "status"),
    [(OFFER_DAYS, "thank_you", "due"), (OFFER_DAYS + 1, "thank_you", "upcoming"), (42, "later_note", "due"), (366, "thank_you", "lapsed")],
)  # fmt: skip
def test_the_draft_and_the_status_are_those_of_today(days, purpose, status):
    found = results(row(60, "interview"), row(40, stage="interview"), today=TODAY + timedelta(days=days - 40))[40]
    assert (found["draft"]["purpose"], found["status"]) == (purpose, status)


# --- what never changes, what never crosses, what never breaks

rows_of_any_kind = st.lists(
    st.builds(
        row,
        st.just(0),
        st.sampled_from([*Kind]).map(str),
        st.integers(0, 60),
        sender=st.sampled_from([ANN, ROBOT, ME, "", "Ann\r\nBcc: spy@evil.example <a@b.example>"]),
        to=st.sampled_from([ME, "", "hr@acme.example"]),
        company=st.sampled_from([None, "Acme", "Oakwell"]),
        role=st.sampled_from([None, "Cook", "Waiter"]),
        thread=st.lists(st.sampled_from(["<0@x.example>", "<1@x.example>", "gmail:7", "", "<>"]), max_size=2),
        labels=st.lists(st.sampled_from(["Inbox", "Sent"]), max_size=1),
        date=st.sampled_from([None, "2026-02-01", "2026-02-20", "not a date"]),
    ),
    max_size=6,
).map(lambda rows: [_numbered(each, seq) for seq, each in enumerate(rows)])


def _numbered(each, seq):
    line = copy.deepcopy(each.line)
    line |= {"n": seq, "known_by": f"{seq:064}"}
    line["result"]["message_id"] = f"<{seq}@x.example>"
    return Row(seq, f"inbox.mbox#{seq}", line)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(rows_of_any_kind)
def test_threads_never_change_a_verdict(rows):
    before = json.dumps([each.line for each in rows])
    found = [*derive(lambda: iter(rows), today=TODAY, policy=POLICY, profile={})]
    assert [result["source"] for result in found] == [each.source for each in rows]
    for each, result in zip(rows, found, strict=True):
        assert {key: result[key] for key in VERDICT} == {key: each.line["result"][key] for key in VERDICT}
        json.dumps(result)
    assert json.dumps([each.line for each in rows]) == before


@settings(max_examples=100, deadline=None, derandomize=True)
@given(rows_of_any_kind)
def test_a_rejection_always_has_a_draft_for_at_most_one_plain_address(rows):
    for result in derive(lambda: iter(rows), today=TODAY, policy=POLICY, profile={}):
        if result["kind"] == "rejection":
            assert len(result["draft"]["to"]) <= 1
            assert "evil" not in json.dumps(result["draft"])
            assert result["status"] in {"due", "upcoming", "lapsed", "answered", "came_back"}
            assert (result["stage_from"] == "thread") <= (result["stage"] != "application")
        else:
            assert (result["draft"], result["status"], result["stage"]) == (None, None, None)


def test_two_people_with_the_same_company_and_role_share_nothing():
    """One was interviewed by Ann and got an offer later; the other has only the same rejection."""
    rejection = row(9, sender=ROBOT)
    theirs = results(row(30, "interview"), rejection, mine(8, ["<9@x.example>"]), row(5, "offer"))
    alone = results(rejection)
    again = results(rejection)
    assert alone == again
    assert theirs[9]["stage"] == "interview"
    told = json.dumps(alone)
    assert all(word not in told for word in ("Ann", "ann.abel", "thread", "interview on Monday", "<5@x.example>"))
    assert alone[9]["application"]["people"] == []


def test_the_rows_are_gone_through_as_a_stream_and_other_mail_is_not_kept():
    """The iterator may give each row once: what is remembered of 3,000 newsletters is nothing."""
    import gc
    import weakref

    alive = weakref.WeakSet()

    class Line(dict):
        __hash__ = object.__hash__

    def rows():
        for seq in range(3000):
            line = Line(row(seq % 900, "other", sender=f"n{seq}@news.example").line)
            alive.add(line)
            most.append(len(alive))
            yield Row(seq, f"inbox.mbox#{seq}", line)

    most = []
    assert sum(1 for _ in derive(rows, today=TODAY, policy=POLICY, profile={})) == 3000
    gc.collect()
    assert max(most) < 20


def test_a_million_recipients_and_a_hostile_thread_end():
    many = ", ".join(f"a{n}@x.example" for n in range(1_000_000))
    letter = row(9, to=many, sender=many, thread=[f"<{n}@t.example>" for n in range(100_000)], subject="Re: " * 100_000)
    found = results(letter, row(8, "interview", thread=["<x" * 100_000, "<5@t.example>"]))
    assert found[9]["draft"]["to"] == ["a0@x.example"]


def test_thousands_of_letters_in_one_thread_end():
    letters = [row(n, day=n % 50, thread=["gmail:7"], role=None) for n in range(999)]
    assert len(results(*letters)) == 999


def test_the_bodies_that_are_read_are_the_cleaned_ones():
    """Offsets count in `body`: what derive is given is what clean made."""
    text = "We wish you every success in your search.\n\n-- \nAnn"
    body = clean(Letter(text, "s")).body
    found = results(row(9, body=body), row(8, body=body, company="Oakwell", sender="x@oakwell.example"))
    assert found[9]["boilerplate"] == [[0, len("We wish you every success in your search.")]]
