"""The thank-you email: the article's six parts, nothing that is not known, and nobody added."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analyzer import draft as draft_module
from analyzer.draft import MAX_WORDS, draft_email
from analyzer.errors import ProfileError
from analyzer.profile import check_profile
from analyzer.reasons import Reason, Stage
from analyzer.records import Entities, Letter, Person

PROFILE = {
    "name": "Noor Bakker",
    "strength": "I have run a payroll of 300 people",
    "why_applied": "Your apprenticeships are why I applied.",
    "mention": "Your open day showed how well you teach.",
}
ENTITIES = Entities(company="Oakwell", role="Payroll Lead", contact="Imani Reyes")
LETTER = Letter(text="", source="letter.txt", subject="Your application", sender="Tunde Obi <tunde@oakwell.example>")
MEETING = re.compile(r"interview|\bmet\b|\bmeet|conversation|\bspoke|\bcall\b|come back|in person", re.IGNORECASE)

reason_lists = st.lists(st.sampled_from(Reason), unique=True, max_size=5)
stages = st.sampled_from([None, *Stage])
profiles = st.sets(st.sampled_from(sorted(PROFILE))).map(lambda keys: {key: PROFILE[key] for key in keys})
entity_sets = st.builds(
    Entities,
    company=st.none() | st.just(ENTITIES.company),
    role=st.none() | st.just(ENTITIES.role),
    contact=st.none() | st.just(ENTITIES.contact),
)
properties = settings(max_examples=60, deadline=None, derandomize=True)


def write(shown=(), stage=Stage.APPLICATION, ineligible=False, entities=ENTITIES, profile=None, letter=LETTER, **more):
    return draft_email(
        letter=letter,
        shown=shown,
        stage=stage,
        ineligible=ineligible,
        entities=entities,
        profile=profile or {},
        **more,
    )


def accepted(profile):
    """Whether `analyzer profile` takes it."""
    try:
        return check_profile(profile, "test") == profile
    except ProfileError:
        return False


# --- what it says


@pytest.mark.parametrize("ineligible", [False, True])
@properties
@given(shown=reason_lists, stage=stages, entities=entity_sets, profile=profiles)
def test_the_six_parts_stand_in_the_order_of_the_article(ineligible, shown, stage, entities, profile):
    body = write(shown, stage, ineligible, entities, profile).body
    given_compliment = "|".join(re.escape(PROFILE[key]) for key in ("mention", "why_applied"))
    at = 0
    for part, words in (
        ("thanks", r"Thank you"),
        ("compliment", rf"I appreciate|glad to learn|{given_compliment}"),
        ("fit", r"\bfit because\b"),
        ("respect", r"\brespect your decision\b"),
        ("door", r"\b(?:If|Should)\b[^.]*\b(?:glad|keen) to\b"),
        ("thanks again", r"Thank you again"),
    ):
        found = re.compile(words).search(body, at)
        assert found, f"no {part} after character {at} of: {body}"
        at = found.end()


@properties
@given(
    shown=reason_lists,
    stage=stages,
    ineligible=st.booleans(),
    later=st.booleans(),
    words=st.integers(1, 60),
    length=st.integers(1, 9),
)
def test_it_has_at_most_150_words_however_long_what_is_known(shown, stage, ineligible, later, words, length):
    """A profile may hold what `analyzer profile` takes, and a name found in a letter nine words."""
    entities = Entities(*(" ".join(["Long"] * length) for _ in range(3)))
    profile = {"name": "Noor Bakker", **dict.fromkeys(("strength", "why_applied", "mention"), " ".join(["on"] * words))}
    assume(accepted(profile))
    assert len(write(shown, stage, ineligible, entities, profile, later=later).body.split()) <= MAX_WORDS == 150


@pytest.mark.parametrize("stage", [None, Stage.APPLICATION])
@properties
@given(shown=reason_lists, ineligible=st.booleans(), entities=entity_sets, profile=profiles, later=st.booleans())
def test_no_meeting_is_claimed_where_none_is_shown(stage, shown, ineligible, entities, profile, later):
    body = write(shown, stage, ineligible, entities, profile, later=later).body
    assert not MEETING.search(body), body


@pytest.mark.parametrize("stage", [Stage.INTERVIEW, Stage.FINAL])
def test_a_meeting_that_is_shown_is_thanked_for(stage):
    assert MEETING.search(write(stage=stage).body)


@properties
@given(
    shown=reason_lists,
    stage=stages,
    ineligible=st.booleans(),
    entities=entity_sets,
    profile=profiles,
    later=st.booleans(),
)
def test_no_name_stands_in_it_that_is_not_given(shown, stage, ineligible, entities, profile, later):
    """The only capitals within a sentence are those of given words and of "I": the sender's name is not known."""
    body = write(shown, stage, ineligible, entities, profile, later=later).body
    for given_text in (entities.company, entities.role, entities.contact, *profile.values()):
        body = body.replace(given_text, "x") if given_text else body
    assert set(re.findall(r"(?<=[a-z,] )[A-Z]\w*", body)) <= {"I"}


