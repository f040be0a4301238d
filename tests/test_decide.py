"""The action table of the label guide, its dates, and policies of the reader's own."""

from __future__ import annotations

from datetime import date
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.decide import BUNDLED_POLICY, decide, read_policy
from analyzer.errors import PolicyError
from analyzer.pipeline import Analyzer
from analyzer.profile import config_folder
from analyzer.reasons import Action, Kind, Reason, Stage, Vacancy

ON_HOLD, EOI, SILVER, FIRST, HOLDING = Reason
APPLICATION, INTERVIEW, FINAL = Stage
OPEN, CLOSED, UNKNOWN = Vacancy
WAIT, FOLLOW_UP, MOVE_ON = Action

ARRIVED = date(2026, 3, 2)
POLICY = read_policy()
LISTS = [shown for length in range(len(Reason) + 1) for shown in permutations(Reason, length)]


def advise(shown=(), stage=APPLICATION, vacancy=UNKNOWN, **given):
    facts = {"kind": Kind.REJECTION, "ineligible": False, "timeframe": None, "arrived": ARRIVED, "policy": POLICY}
    return decide(shown=shown, stage=stage, vacancy=vacancy, **{**facts, **given})


def guide_action(shown, stage, vacancy, ineligible):
    """The table of LABELS.md, said a second time."""
    met, first = stage in {INTERVIEW, FINAL}, shown[0] if shown else None
    if ineligible:
        return MOVE_ON
    if SILVER in shown:
        return FOLLOW_UP
    if first in {ON_HOLD, EOI}:
        return WAIT
    if first is FIRST:
        return WAIT if met else MOVE_ON
    if first is HOLDING:
        if stage is APPLICATION and vacancy is CLOSED:
            return MOVE_ON
        return FOLLOW_UP if met and vacancy is not CLOSED else WAIT
    return {FINAL: FOLLOW_UP, INTERVIEW: WAIT, APPLICATION: MOVE_ON}[stage]


# --- actions


@pytest.mark.parametrize(
    ("shown", "stage", "vacancy", "ineligible", "action"),
    [
        # the examples of the label guide
        ([ON_HOLD], APPLICATION, CLOSED, False, WAIT),
        ([EOI], APPLICATION, CLOSED, False, WAIT),
        ([SILVER], FINAL, CLOSED, False, FOLLOW_UP),
        ([FIRST], APPLICATION, CLOSED, False, MOVE_ON),
        ([FIRST, HOLDING], INTERVIEW, CLOSED, False, WAIT),
        ([HOLDING], APPLICATION, OPEN, False, WAIT),
        ([HOLDING], APPLICATION, CLOSED, False, MOVE_ON),
        ([HOLDING], APPLICATION, UNKNOWN, False, WAIT),
        ([], APPLICATION, UNKNOWN, False, MOVE_ON),
        ([], APPLICATION, UNKNOWN, True, MOVE_ON),
        # its rules, with their near misses
        ([SILVER], FINAL, OPEN, True, MOVE_ON),
        ([ON_HOLD, SILVER], APPLICATION, UNKNOWN, False, FOLLOW_UP),
        ([FIRST, SILVER], APPLICATION, CLOSED, False, FOLLOW_UP),
        ([ON_HOLD, HOLDING], FINAL, OPEN, False, WAIT),
        ([HOLDING, ON_HOLD], APPLICATION, CLOSED, False, MOVE_ON),
        ([FIRST], FINAL, CLOSED, False, WAIT),
        ([HOLDING], INTERVIEW, UNKNOWN, False, FOLLOW_UP),
        ([HOLDING], FINAL, OPEN, False, FOLLOW_UP),
        ([HOLDING], FINAL, CLOSED, False, WAIT),
        ([], INTERVIEW, OPEN, False, WAIT),
        ([], FINAL, CLOSED, False, FOLLOW_UP),
    ],
)
def test_the_action_is_that_of_the_label_guide(shown, stage, vacancy, ineligible, action):
    assert advise(shown, stage, vacancy, ineligible=ineligible).action is action


