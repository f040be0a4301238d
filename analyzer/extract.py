"""Letter -> company, role, contact and timeframe, as written.

spaCy's blank English pipeline cuts the text into tokens and its matcher finds expressions of time; from the tokens come
candidates (runs of capitals, what stands before "position", lines of the signature, the sender's name), and a linear
ranker, trained on the corpus's own spans, takes the best of each label, or none. spaCy is imported here alone.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ModelError
from analyzer.records import Entities, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from spacy.language import Language
    from spacy.matcher import Matcher
    from spacy.tokens import Doc, Token

    from analyzer.model import StoredModel
    from analyzer.records import Cleaned, Letter

LABELS = ("company", "role", "contact", "timeframe")
MAX_BODY = 20_000
"""Characters of a body that are looked at: names stand in the first and last lines of any real letter."""

_ANCHORS = frozenset(
    "position positions role post job vacancy opening opportunity vacancies roles scheme programme program internship placement".split()
)
_CONNECTORS = frozenset("of and & for the de la van der den von du del al bin to in - / +".split())
_SEPARATORS = frozenset([",", "-", "\u2013", "\u2014", "(", ")", "/", ":", "|", "&", ";"])
_GENERIC = frozenset(
    "careers career recruiting recruitment recruiter hr human resources talent acquisition hiring team teams jobs job people no-reply noreply reply do not "
    "donotreply via at notifications notification department dept office desk applications application the services service support group "
    "admin resourcing personnel staffing candidate experience selection".split()
)
_TITLES = re.compile(
    r"^(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|sister|shri|smt|engr|chef|rev|fr|capt|hr)\.? +", re.I
)
_GREETING = re.compile(
    r"^(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|to|morning|afternoon)[ ,]+([^,:!\n]{2,40})",
    re.I,
)
_SEGMENT = re.compile(
    r"\s*(?:,|\||\s[-\u2013\u2014\u00b7\u2022]\s|\n|\(|\)|/|:|;|\bon behalf of\b|\bfor and on behalf of\b|\bvia\b)\s*"
)
_WRAP = re.compile(r"(?<=[^\s.,:;!?])\n(?=[^\s-])")
"""A line break inside a sentence, as mail is wrapped; a space in its place keeps every offset."""
_AT = re.compile(r"\s+(?:at|from|@|of)\s+")
_MAX_CANDIDATE_WORDS = 9
_MAX_SEGMENTS = 40
_NAME_WORDS = 4
_DASH = r"\s[-\u2013\u2014]\s"
_ORGANISATIONS = frozenset(
    "academy agency airlines alliance associates association authority bakery bank board books borough brewery brothers bureau cafe "
    "capital care centre center charity chemicals church city clinic co college committee communications community company "
    "constructors construction consulting contractors cooperative corp corporation council county dental department "
    "design diagnostics digital district electric energy engineering enterprises estates exchange farm farms federation "
    "films finance financial foods foundation freight fund gallery games gardens garage gmbh group health healthcare "
    "holdings homes hospital hospitals hotel hotels house inc industries infrastructure institute insurance interiors "
    "international ireland kitchen kitchens lab laboratories labs law libraries library limited lines llc llp lodge "
    "logistics ltd management manufacturing marine market materials media medical mills mines mining ministry museum "
    "mutual network networks ngo nursery organisation organization orchestra partners partnership pharma pharmaceuticals "
    "pharmacy plc police polytechnic power practice press project properties publishing pvt railway railways records "
    "renewables research resort resources restaurant retail sa salon school schools sciences security service services "
    "shipping shipyard society software solar solutions stores studio studios supplies surgery systems technologies "
    "technology telecom textiles theatre theater trading transport travel trust union university utilities ventures "
    "veterinary water winery works workshops".split()
)
"""Words that name what kind of house it is."""


@dataclass(frozen=True)
class Candidate:
    """A piece of the letter that may be what a label asks for, with the features that the ranker weighs."""

    text: str
    features: tuple[str, ...]
    start: int = -1
    end: int = -1


class Extractor:
    """Takes the best candidate of each label. `weights` maps "label:feature" to its weight, "label:bias" included."""

    def __init__(self, weights: Mapping[str, float], thresholds: Mapping[str, float]) -> None:
        self._weights = weights
        self._thresholds = thresholds

    @classmethod
    def from_model(cls, stored: StoredModel) -> Extractor:
        """Build it from a checked model folder."""
        try:
            names = stored.arrays["extract.features"].tobytes().decode().split("\n")
            weights = stored.arrays["extract.weights"].tolist()
            thresholds = {label: float(stored.manifest["thresholds"]["extract"][label]) for label in LABELS}
            return cls(dict(zip(names, weights, strict=True)), thresholds)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"{stored.path}: lacks a part of the model ({error}); train or install it again"
            ) from error

    def extract(self, letter: Letter, cleaned: Cleaned) -> Entities:
        """Return what is likely enough; each field is None where the letter does not say."""
        found: dict[str, Candidate] = {}
        scores: dict[str, float] = {}
        for label, candidates in find_candidates(letter, cleaned).items():
            scored = [(self.score(label, candidate), number) for number, candidate in enumerate(candidates)]
            scores[label], number = max(scored, default=(0.0, -1))
            if number >= 0 and scores[label] >= self._thresholds[label]:
                found[label] = candidates[number]
        if "company" in found and "contact" in found and found["company"].text == found["contact"].text:
            # one name is the employer or the person, not both
            del found[min(("company", "contact"), key=lambda label: scores[label])]
        spans = tuple(Span(c.start, c.end, label) for label, c in found.items() if c.start >= 0)
        return Entities(**{label: candidate.text for label, candidate in found.items()}, spans=spans)

    def score(self, label: str, candidate: Candidate) -> float:
        """Return the probability, from 0 to 1, that the candidate is what the label asks for."""
        get = self._weights.get
        total = get(f"{label}:bias", 0.0) + sum(get(f"{label}:{feature}", 0.0) for feature in candidate.features)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def find_candidates(letter: Letter, cleaned: Cleaned) -> dict[str, list[Candidate]]:
    """Return every candidate of each label, in a fixed order; the same for training and serving."""
    scene = _Scene.of(letter, cleaned)
    names = [found for found in (*_names_in_lines(scene), *_names_in_text(scene)) if found[0].strip()]
    company = [_with_features(scene, "company", *name) for name in names]
    contact = [_with_features(scene, "contact", *name) for name in names if name[1] != "run"]
    role = [
        _with_features(scene, "role", *name) for name in (*_roles(scene), *_names_in_text(scene)) if name[0].strip()
    ]
    return {
        "company": _unique(company),
        "role": _unique(role),
        "contact": _unique(contact),
        "timeframe": _unique(_times(scene)),
    }


@dataclass(frozen=True)
class _Scene:
    """One letter with all that features are made from."""

    body: Doc
    unwrapped: Doc | None  # None where no line is wrapped
    subject: Doc
    display: str
    domain: str
    local: str
    signature: str
    greeted: str
    texts: tuple[str, str, str, str]  # display name, signature, subject and body in lower case

    @classmethod
    def of(cls, letter: Letter, cleaned: Cleaned) -> _Scene:
        nlp = _pipeline()
        text = cleaned.body if len(cleaned.body) <= MAX_BODY else cleaned.body[:MAX_BODY]
        display, address = parseaddr(letter.sender)
        local, _, domain = address.lower().partition("@")
        labels = [part for part in domain.split(".")[:-1] if part not in _MAIL_HOSTS]
        greeting = _GREETING.match(text)
        return cls(
            body=nlp(text),
            unwrapped=nlp(_WRAP.sub(" ", text)) if _WRAP.search(text) else None,
            subject=nlp(letter.subject[:300]),
            display=display[:200],
            domain=labels[-1] if labels else "",
            local=local,
            signature=cleaned.signature[:2000],
            greeted=greeting[1].lower() if greeting else "",
            texts=(display[:200].lower(), cleaned.signature[:2000].lower(), letter.subject[:300].lower(), text.lower()),
        )


_MAIL_HOSTS = frozenset(
    "co com org net gov ac edu mail careers hr jobs recruit talent email notifications hire www nhs apply us uk".split()
)
_Found = tuple[str, str, tuple[str, ...], int, int]  # text, where it was found, features of the place, start, end


@cache
def _pipeline() -> Language:
    import spacy

    return spacy.blank("en")


@cache
def _time_matcher() -> Matcher:
    from spacy.matcher import Matcher

    number = {
        "LOWER": {
            "IN": [*"a an one two three four five six seven eight nine ten twelve eighteen few couple several".split()]
        }
    }
    digits = {"LIKE_NUM": True}
    unit = {"LOWER": {"IN": [*"day days week weeks fortnight month months quarter quarters year years".split()]}}
    month = {
        "LOWER": {
            "IN": [
                *"january february march april may june july august september october november december".split(),
                *"jan feb mar apr jun jul aug sept sep oct nov dec".split(),
            ]
        }
    }
    season = {"LOWER": {"IN": [*"spring summer autumn fall winter".split()]}}
    period = {
        "LOWER": {
            "IN": [
                *"week month quarter year season cycle round term semester intake spring summer autumn fall winter".split()
            ]
        }
    }
    which = {
        "LOWER": {"IN": [*"next new coming following this first second third fourth early late mid later".split()]}
    }
    start = {
        "LOWER": {
            "IN": [*"in after within next from until till by around about early late mid on at before this of".split()]
        }
    }
    the = {"LOWER": "the", "OP": "?"}
    adjective = {
        "LOWER": {"IN": [*"financial fiscal calendar academic school budget hiring recruitment full".split()]},
        "OP": "*",
    }
    day = {"TEXT": {"REGEX": r"^\d{1,2}(st|nd|rd|th)?$"}, "OP": "?"}
    year = {"TEXT": {"REGEX": r"^20\d\d$"}}
    matcher = Matcher(_pipeline().vocab)
    matcher.add("TIME", [
        [start, {"LOWER": {"IN": ["another", "about", "around", "roughly", "approximately", "the", "at", "least"]}, "OP": "*"}, number, {"LOWER": {"IN": ["or", "to", "of", "full", "calendar"]}, "OP": "?"}, {"LIKE_NUM": True, "OP": "?"}, unit],
        [start, {"LOWER": {"IN": ["another", "about", "around", "roughly", "approximately", "the", "at", "least"]}, "OP": "*"}, digits, {"LOWER": {"IN": ["or", "to", "full", "calendar", "-", "\u2013"]}, "OP": "?"}, {"LIKE_NUM": True, "OP": "?"}, unit],
        [number, unit], [digits, unit],
        [number, unit, {"LOWER": {"IN": ["time", "from", "'s"]}}, {"LOWER": {"IN": ["now", "today", "time", "the"]}, "OP": "?"}, {"LOWER": "date", "OP": "?"}],
        [digits, unit, {"LOWER": {"IN": ["from", "of"]}}, {"LOWER": {"IN": ["now", "today", "the", "this"]}}, {"LOWER": {"IN": ["date", "letter", "email", "e-mail", "notice"]}, "OP": "?"}],
        [{**start, "OP": "?"}, the, which, {**which, "OP": "?"}, adjective, period],
        [{**start, "OP": "?"}, the, {"LOWER": {"IN": ["beginning", "start", "end", "middle", "second", "first", "half"]}, "OP": "+"}, {"LOWER": "of"}, {"LOWER": {"IN": ["the", "next", "this", "a", "new"]}, "OP": "*"}, adjective, {"LOWER": {"IN": [*"week month quarter year season cycle term semester spring summer autumn fall winter".split(), *month["LOWER"]["IN"]]}}, {**year, "OP": "?"}],
        [{**start, "OP": "?"}, the, adjective, season, {**year, "OP": "?"}],
        [{**start, "OP": "?"}, {**which, "OP": "?"}, day, {"LOWER": "of", "OP": "?"}, month, day, {"ORTH": ",", "OP": "?"}, {**year, "OP": "?"}],
        [start, year], [start, {"LOWER": {"REGEX": "^q[1-4]$"}}, {**year, "OP": "?"}],
    ])  # fmt: skip
    return matcher


def _times(scene: _Scene) -> Iterator[Candidate]:
    doc = scene.unwrapped or scene.body  # "in six\nmonths" is a time; a name does not go on in the next line
    matches = _time_matcher()(doc)
    for _, first, last in matches:
        span = doc[first:last]
        around = [_lower(token) for token in doc[max(0, first - 6) : first]]
        behind = [_lower(token) for token in doc[last : last + 4]]
        sentence = _near(doc, first)
        yield Candidate(
            span.text,
            (
                *(f"word={_lower(token)}" for token in span),
                *(f"before={word}" for word in around),
                *(f"next={word}" for word in behind[:2]),
                *(f"near={word}" for word in sentence),
                f"prev={around[-1] if around else '<'}",
                f"first={_lower(span[0])}",
                f"last={_lower(span[-1])}",
                f"words={len(span)}",
                f"longer={any(a <= first and last <= z and (a, z) != (first, last) for _, a, z in matches)}",
            ),
            span.start_char,
            span.end_char,
        )


def _lower(token: Token) -> str:
    """Return the word as a feature names it: a line break is "|"."""
    return token.lower_.strip() or "|"


def _near(doc: Doc, index: int) -> list[str]:
    """Return the words of the sentence round a token, sorted, for its sense: "on file for" against "apply again in"."""
    first = last = index
    while first > 0 and doc[first - 1].text not in {".", "!", "?"} and index - first < 25:
        first -= 1
    while last < len(doc) and doc[last].text not in {".", "!", "?"} and last - index < 25:
        last += 1
    return sorted({token.lower_ for token in doc[first:last] if token.is_alpha})  # a set's order changes by the run


def _names_in_lines(scene: _Scene) -> Iterator[_Found]:
    """Yield names in the sender's display name and in the lines of the signature."""
    for text in _segments(scene.display):
        yield text, "display", (), -1, -1
    team_signed = False  # below "Hiring Team" stands a company, not a person
    names_above = 0  # a person signs first, the employer stands below
    for number, line in enumerate(scene.signature.split("\n")[:10]):
        whole = line.strip()
        for position, text in enumerate(_segments(line)):
            place = (
                f"line={min(number, 5)}",
                f"position={min(position, 3)}",
                f"whole={text == whole}",
                f"line_below_team={team_signed}",
                f"line_names_above={min(names_above, 2)}{text == whole}",
            )
            yield text, "signature", place, -1, -1
        words = [word.strip(".,") for word in line.split()]
        generic = sum(word.lower() in _GENERIC for word in words)
        team_signed = team_signed or (bool(words) and words[-1].lower() in _GENERIC)
        names_above += 1 < len(words) <= _NAME_WORDS and not generic and all(word[:1].isupper() for word in words)