@properties
@given(
    shown=reason_lists,
    stage=stages,
    ineligible=st.booleans(),
    entities=entity_sets,
    profile=profiles,
    later=st.booleans(),
)
def test_missing_lists_exactly_the_gaps_that_stand_in_brackets(shown, stage, ineligible, entities, profile, later):
    draft = write(shown, stage, ineligible, entities, profile, later=later)
    gaps = re.findall(r"\[[^\]]*\]", draft.body)
    signs = {"[your name]": "name", "[in half a sentence: why you were right for this]": "strength"}
    assert sorted(signs[gap] for gap in gaps) == sorted(draft.missing)
    assert not set(draft.missing) & set(profile)
    assert len(gaps) <= 2


def test_with_no_profile_the_gaps_are_the_name_and_half_a_sentence():
    assert set(write().missing) == {"name", "strength"}
    assert write(profile={"name": "  ", "strength": "\t"}).missing == write().missing
    assert write(profile={"strength": " ... "}).body == write().body
    assert write(profile=PROFILE).missing == ()


@pytest.mark.parametrize(
    ("profile", "stage", "shown", "words"),
    [
        (["mention", "why_applied"], Stage.INTERVIEW, [Reason.ON_HOLD], PROFILE["mention"]),
        (["why_applied"], Stage.INTERVIEW, [Reason.ON_HOLD], "glad to learn more about your work"),
        (["why_applied"], Stage.APPLICATION, [Reason.ON_HOLD], "told me plainly"),
        (["why_applied"], Stage.APPLICATION, [], PROFILE["why_applied"]),
        ([], Stage.APPLICATION, [Reason.ON_HOLD], "told me plainly"),
        ([], Stage.APPLICATION, [], "took the time to write"),
    ],
)
def test_the_compliment_is_the_first_that_is_true(profile, stage, shown, words):
    """What to mention (the reader's own choice), the meeting, what the letter does well, why the reader applied."""
    assert words in write(shown, stage, profile={key: PROFILE[key] for key in profile}).body


@pytest.mark.parametrize("shown", [[], *([reason] for reason in Reason)])
@pytest.mark.parametrize("ineligible", [False, True])
def test_where_no_interview_is_shown_the_door_ends_glad_to_talk(shown, ineligible):
    assert "glad to talk. Thank you again" in write(shown, ineligible=ineligible).body


@pytest.mark.parametrize(
    ("shown", "stopped"), [([Reason.ON_HOLD], True), ([Reason.EOI], False), ([Reason.FIRST_CHOICE], False), ([], False)]
)
def test_the_door_begins_with_the_reasons_own_half(shown, stopped):
    assert ("position is taken up again" in write(shown).body) is stopped


@pytest.mark.parametrize(
    ("strength", "said"),
    [
        ("I ran payroll", "because I ran payroll, I respect"),
        ("Because I ran payroll.", "because I ran payroll, I respect"),
        ("  I ran\tpayroll!  ", "because I ran payroll, I respect"),
        ("I have sinceramente {role}", "because I have sinceramente {role}, I respect"),
    ],
)
def test_a_strength_becomes_half_a_sentence(strength, said):
    assert said in write(profile={"strength": strength}).body