def test_every_letter_there_can_be_gets_the_one_action_of_the_guide():
    for shown, stage, vacancy, ineligible in product(LISTS, Stage, Vacancy, (True, False)):
        what = advise(shown, stage, vacancy, ineligible=ineligible)
        assert what.action is guide_action(shown, stage, vacancy, ineligible), (shown, stage, vacancy, ineligible)
        assert what.because
        assert what.source
        assert what.rule in {rule.name for rule in POLICY.rules}


def test_what_is_not_known_counts_as_an_application_and_an_unknown_vacancy():
    assert advise([HOLDING], None, None, ineligible=None) == advise([HOLDING], APPLICATION, UNKNOWN, ineligible=False)


def test_every_rule_is_the_first_that_applies_to_some_letter():
    cases = product(LISTS, Stage, Vacancy, (True, False))
    used = {advise(shown, stage, vacancy, ineligible=no).rule for shown, stage, vacancy, no in cases}
    assert used == {rule.name for rule in POLICY.rules}


@pytest.mark.parametrize("shown", [[reason] for reason in Reason])
def test_because_names_the_reason_of_the_article(shown):
    assert "The article" in advise(shown, INTERVIEW, OPEN).because


@pytest.mark.parametrize("stage", Stage)
def test_because_says_that_there_is_no_reason_where_there_is_none(stage):
    assert advise((), stage).because.startswith("The letter gives no reason. That is usual, and it says nothing about")


@pytest.mark.parametrize(
    ("kind", "action", "after"),
    [
        (Kind.ACKNOWLEDGEMENT, WAIT, date(2026, 3, 23)),
        (Kind.INTERVIEW, None, None),
        (Kind.OFFER, None, None),
        (Kind.OTHER, None, None),
    ],
)
def test_what_is_no_rejection_follows_the_line_of_its_own_kind(kind, action, after):
    what = advise(kind=kind, stage=None, vacancy=None, ineligible=None, timeframe="in six months")
    assert (what.action, what.after, what.rule) == (action, after, kind.value)
    assert (what.send_by, what.until, what.would_change) == (None, None, None)


# --- what would change the advice


def test_would_change_names_the_first_later_stage_with_another_action():
    for shown, stage, vacancy in product(LISTS, Stage, Vacancy):
        now, later = guide_action(shown, stage, vacancy, False), list(Stage)[list(Stage).index(stage) + 1 :]
        other = next((each for each in later if guide_action(shown, each, vacancy, False) is not now), None)
        said = advise(shown, stage, vacancy).would_change
        if other is None:
            assert said is None, (shown, stage, vacancy)
        else:
            assert {INTERVIEW: "an interview", FINAL: "the final round"}[other] in said, (shown, stage, vacancy)


@pytest.mark.parametrize(
    ("shown", "stage", "vacancy", "words"),
    [
        ([FIRST], APPLICATION, CLOSED, "wait and look once again"),
        ([HOLDING], APPLICATION, UNKNOWN, "write once more"),
        ([], INTERVIEW, UNKNOWN, "write once more"),
    ],
)
def test_would_change_says_the_other_action_in_words(shown, stage, vacancy, words):
    assert words in advise(shown, stage, vacancy).would_change


def test_nothing_would_change_for_who_cannot_be_hired():
    assert advise([FIRST], APPLICATION, CLOSED, ineligible=True).would_change is None


# --- dates


@pytest.mark.parametrize(
    ("shown", "stage", "vacancy", "after"),
    [
        ([SILVER], FINAL, CLOSED, date(2026, 4, 13)),
        ([ON_HOLD], APPLICATION, OPEN, date(2026, 4, 2)),
        ([EOI], APPLICATION, OPEN, date(2026, 4, 2)),
        ([FIRST], INTERVIEW, CLOSED, date(2026, 4, 13)),
        ([HOLDING], INTERVIEW, OPEN, date(2026, 4, 13)),
        ([HOLDING], APPLICATION, OPEN, date(2026, 4, 13)),
        ([], FINAL, UNKNOWN, date(2026, 4, 13)),
        ([], INTERVIEW, UNKNOWN, date(2026, 4, 13)),
    ],
)
def test_waiting_and_writing_again_have_their_days(shown, stage, vacancy, after):
    what = advise(shown, stage, vacancy)
    assert (what.send_by, what.after, what.until) == (date(2026, 3, 4), after, date(2027, 3, 2))


