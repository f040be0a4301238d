"""A result as a run writes it, for tests to change."""

from __future__ import annotations

from datetime import date, timedelta

BECAUSE = "The letter gives no reason. That is usual, and it says nothing about you."
THANKS = (
    "Dear {contact},\n\nThank you for considering me for the {role} position at {company}, and for letting me know the "
    "outcome. I appreciate that you took the time to write.\n\nWhile I believe I would have been a good fit because I "
    "have run a payroll of 300 people, I respect your decision; you know best what your team needs.\n\nIf anything "
    "changes with this position, or if you feel that I would suit another role, I would be glad to talk. Thank you again "
    "for your time and consideration.\n\nKind regards,\nSam Doe"
)


def made(number=1, sent="2026-03-01", *, after=None, action=None, draft=None, application=None, **changes):
    """Return a rejection of `sent`. `after` is in days; `draft` and `application` change only what they name."""
    day = date.fromisoformat(sent) if sent else date(2026, 3, 1)
    names = {"company": f"Firm {number}", "role": f"Role {number}", "contact": "Ana Ruiz"}
    names |= {name: changes[name] for name in names if name in changes}
    row = {
        "id": f"{number:012x}",
        "source": f"in.mbox#{number}",
        "message_id": f"<{number}@firm.example>",
        "date": sent,
        "subject": f"Your application {number}",
        "from": f"Ana Ruiz <ana@firm{number}.example>",
        "kind": "rejection",
        "kinds": {"rejection": 0.98, "acknowledgement": 0.01, "interview": 0.0, "offer": 0.0, "other": 0.01},
        "reason": None,
        "shown": [],
        "reasons": {},
        "evidence": [],
        "body": "The cleaned text.",
        "stage": "application",
        "stage_from": "letter",
        "vacancy": "unknown",
        "ineligible": False,
        "timeframe": None,
        **names,
        "action": action or ("move_on" if after is None else "follow_up"),
        "send_by": (day + timedelta(days=2)).isoformat(),
        "after": None if after is None else (day + timedelta(days=after)).isoformat(),
        "until": None if after is None else (day + timedelta(days=365)).isoformat(),
        "status": "due",
        "because": BECAUSE,
        "would_change": None,
        "policy": {"rule": "no_signal", "source": "the label guide"},
        "draft": {
            "purpose": "thank_you",
            "to": [f"ana@firm{number}.example"],
            "cc": [],
            "subject": f"Re: Your application {number}",
            "body": THANKS.format(**names),
            "missing": [],
            **(draft or {}),
        },
        "notes": [],
        "model": "made-1",
        "application": {
            "id": f"a{number}",
            "company": names["company"],
            "role": names["role"],
            "furthest": "application",
            "people": [],
            "answered": None,
            "came_back": None,
            "applied": None,
            "days_to_answer": None,
            "open": False,
            **(application or {}),
        },
        "boilerplate": [],
    }
    return {**row, **changes}


def other(number=900):
    """Return other mail, of which hardly anything is known."""
    nothing = dict.fromkeys(made(), None)
    return {**nothing, "id": f"{number:012x}", "source": f"in.mbox#{number}", "message_id": f"<{number}@shop.example>",
            "date": "2026-03-01", "subject": "Spring sale", "from": "shop@shop.example", "kind": "other",
            "kinds": {"rejection": 0.0, "acknowledgement": 0.0, "interview": 0.0, "offer": 0.0, "other": 1.0},
            "shown": [], "reasons": {}, "evidence": [], "boilerplate": [], "notes": [], "policy": {"rule": "other", "source": ""},
            "model": "made-1"}  # fmt: skip