@pytest.mark.parametrize("field", ["strength", "why_applied", "mention"])
@properties
@given(words=st.integers(1, 60))
def test_what_the_reader_wrote_is_never_cut_in_the_middle(field, words):
    """What a profile may hold stands in the email whole."""
    told = " ".join(f"w{number}" for number in range(words))
    assume(accepted({field: told}))
    assert told in write(profile={field: told}).body


@pytest.mark.parametrize(
    ("role", "company", "words"),
    [
        ("Payroll Lead", "Oakwell", "me for the Payroll Lead position at Oakwell,"),
        ("Graduate Scheme", None, "me for the Graduate Scheme,"),
        ("warehouse post", None, "me for the warehouse post,"),
        ("Post Officer", None, "me for the Post Officer position,"),
        ("Outpost", None, "me for the Outpost position,"),
        (None, "Oakwell", "me for a role at Oakwell,"),
        (None, None, "me for the role,"),
        ("Cook", "{role} {strength} \\1 Ltd", "me for the Cook position at {role} {strength} \\1 Ltd,"),
    ],
)
def test_the_role_is_named_as_far_as_it_is_known(role, company, words):
    assert words in write(entities=Entities(company=company, role=role), profile=PROFILE).body


@pytest.mark.parametrize(
    ("contact", "company", "greeting"),
    [
        ("Imani Reyes", "Oakwell", "Dear Imani Reyes,\n"),
        (None, "Oakwell", "Dear Oakwell team,\n"),
        (None, None, "Dear hiring team,\n"),
    ],
)
def test_the_greeting_is_for_whoever_is_known(contact, company, greeting):
    assert write(entities=Entities(company=company, contact=contact)).body.startswith(greeting)


@properties
@given(shown=reason_lists, stage=stages, ineligible=st.booleans(), entities=entity_sets)
def test_the_later_note_is_shorter_and_leaves_only_the_name_open(shown, stage, ineligible, entities):
    note = write(shown, stage, ineligible, entities, later=True)
    thanks = write(shown, stage, ineligible, entities)
    assert (note.purpose, thanks.purpose) == ("later_note", "thank_you")
    assert len(note.body.split()) < len(thanks.body.split())
    assert note.missing == ("name",)


# --- the templates


def test_every_part_ends_with_a_line_that_always_holds():
    templates = tomllib.loads(Path(draft_module.__file__).with_name("draft_templates.toml").read_text("utf-8"))
    for part, lines in templates.items():
        assert not lines[-1].get("when"), part
        assert all(line["when"] for line in lines[:-1]), part
        assert all(line["text"].strip() for line in lines), part


# --- to whom, about what


@pytest.mark.parametrize(
    ("reply_to", "sender", "to"),
    [
        ("", "Imani Reyes <imani@oakwell.example>", "imani@oakwell.example"),
        ("", "imani@oakwell.example (Imani)", "imani@oakwell.example"),
        ("", '"Reyes, Imani" <imani@oakwell.example>', "imani@oakwell.example"),
        ("jobs@oakwell.example", "imani@oakwell.example", "jobs@oakwell.example"),
        # nobody reads these
        ("", "no-reply@oakwell.example", None),
        ("", "Oakwell <NoReply@oakwell.example>", None),
        ("", "do_not_reply@oakwell.example", None),
        ("", "DoNotReply@oakwell.example", None),
        ("", "MAILER-DAEMON@oakwell.example", None),
        ("", "notification@oakwell.example", None),
        ("", "bounce+17@mail.oakwell.example", None),
        ("", "noreply2@oakwell.example", None),
        ("", "careersnoreply@oakwell.example", None),
        ("", "hr-notifications@oakwell.example", None),
        ("", "jobs@noreply.oakwell.example", None),
        ("no-reply@oakwell.example", "imani@oakwell.example", "imani@oakwell.example"),
        ("jobs@oakwell.example", "no-reply@oakwell.example", "jobs@oakwell.example"),
        # near misses: people read these
        ("", "nora.reply@oakwell.example", "nora.reply@oakwell.example"),
        ("", "jobs@bouncehouse.example", "jobs@bouncehouse.example"),
        # several addresses: the first and no other
        ("jobs@oakwell.example, spy@evil.example", "imani@oakwell.example", "jobs@oakwell.example"),
        ("", "Imani <imani@oakwell.example>, Spy <spy@evil.example>", "imani@oakwell.example"),
        # what is no address, or would add one
        ("", "imani@oakwell.example\r\nBcc: spy@evil.example", "imani@oakwell.example"),
        ("", "Imani <imani@oakwell.example>\nCc: spy@evil.example", "imani@oakwell.example"),
        ("", "imani@oakwell.example?bcc=spy@evil.example", None),
        ("", "imani@oakwell.example <spy@evil.example>", "spy@evil.example"),  # what stands in <> is the address
        ("", "undisclosed-recipients:;", None),
        ("", "imani@localhost", None),
        ("", "Imani Reyes", None),
        ("", "", None),
    ],
)
def test_it_goes_to_the_one_address_that_answers_go_to(reply_to, sender, to):
    draft = write(letter=Letter(text="", source="s", sender=sender, reply_to=reply_to))
    assert draft.to == ((to,) if to else ())
    assert draft.cc == ()