def _segments(line: str) -> list[str]:
    """Return the pieces of a line that can be a name: between separators, with and without generic words and titles."""
    pieces = [line.strip()]
    for piece in _SEGMENT.split(line):
        pieces.append(piece)
        pieces += _AT.split(piece)
    trimmed = []
    for piece in pieces:
        bare = _TITLES.sub("", piece.strip(" .,!*\"'"))
        trimmed += [piece.strip(" ,"), bare]
        if not _SEGMENT.search(bare):  # "Team Lead, Acme" is no name with something generic before it
            trimmed.append(_without_generic(bare))
    return list(dict.fromkeys(t for t in trimmed if t and len(t.split()) <= _MAX_CANDIDATE_WORDS))[:_MAX_SEGMENTS]


def _without_generic(piece: str) -> str:
    """Return "The Acme" for "The Acme Hiring Team", "Acme" for "Careers at Acme"."""
    words = piece.split()
    while words and words[-1].lower().strip(".,") in _GENERIC:
        words.pop()
    while words and words[0].lower().strip(".,") in _GENERIC - {"the"}:
        words.pop(0)
    return " ".join(words)


def _names_in_text(scene: _Scene) -> Iterator[_Found]:
    """Yield runs of capitalised words in the body and the subject, cut at separators in every way."""
    for place, doc in (("run", scene.body), ("subject", scene.subject)):
        for first, last in _runs(doc):
            pieces = _cut_run(doc, first, last)
            for a, z in pieces[:12]:
                span = doc[a:z]
                context = (*_context(doc, a, z), f"cut={(a, z) != (first, last)}")
                offsets = (span.start_char, span.end_char) if place == "run" else (-1, -1)
                yield span.text, place, context, *offsets


