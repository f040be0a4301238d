"""Make results of a mailbox that nobody has: invented companies, people and letters, the same every time.

For the pictures in docs/ and the tests of the report. `made_up_results(12)` gives twelve letters that show every part
of the page; larger numbers repeat the same plots with other names.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

TODAY = date(2026, 3, 2)

_FIRST = "Kestrel Tamar Alder Bramble Cobalt Dunlin Ember Fennel Gannet Harrow Iris Juniper Larch Merlin Nettle".split()
_SECOND = "Foods Instruments Analytics Logistics Care Press Energy Studios Rail Systems Bank Pharma Homes Water".split()
_ROLES = (
    "Payroll Officer", "Laboratory Technician", "Data Analyst", "Ward Clerk", "Junior Editor", "Project Engineer",
    "Support Specialist", "Buyer", "Care Coordinator", "Senior Researcher, Freshwater Ecology and Catchment Modelling",
)  # fmt: skip
_PEOPLE = ("Margit Halloran", "Orla Deane", "Tobias Renn", "Adaeze Obi", "Ines Duarte", "Piet Vos", "Yuki Arai", None)
_FILE = "We will keep your details on file and wish you every success in your search."
_CAREFUL = "After careful consideration we will not be taking your application further on this occasion."

_PLOTS: tuple[dict[str, Any], ...] = (
    {
        "kind": "rejection", "shown": ["silver_medallist", "first_choice"], "stage": "final", "vacancy": "closed",
        "says": {
            "silver_medallist": "It was a close decision: on Friday there were only the two of you left.",
            "first_choice": "We have offered the position to another candidate, who accepted yesterday.",
        },
        "action": "follow_up", "after": 42,
        "because": 'The letter shows that you came close. The article calls that a silver medallist: they "may offer you another position".',
    },
    {
        "kind": "rejection", "shown": [], "stage": "application", "vacancy": "unknown", "says": {},
        "action": "move_on", "after": None,
        "because": "The letter gives no reason. That is usual, and it says nothing about you.",
    },
    {
        "kind": "acknowledgement", "shown": [], "says": {}, "action": "wait", "after": 21,
        "because": "They have your application and have not decided; there is nothing to answer yet.",
    },
    {
        "kind": "rejection", "shown": ["on_hold"], "stage": "application", "vacancy": "open",
        "says": {"on_hold": "Finance has paused this post until the new budget is agreed."},
        "action": "wait", "after": 31,
        "because": "The letter says that the role itself stopped. The article's reason: the job was placed on hold or cancelled, which is not about you.",
    },
    {
        "kind": "interview", "shown": [], "says": {}, "action": None, "after": None,
        "because": "They want to go on with you: answer what they ask, soon.",
    },
    {
        "kind": "rejection", "shown": ["holding_out_for_perfection"], "stage": "interview", "vacancy": "open",
        "says": {"holding_out_for_perfection": "We were hoping for someone with longer experience of month-end work, and will keep looking."},
        "action": "follow_up", "after": 42,
        "because": "They met you and measured you against an ideal, and nobody is said to have the job.",
    },
    {
        "kind": "rejection", "shown": ["eoi"], "stage": "application", "vacancy": "unknown",
        "says": {"eoi": "Our advert was for a talent pool, and the contract it was meant for has not been won yet."},
        "action": "wait", "after": 31,
        "because": 'The letter shows that there was no firm vacancy yet. The article\'s reason: an expression of interest, and "another project might be won".',
    },
    {
        "kind": "rejection", "shown": ["first_choice"], "stage": "application", "vacancy": "closed",
        "says": {"first_choice": "The post has been filled by an internal candidate."},
        "action": "move_on", "after": None,
        "because": "Somebody else has the job; they have not met you, so it is seldom worth watching.",
    },
    {
        "kind": "offer", "shown": [], "says": {}, "action": None, "after": None,
        "because": "This looks like an offer: read it with care and answer in your own time.",
    },
)  # fmt: skip

_TOLD = {
    "acknowledgement": "Thank you for your application. We have received it and are reading all of them with care.",
    "interview": "We would like to meet you. Could you come on Wednesday the 11th at half past ten?",
    "offer": "We are glad to offer you the position. The contract is attached.",
}
_AGES = (1, 4, 9, 33, 2, 45, 61, 20, 5, 130, 88, 260)  # days before TODAY, so that a few things are due


def made_up_results(number: int, today: date = TODAY) -> list[dict[str, Any]]:
    """Return so many final results, as `derive` gives them, the newest letters not first."""
    rng = random.Random(7)  # noqa: S311  a fixed picture, no secret
    return [_result(n, rng, today) for n in range(number)]


def _result(n: int, rng: random.Random, today: date) -> dict[str, Any]:
    plot = _PLOTS[n % len(_PLOTS)]
    company, role, contact = _names(n)
    age = _AGES[n] if n < len(_AGES) else rng.randrange(1, 700)
    sent = today - timedelta(days=age)
    body, spans, boilerplate = _letter(plot, role, company)
    rejection = plot["kind"] == "rejection"
    after = sent + timedelta(days=plot["after"]) if plot["after"] else None
    address = f"{(contact or 'jobs').split()[0].lower()}@{company.lower().replace(' ', '')}.example"
    return {
        "id": f"{n:012x}", "source": f"takeout/inbox.mbox#{n + 1}", "message_id": f"<{n}@{company.lower().replace(' ', '')}.example>",
        "date": sent.isoformat(), "subject": f"Your application: {role}", "from": f"{contact or company} <{address}>",
        "kind": plot["kind"], "kinds": _kinds(plot["kind"]),
        "reason": plot["shown"][0] if plot["shown"] else None, "shown": plot["shown"],
        "reasons": {name: 0.91 if name in plot["shown"] else 0.02 for name in _REASONS} if rejection else {},
        "evidence": [{"reason": name, "start": start, "end": end, "text": body[start:end]} for name, start, end in spans],
        "body": body, "stage": plot.get("stage"), "stage_from": "letter" if rejection else None,
        "vacancy": plot.get("vacancy"), "ineligible": False if rejection else None, "timeframe": "in six months" if n % 11 == 5 else None,
        "company": company, "role": role, "contact": contact, "action": plot["action"],
        "send_by": (sent + timedelta(days=2)).isoformat() if rejection else None,
        "after": after.isoformat() if after else None,
        "until": (sent + timedelta(days=365)).isoformat() if after and rejection else None,
        "status": _status(age, plot) if rejection else None, "because": plot["because"], "would_change": None,
        "policy": {"rule": "made_up", "source": "the label guide"},
        "draft": _draft(role, company, contact, address, later=age > 14) if rejection else None,
        "notes": [], "model": "made-up-1",
        "application": _application(n, plot, company, role, sent, rng), "boilerplate": boilerplate,
    }  # fmt: skip


_REASONS = ("on_hold", "eoi", "silver_medallist", "first_choice", "holding_out_for_perfection")


def _names(n: int) -> tuple[str, str, str | None]:
    first, second = _FIRST[n % len(_FIRST)], _SECOND[(n // len(_FIRST) + n) % len(_SECOND)]
    return f"{first} {second}", _ROLES[(n * 3) % len(_ROLES)], _PEOPLE[n % len(_PEOPLE)]


def _letter(
    plot: dict[str, Any], role: str, company: str
) -> tuple[str, list[tuple[str, int, int]], list[tuple[int, int]]]:
    said = plot["says"]
    rejection = plot["kind"] == "rejection"
    middle = " ".join([_CAREFUL, *said.values()]) if rejection else _TOLD[plot["kind"]]
    close = f"\n\n{_FILE}" if rejection else ""
    body = f"Dear Sam,\n\nThank you for your interest in the {role} position at {company}.\n\n{middle}{close}"
    spans = [(name, body.index(text), body.index(text) + len(text)) for name, text in said.items()]
    known = [(body.index(text), body.index(text) + len(text)) for text in (_CAREFUL, _FILE) if text in body]
    return body, spans, known


def _kinds(kind: str) -> dict[str, float]:
    names = ("rejection", "acknowledgement", "interview", "offer", "other")
    return {name: 0.96 if name == kind else 0.01 for name in names}


def _status(age: int, plot: dict[str, Any]) -> str:
    if age <= 14 or (plot["after"] and plot["after"] <= age <= 365):
        return "due"
    return "upcoming" if plot["after"] and age < plot["after"] else "lapsed"


def _draft(role: str, company: str, contact: str | None, address: str, *, later: bool) -> dict[str, Any]:
    opening = (
        f"I wrote to you about the {role} position at {company} some weeks ago, and I am writing once more, briefly."
        if later
        else f"Thank you for considering me for the {role} position at {company}, and for letting me know the outcome."
    )
    body = (
        f"Dear {contact or company + ' team'},\n\n{opening}\n\nWhile I believe I would have been a good fit because [in half a sentence: "
        "why you were right for this], I respect your decision; you know best what your team needs.\n\n"
        "If anything changes with this position, or if you feel that I would suit another role, I would be glad to talk.\n\n"
        "Kind regards,\nSam Example"
    )
    purpose = "later_note" if later else "thank_you"
    return {"purpose": purpose, "to": [address], "cc": [], "subject": f"Re: Your application: {role}", "body": body,
            "missing": ["strength"]}  # fmt: skip


def _application(
    n: int, plot: dict[str, Any], company: str, role: str, sent: date, rng: random.Random
) -> dict[str, Any]:
    days = rng.choice((2, 6, 11, 19, 30, 52, 75))
    furthest = {"interview": "interview", "offer": "final"}.get(plot["kind"], plot.get("stage") or "application")
    answered = plot["kind"] != "acknowledgement"
    return {
        "id": f"a{n}", "company": company, "role": role, "furthest": furthest, "people": [], "answered": None,
        "came_back": None, "applied": (sent - timedelta(days=days)).isoformat() if answered else sent.isoformat(),
        "days_to_answer": days if answered else None, "open": plot["kind"] != "rejection", "last": True,
    }  # fmt: skip