@pytest.mark.parametrize(
    ("shown", "vacancy", "ineligible"), [([], UNKNOWN, False), ([FIRST], CLOSED, False), ([SILVER], OPEN, True)]
)
def test_moving_on_has_only_the_day_of_the_thank_you(shown, vacancy, ineligible):
    what = advise(shown, APPLICATION, vacancy, ineligible=ineligible)
    assert (what.send_by, what.after, what.until) == (date(2026, 3, 4), None, None)


@pytest.mark.parametrize(
    ("timeframe", "shown", "after", "until"),
    [
        ("in six months", [ON_HOLD], date(2026, 9, 2), date(2027, 3, 2)),
        ("in two weeks", [SILVER], date(2026, 3, 16), date(2027, 3, 2)),
        ("next financial year", [EOI], date(2026, 4, 1), date(2027, 3, 2)),
        ("in twelve months", [], date(2027, 3, 2), date(2028, 3, 1)),  # a move_on with a day to apply again
        ("in two years", [ON_HOLD], date(2028, 3, 2), date(2029, 3, 2)),
        ("when things settle", [ON_HOLD], date(2026, 4, 2), date(2027, 3, 2)),  # a condition, not a time
        ("when things settle", [], None, None),
        ("since January 2025", [ON_HOLD], date(2026, 4, 2), date(2027, 3, 2)),  # gone by: no day to look again
    ],
)
def test_a_time_that_the_letter_names_comes_before_the_rules_own(timeframe, shown, after, until):
    what = advise(shown, timeframe=timeframe)
    assert (what.after, what.until) == (after, until)


def test_a_time_to_apply_again_holds_for_who_cannot_be_hired_now():
    what = advise((), ineligible=True, timeframe="in six months")
    assert (what.action, what.after) == (MOVE_ON, date(2026, 9, 2))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    shown=st.sampled_from(LISTS),
    stage=st.sampled_from(Stage),
    ineligible=st.booleans(),
    timeframe=st.none()
    | st.text(max_size=30)
    | st.sampled_from(["in 999 years", "31 February", "1 May 2019", "next year", "early spring", "May 2031"]),
    arrived=st.dates(date(1990, 1, 1), date(2100, 1, 1)),
)
def test_the_days_stand_in_their_order(shown, stage, ineligible, timeframe, arrived):
    what = advise(shown, stage, ineligible=ineligible, timeframe=timeframe, arrived=arrived)
    assert what.send_by > arrived
    assert (what.after is None) == (what.until is None)
    assert what.after is None or arrived < what.after < what.until


def test_a_letter_dated_at_the_end_of_time_gets_its_advice():
    """A date is the sender's word: one that no calendar can count from must not stop a run."""
    assert advise([SILVER], FINAL, arrived=date(9999, 12, 31)).action is FOLLOW_UP


# --- a policy of the reader's own

LAST = '[[rule]]\nname = "all"\naction = "wait"\nafter_days = 7\nbecause = "so"\nsource = "me"\n'


@pytest.fixture
def write_policy(tmp_path):
    def write(text):
        path = tmp_path / "policy.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_policy_of_the_readers_own_decides(write_policy):
    own = read_policy(write_policy("send_within_days = 5\nuntil_days = 10\n" + LAST))
    what = advise([SILVER], FINAL, CLOSED, policy=own)
    assert (what.action, what.rule, what.source, what.because) == (WAIT, "all", "me", "so")
    assert (what.send_by, what.after, what.until) == (date(2026, 3, 7), date(2026, 3, 9), date(2026, 3, 12))


def test_a_policy_in_the_configuration_folder_takes_the_place_of_the_bundled_one(small_model):
    config_folder().mkdir(parents=True)
    (config_folder() / "policy.toml").write_text(LAST, "utf-8")
    assert [rule.name for rule in Analyzer.load(model=str(small_model), today=ARRIVED).policy.rules] == ["all"]