def _runs(doc: Doc) -> Iterator[tuple[int, int]]:
    index = 0
    while index < len(doc):
        if not _is_name_token(doc[index]):
            index += 1
            continue
        end = index + 1
        while end < len(doc) and end - index < 14:
            if _is_name_token(doc[end]) or (doc[end].is_digit and not doc[end - 1].is_digit):
                end += 1
            elif end + 1 < len(doc) and _joins(doc[end]) and _is_name_token(doc[end + 1]):
                end += 2
            elif end + 2 < len(doc) and _joins(doc[end]) and _joins(doc[end + 1]) and _is_name_token(doc[end + 2]):
                end += 3
            elif doc[end].text == ")" and any(token.text == "(" for token in doc[index:end]):
                end += 1
            else:
                break
        yield index, end
        index = end


def _joins(token: Token) -> bool:
    initial = token.text == "." and token.i > 0 and len(token.nbor(-1).text) == 1
    return (
        initial
        or token.lower_ in _CONNECTORS
        or token.text in _SEPARATORS
        or token.text in {"'s", "\u2019s", "'", "\u2019"}
    )


def _is_name_token(token: Token) -> bool:
    return token.text[0].isupper() or (token.text[0].isdigit() and any(char.isalpha() for char in token.text))


def _cut_run(doc: Doc, first: int, last: int) -> list[tuple[int, int]]:
    """Return the run, and its parts between separators, prepositions and sentence starts, longest first."""
    starts = [first] + [
        i + 1
        for i in range(first, last)
        if doc[i].text in _SEPARATORS or doc[i].lower_ in {"at", "for", "the", "of", "to", "with", "in", "and"}
    ]
    starts += [first + 1] if last - first > 1 else []
    ends = [last] + [
        i
        for i in range(first + 1, last)
        if doc[i].text in _SEPARATORS or doc[i].lower_ in {"at", "for", "of", "to", "with", "in", "and", "'s"}
    ]
    ends += [i for i in range(first + 1, last) if doc[i].lower_ in _ANCHORS]
    spans = {(a, z) for a in starts for z in ends if a < z and z - a <= _MAX_CANDIDATE_WORDS + 3}
    return sorted(spans, key=lambda span: (span[0] - span[1], span))


