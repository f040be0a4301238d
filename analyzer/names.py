"""Which spellings are one employer, which titles are one role, and whose a mail address is.

Being wrong here mixes two applications, which is worse than leaving two halves apart: so the rules are narrow, and what
they cannot tell stays apart. Every comparison is between two short lists of words, and no name is compared with more
than a bounded number of others, so time stays linear in the mail.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import Indel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_NAME = 200
"""Characters of a name that are looked at."""

MAX_COMPARED = 50
"""Names that one name is compared with at most."""

SHARED_DOMAINS = frozenset(
    # applicant tracking systems and job boards: they write for thousands of employers
    "greenhouse.io greenhouse-mail.io lever.co hire.lever.co workday.com myworkday.com myworkdayjobs.com myworkdaysite.com "
    "smartrecruiters.com smartrecruitersmail.com icims.com taleo.net oraclecloud.com successfactors.com successfactors.eu sapsf.com "
    "sapsf.eu jobvite.com ashbyhq.com workable.com workablemail.com bamboohr.com breezy.hr breezy-mail.com recruitee.com teamtailor.com "
    "teamtailor-mail.com personio.com personio.de jazzhr.com jazz.co applytojob.com pinpointhq.com pinpoint.email comeet.com "
    "comeet-notifications.com eightfold.ai phenompeople.com avature.net brassring.com kenexa.com ultipro.com ukg.com adp.com paylocity.com "
    "paycomonline.net paycor.com dayforce.com dayforcehcm.com cornerstoneondemand.com csod.com pageuppeople.com livehire.com "
    "jobadder.com bullhorn.com bullhornmail.com zohorecruit.com zohomail.com freshteam.com gem.com rippling.com dover.com dover.io "
    "welcomekit.co welcometothejungle.com traffit.com softgarden.io softgarden.de rexx-systems.com join.com homerun.co factorial.co "
    "hirehive.com hireful.co.uk tribepad.com trac.jobs eploy.net eploy.co.uk networxrecruitment.com hireserve.com oleeo.com "
    "tal.net wcn.co.uk applied.com beapplied.com neogov.com governmentjobs.com usajobs.gov linkedin.com indeed.com indeedemail.com "
    "indeedmail.com ziprecruiter.com glassdoor.com monster.com stepstone.de stepstone.com seek.com.au seek.co.nz totaljobs.com "
    "reed.co.uk cv-library.co.uk adzuna.com wellfound.com angel.co hired.com otta.com dice.com naukri.com xing.com joinhandshake.com "
    "handshake.com hackerrank.com hackerrankforwork.com codility.com codesignal.com testgorilla.com hirevue.com sparkhire.com "
    "calendly.com goodtime.io docusign.net "
    # services by which employers send their mail
    "sendgrid.net mailgun.org mandrillapp.com amazonses.com sparkpostmail.com mcsv.net hubspotemail.net salesforce.com "
    # one address book for many employers
    "nhs.net nhs.uk jobs.nhs.uk "
    # private mail
    "gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk live.com live.co.uk msn.com yahoo.com yahoo.co.uk yahoo.co.in "
    "ymail.com icloud.com me.com mac.com aol.com gmx.com gmx.de gmx.net web.de t-online.de freenet.de proton.me protonmail.com "
    "pm.me fastmail.com zoho.com mail.com mail.ru yandex.com yandex.ru qq.com 163.com 126.com orange.fr wanadoo.fr free.fr laposte.net "
    "libero.it btinternet.com sky.com virginmedia.com comcast.net verizon.net att.net bigpond.com rediffmail.com tutanota.com hey.com".split()
)
"""Domains that say nothing about the employer, because many employers, or anybody, write from them."""

_SECOND_LEVEL = frozenset("co com org net ac gov edu gob go or ne mil nhs police sch school ltd plc me".split())

_LEGAL_FORMS = frozenset(
    "ltd limited inc incorporated llc llp lp plc gmbh mbh ag kg kgaa ohg ug ev eg se sa sas sasu sarl srl spa bv nv vof oy oyj ab as asa "
    "aps pty pte pvt private sdn bhd corp corporation co company kk and".split()
)
_HIRING = frozenset(
    "careers career recruiting recruitment recruiters recruiter resourcing hiring talent acquisition team teams hr human resources people "
    "jobs job the at department dept office desk noreply notifications applications candidate experience".split()
)
_ENDING = re.compile(r"(?<=\w)\.(?:com|org|net|io|ai|co|de|fr|uk|eu|app|dev)\b", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[][^()\[\]]{0,100}[)\]]")
_VIA = re.compile(r"\s(?:via|through|powered by)\s.*", re.IGNORECASE | re.DOTALL)

_NEAR_LENGTH = 8
"""Characters from which on one more or one less is a slip, not another name ("Carter" is not "Cartier")."""


class Groups:
    """Things that are tied together, pair by pair; what is tied to a third is tied to each other."""

    def __init__(self) -> None:
        self._parent: dict[object, object] = {}

    def find(self, thing: object) -> object:
        """Return the one that stands for all that `thing` is tied to: the first of them that was seen."""
        root = self._parent.setdefault(thing, thing)
        while root != (above := self._parent[root]):
            root = above
        while thing != root:  # shorten the way for the next time
            self._parent[thing], thing = root, self._parent[thing]
        return root

    def tie(self, one: object, other: object) -> None:
        """Tie two things, and all that they are tied to."""
        first, second = self.find(one), self.find(other)
        if first != second:
            self._parent[second] = first


# --- domains


def employer_domain(address: str) -> str:
    """Return the domain that belongs to the employer alone: "fennel.co.uk" of "jobs@mail.fennel.co.uk", or ""."""
    host = address.rpartition("@")[2].strip(" .>").lower()[:MAX_NAME]
    parts = host.split(".")
    if "@" not in address or len(parts) < 2 or not all(parts):
        return ""
    keep = 3 if len(parts) > 2 and len(parts[-1]) == 2 and parts[-2] in _SECOND_LEVEL else 2
    parents = (".".join(parts[start:]) for start in range(max(0, len(parts) - 6), len(parts) - 1))
    return "" if any(parent in SHARED_DOMAINS for parent in parents) else ".".join(parts[-keep:])


# --- companies


@lru_cache(maxsize=4096)
def company_words(name: str) -> tuple[str, ...]:
    """Return what is left of a company's name without legal form and hiring team; empty if that was all."""
    text = _VIA.sub("", name[:MAX_NAME])
    words = re.findall(
        r"\w+", _plain(_ENDING.sub("", _BRACKETS.sub(" ", text) if _BRACKETS.sub("", text).strip() else text))
    )
    if all(word in _HIRING | _LEGAL_FORMS for word in words):
        return ()
    while len(words) > 1 and words[-1] in _LEGAL_FORMS | _HIRING:
        words.pop()
    if "at" in words[1:-1] and set(words[: words.index("at", 1)]) <= _HIRING:  # "Careers at Acme"
        words = words[words.index("at", 1) + 1 :]
    return tuple(words[1:] if words[0] == "the" and len(words) > 1 else words)


