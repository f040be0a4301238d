"""A letter's way, in order: clean, classify and extract, decide, draft. The steps do not know one another.

`read_verdict` is the first half, which needs neither spaCy nor scikit-learn and is shown at once; `complete` is the
second. `analyze` is both. `advise` is what comes last: it is called again for a letter whose thread tells more than it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from analyzer.classify import Classifier
from analyzer.clean import clean, visible
from analyzer.decide import Policy, decide, read_policy
from analyzer.draft import draft_email
from analyzer.extract import Extractor
from analyzer.language import is_english
from analyzer.model import find_model, load_model
from analyzer.profile import config_folder, read_profile
from analyzer.reasons import Kind, Stage
from analyzer.records import Analysis, Cleaned, Entities, Letter, Note, Prediction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from analyzer.records import Draft, Person, Recommendation

MIN_REJECTION = 0.90
MAX_HOPE = 0.05
"""A thank-you is offered for sending only where `rejection` is at least MIN_REJECTION, `interview` + `offer` at most
MAX_HOPE: thanking for a rejection that is none is the worst thing this program could do."""

OFFER_DAYS = 14
"""A thank-you that is later than this after the letter reads oddly; then it is the later note's turn, in its time."""


@dataclass(frozen=True)
class Verdict:
    """What is known before spaCy is needed."""

    letter: Letter
    cleaned: Cleaned
    prediction: Prediction
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Advice:
    """What follows from what is known of a letter: it is made again, without model and text, when more is known."""

    recommendation: Recommendation
    draft: Draft | None
    status: str | None


@dataclass
class Analyzer:
    """A model, a policy and a profile, ready for letters; built once, used for many."""

    classifier: Classifier
    extractor: Extractor
    policy: Policy
    today: date
    profile: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, *, model: str | None = None, profile: Path | None = None, today: date) -> Analyzer:
        """Load the model of that name (None: the one in use), the user's policy and profile."""
        stored = load_model(find_model(model))
        own_policy = config_folder() / "policy.toml"
        policy = read_policy(own_policy) if own_policy.is_file() else read_policy()
        return cls(Classifier(stored), Extractor.from_model(stored), policy, today, read_profile(profile))

    def read_verdict(self, letter: Letter) -> Verdict:
        """Clean and classify."""
        cleaned = clean(letter)
        notes = cleaned.notes
        if not is_english(cleaned.body):
            text = "This letter is not in English. This model knows English alone, so it says nothing about it."
            return Verdict(letter, cleaned, _UNREAD, (*notes, Note("not_english", text)))
        return Verdict(letter, cleaned, self.classifier.predict(cleaned.body), notes)

    def complete(self, verdict: Verdict, *, stage: Stage | None = None, arrived: date | None = None) -> Analysis:
        """Extract, decide and draft. `stage` is what the reader says, `arrived` when the letter came (else its own)."""
        letter, cleaned, prediction = verdict.letter, verdict.cleaned, verdict.prediction
        entities = Entities() if prediction.kind is Kind.OTHER else self.extractor.extract(letter, cleaned)
        day = arrived or letter.sent or self.today
        notes = verdict.notes
        if arrived is None and letter.sent is None:
            notes = (*notes, Note("default_date", "The letter has no date of its own, so its times count from today."))
        reached, reached_from = _furthest(prediction, stage)
        advice = advise(
            letter,
            prediction,
            entities,
            stage=reached,
            arrived=day,
            today=self.today,
            policy=self.policy,
            profile=self.profile,
        )
        if prediction.kind is not Kind.REJECTION:
            entities = replace(entities, timeframe=None)
        return Analysis(
            id=letter.id or message_hash(letter)[:12],
            letter=letter,
            cleaned=cleaned,
            prediction=prediction,
            entities=entities,
            stage=reached,
            stage_from=reached_from,
            recommendation=advice.recommendation,
            draft=advice.draft,
            status=advice.status,
            notes=notes,
            model=self.classifier.name,
        )

    def analyze(self, letter: Letter, *, stage: Stage | None = None, arrived: date | None = None) -> Analysis:
        """Take one letter its whole way."""
        return self.complete(self.read_verdict(letter), stage=stage, arrived=arrived)

    def stage_matters(self, analysis: Analysis) -> bool:
        """Return whether the reader's own word on the stage would change the advice."""
        return (
            analysis.prediction.kind is Kind.REJECTION
            and analysis.stage is Stage.APPLICATION
            and analysis.recommendation.would_change is not None
        )


def advise(
    letter: Letter,
    prediction: Prediction,
    entities: Entities,
    *,
    stage: Stage | None,
    arrived: date,
    today: date,
    policy: Policy,
    profile: Mapping[str, str],
    known: str | None = None,
    met: Person | None = None,
) -> Advice:
    """Decide, draft and say what is to be done now; of the letter its headers alone are read.

    `known` is the status that other messages give (`answered`, `came_back`), `met` somebody of the same application to
    whom the email can go where the letter itself came from an address that nobody reads.
    """
    rejected = prediction.kind is Kind.REJECTION
    what = decide(
        kind=prediction.kind,
        shown=prediction.shown,
        stage=stage,
        vacancy=prediction.vacancy,
        ineligible=prediction.ineligible,
        timeframe=entities.timeframe,
        arrived=arrived,
        policy=policy,
    )
    if not rejected:
        return Advice(what, None, None)
    draft = draft_email(
        letter=letter,
        shown=prediction.shown,
        stage=stage,
        ineligible=bool(prediction.ineligible),
        entities=entities,
        profile=profile,
        later=today > _last_thanks(arrived) and _in_window(what, today),
        met=met,
    )
    return Advice(what, draft, known or _status(what, arrived, today))


def may_send(prediction: Prediction) -> bool:
    """Return whether the letter is surely enough a rejection for a thank-you to be offered."""
    hope = prediction.kinds[Kind.INTERVIEW] + prediction.kinds[Kind.OFFER]
    return prediction.kind is Kind.REJECTION and prediction.kinds[Kind.REJECTION] >= MIN_REJECTION and hope <= MAX_HOPE


def message_hash(letter: Letter) -> str:
    """Return what a message is known by where it has no id: a hash of its Message-ID, else of its content."""
    known_by = letter.message_id or "\n".join((letter.subject, letter.sender, visible(letter.text)))
    return hashlib.sha256(known_by.encode("utf-8", "replace")).hexdigest()


_UNREAD = Prediction(kind=Kind.OTHER, kinds={kind: float(kind is Kind.OTHER) for kind in Kind})


def _furthest(prediction: Prediction, told: Stage | None) -> tuple[Stage | None, str | None]:
    """Return the furthest stage of what the letter shows and the reader says, and who said it."""
    if prediction.stage is None:
        return None, None
    order = list(Stage)
    if told is not None and order.index(told) > order.index(prediction.stage):
        return told, "reader"
    return prediction.stage, "letter"


def _status(what: Recommendation, arrived: date, today: date) -> str:
    """Return what is to be done now: the thank-you or the later note is `due`, a date is `upcoming`, or it `lapsed`."""
    if today <= _last_thanks(arrived) or _in_window(what, today):
        return "due"
    return "upcoming" if what.after and today < what.after else "lapsed"


def _last_thanks(arrived: date) -> date:
    """Return the last day of the thank-you; at the end of the calendar its last day."""
    return date.max if (date.max - arrived).days < OFFER_DAYS else arrived + timedelta(days=OFFER_DAYS)


def _in_window(what: Recommendation, today: date) -> bool:
    """Return whether it is the time of the later note."""
    return what.after is not None and what.until is not None and what.after <= today <= what.until
