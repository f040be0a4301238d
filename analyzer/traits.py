"""What a ranker weighs of a candidate: its words, how they are written, and where in the letter it stands."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from analyzer.tokens import Words

if TYPE_CHECKING:
    from analyzer.records import Cleaned, Letter

MAX_BODY = 20_000
"""Characters of a body that are looked at: names stand in the first and last lines of any real letter."""

GENERIC = frozenset(
    "careers career recruiting recruitment recruiter hr human resources talent acquisition hiring team teams jobs job people no-reply noreply reply do not "
    "donotreply via at notifications notification department dept office desk applications application the services service support group "
    "admin resourcing personnel staffing candidate experience selection".split()
)
ANCHORS = frozenset(
    "position positions role post job vacancy opening opportunity vacancies roles scheme programme program internship placement".split()
)
WORK = frozenset(
    "place places work shift shifts slot slots seat gig gigs spot berth bench desk desks cover help round rounds hours stall list run "
    "rota crew staff team chair contract hire traineeship apprenticeship pupillage fellowship studentship lectureship appointment".split()
)
"""Words by which people call a job where they use none of ANCHORS; often part of its name: "the school run"."""

ORGANISATIONS = frozenset(
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

_MAIL_HOSTS = frozenset(
    "co com org net gov ac edu mail careers hr jobs recruit talent email notifications hire www nhs apply us uk".split()
)
_GREETING = re.compile(
    r"^(?:dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|to|morning|afternoon)[ ,]+([^,:!\n]{2,40})",
    re.I,
)
_DIGIT = re.compile(r"\d")
_PUNCTUATION = re.compile(r"[!?:;@]|[,.-]$")
_DASH = re.compile(r"\s[-\u2013\u2014]\s")
_NO_SLUG = re.compile(r"[^a-z0-9]")


TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|mx|dr|drs|prof|professor|sir|dame|lord|lady|sister|brother|father|mother|mama|shri|smt|lala|thakur|pandit|ustad"
    r"|engr|eng|ing|chef|coach|very|most|rt|rev|reverend|fr|br|canon|capt|captain|col|colonel|maj|major|brig|lt|gen|hr|frau|herr"
    r"|alhaji|hajiya|hajia|chief|hon|ambassador|don|doña|dona|comtesse|madame|mme|mtra|lic|ir|adv|barrister|subedar|begum|padre|pastor|tannie|auntie|aunty|uncle|mtro|matron|citizen|sra|sr)\b\.? *"
    r"(?:\(retd?\.?\) +)?)+(?=\w)",
    re.I,
)


class Scene(NamedTuple):
    """One letter with all that traits are made from."""

    body: Words
    subject: Words
    display: str
    domain: str
    local: str
    signature: str
    greeted: str
    texts: tuple[str, str, str, str]  # display name, signature, subject and body in lower case

    @classmethod
    def of(cls, letter: Letter, cleaned: Cleaned, display: str, address: str) -> Scene:
        """Cut what has to be cut, once."""
        text = cleaned.body[:MAX_BODY]
        subject, signature, display = letter.subject[:300], cleaned.signature[:2000], display[:200]
        local, _, domain = address.lower().partition("@")
        labels = [part for part in domain.split(".")[:-1] if part not in _MAIL_HOSTS]
        greeting = _GREETING.match(text)
        body = Words(text)
        return cls(
            body=body,
            subject=Words(subject),
            display=display,
            domain=labels[-1] if labels else "",
            local=local,
            signature=signature,
            greeted=greeting[1].lower() if greeting else "",
            texts=(display.lower(), signature.lower(), subject.lower(), text.lower()),
        )


def context(words: Words, first: int, last: int) -> list[str]:
    """Return the traits of the place: which words stand before and behind."""
    before = words.shown[max(0, first - 3) : first]
    behind = words.shown[last : last + 1]
    prev = before[-1] if before else "<"
    following = behind[0] if behind else ">"
    return [
        "prev=" + prev,
        *["before=" + word for word in before],
        "next=" + following,
        "early=True" if first < 60 else "early=False",
    ]


def pairs(words: Words, first: int, last: int) -> list[str]:
    """Return the two words before and the two behind: "for the ... position" tells of a role, little of a name."""
    before, behind = words.shown[max(0, first - 2) : first], words.shown[last : last + 2]
    return ["prev2=" + " ".join(before), "next2=" + " ".join(behind)]


def of_job(words: Words, last: int) -> str:
    """Return how the word of an occupation, or its lack, goes with what stands behind: "baker" with "place"."""
    following = words.lower[last] if last < len(words) else ">"
    then = "anchor" if following in ANCHORS else "work" if following in WORK else "other"
    return f"then={then}{is_occupation(words.lower[last - 1])}"


class Look(NamedTuple):
    """What the words of a candidate alone say, wherever they stand."""

    lower: tuple[str, ...]
    slug: str
    initials: str
    name: tuple[str, ...]
    role: tuple[str, ...]
    by_place: tuple[str, ...]
    loose: bool  # begins or ends with what no role does


@lru_cache(maxsize=16_384)
def _word(word: str) -> tuple[str, str, str, bool, bool, bool, bool, bool, bool]:
    """Return the bare word, its feature, its shape, and whether it is one of each sort; the same words come again."""
    lower = word.lower().strip(".,()")
    return (
        lower,
        "word=" + lower,
        "X" if word[0].isupper() else ("0" if word[0].isdigit() else "x"),
        is_occupation(lower),
        lower in GENERIC,
        lower in ORGANISATIONS,
        is_little(word),
        len(word.strip(".")) == 1 and word[0].isupper(),
        word[-1] in ".!?" and len(word) > 1,
    )


@lru_cache(maxsize=16_384)
def look(text: str) -> Look:
    """Return what the words say; the same names come again and again in a mailbox."""
    words = text.split()
    lower, named, shapes, occupation, generic, house, little, initial, stop = zip(*map(_word, words), strict=True)
    several = len(words) > 1
    head, first = lower[-1], lower[0]
    folded = text.lower()
    count = f"words={min(len(words), 6)}"
    shape = "shape=" + "".join(shapes[:6])
    comma = f"comma={',' in text}"
    is_role = f"occupation={occupation[-1]}{several}"
    work = f"work={head in ANCHORS}{head in WORK}{several and occupation[-2]}"
    shared = (
        count,
        "first=" + first,
        "last=" + head,
        *dict.fromkeys(named),
        shape,
        f"generic={sum(generic)}",
        f"digits={_DIGIT.search(text) is not None}",
        f"parens={text.count('(') - text.count(')')}",
        f"punct={_PUNCTUATION.search(text) is not None}",
        f"occupations={min(2, sum(occupation))}",
        f"starts={little[0]}{little[-1]}",
        f"within={True in little[1:-1]}",
        f"stop={True in stop[:-1]}",
    )
    name = (
        comma,
        f"organisation={house[-1]}{True in house}",
        f"initial={True in initial}",
        f"dash={_DASH.search(text) is not None}",
        f"own={folded.endswith(_POSSESSIVE)}",
        f"titled={TITLES.match(text) is not None}",
    )
    role = (
        "suffix=" + head[-3:],
        "ending=" + head[-4:],
        is_role,
        work,
        f"person={head[-2:] in _PERSON or head[-3:] in _PERSON}",
        f"brackets={_in_brackets(text)}",
    )
    return Look(
        lower,
        _NO_SLUG.sub("", folded),
        "".join([word[:1] for word in lower]),
        shared + name,
        shared + role,
        (count, shape, comma, is_role, work),
        several and (little[-1] or (little[0] and first != "the") or not text[0].isalnum()),
    )


_POSSESSIVE = ("'s", "\u2019s")
_PERSON = frozenset("er or ist ian ant man eer ess".split())
LITTLE = frozenset(
    "at with in and on to has is was were are which that here but or we i you he she they it of for from by as be been being will would "
    "can could may might should shall had have do does did not than then when where who whom whose what if so because while until till "
    "before after about over under into out up down off through during without within since between against this these those there "
    "us me him her them my your his its our their a an the just only also too very still now again yet ever never all both each".split()
)
"""Words that stand in sentences, hardly in names of jobs."""


def is_little(word: str) -> bool:
    """Return whether a word is one of LITTLE; "IT" is none, nor the "I" of "Inspector I"."""
    return word.lower() in LITTLE and not word.isupper()


def _in_brackets(text: str) -> str:
    """Return what stands in brackets: hours and references are no part of a role."""
    opened = text.find("(")
    if opened < 0:
        return "none"
    inside = text[opened + 1 :].lower()
    if _DIGIT.search(inside) or "ref" in inside:
        return "reference"
    return "hours" if _HOURS.search(inside) else "words"


_HOURS = re.compile(
    r"time|fixed|term|contract|permanent|temporary|maternity|remote|hybrid|hours|m/w|f/m|casual|grade|band|night|day"
)


@lru_cache(maxsize=16384)
def is_occupation(word: str) -> bool:
    """Return whether a word, in lower case, ends what people are called by their work: "cheesemaker", "under-gardener"."""
    known = occupations()
    if word in known or ("-" in word and word.rpartition("-")[2] in known):
        return True
    return len(word) > 6 and _COMPOUND.search(word) is not None


_COMPOUND = re.compile(
    r"(?:hand|woman|person|maker|keeper|smith|wright|monger|master|mistress|worker|writer|driver|minder|sitter|walker|layer|fitter|finisher"
    r"|cutter|grower|herd|player|setter|holder|leader|helper|cleaner|dresser|binder|builder|teacher|officer|assistant)s?$"
)


@cache
def occupations() -> frozenset[str]:
    """Return the last words of job titles, in lower case."""
    return frozenset(Path(__file__).with_name("occupations.txt").read_text("utf-8").split())


def in_letter(scene: Scene, text: str, seen: Look) -> list[str]:
    """Return where else in the letter the words stand."""
    folded = text.lower()
    display, signature, subject, body = scene.texts
    counts = (display.count(folded), signature.count(folded), subject.count(folded), body.count(folded))
    return [
        f"count={min(sum(counts), 4)}",
        f"in_display={counts[0] > 0}",
        f"is_display={folded == display}",
        f"in_signature={counts[1] > 0}",
        f"in_subject={counts[2] > 0}",
        f"is_subject={folded == subject}",
        f"in_body={counts[3] > 0}",
        f"greeted={bool(scene.greeted) and (folded in scene.greeted or scene.greeted in folded)}",
        f"head_count={min(body.count(seen.lower[-1]), 3)}",
        f"head_in_subject={len(seen.lower[-1]) > 2 and seen.lower[-1] in subject}",
    ]


def of_sender(scene: Scene, text: str, seen: Look) -> list[str]:
    """Return what the sender's name and address have to do with a name."""
    domain, slug, lower, folded = scene.domain, seen.slug, seen.lower, text.lower()
    display, signature, _, _ = scene.texts
    signed = signature.split("\n", 1)[0]
    told = [
        f"begins_display={display.startswith(folded + ' ')}{folded == signed}",
        f"begun_by_signature={bool(signed) and folded.startswith(signed + ' ')}{folded == display}",
    ]
    if not domain:
        return [*told, "domain=none"]
    within = len(slug) > 2 and (slug in domain or domain in slug)
    return [
        *told,
        f"domain={within}{slug == domain}",
        f"starts_domain={len(slug) > 2 and domain.startswith(slug)}{slug.startswith(domain)}",
        f"initials={seen.initials == domain}",
        f"first_in_domain={len(lower[0]) > 3 and lower[0] in domain}",
        f"last_in_domain={len(lower[-1]) > 3 and lower[-1] in domain}",
        f"local={len(lower[-1]) > 2 and lower[-1] in scene.local}",
        f"local_first={len(lower[0]) > 2 and lower[0] in scene.local}",
    ]


def of_silence(scene: Scene, label: str, count: int) -> tuple[str, ...]:
    """Return what speaks for a letter that names nothing at all: mostly that nobody signed it."""
    display, signature, _, _ = scene.texts
    sender = f"nothing:sender={bool(display)}{bool(scene.domain)}"
    if label != "contact":
        return ("nothing", sender)
    return (
        "nothing",
        sender,
        f"nothing:candidates={min(count, 8)}",
        f"nothing:signature={min(signature.count(chr(10)) + bool(signature), 4)}",
        f"nothing:greeted={scene.greeted in _ANYBODY}{bool(scene.greeted)}",
    )


_ANYBODY = frozenset(
    "candidate applicant all sir madam sir or madam sir/madam there team everyone both colleague".split()
)