def number_companies(named: Sequence[tuple[str, str]]) -> list[int | None]:
    """Return the number of each message's company, given the name that it was read with and its employer's domain.

    Names that differ in legal form, case, spacing, accents or one slip of the pen are one company. So are, within one
    domain, a name and its longer form or its initials. A message without a name is of the company that alone writes
    from its domain. None: nobody can tell.
    """
    keys = ["".join(company_words(name)) for name, _ in named]
    words = {key: company_words(name) for key, (name, _) in zip(keys, named, strict=True) if key}
    at_domain: dict[str, Counter[str]] = defaultdict(Counter)
    for key, (_, domain) in zip(keys, named, strict=True):
        if domain:
            at_domain[domain].update([key] if key else [])
    groups = Groups()
    _tie_slips(words, at_domain, groups)
    for names in at_domain.values():
        _tie_forms([key for key, _ in names.most_common(MAX_COMPARED)], words, groups)
    alone = {domain: _company_of_domain(domain, names, words, groups) for domain, names in at_domain.items()}
    numbers: dict[object, int] = {}
    companies = [groups.find(key) if key else alone.get(domain) for key, (_, domain) in zip(keys, named, strict=True)]
    return [None if company is None else numbers.setdefault(company, len(numbers)) for company in companies]


def _tie_slips(words: Iterable[str], at_domain: dict[str, Counter[str]], groups: Groups) -> None:
    """Tie names of which one has a letter more, unless each has a domain of its own."""
    domains: dict[str, set[str]] = defaultdict(set)
    for domain, names in at_domain.items():
        for key in names:
            domains[key].add(domain)
    blocks: dict[str, list[str]] = defaultdict(list)
    for key in words:
        block = blocks[key[:3]]
        for other in block[-MAX_COMPARED:]:
            apart = domains[key] and domains[other] and not domains[key] & domains[other]
            if _is_slip(key, other, _NEAR_LENGTH) and not apart:
                groups.tie(other, key)
        block.append(key)


def _tie_forms(keys: Sequence[str], words: dict[str, tuple[str, ...]], groups: Groups) -> None:
    """Tie, within one domain, "Fennel" and "Fennel Foods International", "NHS" and "National Health Service"."""
    by_length = sorted(keys, key=lambda key: len(words[key]))
    for number, short in enumerate(by_length):
        for long in by_length[number + 1 :]:
            initials = "".join(word[0] for word in words[long])
            if set(words[short]) < set(words[long]) or (len(short) > 1 and short == initials):
                groups.tie(short, long)