def _roles(scene: _Scene) -> Iterator[_Found]:
    """Yield what stands before "position" or "role", and after "for the" or "as a", in any case."""
    occupations = _occupations()
    for place, doc in (("body", scene.body), ("subject", scene.subject)):
        for index, token in enumerate(doc):
            if token.lower_ in _ANCHORS:
                yield from _beside_anchor(doc, index, place)
            elif token.lower_ in {"for", "as"} and place == "body":
                yield from _after_preposition(doc, index)
            if token.lower_ in occupations:
                yield from _before_occupation(doc, index, place)
    for text in _segments(scene.subject.text):
        yield text, "subject_piece", (f"whole={text == scene.subject.text.strip()}",), -1, -1


def _beside_anchor(doc: Doc, index: int, place: str) -> Iterator[_Found]:
    """Yield "payroll officer" in "the payroll officer position" and in "the position of payroll officer"."""
    for start in range(max(0, index - 8), index):
        if start == 0 or doc[start - 1].lower_ in _DETERMINERS:
            yield _found(doc, start, index, place, "anchor")
    if index + 2 < len(doc) and doc[index + 1].lower_ in {"of", "as", "for", ":", "-", "\u2013"}:
        first = index + 2 + (doc[index + 2].lower_ in {"a", "an", "the"})
        for end in range(first + 1, min(first + 8, len(doc) + 1)):
            yield _found(doc, first, end, place, "after_anchor")


