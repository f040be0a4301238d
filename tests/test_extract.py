"""Letter -> company, role, contact and timeframe, as written."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.addresses import name_and_address
from analyzer.candidates import LABELS, Candidate, Choice, find_candidates
from analyzer.clean import clean
from analyzer.extract import Extractor
from analyzer.records import Cleaned, Entities, Letter
from analyzer.tokens import Words, time_spans
from analyzer.traits import MAX_BODY

LETTERS = [  # sender, subject, text; company, role, contact, timeframe
    (
        "Nadia Brandt <nadia.brandt@halden-optics.example>",
        "Your application for Lens Technician",
        (
            "Dear Omar,\n\nThank you for applying for the Lens Technician position at Halden Optics. We regret to say that "
            "you have not been selected.\n\nKind regards,\nNadia Brandt\nHR Manager\nHalden Optics"
        ),
        ("Halden Optics", "Lens Technician", "Nadia Brandt", None),
    ),
    (
        "Pinewood Dairy Careers <no-reply@pinewooddairy.example>",
        "Night Shift Supervisor: outcome of your application",
        (
            "Hello,\n\nThank you for your interest in the Night Shift Supervisor role at Pinewood Dairy. Unfortunately we "
            "will not be moving forward with your application.\n\nBest regards,\nThe Recruiting Team\nPinewood Dairy"
        ),
        ("Pinewood Dairy", "Night Shift Supervisor", None, None),
    ),
    (
        "",
        "",
        (
            "Dear Ms Lind,\n\nWe are sorry that we cannot offer you the position of Junior Surveyor. You are welcome to apply "
            "again in six months.\n\nYours sincerely,\nGareth Pugh\nPugh & Daughters"
        ),
        ("Pugh & Daughters", "Junior Surveyor", "Gareth Pugh", "in six months"),
    ),
    (
        "Ilse Maas <ilse@corvid.example>",
        "Backend Engineer at Corvid",
        (
            "Hi Jun,\n\nThanks for applying to be a Backend Engineer at Corvid. The role has been paused, and we expect to "
            "look at it again next quarter.\n\nCheers,\nIlse Maas"
        ),
        ("Corvid", "Backend Engineer", "Ilse Maas", "next quarter"),
    ),
    (
        "Recruitment <jobs@stbrannocks.example>",
        "Application for the post of Ward Clerk",
        (
            "Dear Applicant,\n\nThank you for your application for the post of Ward Clerk at St Brannock's Hospital. You have "
            "not been shortlisted on this occasion.\n\nYours faithfully,\n\nDelia Frost\nRecruitment Officer"
        ),
        ("St Brannock's Hospital", "Ward Clerk", "Delia Frost", None),
    ),
    (
        "Tomasz Wilk <t.wilk@larkbridge.example>",
        "Re: Data Analyst",
        (
            "Dear Ruth,\n\nThank you for coming to our office on Tuesday. We have decided to offer the Data Analyst position to "
            "another candidate.\n\nBest wishes,\nTomasz Wilk\nHead of Insight, Larkbridge"
        ),
        ("Larkbridge", "Data Analyst", "Tomasz Wilk", None),
    ),
    (
        "",
        "",
        (
            "Dear candidate,\n\nOrrin Logistics has received a great many applications for the Van Driver vacancy, and yours "
            "was not successful. Please feel free to apply again after 1 September.\n\nRegards,\nHiring Team\nOrrin Logistics"
        ),
        ("Orrin Logistics", "Van Driver", None, "after 1 September"),
    ),
    (
        "Workmail <notifications@workmail.example>",
        "Update from Tern Robotics",
        (
            "Hi Sasha,\n\nThank you for your interest in joining Tern Robotics. We have reviewed your application for Product "
            "Designer and have decided not to proceed.\n\nThe Tern Robotics Team"
        ),
        ("Tern Robotics", "Product Designer", None, None),
    ),
    (
        "Amara Eze <amara.eze@millstone.example>",
        "We have received your application",
        (
            "Dear Lukas,\n\nThank you for applying for the Finance Assistant position at Millstone. We will be in touch once we "
            "have read all applications.\n\nKind regards,\nAmara Eze\nTalent Partner\nMillstone"
        ),
        ("Millstone", "Finance Assistant", "Amara Eze", None),
    ),
    (
        "",
        "",
        "Unfortunately we will not be taking your application further. We had many strong applicants.",
        (None, None, None, None),
    ),
]


@pytest.mark.parametrize(("sender", "subject", "text", "expected"), LETTERS)
def test_names_are_found_as_written(analyzer, sender, subject, text, expected):
    letter = Letter(text, "test", subject=subject, sender=sender)
    found = analyzer.extractor.extract(letter, clean(letter))
    assert tuple(getattr(found, label) for label in LABELS) == expected


@pytest.mark.parametrize(("sender", "subject", "text", "expected"), LETTERS)
def test_spans_are_exact_in_the_body(analyzer, sender, subject, text, expected):
    """Also where the mail was wrapped in the middle of a name."""
    letter = Letter(text.replace(" position", "\nposition"), "test", subject=subject, sender=sender)
    cleaned = clean(letter)
    found = analyzer.extractor.extract(letter, cleaned)
    for span in found.spans:
        assert " ".join(cleaned.body[span.start : span.end].split()) == getattr(found, span.label)
    assert len({span.label for span in found.spans}) == len(found.spans)


def test_a_time_in_the_body_has_a_span(analyzer):
    letter = Letter(LETTERS[2][2], "test")
    found = analyzer.extractor.extract(letter, clean(letter))
    assert "timeframe" in {span.label for span in found.spans}


def test_what_says_nothing_has_no_entities(analyzer):
    assert analyzer.extractor.extract(Letter("", "test"), Cleaned("")) == Entities()


odd = st.text(max_size=120) | st.lists(
    st.sampled_from(
        ["Dear", "Acme", "the", "position", "of", "for", "at", "(", ")", ",", "\n", "-", "&", "in", "2", "months", "O'", "\u2019s", "<a@b>", "May"]
    ),
    max_size=25,
).map(" ".join)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=odd, subject=odd, sender=odd, signature=odd)
def test_candidates_of_any_text_are_pieces_of_it(text, subject, sender, signature):
    letter = Letter(text, "test", subject=subject, sender=sender)
    found = find_candidates(letter, Cleaned(text, signature=signature))
    assert tuple(found) == LABELS
    for candidate in (candidate for choice in found.values() for candidate in choice.candidates):
        assert candidate.text == " ".join(candidate.text.split()) != ""
        assert (candidate.start, candidate.end) == (-1, -1) or (
            " ".join(text[candidate.start : candidate.end].split()) == candidate.text
        )


def test_candidates_of_a_very_long_letter_stand_in_its_beginning():
    found = find_candidates(Letter("", "test"), Cleaned("We will write again in May. " * 4000))
    assert found["timeframe"].candidates
    assert all(candidate.end <= MAX_BODY for candidate in found["timeframe"].candidates)


def test_candidates_do_not_depend_on_the_run():
    """Training must give the same bytes twice, and sets of words change their order from process to process."""
    code = (
        "from analyzer.clean import clean; from analyzer.candidates import find_candidates; from analyzer.records import Letter; "
        "letter = Letter('Dear Omar, please apply again for the Fleet Scheduler role in six months, after the winter.', 's', 'Fleet'); "
        "print(find_candidates(letter, clean(letter)))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    assert told[0].count("Candidate(") > 3
    assert len(set(told)) == 1


CANDIDATES = [  # label, subject, text, signature, what must be among the candidates
    ("role", "", "I've thought about the van job all week.", "", "van job"),
    ("role", "", "We have a kennel help roster, and the kennel help is done by Ann.", "", "kennel help"),
    ("role", "", "It is about the second baker's place.", "", "second baker's place"),
    ("role", "", "We've no stand-in fiddler to replace.", "", "stand-in fiddler"),
    ("role", "", "She is to be head of wardrobe from May.", "", "head of wardrobe"),
    ("role", "", "You asked for the IT Support Specialist role.", "", "IT Support Specialist"),
    ("role", "", "You scored well as Building Inspector I in June.", "", "Building Inspector I"),
    ("role", "saturdays at the counter", "No, I am afraid.", "", "saturdays"),
    ("company", "", "Thank you from all of us here at Orrin's.", "", "Orrin's"),
    ("company", "", "You wrote to Orrin Payments Pte Ltd. We read it.", "", "Orrin Payments Pte Ltd"),
    ("company", "", "Sorry.", "Halden Water Placements Team", "Halden Water"),
    ("contact", "", "Sorry, but no. Chantelle x", "", "Chantelle"),
    ("contact", "", "hi mate its danny. cheers for thursday", "", "danny"),
    ("contact", "", "Sorry.", "Canon Tobias Rudge", "Tobias Rudge"),
    ("timeframe", "", "Not now. Try in the\nspring, though.", "", "in the spring"),
]


@pytest.mark.parametrize(("label", "subject", "text", "signature", "wanted"), CANDIDATES)
def test_what_people_write_is_among_the_candidates(label, subject, text, signature, wanted):
    found = find_candidates(Letter(text, "test", subject=subject), Cleaned(text, signature=signature))
    assert wanted in {candidate.text for candidate in found[label].candidates}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=odd)
def test_words_and_times_stand_where_they_say(text):
    words = Words(text)
    assert [text[a:z] for a, z in zip(words.starts, words.ends, strict=True)] == words.words
    assert "".join(text.split()) == "".join("".join(words.words).split())
    for told, starts, spans in time_spans(text):
        assert [text[start : start + len(word)] for word, start in zip(told, starts, strict=True)] == told
        assert all(0 <= first < last <= len(told) for first, last in spans)


def test_what_hyphens_join_is_one_word():
    assert Words("a Right-of-Way agent - and co-op").words == ["a", "Right-of-Way", "agent", "-", "and", "co-op"]


def test_the_best_candidate_is_weighed_against_none():
    choice = Choice(("nothing",), [Candidate("Acme", ("place",)), Candidate("Orrin", ("place", "is_display"))])
    weights = {"company:is_display": 2.0, "company:nothing": 1.0}
    best, score = Extractor(weights, {}).best("company", choice)
    assert best is not None
    assert best.text == "Orrin"
    assert score == pytest.approx(1 / (1 + math.exp(-1)))
    assert Extractor(weights, {}).best("company", Choice(("nothing",), [])) == (None, 0.0)


def test_a_sender_of_brackets_within_brackets_is_nobody():
    assert name_and_address("Ana (HR) <ana@firm.example>") == ("Ana (HR)", "ana@firm.example")
    letter = Letter(text="We regret it.", source="", sender="(" * 3_000 + " ana@firm.example")
    assert find_candidates(letter, clean(letter))["contact"].candidates == []
