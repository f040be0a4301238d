"""What the letter shows -> what to do and when. The rules are data (`policy.toml`), which a user can override."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import PolicyError
from analyzer.reasons import Action, Kind, Reason, Stage, Vacancy
from analyzer.records import Recommendation
from analyzer.timeframe import timeframe_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BUNDLED_POLICY = Path(__file__).with_name("policy.toml")

_CONDITIONS: Mapping[str, tuple[object, ...]] = {
    "ineligible": (True, False),
    "any_reason": tuple(Reason),
    "first_reason": tuple(Reason),
    "stage": tuple(Stage),
    "vacancy": tuple(Vacancy),
}


@dataclass(frozen=True)
class Rule:
    """One line of the policy. `when` maps a condition to the values that satisfy it; times are days after the letter."""

    name: str
    action: Action | None
    because: str | None
    source: str
    when: Mapping[str, frozenset[object]] = field(default_factory=dict)
    after_days: int | None = None


@dataclass(frozen=True)
class Policy:
    """The whole policy: rules for rejections in order, and a line for each other kind that has one."""

    rules: tuple[Rule, ...]
    kinds: Mapping[Kind, Rule]
    send_within_days: int
    until_days: int


def read_policy(path: Path = BUNDLED_POLICY) -> Policy:
    """Read a policy file; raises PolicyError for what it cannot mean, or if some rejection would get no answer."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{path}: is not valid TOML ({error}); mend that line") from error
    _check_keys(content, {"rule", "kind", "send_within_days", "until_days"}, str(path))
    rows, others = content.get("rule", []), content.get("kind", {})
    if not isinstance(rows, list) or not isinstance(others, dict):
        raise PolicyError(
            f"{path}: each rule must be a table of its own, [[rule]], and each other kind too, [kind.NAME]"
        )
    rules = tuple(_rule(row, f"{path}: rule {number}") for number, row in enumerate(rows, 1))
    if not rules or rules[-1].when:
        raise PolicyError(f"{path}: the last rule must have `when = {{}}`, so that every letter gets an answer")
    kinds = {}
    for name, row in others.items():
        if name not in set(Kind) - {Kind.REJECTION}:
            raise PolicyError(
                f"{path}: [kind.{name}] is no other kind of message; use one of {', '.join(kind for kind in Kind if kind is not Kind.REJECTION)}"
            )
        kinds[Kind(name)] = _rule({"name": name, **row} if isinstance(row, dict) else row, f"{path}: [kind.{name}]")
    return Policy(
        rules, kinds, _days(content, "send_within_days", str(path), 2), _days(content, "until_days", str(path), 365)
    )


def decide(
    *,
    kind: Kind,
    shown: Sequence[Reason],
    stage: Stage | None,
    vacancy: Vacancy | None,
    ineligible: bool | None,
    timeframe: str | None,
    arrived: date,
    policy: Policy,
) -> Recommendation:
    """Apply the first rule that holds. `arrived` is the day that all times count from."""
    rule = _first_rule(kind, shown, stage, vacancy, policy, ineligible=ineligible)
    after = timeframe_date(timeframe, arrived) if timeframe and kind is Kind.REJECTION else None
    if after is None and rule.after_days is not None:
        after = _plus(arrived, rule.after_days)
    rejection = kind is Kind.REJECTION
    until = _plus(arrived, policy.until_days) if rejection and after is not None else None
    if until is not None and after is not None and until <= after:
        until = _plus(after, policy.until_days)
    return Recommendation(
        action=rule.action,
        rule=rule.name,
        source=rule.source,
        because=rule.because,
        would_change=_would_change(rule, shown, stage, vacancy, policy) if rejection and not ineligible else None,
        send_by=_plus(arrived, policy.send_within_days) if rejection else None,
        after=after,
        until=until,
    )


def _plus(day: date, days: int) -> date:
    """Add days; at the end of the calendar its last day."""
    return date.max if (date.max - day).days < days else day + timedelta(days=days)


def _first_rule(
    kind: Kind,
    shown: Sequence[Reason],
    stage: Stage | None,
    vacancy: Vacancy | None,
    policy: Policy,
    *,
    ineligible: bool | None,
) -> Rule:
    if kind is not Kind.REJECTION:
        return policy.kinds.get(kind, Rule(kind.value, None, None, "the label guide"))
    facts: dict[str, frozenset[object]] = {
        "ineligible": frozenset({bool(ineligible)}),
        "any_reason": frozenset(shown),
        "first_reason": frozenset(shown[:1]),
        "stage": frozenset({stage or Stage.APPLICATION}),
        "vacancy": frozenset({vacancy or Vacancy.UNKNOWN}),
    }
    return next(rule for rule in policy.rules if all(facts[name] & values for name, values in rule.when.items()))


def _would_change(
    rule: Rule, shown: Sequence[Reason], stage: Stage | None, vacancy: Vacancy | None, policy: Policy
) -> str | None:
    """Name the later stage, if any, with which the advice would be another."""
    stages = list(Stage)
    for later in stages[stages.index(stage or Stage.APPLICATION) + 1 :]:
        other = _first_rule(Kind.REJECTION, shown, later, vacancy, policy, ineligible=False)
        if other.action is not rule.action and other.action is not None:
            reached = "had an interview" if later is Stage.INTERVIEW else "had reached the final round"
            return f"If you {reached}, the advice would be to {_IN_WORDS[other.action]}."
    return None


_IN_WORDS = {
    Action.WAIT: "wait and look once again",
    Action.FOLLOW_UP: "write once more after some weeks",
    Action.MOVE_ON: "leave it and move on",
}


def _rule(row: Any, where: str) -> Rule:  # noqa: ANN401  whatever the file holds
    if not isinstance(row, dict):
        raise PolicyError(f"{where}: must be a table with `because`, `source` and, if there is one, `action`")
    _check_keys(row, {"name", "when", "action", "after_days", "because", "source"}, where)
    for name in ("name", "because", "source"):
        if not isinstance(row.get(name), str):
            raise PolicyError(f"{where}: has no text `{name}`; write one")
    action = row.get("action")
    if action is not None and action not in tuple(Action):
        raise PolicyError(f"{where}: {action!r} is not an action; use one of {', '.join(Action)}")
    after_days = row.get("after_days")
    if after_days is not None:
        after_days = _days(row, "after_days", where, 0)
    conditions = row.get("when", {})
    if not isinstance(conditions, dict):
        raise PolicyError(f'{where}: `when` must be a table such as {{ stage = ["final"] }}')
    when = {}
    for name, values in conditions.items():
        allowed = _CONDITIONS.get(name)
        if allowed is None:
            raise PolicyError(f"{where}: {name!r} is not a condition; use one of {', '.join(_CONDITIONS)}")
        wrong = [value for value in values if value not in allowed] if isinstance(values, list) else [values]
        if wrong or not values:
            raise PolicyError(f"{where}: `{name}` must list one or more of {', '.join(map(str, allowed))}")
        when[name] = frozenset(allowed[allowed.index(value)] for value in values)
    return Rule(row["name"], Action(action) if action else None, row["because"], row["source"], when, after_days)


def _check_keys(row: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in row:
        if name not in known:
            raise PolicyError(f"{where}: {name!r} is not a field here; it has {', '.join(sorted(known))}")


def _days(row: Mapping[str, Any], name: str, where: str, default: int) -> int:
    value = row.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_DAYS:
        raise PolicyError(f"{where}: `{name}` must be a number of days from 0 to {_MAX_DAYS}")
    return value


_MAX_DAYS = 3650