def _after_preposition(doc: Doc, index: int) -> Iterator[_Found]:
    """Yield "van driver" in "you applied as a van driver, and ..."."""
    first = index + 1
    first += first < len(doc) and doc[first].lower_ in {"the", "a", "an", "our", "your"}
    for end in range(first + 1, min(first + 6, len(doc) + 1)):
        if end == len(doc) or not doc[end].is_alpha or doc[end].lower_ in _STOPS:
            yield _found(doc, first, end, "body", f"after_{doc[index].lower_}")


def _before_occupation(doc: Doc, index: int, place: str) -> Iterator[_Found]:
    """Yield "kennel hand" in "we have a kennel hand now": everyday words, which no capital gives away."""
    end = index + 1
    if end + 1 < len(doc) and doc[end].lower_ == "de":  # chef de partie, chef de rang
        end += 2
    for start in range(index, max(-1, index - 4), -1):
        yield _found(doc, start, end, place, f"occupation{doc[start].lower_ in _STOPS}")
        before = doc[start - 1] if start else None
        if before is None or not (before.is_alpha or before.text in {"-", "/"}) or before.lower_ in _DETERMINERS:
            return


@cache
def _occupations() -> frozenset[str]:
    """Return the last words of job titles, in lower case."""
    return frozenset(Path(__file__).with_name("occupations.txt").read_text("utf-8").split())


_DETERMINERS = frozenset("the a an our for as this your to of my their one another".split())
_STOPS = frozenset("at with in and on to has is was which that here but or we i you , .".split())


def _found(doc: Doc, first: int, last: int, place: str, how: str) -> _Found:
    span = doc[first:last]
    offsets = (span.start_char, span.end_char) if place == "body" else (-1, -1)
    return span.text, f"{place}_{how}", _context(doc, first, last), *offsets


