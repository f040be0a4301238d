"""Mail headers -> people: plain addresses, who is a human being, and which addresses are the reader's own."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from analyzer.addresses import name_and_address
from analyzer.draft import first_address, is_no_reply
from analyzer.names import company_words, employer_domain
from analyzer.records import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ADDRESSES = 50
"""Addresses of one header that are looked at: a letter to one applicant has one or two."""

MAX_HEADER = 20_000
"""Characters of a header that are looked at."""

MAX_NAME = 80
"""Characters of a person's name."""

MIN_SHARE = 0.2
"""Share of the job mail that a second address of the reader's receives."""

_ADDRESS = re.compile(r"(?<![A-Za-z0-9._%+'-])[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}")
_SENT = frozenset(
    "sent|sent mail|sent items|sent messages|sent-mail|gesendet|gesendete|gesendete elemente|gesendete objekte|gesendete nachrichten|"
    "envoyés|éléments envoyés|messages envoyés|objets envoyés|enviados|elementos enviados|correo enviado|mensajes enviados|itens enviados|"
    "inviata|inviati|posta inviata|verzonden|verzonden items|verzonden berichten|skickat|skickade|sendt|sendte elementer|wysłane|"
    "elementy wysłane|lähetetyt|odeslané|отправленные|已发送|送信済み".split("|")
)
"""What mail programs call the folder of what the reader sent."""

_NOBODY = frozenset(
    "careers career jobs job hr human resources recruiting recruitment recruiter recruiters resourcing talent acquisition hiring team teams people "
    "staffing vacancies vacancy info hello contact support office admin apply application applications enquiries inquiries mail email mailer "
    "notification notifications updates update alerts alert news newsletter marketing candidate candidates postmaster service services help "
    "helpdesk desk via system portal account accounts noreply reply donotreply department dept group company limited ltd inc llc gmbh plc "
    "university college school hospital council trust bank institute agency solutions consulting personnel workday greenhouse lever ashby "
    "the at for of and on behalf".split()
)
"""Words that no person's name holds, in a display name or before the @."""

_TITLES = re.compile(r"^(?:mr|mrs|ms|miss|mx|dr|prof|professor)\.?\s+", re.IGNORECASE)
_NAME_END = re.compile(r"\s*(?:[|(\[/<>@]|\s[-\u2013\u2014]\s|\s(?:at|from|of|via|on behalf)\s).*", re.DOTALL)
_NAME_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['\u2019.-])*")


def addresses(header: str) -> tuple[str, ...]:
    """Return the first plain addresses of a header, folded, each once."""
    found = (match[0] for match in islice(_ADDRESS.finditer(header[:MAX_HEADER]), MAX_ADDRESSES))
    return tuple(dict.fromkeys(fold_address(address) for address in found))


def fold_address(address: str) -> str:
    """Return the mailbox that an address means: without case, "+tag" and, at Gmail, dots."""
    local, _, domain = address.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in {"gmail.com", "googlemail.com"}:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def person_in(header: str, company: str = "") -> Person | None:
    """Return who wrote, if it is a human being whom an answer reaches; never a team, a company or a machine."""
    header = header[:MAX_HEADER]
    address = first_address(header)
    if not address or is_no_reply(address):
        return None
    local = [part for part in re.split(r"[._+\d-]+", address.partition("@")[0].lower()) if part]
    if any(part in _NOBODY for part in local):
        return None
    name = _personal_name(name_and_address(header[:1000])[0])
    if name and not _is_company(name, company, address) and (" " in name or _starts(local, name)):
        return Person(name, address)
    spoken = len(local) == 2 and all(len(part) > 1 and part.isalpha() for part in local)
    return Person("", address) if spoken and not name else None


def _personal_name(display: str) -> str:
    """Return "Imani Reyes" for "Reyes, Imani" and "Imani Reyes | Oakwell"; "" for what is no name of a person."""
    text = " ".join("".join(char if char.isprintable() else " " for char in display).split())[: 2 * MAX_NAME]
    text = _TITLES.sub("", _NAME_END.sub("", text).strip(" '\""))
    last, comma, first = text.partition(",")
    words = (f"{first} {last}" if comma else text).split()
    if not 1 <= len(words) <= 4 or not all(_NAME_WORD.fullmatch(word) for word in words):
        return ""
    name = " ".join(words)
    return "" if len(name) > MAX_NAME or any(word.lower().strip(".") in _NOBODY for word in words) else name


def _is_company(name: str, company: str, address: str) -> bool:
    squeezed = "".join(company_words(name))
    label = re.sub(r"[\W_]", "", employer_domain(address).split(".")[0])
    return not squeezed or squeezed == label or company_words(name) == company_words(company)


def _starts(local: list[str], name: str) -> bool:
    return bool(local) and local[0].startswith(name.lower())


class OwnAddresses:
    """Finds the reader's own addresses in the job mail: who it is for, and who sent what lies in the folder of sent mail.

    Letters for one address count before those for several. The address that more than half of them are for is the
    reader's. A further one is if at least MIN_SHARE of them, three at least, are for it alone and none came from it.
    """

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()
        self._for: Counter[str] = Counter()
        self._alone: Counter[str] = Counter()
        self._writers: set[str] = set()
        self._letters = 0

    def see(self, sender: str, to: tuple[str, ...], labels: Iterable[str], *, is_job: bool) -> None:
        """Take in one message; all addresses are folded ones."""
        if is_sent(labels):
            self._sent.update([sender] if sender else [])
        elif is_job and to:
            self._letters += 1
            self._for.update(to)
            self._alone.update(to if len(to) == 1 else ())
            self._writers.update([sender] if sender else [])

    def found(self) -> frozenset[str]:
        """Return the reader's addresses as far as the messages seen show them."""
        counted = self._alone or self._for
        letters = sum(self._alone.values()) or self._letters
        often = [address for address, count in counted.most_common(2) if 2 * count > letters]
        often = often if len(often) == 1 else []  # two who get all mail together cannot be told apart
        further = [
            address
            for address, count in self._alone.items()
            if count >= max(3, MIN_SHARE * self._letters) and address not in self._writers
        ]
        sent = sum(self._sent.values())
        senders = [address for address, count in self._sent.items() if 10 * count >= sent]
        return frozenset((*often, *further, *senders))


def is_sent(labels: Iterable[str]) -> bool:
    """Return whether a message lies in a folder of what the reader sent."""
    return any(re.split(r"[/\\.]", label[-200:].casefold())[-1].strip() in _SENT for label in labels)
