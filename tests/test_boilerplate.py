"""Sentences that come back from company to company."""

from __future__ import annotations

from analyzer.boilerplate import Boilerplate

NOBODYS = ("", None, None)


def recurring(letters, *, read=None):
    """The sentences of the last letter (or of `read`) that stand in letters of several companies."""
    found = Boilerplate()
    for company, body, names in letters:
        found.count(body, company, names)
    _, body, names = read or letters[-1]
    return [body[start:end] for start, end in found.find(body, names)]


def test_a_sentence_of_two_companies_is_marked_and_one_of_one_company_is_not():
    common = "We wish you every success in your search."
    letters = [
        (0, f"{common} Our kitchen was glad to have met you twice.", NOBODYS),
        (1, f"No news here. {common}", NOBODYS),
    ]
    assert recurring(letters) == [common]
    assert recurring([(0, common, NOBODYS)] * 2) == []


def test_case_spacing_and_quotes_make_no_other_sentence():
    letters = [(0, "We\u2019ll keep your CV  on file.", NOBODYS), (1, "WE'LL KEEP\nYOUR CV ON FILE!", NOBODYS)]
    assert recurring(letters) == ["WE'LL KEEP\nYOUR CV ON FILE!"]


def test_what_a_template_fills_in_makes_no_other_sentence():
    one = (0, "Thank you for applying to be a Cook at Acme. You met Ann.", ("Acme", "Cook", None))
    other = (1, "Thank you for applying to be a Van Driver at Oakwell.", ("Oakwell", "Van Driver", "Ben"))
    assert recurring([one, other]) == ["Thank you for applying to be a Van Driver at Oakwell."]


def test_a_name_inside_a_word_is_part_of_the_word():
    common = "It was written with some humour."
    assert recurring([(0, common, ("Ritt", None, None)), (1, common, NOBODYS)]) == [common]


def test_short_sentences_are_not_marked():
    assert recurring([(0, "Many thanks again.", NOBODYS), (1, "Many thanks again.", NOBODYS)]) == []


def test_the_offsets_count_in_the_body_as_it_is():
    body = "  Dear Jo,\n\n  We wish you every success in your search.\n"
    found = Boilerplate()
    found.count(body, 0, NOBODYS)
    found.count("we wish you every success in your search", 1, NOBODYS)
    assert [body[start:end] for start, end in found.find(body, NOBODYS)] == [
        "We wish you every success in your search."
    ]
