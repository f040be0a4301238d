"""Where a sentence ends, and that its offsets are exact for every text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.sentences import MAX_WORDS, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It was close. We chose Pat.", ["It was close.", "We chose Pat."]),
        ("Is it a no? It is! Sorry\u2026 We tried.", ["Is it a no?", "It is!", "Sorry\u2026", "We tried."]),
        ('She said "never." Then (it was late.) They left.', ['She said "never."', "Then (it was late.)", "They left."]),
        ("It is filled. \u201cSorry\u201d is all. 12 applied.", ["It is filled.", "\u201cSorry\u201d is all.", "12 applied."]),
        ("So did I. We are sorry.", ["So did I.", "We are sorry."]),
        ("Our answer is no. We chose Pat.", ["Our answer is no.", "We chose Pat."]),
        ("Dear Sam\n\nit is a no\n \n\nbye", ["Dear Sam", "it is a no", "bye"]),
        ("We asked for\n- a knife\n* an apron\n1. a hat\n2) gloves\na) salt", ["We asked for", "- a knife", "* an apron", "1. a hat", "2) gloves", "a) salt"]),
        ("hi sam. it is a no, sorry. we went with pat.", ["hi sam.", "it is a no, sorry.", "we went with pat."]),
        ("  It is a no.  \n", ["It is a no."]),
        ("Es ist leider besetzt. Ärgerlich. Ça va.", ["Es ist leider besetzt.", "Ärgerlich.", "Ça va."]),
        ("", []),
        (" \n\t\n ", []),
    ],
)  # fmt: skip
def test_a_text_is_split_where_a_sentence_ends(text, sentences):
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Lee and Dr. J. Long met at 3 p.m. on Monday",
        "The post (ref. 12, No. 4, approx. 3.5 days) at Acme Ltd. is filled",
        "You need tools, e.g. Python, i.e. code, vs. talk etc. in the U.S. and the U.K.",
        "We wrap our mail\nat some\n  fifty characters",
        "It was posted on acme.example and is gone... for now",
        "Yahoo! is not one of them, no.",
        "well-known\n-ish words - and dashes - in a line",
    ],
)
def test_what_only_looks_like_an_end_splits_nothing(text):
    assert split_sentences(text) == [(0, len(text))]


def test_a_run_without_a_full_stop_is_cut_into_windows():
    text = "word " * (2 * MAX_WORDS + 1)
    assert [len(text[start:end].split()) for start, end in split_sentences(text)] == [MAX_WORDS, MAX_WORDS, 1]


PIECES = st.sampled_from(
    [*".!?\u2026\"')]\n-* \t\u00a0", "\n\n", "1. ", "Mr. ", "no. ", "e.g. ", "We ", "word ", "\n- "]
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=200) | st.lists(PIECES, max_size=300).map("".join))
def test_sentences_are_in_order_inside_the_text_and_leave_out_only_space(text):
    spans = split_sentences(text)
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        sentence = text[start:end]
        assert sentence == sentence.strip()
        assert len(sentence.split()) <= MAX_WORDS
        at = end
    assert not text[at:].strip()


@pytest.mark.parametrize("unit", [". ", ".\n\n", '."', "\n- a", " \n", "word ", "a", "A. ", ".)]  \t"])
def test_a_megabyte_without_sense_is_split_in_linear_time(unit):
    text = unit * (1_000_000 // len(unit))
    spans = split_sentences(text)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


def test_a_gap_of_many_spaces_costs_no_more_than_its_length():
    text = "It is a no." + " " * 30_000 + "a"
    assert split_sentences(text) == [(0, len(text))]