def _company_of_domain(domain: str, names: Iterable[str], words: dict[str, tuple[str, ...]], groups: Groups) -> object:
    """Return whose domain it is; None where several companies write from it."""
    companies = {groups.find(key) for key in names}
    if len(companies) > 1:
        return None
    if companies:
        return companies.pop()
    label = re.sub(r"[\W_]", "", domain.split(".")[0])
    return groups.find(label if label in words else ("domain", domain))


# --- roles

_MODES = re.compile(
    r"\b(?:full|part)[- ]?time\b|\((?:m|f|w|d|x|h|i|gn|all genders)(?:\s?[/|,*]\s?(?:m|f|w|d|x|h|i|gn))*\)|\b(?:req|ref|reference|job|requisition)\b[^\w,;]{0,3}"
    r"(?:id|no|number|code)?[^\w,;]{0,3}(?=[\w-]{0,20}\d)[\w-]{1,30}|#\s?[\w-]{1,20}|\b[a-z]{1,4}-?\d{4,12}\b",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s[-\u2013\u2014|]\s|[,;:|(\[]|\s@\s|\s(?:at|in)\s")
_WORD = re.compile(r"[^\W_]+[+#]*")
_FILLERS = frozenset("position role post job vacancy opening opportunity the a an of for and our your to".split())
_TAIL_FILLERS = frozenset(
    "remote hybrid onsite on site office based permanent perm temporary temp contract casual fixed term fte uk us usa eu".split()
)
_SHORT_FORMS = {
    "sr": "senior", "snr": "senior", "jr": "junior", "jnr": "junior", "eng": "engineer", "engr": "engineer", "mgr": "manager",
    "dev": "developer", "asst": "assistant", "assoc": "associate", "admin": "administrator", "ops": "operations", "rep": "representative",
    "exec": "executive", "coord": "coordinator", "dir": "director", "i": "1", "ii": "2", "iii": "3", "iv": "4",
}  # fmt: skip
_RANKS = frozenset(
    "senior junior lead head chief principal staff assistant deputy associate trainee graduate apprentice apprenticeship intern internship "
    "manager director vice president executive supervisor mid entry experienced".split()
)
"""Words that make another job of one: never a slip, never a mere addition."""


@lru_cache(maxsize=4096)
def role_words(role: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of the title itself and of what is added to it ("Nurse", "Ward 4"), without filling."""
    text = _MODES.sub(" ", role[:MAX_NAME])
    head, *tail = _TAIL.split(text, maxsplit=1)
    words, added = _title(head), [word for word in _title(tail[0] if tail else "") if word not in _TAIL_FILLERS]
    return (words, tuple(added)) if words else (tuple(added), ())


def same_role(one: str, other: str) -> bool:
    """Return whether two titles are one, whatever the order of the words, the spelling and the short forms."""
    first, second = (sum(role_words(role), ()) for role in (one, other))
    if not first or not second:
        return False
    if "".join(first) == "".join(second):
        return True
    pairs = list(zip(sorted(first), sorted(second), strict=False))
    return len(first) == len(second) and all(a == b or _is_slip_of_word(a, b) for a, b in pairs)


def maybe_same_role(one: str, other: str) -> bool:
    """Return whether one title may be short for the other: "Data Engineer" for "Data Engineer, Platform"."""
    if same_role(one, other):
        return True
    (first, first_tail), (second, second_tail) = role_words(one), role_words(other)
    added = first_tail or second_tail
    if not first or first != second or (first_tail and second_tail):
        return False
    return not any(word in _RANKS or word.isdigit() for word in added)


def _title(text: str) -> tuple[str, ...]:
    words = (_SHORT_FORMS.get(word, word) for word in _WORD.findall(_plain(text)))
    return tuple(word for word in words if word not in _FILLERS)


def _is_slip_of_word(one: str, other: str) -> bool:
    return not {one, other} & _RANKS and _is_slip(one, other, 5)


def _is_slip(one: str, other: str, shortest: int) -> bool:
    """Return whether one has a letter more than the other, neither being short or a number."""
    if abs(len(one) - len(other)) != 1 or min(len(one), len(other)) < shortest or one[0] != other[0]:
        return False
    digits = [re.sub(r"\D", "", text) for text in (one, other)]
    return digits[0] == digits[1] and int(Indel.distance(one, other, score_cutoff=1)) == 1


def _plain(text: str) -> str:
    """Return it in lower case without accents, apostrophes and dots: "O'Neil & Sons S.A." is "oneil and sons sa"."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return re.sub(r"['\u2019\u2018`.]", "", bare.casefold().replace("&", " and "))