def _context(doc: Doc, first: int, last: int) -> tuple[str, ...]:
    before = [_lower(token) for token in doc[max(0, first - 3) : first]]
    behind = [_lower(token) for token in doc[last : last + 2]]
    prev = before[-1] if before else "<"
    following = behind[0] if behind else ">"
    return (
        f"prev={prev}",
        f"prev2={' '.join(before[-2:])}",
        *(f"before={word}" for word in before),
        f"next={following}",
        f"next2={' '.join(behind)}",
        f"around={prev}_{following}",
        f"early={first < 60}",
    )


def _with_features(
    scene: _Scene, label: str, text: str, place: str, context: tuple[str, ...], start: int, end: int
) -> Candidate:
    words = text.split()
    lower = [word.lower().strip(".,()") for word in words]
    folded = text.lower()
    slug = re.sub(r"[^a-z0-9]", "", folded)
    initials = "".join(word[0] for word in lower if word)
    display, signature, subject, body = scene.texts
    count = sum(where.count(folded) for where in scene.texts)
    features = [
        f"place={place}",
        *(f"{place}+{feature}" for feature in context if feature.startswith(("line", "whole", "position", "cut"))),
        *context,
        f"words={min(len(words), 6)}",
        f"first={lower[0] if lower else ''}",
        f"last={lower[-1] if lower else ''}",
        *(f"word={word}" for word in lower),
        f"shape={''.join('X' if w[0].isupper() else ('0' if w[0].isdigit() else 'x') for w in words[:6])}",
        f"generic={sum(word in _GENERIC for word in lower)}",
        f"count={min(count, 4)}",
        f"in_display={folded in display}",
        f"is_display={folded == display}",
        f"in_signature={folded in signature}",
        f"in_subject={folded in subject}",
        f"in_body={folded in body}",
        f"greeted={bool(scene.greeted) and (folded in scene.greeted or scene.greeted in folded)}",
        f"digits={any(char.isdigit() for char in text)}",
        f"parens={text.count('(') - text.count(')')}",
        f"punct={bool(re.search(r'[!?:;@]|[,.-]$', text))}",
    ]
    if label in {"company", "contact"}:
        in_domain = bool(scene.domain) and len(slug) > 2 and (slug in scene.domain or scene.domain in slug)
        features += [
            f"domain={in_domain}{slug == scene.domain}",
            f"initials={bool(scene.domain) and initials == scene.domain}",
            f"first_in_domain={bool(scene.domain) and bool(lower) and len(lower[0]) > 3 and lower[0] in scene.domain}",
            f"local={bool(lower) and len(lower[-1]) > 2 and lower[-1] in scene.local}",
        ]
        features += [
            f"comma={',' in text}",
            f"organisation={bool(lower) and lower[-1] in _ORGANISATIONS}{any(w in _ORGANISATIONS for w in lower)}",
            f"initial={any(len(word.strip('.')) == 1 and word[0].isupper() for word in words)}",
            f"dash={bool(re.search(_DASH, text))}",
        ]
    features += [f"occupations={min(2, sum(word in _occupations() for word in lower))}"]
    if label == "role":
        features += [
            f"suffix={lower[-1][-3:] if lower else ''}",
            f"occupation={bool(lower) and lower[-1] in _occupations()}{len(words) > 1}",
        ]
    features += [f"{place}+{feature}" for feature in features if feature.startswith(_TOLD_BY_PLACE)]
    return Candidate(text, tuple(dict.fromkeys(features)), start, end)


_TOLD_BY_PLACE = ("words", "shape", "occupation", "comma")
"""What means one thing in a signature and another in a sentence."""


def _unique(candidates: Iterator[Candidate] | Sequence[Candidate]) -> list[Candidate]:
    """Join candidates of the same words: one with all their features speaks for all the places where they stand."""
    merged: dict[str, Any] = {}
    for candidate in candidates:
        key = " ".join(candidate.text.split())
        known = merged.get(key)
        if known is None:
            merged[key] = Candidate(key, candidate.features, candidate.start, candidate.end)
        else:
            features = tuple(dict.fromkeys((*known.features, *candidate.features)))
            start, end = (known.start, known.end) if known.start >= 0 else (candidate.start, candidate.end)
            merged[key] = Candidate(key, features, start, end)
    return list(merged.values())
