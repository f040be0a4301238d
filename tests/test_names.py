"""One employer or two, one role or two, whose domain: tables with their near misses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.names import Groups, company_words, employer_domain, maybe_same_role, number_companies, same_role

texts = st.text("aAbB .,&-()/|#1é\n\u202e", max_size=30)


@pytest.mark.parametrize(
    "name",
    [
        "Fennel Foods",
        "FENNEL FOODS LTD.",
        "Fennel Foods, Inc.",
        "Fennel Foods GmbH & Co. KG",
        "The Fennel Foods Recruiting Team",
        "Fennel Foods Careers",
        "Careers at Fennel Foods",
        "Fennel Foods (via Greenhouse)",
        "Fennel Foods via SmartRecruiters",
        "F\u00e9nnel  Foods",
    ],
)
def test_a_companys_name_is_read_without_legal_form_and_hiring_team(name):
    assert company_words(name) == ("fennel", "foods")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("S.A.P. SE", ("sap",)),
        ("Amazon.com, Inc.", ("amazon",)),
        ("AT&T", ("at", "and", "t")),
        ("People First", ("people", "first")),  # a name, though it begins like a team
        ("Hiring Team", ()),
        ("The Company", ()),
        ("", ()),
        ("(Greenhouse)", ("greenhouse",)),
        ("\u65e5\u672c\u90f5\u4fbf", ("\u65e5\u672c\u90f5\u4fbf",)),
    ],
)
def test_a_name_is_never_stripped_to_nothing_unless_it_is_no_name(name, words):
    assert company_words(name) == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Fennel Foods", ""), ("fennel foods ltd", ""), True),
        (("Fennel Foods", ""), ("FennelFoods", ""), True),
        (("Marks & Spencer", ""), ("Marks and Spencer plc", ""), True),
        (("Northern Lights", ""), ("Northern Light", ""), True),  # a slip
        (("Northern Lights", "lights.example"), ("Northern Light", "northern.example"), False),
        (("Carter", ""), ("Cartier", ""), False),
        (("Barton", ""), ("Burton", ""), False),
        (("Acme Health", ""), ("Acme Wealth", ""), False),
        (("Meridian Health Partners", ""), ("Meridian Wealth Partners", ""), False),
        (("Deloitte", ""), ("Deloitte Digital", ""), False),
        (("Deloitte", "deloitte.example"), ("Deloitte Digital", "deloitte.example"), True),
        (("NHS", "trust.example"), ("National Health Service", "trust.example"), True),
        (("Gap", "gap.example"), ("Old Navy", "gap.example"), False),  # two brands of one house
        (("Studio 51", ""), ("Studio 511", ""), False),
        (("Fennel Foods", "fennel.example"), ("", "fennel.example"), True),
        (("Fennel Foods", ""), ("", "fennelfoods.example"), True),
        (("Fennel Foods", ""), ("", ""), False),
    ],
)
def test_two_spellings_are_one_company_or_two(one, other, same):
    first, second = number_companies([one, other])
    assert (first is not None and first == second) is same


def test_a_letter_without_a_name_from_a_domain_of_several_companies_is_nobodys():
    numbers = number_companies([("Gap", "gap.example"), ("Old Navy", "gap.example"), ("", "gap.example"), ("", "")])
    assert numbers == [0, 1, None, None]


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("jobs@fennel.example", "fennel.example"),
        ("jobs@mail.careers.fennel.co.uk", "fennel.co.uk"),
        ("jobs@fennel.com", "fennel.com"),
        # everybody writes from here
        ("no-reply@us.greenhouse-mail.io", ""),
        ("fennel@myworkday.com", ""),
        ("x@fennel.icims.com", ""),
        ("x@hire.lever.co", ""),
        ("ann@gmail.com", ""),
        ("ann@outlook.com", ""),
        ("ann@nhs.net", ""),
        # near misses
        ("x@mygreenhouse.io", "mygreenhouse.io"),
        ("x@clever.co", "clever.co"),
        # no domain
        ("ann@localhost", ""),
        ("ann", ""),
        ("", ""),
        ("a@..", ""),
    ],
)
def test_a_domain_is_the_employers_own_or_says_nothing(address, domain):
    assert employer_domain(address) == domain


@pytest.mark.parametrize(
    ("one", "other", "same", "maybe"),
    [
        ("Data Engineer", "data engineer", True, True),
        ("Data Engineer", "Data Engineer (Remote)", True, True),
        ("Data Engineer", "Data Engineer (m/f/d)", True, True),
        ("Data Engineer", "Data Engineer, ref: DE-10234", True, True),
        ("Data Engineer", "Data Engineer position", True, True),
        ("Front-End Developer", "Frontend Developer", True, True),
        ("Sr. Data Eng", "Senior Data Engineer", True, True),
        ("Payroll Manager", "Manager, Payroll", True, True),
        ("Director of Sales", "Sales Director", True, True),
        ("Stock Controler", "Stock Controller", True, True),
        ("Data Engineer", "Data Engineer, Platform", False, True),
        ("Data Engineer", "Data Engineer at Acme", False, True),
        ("Data Engineer", "Senior Data Engineer", False, False),
        ("Data Engineer", "Data Engineer, Senior", False, False),
        ("Data Engineer", "Data Engineer II", False, False),
        ("Data Engineer I", "Data Engineer II", False, False),
        ("Data Engineer", "Data Analyst", False, False),
        ("Data Engineer, Platform", "Data Engineer, Search", False, False),
        ("Java Developer", "JavaScript Developer", False, False),
        ("C Developer", "C++ Developer", False, False),
        ("C# Developer", "C++ Developer", False, False),
        ("Nurse, Band 5", "Nurse, Band 6", False, False),
        ("Trainer", "Trainee", False, False),
        ("Intern", "Internal", False, False),
        ("2025 Graduate Scheme", "2026 Graduate Scheme", False, False),
        ("Lecturer in History", "Lecturer in Physics", False, False),
        ("Payroll Officer", "Payroll Officer Assistant", False, False),
        ("", "", False, False),
        ("the role", "the position", False, False),
    ],
)
def test_two_titles_are_one_role_or_two(one, other, same, maybe):
    assert [same_role(one, other), same_role(other, one)] == [same, same]
    assert [maybe_same_role(one, other), maybe_same_role(other, one)] == [maybe, maybe]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(texts, st.sampled_from(["", "a.example", "b.example"])), max_size=8))
def test_any_text_has_a_company_or_none_whatever_stands_beside_it(named):
    numbers = number_companies(named)
    assert len(numbers) == len(named)
    for (name, domain), number in zip(named, numbers, strict=True):
        assert (number is None) <= (not company_words(name))
        if not company_words(name) and not domain:
            assert number is None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(texts, texts)
def test_sameness_of_roles_has_no_direction(one, other):
    assert same_role(one, other) == same_role(other, one)
    assert same_role(one, other) <= maybe_same_role(one, other)


def test_what_is_tied_to_a_third_is_tied():
    groups = Groups()
    groups.tie("a", "b")
    groups.tie("c", "d")
    assert groups.find("a") != groups.find("d")
    groups.tie("b", "c")
    assert {groups.find(thing) for thing in "abcd"} == {"a"}
    assert groups.find("e") == "e"
