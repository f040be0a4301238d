"""Who is a human being, which addresses are the reader's, and what a hostile header makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.people import MAX_ADDRESSES, MAX_NAME, OwnAddresses, addresses, fold_address, is_sent, person_in


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        ("Imani Reyes <imani@oakwell.example>", "Imani Reyes", "imani@oakwell.example"),
        ('"Reyes, Imani" <imani@oakwell.example>', "Imani Reyes", "imani@oakwell.example"),
        ("Dr. Imani Reyes <imani@oakwell.example>", "Imani Reyes", "imani@oakwell.example"),
        ("Imani Reyes | Oakwell <imani@oakwell.example>", "Imani Reyes", "imani@oakwell.example"),
        ("Imani at Oakwell <imani@oakwell.example>", "Imani", "imani@oakwell.example"),
        ("Se\u00e1n O'Neill-Byrne <sean@oakwell.example>", "Se\u00e1n O'Neill-Byrne", "sean@oakwell.example"),
        ("imani.reyes@oakwell.example", "", "imani.reyes@oakwell.example"),
        ("Imani Reyes <reply+4f2@us.greenhouse.io>", None, None),
        ("Imani Reyes <no-reply@oakwell.example>", None, None),
        ("Oakwell Recruiting <imani@oakwell.example>", None, None),
        ("Oakwell Careers <careers@oakwell.example>", None, None),
        ("Imani Reyes <jobs@oakwell.example>", None, None),
        ("Imani Reyes via LinkedIn <inmail-hit-reply@linkedin.example>", None, None),
        ("Fennel Foods <mary@fennelfoods.example>", None, None),  # the company's name, as its domain has it
        ("Green Gables <mary@gg.example>", None, None),  # the company's name, as the letter has it
        ("Imani <desk9@oakwell.example>", None, None),  # one word, and the address does not say so
        ("imani@oakwell.example", None, None),
        ("Imani Reyes", None, None),
        ("", None, None),
    ],
)
def test_a_person_has_a_persons_name_at_an_address_that_somebody_reads(header, name, address):
    found = person_in(header, "Green Gables Ltd")
    assert (found and found.name, found and found.address) == (name, address)


@pytest.mark.parametrize(
    "header",
    [
        "Imani\r\nBcc: spy@evil.example <imani@oakwell.example>",
        "Imani Reyes\u202e\u2066 <imani@oakwell.example>",
        "\x1b[31mImani Reyes\x1b[0m <imani@oakwell.example>",
        f"{'Imani ' * 50_000}<imani@oakwell.example>",
        f"{'I' * 500} {'R' * 500} <imani@oakwell.example>",
        "=HYPERLINK(1) Reyes <imani@oakwell.example>",
        "<script>alert(1)</script> <imani@oakwell.example>",
    ],
)
def test_a_hostile_name_is_a_short_line_of_letters_or_nobodys(header):
    found = person_in(header)
    if found:
        assert all(char.isalpha() or char in " -'." for char in found.name)
        assert len(found.name) <= MAX_NAME
        assert found.address == "imani@oakwell.example"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text("abI @.<>\"',()\\\r\n\t\0\u202e", max_size=60))
def test_no_header_gives_more_than_one_plain_address(header):
    found = person_in(header)
    if found:
        assert found.address.count("@") == 1
        assert not set(found.address + found.name) & set(' <>",()\\\r\n\t\0\u202e') - {" "}


def test_of_a_million_recipients_the_first_are_looked_at():
    header = ", ".join(f"Name {n} <a{n}@x.example>" for n in range(1_000_000))
    found = addresses(header)
    assert found == tuple(f"a{n}@x.example" for n in range(MAX_ADDRESSES))


@pytest.mark.parametrize(
    "bait", ["a" * 10**6, "a@" * 10**6, "@a." * 10**6, "a@" + "a." * 10**6, "<" * 10**6, "(" * 10**6]
)
def test_no_header_makes_it_slow(bait):
    assert len(addresses(bait)) <= MAX_ADDRESSES
    assert person_in(bait) is None


@pytest.mark.parametrize(
    ("address", "folded"),
    [
        ("Jo@Jo.Example", "jo@jo.example"),
        ("jo+jobs@jo.example", "jo@jo.example"),
        ("j.o.kern@googlemail.com", "jokern@gmail.com"),
        ("j.o.kern@jo.example", "j.o.kern@jo.example"),
        ("+@jo.example", "+@jo.example"),
    ],
)
def test_one_mailbox_has_one_address(address, folded):
    assert fold_address(address) == folded


@pytest.mark.parametrize(
    ("labels", "sent"),
    [
        (["Sent"], True),
        (["[Gmail]/Sent Mail"], True),
        (["INBOX.Sent"], True),
        (["Mail\\Gesendete Elemente"], True),
        (["Inbox", "Sent"], True),
        (["Sent to recruiters"], False),
        (["Presented"], False),
        (["Inbox"], False),
        ([], False),
    ],
)
def test_a_folder_of_sent_mail_is_known_by_its_name(labels, sent):
    assert is_sent(labels) is sent


ME, OTHER, HR = "jo@jo.example", "jo@work.example", "hr@acme.example"


@pytest.mark.parametrize(
    ("seen", "own"),
    [
        ([(HR, (ME,), ())] * 3, {ME}),
        ([(HR, (ME,), ())] * 7 + [(HR, (OTHER,), ())] * 3, {ME, OTHER}),
        ([(HR, (ME,), ())] * 8 + [(HR, (OTHER,), ())] * 2, {ME}),  # two letters are too few to tell
        ([(HR, (ME,), ())] * 6 + [(ME, (HR,), ())] * 3, {ME}),  # the reader's own mail, misread as job mail
        ([(HR, (ME, "boss@acme.example"), ())], set()),  # who of the two?
        ([(HR, (ME, "boss@acme.example"), ()), (HR, (ME,), ())], {ME}),
        ([(HR, (), ())] * 3 + [(ME, (HR,), ("Sent",))], {ME}),
        ([(ME, (HR,), ("Sent",))] * 30 + [("stray@x.example", (HR,), ("Sent",))], {ME}),
        ([(HR, (), ())], set()),
        ([], set()),
    ],
)
def test_the_readers_addresses_are_those_that_job_mail_is_for_and_sent_mail_is_from(seen, own):
    finder = OwnAddresses()
    for sender, to, labels in seen:
        finder.see(sender, to, labels, is_job=True)
    assert finder.found() == own


def test_other_mail_says_nothing_about_whose_mailbox_it_is():
    finder = OwnAddresses()
    finder.see("list@x.example", ("list@x.example",), (), is_job=False)
    assert finder.found() == frozenset()