def test_a_copy_of_the_bundled_policy_says_the_same(write_policy):
    assert read_policy(write_policy(BUNDLED_POLICY.read_text("utf-8"))) == POLICY


def test_several_values_of_a_condition_mean_any_of_them(write_policy):
    first = LAST.replace('"all"', '"met"') + 'when = { stage = ["interview", "final"] }\n'
    own = read_policy(write_policy(first + LAST))
    assert [advise((), stage, policy=own).rule for stage in Stage] == ["all", "met", "met"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule = ", "is not valid TOML"),
        (b"# caf\xe9\n" + LAST.encode(), "is not valid TOML"),
        ("x = " + "[" * 5000 + "]" * 5000 + "\n" + LAST, "is not valid TOML"),
        ("until_days = " + "9" * 5000 + "\n" + LAST, "is not valid TOML"),
        ("", "the last rule must have"),
        (LAST + 'when = { stage = ["final"] }', "the last rule must have"),
        ("rule = 3", "rule"),
        ('rule = ["wait"]', "rule 1: must be a table"),
        (LAST.replace("[[rule]]", "[rule]"), "must be a table"),
        (LAST.replace('name = "all"\n', ""), "rule 1: has no text `name`"),
        (LAST.replace('because = "so"\n', ""), "rule 1: has no text `because`"),
        (LAST.replace('"me"', "3"), "rule 1: has no text `source`"),
        (LAST.replace('"wait"', '"sleep"'), "rule 1: 'sleep' is not an action; use one of wait, follow_up, move_on"),
        (LAST.replace('"wait"', '["wait"]'), "rule 1: ['wait'] is not an action"),
        (LAST.replace("= 7", "= -1"), "rule 1: `after_days` must be a number of days"),
        (LAST.replace("= 7", "= 3651"), "rule 1: `after_days` must be a number of days"),
        (LAST.replace("= 7", "= true"), "rule 1: `after_days` must be a number of days"),
        (LAST.replace("= 7", '= "7"'), "rule 1: `after_days` must be a number of days"),
        (LAST.replace("after_days", "afterdays"), "afterdays"),
        ("until_day = 3\n" + LAST, "until_day"),
        (LAST + 'when = "final"', "when"),
        (LAST + 'when = { mood = ["good"] }', "rule 1: 'mood' is not a condition"),
        (LAST + 'when = { stage = "final" }', "rule 1: `stage` must list one or more of application, interview, final"),
        (LAST + "when = { stage = [] }", "rule 1: `stage` must list"),
        (LAST + 'when = { stage = ["last"] }', "rule 1: `stage` must list"),
        (LAST + 'when = { ineligible = ["yes"] }', "rule 1: `ineligible` must list"),
        ("kind = 3\n" + LAST, "kind"),
        (LAST + "[kind]\noffer = 3", "[kind.offer]"),
        (LAST + '[kind.rejection]\nbecause = "b"\nsource = "s"', "[kind.rejection]"),
        (LAST + '[kind.lottery]\nbecause = "b"\nsource = "s"', "[kind.lottery]"),
        (LAST + '[kind.offer]\nbecause = "b"', "[kind.offer]: has no text `source`"),
        ("send_within_days = -1\n" + LAST, "`send_within_days` must be a number of days"),
        ("until_days = 1.5\n" + LAST, "`until_days` must be a number of days"),
    ],
    ids=lambda value: " ".join(str(value)[-50:].split()),
)
def test_a_wrong_policy_is_refused_in_one_line(write_policy, text, said):
    path = write_policy(text)
    with pytest.raises(PolicyError) as error:
        read_policy(path)
    assert str(error.value).startswith(f"{path}: ")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["absent.toml", ""])
def test_a_policy_that_is_missing_or_a_folder_is_refused(tmp_path, name):
    with pytest.raises(PolicyError, match="cannot be read"):
        read_policy(tmp_path / name)
