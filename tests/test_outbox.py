"""What is due: to whom, by when, with which words; never twice to a person, never where hope is left."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results_made import made, other

from analyzer.combine import draft_combined, draft_note
from analyzer.draft import MAX_WORDS, NAME_GAP
from analyzer.outbox import EMAIL_DAYS, What, due, in_words, plan, upcoming
from analyzer.records import Draft

TODAY = date(2026, 3, 2)
SAME = {"to": ["hr@one.example"]}


def kinds(rejection, interview=0.0, offer=0.0):
    return {"rejection": rejection, "acknowledgement": 0.0, "interview": interview, "offer": offer,
            "other": round(1 - rejection - interview - offer, 4)}  # fmt: skip


def test_a_letter_of_yesterday_is_to_be_thanked_for_with_its_own_draft():
    row = made()
    (task,) = due([row, other()], today=TODAY)
    assert (task.what, task.due, task.day, task.by) == ("thank_you", True, date(2026, 3, 3), date(2026, 3, 3))
    assert (task.until, task.came) == (date(2026, 3, 15), date(2026, 3, 1))
    assert (task.company, task.role, task.ids) == ("Firm 1", "Role 1", (row["id"],))
    assert task.draft.body == row["draft"]["body"]
    assert task.draft.to == ("ana@firm1.example",)
    assert task.message_id == row["message_id"]
    assert task.because == (row["because"],)


@pytest.mark.parametrize(("days", "is_due"), [(0, True), (14, True), (15, False)])
def test_a_thank_you_is_due_up_to_14_days_after_the_letter(days, is_due):
    row = made(sent=(TODAY - timedelta(days=days)).isoformat(), status="due" if is_due else "lapsed")
    assert [task.what for task in due([row], today=TODAY)] == ["thank_you"] * is_due
    assert upcoming([row], today=TODAY) == []


@pytest.mark.parametrize(("days", "now", "later"), [(41, 0, 1), (42, 1, 0), (365, 1, 0), (366, 0, 0)])
def test_a_later_note_is_due_between_after_and_until(days, now, later):
    row = made(sent=(TODAY - timedelta(days=days)).isoformat(), after=42)
    assert [task.what for task in due([row], today=TODAY)] == ["write_again"] * now
    coming = upcoming([row], today=TODAY)
    assert [(task.what, task.day, task.due) for task in coming] == [("write_again", date(2026, 3, 3), False)] * later


@pytest.mark.parametrize(("action", "what"), [("follow_up", "write_again"), ("wait", "look_again"), ("move_on", "look_again")])  # fmt: skip
def test_only_who_is_to_follow_up_writes_again_and_all_others_look_again(action, what):
    assert [t.what for t in due([made(sent="2026-01-01", after=42, action=action)], today=TODAY)] == [what]


def test_the_later_note_follows_a_thank_you_that_is_due_now():
    assert [(t.what, t.due, t.day) for t in plan([made(after=42)], today=TODAY)] == [
        ("thank_you", True, date(2026, 3, 3)),
        ("write_again", False, date(2026, 4, 12)),
    ]


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({"kinds": kinds(0.90, 0.05)}, True),
        ({"kinds": kinds(0.89)}, False),
        ({"kinds": kinds(0.92, 0.03, 0.03)}, False),
        ({"kind": "acknowledgement"}, False),
        ({"kind": "interview"}, False),
        ({"status": "answered"}, False),
        ({"status": "came_back"}, False),
        ({"draft": None}, False),
    ],
)
def test_nothing_is_due_where_hope_is_left_or_the_reader_has_answered(changes, is_due):
    row = {**made(after=0), **changes}
    assert bool(plan([row], today=TODAY)) == is_due


def test_of_an_application_only_the_newest_letter_counts():
    first = made(1, "2026-02-20", application={"id": "a"}, draft=SAME)
    second = made(2, "2026-02-25", application={"id": "a"}, draft=SAME)
    for rows in ([first, second], [second, first]):
        assert [task.ids for task in due(rows, today=TODAY)] == [(second["id"],)]
    answered = {**second, "status": "answered"}
    assert plan([first, answered], today=TODAY) == plan([answered, first], today=TODAY) == []


def test_several_applications_to_one_person_become_one_email_that_names_each():
    rows = [made(n, f"2026-02-2{n}", company="Acme", draft=SAME) for n in (1, 2)]
    rows[1]["draft"]["to"] = ["HR@one.example"]
    (task,) = due(rows, today=TODAY)
    assert task.ids == (rows[0]["id"], rows[1]["id"])
    assert (task.company, task.role, task.message_id) == ("Acme", "Role 1 and Role 2", rows[1]["message_id"])
    assert task.by == date(2026, 2, 23)
    assert task.until == date(2026, 3, 7)
    assert task.because == (rows[0]["because"],)
    body = task.draft.body
    assert body.startswith(
        "Dear Ana Ruiz,\n\nThank you for considering me for the Role 1 position and the Role 2 position at Acme,"
    )
    assert "both applications" in body
    assert "because I have run a payroll of 300 people, I respect your decisions;" in body
    assert "either position" in body
    assert body.endswith("\n\nKind regards,\nSam Doe")
    assert (task.draft.purpose, task.draft.missing) == ("thank_you", ())
    assert task.draft.subject == rows[1]["draft"]["subject"]


def test_without_an_address_a_person_is_the_company():
    rows = [made(1, company="Acme Ltd", draft={"to": []}), made(2, company="ACME ltd", draft={"to": []})]
    assert len(due(rows, today=TODAY)) == 1
    apart = [made(n, company=None, draft={"to": []}) for n in (1, 2)]
    assert len(due(apart, today=TODAY)) == 2


def test_a_thank_you_and_a_later_note_to_one_person_are_one_thank_you():
    old, new = made(1, "2026-01-01", after=42, draft=SAME), made(2, "2026-03-01", draft=SAME)
    (task,) = plan([old, new], today=TODAY)
    assert (task.what, task.due, task.ids) == ("thank_you", True, (old["id"], new["id"]))
    assert (task.by, task.until) == (date(2026, 3, 3), date(2026, 3, 15))
    assert task.draft.body.startswith("Dear Ana Ruiz,\n\nThank you for considering me for the Role 1")


def test_what_is_not_open_yet_waits_its_30_days():
    now, soon = made(1, "2026-03-01", draft=SAME), made(2, "2026-01-25", after=42, draft=SAME)
    tasks = plan([now, soon], today=TODAY)
    assert [(t.due, t.ids, t.day) for t in tasks] == [
        (True, (now["id"],), date(2026, 3, 3)),
        (False, (soon["id"],), date(2026, 4, 2)),
    ]


@pytest.mark.parametrize(
    ("answered", "day"), [("2026-02-15", date(2026, 3, 17)), ("2026-01-31", TODAY), ("2027-01-01", TODAY)]
)
def test_what_the_reader_wrote_to_the_same_person_keeps_the_next_email_back(answered, day):
    written = made(1, "2026-01-30", status="answered", application={"answered": answered}, draft=SAME)
    later = made(2, "2026-01-10", after=42, draft=SAME)
    (task,) = plan([written, later], today=TODAY)
    assert (task.ids, task.day, task.due) == ((later["id"],), day, day == TODAY)
    thanks = made(3, "2026-02-28", draft=SAME)
    assert [t.due for t in plan([written, thanks], today=TODAY)] == ([True] if day == TODAY else [])


def test_the_later_note_keeps_the_draft_that_the_run_wrote():
    row = made(sent="2026-01-01", after=42, draft={"purpose": "later_note", "body": "Dear Ana Ruiz,\n\nMine."})
    assert due([row], today=TODAY)[0].draft.body == "Dear Ana Ruiz,\n\nMine."


def test_a_run_of_last_month_gives_a_note_and_no_thank_you():
    (task,) = due([made(sent="2026-01-01", after=42)], today=TODAY)
    assert task.draft.purpose == "later_note"
    assert task.draft.body.startswith("Dear Ana Ruiz,\n\n")
    assert "Role 1 position at Firm 1" in task.draft.body
    assert task.draft.body.endswith("\n\nKind regards,\nSam Doe")
    assert "Thank you for considering" not in task.draft.body
    assert (task.draft.to, task.draft.subject) == (("ana@firm1.example",), "Re: Your application 1")


def test_what_is_due_first_comes_first_in_any_order_of_the_results():
    rows = [
        made(1, "2026-03-01"),
        made(2, "2026-02-18"),
        made(3, "2025-12-01", after=42),
        made(4, "2026-02-28", after=10),
        made(5, "2026-01-25", after=42),
    ]
    expected = plan(rows, today=TODAY)
    assert [task.ids[0][-1] for task in expected] == ["2", "4", "1", "3", "5", "4"]
    for turned in permutations(rows):
        assert plan(turned, today=TODAY) == expected


def test_a_letter_without_a_day_is_timed_by_when_to_send():
    row = made(sent=None)
    (task,) = due([row], today=TODAY)
    assert (task.came, task.by, task.until) == (None, date(2026, 3, 3), date(2026, 3, 17))
    assert plan([row], today=date(2026, 3, 18)) == []


@pytest.mark.parametrize("sent", ["2026-03-03", "9999-12-31"])
def test_a_letter_from_the_future_is_one_of_today(sent):
    row = {**made(), "date": sent, "send_by": sent}
    (task,) = due([row], today=TODAY)
    assert (task.came, task.by, task.day) == (None, TODAY, TODAY)


def test_the_end_of_the_calendar_is_no_trouble():
    row = {**made(), "after": "9999-12-31", "until": "9999-12-31"}
    assert [task.day for task in upcoming([row], today=TODAY)] == [date.max]
    assert [task.day for task in upcoming([row, made(2)], today=date(9999, 12, 1))] == [date.max]


def test_people_met_are_offered_only_where_there_is_no_address():
    met = [{"name": "Bo\nLi", "address": "bo@one.example"}, {"name": "Eve", "address": "a@b.example, c@d.example"}]
    (task,) = due([made(draft={"to": []}, application={"people": met})], today=TODAY)
    assert task.people == (("Bo Li", "bo@one.example"),)
    assert due([made(application={"people": met})], today=TODAY)[0].people == ()


@pytest.mark.parametrize(
    "address",
    ["a@b.example,c@d.example", "a@b.example\nBcc: c@d.example", "A <a@b.example>", "a b@c.example", "a@b.example;x",
     "@b.example", "a@.example", "a@b..example", "a@b.example\n", "", "a@b.example?cc=x@y.example", "ä@b.example"],
)  # fmt: skip
def test_what_is_no_plain_address_is_nobody(address):
    (task,) = due([made(draft={"to": [address], "cc": [address]})], today=TODAY)
    assert task.draft.to == task.draft.cc == ()


def test_a_million_recipients_are_five():
    many = [f"a{n}@b.example" for n in range(1000)]
    (task,) = due([made(draft={"to": many, "cc": many})], today=TODAY)
    assert (len(task.draft.to), len(task.draft.cc)) == (5, 0)


@pytest.mark.parametrize(
    "name", ["Acme\nBcc: x", "Acme hr@acme.example", "Acme https://evil.example/x", "Acme\x1b[31m"]
)
def test_names_are_one_line_without_addresses_and_links(name):
    (task,) = due([made(company=name, role=name)], today=TODAY)
    assert task.company == task.role == ("Acme Bcc: x" if "Bcc" in name else "Acme")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "Nothing to do this week."), (1, "1 thing to do this week"), (3, "3 things to do this week")],
)
def test_how_much_there_is_in_words(count, words):
    tasks = plan([*(made(n) for n in range(count)), made(99, "2026-02-01", after=42)], today=TODAY)
    assert len(tasks) == count + 1
    assert in_words(tasks) == words


def test_a_task_as_json_says_all():
    (task,) = due(
        [made(draft={"to": []}, application={"people": [{"name": "Bo", "address": "b@o.example"}]})], today=TODAY
    )
    row = task.as_dict()
    assert (row["status"], row["day"], row["what"]) == ("due", "2026-03-03", "thank_you")
    assert row["people"] == [{"name": "Bo", "address": "b@o.example"}]
    assert row["draft"]["subject"] == "Re: Your application 1"


letters = st.builds(
    lambda number, person, back, after, answered: made(
        number,
        (TODAY - timedelta(days=back)).isoformat(),
        after=after,
        draft={"to": [f"hr{person}@x.example"]},
        application={"answered": (TODAY - timedelta(days=answered)).isoformat() if answered is not None else None},
        status="due" if answered is None else "answered",
    ),
    st.integers(1, 10**6),
    st.integers(0, 2),
    st.integers(0, 400),
    st.none() | st.integers(0, 300),
    st.none() | st.integers(0, 60),
)


@given(st.lists(letters, max_size=12, unique_by=lambda row: row["id"]))
@settings(max_examples=150, deadline=None)
def test_nobody_gets_two_emails_within_30_days(rows):
    planned = {}
    for task in plan(rows, today=TODAY):
        assert TODAY <= task.day <= task.until
        planned.setdefault(task.draft.to[0], []).append(task.day)
    for person, days in planned.items():
        sent = (row["application"]["answered"] for row in rows if row["draft"]["to"][0] == person)
        last = [max(date.fromisoformat(day) for day in answered)] if (answered := [day for day in sent if day]) else []
        for one, two in pairwise([*last, *sorted(days)]):
            assert (two - one).days >= EMAIL_DAYS


words = st.text(st.characters(blacklist_categories=("Cs",)), max_size=300)


@given(st.lists(st.tuples(words, words), min_size=2, max_size=12), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_an_email_for_several_stays_short_and_signed(posts, later, named):
    body = made()["draft"]["body"] if named else "Dear hiring team,\n\nHello.\n\nKind regards,\n[your name]"
    newest = Draft("thank_you", ("a@b.example",), (), "Re: x", body, ())
    draft = draft_combined(posts, newest, later=later)
    assert len(draft.body.split()) <= MAX_WORDS
    assert draft.body.split("\n\n")[0] == body.split("\n\n")[0]
    assert draft.body.endswith("Sam Doe" if named else NAME_GAP)
    assert draft.missing == (() if named else ("name",))
    assert draft.purpose == ("later_note" if later else "thank_you")


@pytest.mark.parametrize(
    ("posts", "words"),
    [
        ([("A", "X"), ("B", "Y")], "the A position at X and the B position at Y"),
        ([("A", "X"), ("B", "X"), ("C", "X")], "the A position, the B position and the C position at X"),
        ([("A", "X"), ("", "X")], "the A position and one other position at X"),
        ([("A", ""), ("B role", "")], "the A position and the B role,"),
        ([("A", "X"), ("A", "X")], "me for the A position at X, and"),
        ([("", "X"), ("", "X")], "considering me, and"),
        ([(c, "X") for c in "ABCDEF"], "the C position, the D position and two other positions at X"),
    ],
)
def test_positions_are_named_as_people_name_them(posts, words):
    newest = Draft("thank_you", (), (), "", made()["draft"]["body"], ())
    assert words in draft_combined(posts, newest, later=False).body


def test_a_note_without_role_and_company_is_still_a_sentence():
    note = draft_note("", "", Draft("thank_you", (), (), "Re: x", "Dear hiring team,\n\nHi.", ()))
    assert "the role" in note.body
    assert note.missing == ("name",)


def test_every_task_has_a_name_of_its_own():
    assert list(What) == ["thank_you", "write_again", "look_again"]
