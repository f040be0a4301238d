"""Messages -> applications: what is tied together, and above all what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.reasons import Kind
from analyzer.threads import DAY, MAX_GAP, Message, applications

START = 1_772_000_000.0
ACK, NO, INVITED, OFFERED, OTHER = (
    Kind.ACKNOWLEDGEMENT,
    Kind.REJECTION,
    Kind.INTERVIEW,
    Kind.OFFER,
    Kind.OTHER,
)


def mail(seq, kind=NO, company="", role="", day=None, thread=(), **more):
    """A message of that day, the `seq`th if none is given."""
    time = None if day == "never" else START + DAY * (seq if day is None else day)
    more = {"message_id": f"<{seq}@mail.example>", **more}
    return Message(seq=seq, kind=kind, company=company, role=role, thread=tuple(thread), time=time, **more)


def grouped(*messages):
    return [[message.seq for message in application.messages] for application in applications(messages)]


# --- by headers


def test_an_answer_is_tied_to_what_it_answers():
    assert grouped(mail(1, INVITED), mail(2, thread=["<1@mail.example>"]), mail(3)) == [[1, 2], [3]]


def test_two_answers_to_a_message_that_is_not_there_are_tied():
    assert grouped(mail(1, ACK, thread=["<lost@x>"]), mail(2, thread=["<lost@x>"])) == [[1, 2]]


def test_a_chain_is_tied_whatever_the_order_of_the_mailbox():
    chain = [mail(1, ACK), mail(2, OTHER, thread=["<1@mail.example>"], own=True), mail(3, thread=["<2@mail.example>"])]
    assert grouped(*reversed(chain)) == [[1, 2, 3]]


def test_the_same_gmail_thread_is_tied():
    assert grouped(mail(1, ACK, thread=["gmail:7"]), mail(2, thread=["gmail:7"]), mail(3, thread=["gmail:8"])) == [
        [1, 2],
        [3],
    ]


@pytest.mark.parametrize(
    ("one", "other", "tied"),
    [
        (("Acme", "Cook"), ("Acme", "Cook"), True),
        (("Acme", "Cook"), ("", ""), True),
        (("Acme", "Cook"), ("Acme", "Waiter"), False),
        (("Acme", "Cook"), ("Oakwell", "Cook"), False),
        (("Acme", ""), ("Oakwell", ""), False),
    ],
)
def test_gmails_thread_of_one_subject_ties_nothing_that_names_something_else(one, other, tied):
    """Gmail puts two notices "Your application" of one sender into one thread."""
    first, second = (mail(n, NO, *names, thread=["gmail:7"]) for n, names in ((1, one), (2, other)))
    assert (len(grouped(first, second)) == 1) is tied


def test_a_reply_is_tied_even_where_the_role_was_read_differently():
    first = mail(1, INVITED, "Acme", "Cook")
    assert grouped(first, mail(2, NO, "Acme", "Kitchen Lead", thread=["<1@mail.example>"])) == [[1, 2]]


def test_messages_without_an_id_are_not_one():
    assert grouped(mail(1, message_id=""), mail(2, message_id="")) == [[1], [2]]


def test_mail_that_is_no_job_mail_makes_no_application():
    assert grouped(mail(1, OTHER), mail(2, OTHER, thread=["<1@mail.example>"])) == []
    assert grouped(mail(1, NO, own=True)) == []


# --- by company and role


@pytest.mark.parametrize(
    ("one", "other", "tied"),
    [
        (("Acme", "Cook"), ("ACME Ltd", "Cook (full-time)"), True),
        (("Acme", "Cook"), ("Acme", "Waiter"), False),
        (("Acme", "Cook"), ("Oakwell", "Cook"), False),
        (("Acme", "Cook"), ("Acme", "Senior Cook"), False),
        (("Acme", "Cook"), ("", "Cook"), False),
        (("", "Cook"), ("", "Cook"), False),
        (("", ""), ("", ""), False),
        (("Acme", "Cook"), ("Acme", ""), True),
        (("Acme", ""), ("Acme", "Cook"), True),
        (("Acme", ""), ("Acme", ""), True),
        (("Acme", "Cook"), ("Acme", "Cook, Harbour Branch"), True),
    ],
)
def test_company_and_role_tie_an_acknowledgement_to_its_rejection(one, other, tied):
    assert (len(grouped(mail(1, ACK, *one), mail(2, NO, *other))) == 1) is tied


def test_two_roles_at_one_company_stay_two():
    letters = [mail(1, ACK, "Acme", "Cook"), mail(2, ACK, "Acme", "Waiter")]
    letters += [mail(3, NO, "Acme", "Waiter"), mail(4, NO, "Acme", "Cook")]
    assert grouped(*letters) == [[1, 4], [2, 3]]


def test_the_same_role_at_two_companies_stays_two():
    letters = [mail(1, ACK, "Acme", "Cook"), mail(2, ACK, "Oakwell", "Cook"), mail(3, NO, "Oakwell", "Cook")]
    assert grouped(*letters) == [[1], [2, 3]]


def test_a_missing_role_goes_to_the_single_open_application():
    letters = [mail(1, ACK, "Acme", "Cook"), mail(2, NO, "Acme", "Cook"), mail(3, ACK, "Acme", "Waiter")]
    assert grouped(*letters, mail(4, NO, "Acme")) == [[1, 2], [3, 4]]


def test_a_missing_role_stays_alone_where_two_are_open_or_none_is():
    two = [mail(1, ACK, "Acme", "Cook"), mail(2, ACK, "Acme", "Waiter")]
    assert grouped(*two, mail(3, NO, "Acme")) == [[1], [2], [3]]
    assert grouped(mail(1, NO, "Acme", "Cook"), mail(2, NO, "Acme")) == [[1], [2]]


def test_open_means_open_at_that_time_not_in_the_order_of_the_mailbox():
    late_rejection, early_letter = mail(1, NO, "Acme", "Cook", day=9), mail(2, INVITED, "Acme", day=5)
    assert grouped(late_rejection, early_letter, mail(3, ACK, "Acme", "Cook", day=1)) == [[3, 2, 1]]


def test_a_shorter_title_that_fits_two_applications_stays_alone():
    two = [mail(1, ACK, "Acme", "Cook, Harbour"), mail(2, ACK, "Acme", "Cook, Castle")]
    assert grouped(*two, mail(3, NO, "Acme", "Cook")) == [[1], [2], [3]]


def test_two_acknowledgements_are_two_applications_where_one_of_them_names_no_role_first():
    assert grouped(mail(1, ACK, "Acme"), mail(2, ACK, "Acme", "Cook")) == [[1], [2]]


def test_who_is_acknowledged_after_a_rejection_has_applied_again():
    first = [mail(1, ACK, "Acme", "Cook"), mail(2, NO, "Acme", "Cook")]
    assert grouped(*first, mail(9, ACK, "Acme", "Cook"), mail(12, NO, "Acme", "Cook")) == [[1, 2], [9, 12]]


def test_an_invitation_after_a_rejection_is_of_the_same_application():
    letters = [mail(1, NO, "Acme", "Cook"), mail(5, INVITED, "Acme", "Cook"), mail(9, NO, "Acme")]
    assert grouped(*letters) == [[1, 5, 9]]


@pytest.mark.parametrize(("gap", "tied"), [(MAX_GAP / DAY, True), (MAX_GAP / DAY + 1, False)])
def test_after_half_a_year_without_a_word_it_is_another_application(gap, tied):
    assert (len(grouped(mail(1, INVITED, "Acme", "Cook", day=0), mail(2, NO, "Acme", "Cook", day=gap))) == 1) is tied


def test_what_has_no_date_comes_last_and_is_tied_by_its_role():
    assert grouped(mail(1, NO, "Acme", "Cook", day="never"), mail(2, ACK, "Acme", "Cook")) == [[2, 1]]


def test_an_application_has_the_commonest_spelling_of_its_company_and_its_role():
    letters = [mail(1, ACK, "ACME LTD", "Cook"), mail(2, NO, "Acme", "Cook"), mail(3, NO, "Acme", "Waiter")]
    assert [(found.company, found.role, found.number) for found in applications(letters)] == [
        ("Acme", "Cook", 0),
        ("Acme", "Waiter", 0),
    ]
    (alone,) = applications([mail(1)])
    assert (alone.company, alone.role, alone.number) == (None, None, None)
    (of_domain,) = applications([mail(1, domain="acme.example")])
    assert of_domain.company == "acme.example"


# --- whatever comes

messages = st.lists(
    st.builds(
        mail,
        st.just(0),
        st.sampled_from(Kind),
        st.sampled_from(["", "Acme", "Oakwell"]),
        st.sampled_from(["", "Cook", "Waiter"]),
        st.sampled_from(["never", *range(6)]),
        st.lists(st.sampled_from(["<1@mail.example>", "<2@mail.example>", "gmail:7"]), max_size=2),
        own=st.booleans(),
    ),
    max_size=9,
).map(lambda found: [_numbered(message, seq) for seq, message in enumerate(found)])


def _numbered(message, seq):
    return replace(message, seq=seq, message_id=f"<{seq}@mail.example>")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(messages)
def test_every_letter_of_an_employer_is_in_exactly_one_application(letters):
    found = grouped(*letters)
    seqs = [seq for group in found for seq in group]
    assert len(seqs) == len(set(seqs))
    assert {message.seq for message in letters if message.by_employer} <= set(seqs)
    assert all(any(letters[seq].by_employer for seq in group) for group in found)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(messages)
def test_the_order_of_the_messages_makes_no_difference(letters):
    assert grouped(*letters) == grouped(*reversed(letters))


@pytest.mark.parametrize("shape", ["one company", "one gmail thread", "one reply chain", "many companies", "undated"])
def test_a_mailbox_made_to_be_slow_ends(shape):
    """Each would take minutes if every message were compared with every other."""
    count = 3000
    letters = {
        "one company": lambda n: mail(n, NO, "Acme", f"Cook of kitchen number {n}"),
        "one gmail thread": lambda n: mail(n, NO, f"Company {n}", thread=["gmail:7"]),
        "one reply chain": lambda n: mail(n, INVITED, thread=[f"<{n - 1}@mail.example>"]),
        "many companies": lambda n: mail(n, NO, f"aaa{'x' * (n % 40)}{n}", "Cook"),
        "undated": lambda n: mail(n, NO, "Acme", day="never"),
    }[shape]
    assert sum(map(len, grouped(*map(letters, range(1, count + 1))))) == count