@pytest.mark.parametrize(
    ("sender", "to", "greeting"),
    [
        ("no-reply@oakwell.example", "ben@oakwell.example", "Dear Ben Abara,"),
        ("", "ben@oakwell.example", "Dear Ben Abara,"),
        ("tunde@oakwell.example", "tunde@oakwell.example", "Dear Imani Reyes,"),  # they read it themselves
    ],
)
def test_somebody_who_was_met_is_written_to_and_greeted_where_nobody_reads_the_address(sender, to, greeting):
    draft = write(letter=Letter(text="", source="s", sender=sender), met=Person("Ben Abara", "ben@oakwell.example"))
    assert draft.to == (to,)
    assert draft.body.startswith(greeting)


def test_somebody_without_a_name_is_not_greeted_with_the_name_of_another():
    draft = write(letter=Letter(text="", source="s"), met=Person("", "ben@oakwell.example"))
    assert draft.body.startswith("Dear Oakwell team,")


@properties
@given(shown=reason_lists, stage=stages, entities=entity_sets)
def test_the_later_note_does_not_claim_that_the_reader_wrote_before(shown, stage, entities):
    assert "I wrote" not in write(shown, stage, entities=entities, later=True).body


@properties
@given(header=st.text("ab@.,;:<>\"'()\\ \r\n\t\0%é", max_size=40))
def test_no_header_of_a_letter_adds_a_recipient(header):
    draft = write(letter=Letter(text="", source="s", sender=header, reply_to=header))
    assert len(draft.to) <= 1
    assert all(re.fullmatch(r"[^\s,;:<>()\"\\@]+@[^\s,;:<>()\"\\@]+", address) for address in draft.to)


@pytest.mark.parametrize(
    ("subject", "role", "answer"),
    [
        ("Your application", None, "Re: Your application"),
        ("Re: Re: Your application", None, "Re: Your application"),
        ("RE:FW: Fwd : Your  application", None, "Re: Your application"),
        ("AW: WG: Your application", None, "Re: Your application"),
        ("Regarding your application", None, "Re: Regarding your application"),
        ("Review: the outcome", None, "Re: Review: the outcome"),
        ("Outcome, re: Cook", None, "Re: Outcome, re: Cook"),
        ("Outcome\r\nBcc: spy@evil.example", None, "Re: Outcome Bcc: spy@evil.example"),
        ("Outcome\u2028X-Evil: 1", None, "Re: Outcome X-Evil: 1"),
        ("", "Payroll Lead", "Thank you: Payroll Lead"),
        ("", "Payroll\r\nBcc: spy@evil.example", "Thank you: Payroll Bcc: spy@evil.example"),
        ("Re: ", None, "Thank you for considering my application"),
        ("", None, "Thank you for considering my application"),
    ],
)
def test_the_subject_is_one_line_with_one_re(subject, role, answer):
    assert write(letter=Letter(text="", source="s", subject=subject), entities=Entities(role=role)).subject == answer
