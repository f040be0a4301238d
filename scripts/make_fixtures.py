"""Make the mailboxes, tables and documents in tests/fixtures again, with the programs that people use.

Usage: python scripts/make_fixtures.py [--pst FOLDER]

Needs Debian's neomutt, mutt, mblaze, getmail6, libreoffice-calc and pandoc. Everything is made of the letters in
tests/fixtures/letters.jsonl, so that a test can compare what is read with what went in. With --pst nothing is made: the
sample .pst and .ost files of the npm package `pst-extractor` (MIT) are fetched into FOLDER; they are not committed, and
the tests look for them where ANALYZER_PST says.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import socketserver
import subprocess
import sys
import tarfile
import tempfile
import threading
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).parent.parent))
from scripts.outlook_msg import File, Mail, Person, packed_rtf, write_msg

FIXTURES = Path(__file__).parent.parent / "tests/fixtures"
LETTERS = [json.loads(line) for line in (FIXTURES / "letters.jsonl").read_text("utf-8").splitlines()]
HOST = "mail.example"
READ_CSV = "--infilter=CSV:44,34,76,1,1/2"
PST_PACKAGE = "pst-extractor@1.12.0"
PLAIN_LETTER = LETTERS[4]["body"]
PASSWORD = "a secret"  # noqa: S105  of a fixture that nobody is to open

MUTT = """
set from='{sender}'
set hostname={host}
set sendmail=/bin/true
set record={record}
set mbox_type={kind}
set copy=yes use_from=yes charset=utf-8 send_charset=us-ascii:utf-8 user_agent=no
"""
GETMAIL = """
[retriever]
type = SimplePOP3Retriever
server = 127.0.0.1
port = {port}
username = sam
password = none
[destination]
type = Mboxrd
path = {mailbox}
{user}
[options]
received = false
delivered_to = false
verbose = 0
"""


def main() -> None:
    """Make everything, or fetch the .pst files."""
    if sys.argv[1:2] == ["--pst"]:
        fetch_pst(Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["HOME"] = folder  # no settings of the person who runs this
        for name in ("mailboxes", "tables", "documents", "outlook"):
            shutil.rmtree(FIXTURES / name, ignore_errors=True)
            (FIXTURES / name).mkdir()
        make_with_mutt(work, "neomutt", "mbox", FIXTURES / "mailboxes/neomutt.mbox")
        make_with_mutt(work, "mutt", "Maildir", FIXTURES / "mailboxes/mutt")
        make_with_mblaze(FIXTURES / "mailboxes/mblaze")
        make_with_getmail(work, FIXTURES / "mailboxes/getmail.mbox")
        make_tables(work, FIXTURES / "tables")
        make_documents(work, FIXTURES / "documents")
        make_outlook(FIXTURES / "outlook")


def make_with_mutt(work: Path, program: str, kind: str, record: Path) -> None:
    """Send every letter, and keep the copies that the program saves of what it sent."""
    for letter in LETTERS:
        settings = work / "muttrc"
        sender = letter["from"].replace("'", "")
        settings.write_text(MUTT.format(sender=sender, host=HOST, record=record, kind=kind), "utf-8")
        command = [program, "-n", "-F", str(settings), "-s", letter["subject"], letter["to"]]
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        subprocess.run(command, input=letter["body"].encode(), check=True, env=environment)
    if kind == "Maildir":
        _name_plainly(record)


def make_with_mblaze(maildir: Path) -> None:
    """Let mmime write every letter and mdeliver put it into a maildir."""
    subprocess.run(["mmkdir", maildir], check=True)
    for letter in LETTERS:
        draft = "".join(f"{name}: {letter[field]}\n" for name, field in _HEADERS.items())
        draft += f"Message-ID: <mblaze-{letter['id']}@{HOST}>\n\n{letter['body']}\n"
        mail = subprocess.run(["mmime"], input=draft.encode(), capture_output=True, check=True).stdout
        subprocess.run(["mdeliver", maildir], input=mail, check=True, stdout=subprocess.DEVNULL)
    _name_plainly(maildir)


def make_with_getmail(work: Path, mailbox: Path) -> None:
    """Let getmail fetch every letter from a POP3 server of our own into an mboxrd mailbox."""
    fetched = work / "post/getmail.mbox"
    fetched.parent.mkdir()
    fetched.touch()
    user = ""
    if os.getuid() == 0:  # getmail delivers no mail as root
        user = "user = nobody"
        work.chmod(0o711)
        shutil.chown(fetched.parent, "nobody")
        shutil.chown(fetched, "nobody")
    with socketserver.TCPServer(("127.0.0.1", 0), _Pop3) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings = work / "getmailrc"
        settings.write_text(GETMAIL.format(port=server.server_address[1], mailbox=fetched, user=user))
        settings.chmod(0o600)
        subprocess.run(["getmail", "--getmaildir", work, "--rcfile", settings], check=True)
        server.shutdown()
    mailbox.write_bytes(fetched.read_bytes())


def make_tables(work: Path, folder: Path) -> None:
    """Let LibreOffice turn one table into a workbook, and that into CSV files as it writes them in two countries."""
    table = work / "letters.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["id", "from", "to", "date", "subject", "body"])
        writer.writeheader()
        writer.writerows(LETTERS)
    _office(work, table, folder, "xlsx:Calc MS Excel 2007 XML", READ_CSV)
    workbook = folder / "letters.xlsx"
    _office(work, workbook, folder, "csv:Text - txt - csv (StarCalc):44,34,76,1")
    (folder / "letters.csv").rename(folder / "utf-8-comma.csv")
    _office(work, workbook, folder, "csv:Text - txt - csv (StarCalc):59,34,1,1")
    (folder / "letters.csv").rename(folder / "windows-semicolon.csv")
    _office(work, workbook, folder, "csv:Text - txt - csv (StarCalc):9,34,65535,1")
    (folder / "letters.csv").rename(folder / "utf-16-tab.tsv")


def make_documents(work: Path, folder: Path) -> None:
    """Let LibreOffice print one letter as a PDF, and again behind a password; let pandoc write a Word document."""
    lines = [[line] for line in PLAIN_LETTER.splitlines()]
    for name in ("letter", "locked"):
        with (work / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    setting = {
        "EncryptFile": {"type": "boolean", "value": "true"},
        "DocumentOpenPassword": {"type": "string", "value": PASSWORD},
    }
    _office(work, work / "letter.csv", folder, "pdf:calc_pdf_Export", READ_CSV)
    _office(work, work / "locked.csv", folder, f"pdf:calc_pdf_Export:{json.dumps(setting)}", READ_CSV)
    word = ["pandoc", "--from", "markdown+hard_line_breaks", "--output", folder / "letter.docx"]
    subprocess.run(word, input=PLAIN_LETTER.encode(), check=True)


def make_outlook(folder: Path) -> None:
    """Write letters as .msg files, each with its text in another of the forms that Outlook has for it."""
    sam = Person("Sam Roe", "sam@home.example")
    copy = Person("Hiring", "hiring@quayside-museum.example", kind=2)
    within = Person("Priya Nair", "priya@quayside-museum.example", "/O=QUAYSIDE/OU=EXCHANGE/CN=RECIPIENTS/CN=PRIYA")
    sent = datetime(2026, 3, 5, 9, 14, tzinfo=UTC)
    body = PLAIN_LETTER.replace("\n", "\r\n")
    page = "".join(f"<p>{line}</p>" for line in PLAIN_LETTER.splitlines() if line)
    tagged = "".join(rf"{{\*\htmltag64 <p>}}{line}{{\*\htmltag72 </p>}}" for line in PLAIN_LETTER.splitlines() if line)
    rtf = rb"{\rtf1\ansi\ansicpg1252\fromhtml1 " + tagged.encode("cp1252") + b"}"
    subject = LETTERS[4]["subject"]
    answer = {"message_id": "<msg-5@mail.example>", "in_reply_to": "<msg-4@mail.example>", "sent": sent}
    mail = Mail(subject, within, [sam, copy], body, **answer)
    write_msg(folder / "plain.msg", mail)
    write_msg(folder / "html.msg", Mail(subject, within, [sam, copy], html=page.encode(), **answer))
    write_msg(folder / "rtf.msg", Mail(subject, within, [sam, copy], rtf=packed_rtf(rtf), **answer))
    headers = _internet_headers(LETTERS[1])
    german = Person("Jörg Müller", "bewerbung@gruen-und-soehne.example")
    old = Mail(LETTERS[1]["subject"], german, [sam], LETTERS[1]["body"], headers=headers, code_page=1252)
    write_msg(folder / "windows-1252.msg", old)
    write_msg(folder / "forwarded.msg", Mail("FW: gallery assistant", sam, [sam], "", files=[File(subject, mail)]))
    attached = File("Outcome letter.pdf", (FIXTURES / "documents/letter.pdf").read_bytes(), "application/pdf")
    stub = "Dear Sam,\r\n\r\nplease see the attached letter.\r\n"
    write_msg(folder / "attached.msg", Mail("Outcome", within, [sam], stub, files=[attached]))


def fetch_pst(folder: Path) -> None:
    """Fetch the sample stores with npm, and keep nothing else of the package."""
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["npm", "pack", "--silent", PST_PACKAGE], cwd=work, check=True, stdout=subprocess.DEVNULL)
        (package,) = Path(work).glob("*.tgz")
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(package) as archive:
            for member in archive:
                if member.isfile() and member.name.endswith((".pst", ".ost")) and (file := archive.extractfile(member)):
                    (folder / Path(member.name).name).write_bytes(file.read())


_HEADERS = {"From": "from", "To": "to", "Subject": "subject"}


class _Pop3(socketserver.StreamRequestHandler):
    """As much of POP3 as getmail asks for."""

    mails: ClassVar[list[bytes]] = []

    def handle(self) -> None:
        self._say("+OK ready")
        for line in self.rfile:
            word, _, number = line.decode().strip().partition(" ")
            answer = getattr(self, f"_on_{word.lower()}", None)
            if answer is None:
                self._say("-ERR unknown")
            else:
                answer(number)
            if word.upper() == "QUIT":
                return

    def _on_user(self, _: str) -> None:
        self._say("+OK")

    _on_pass = _on_noop = _on_quit = _on_dele = _on_user

    def _on_capa(self, _: str) -> None:
        self._say("+OK", "UIDL", "USER", ".")

    def _on_stat(self, _: str) -> None:
        self._say(f"+OK {len(LETTERS)} {sum(len(_internet_mail(letter)) for letter in LETTERS)}")

    def _on_list(self, _: str) -> None:
        self._say("+OK", *(f"{n} {len(_internet_mail(letter))}" for n, letter in enumerate(LETTERS, 1)), ".")

    def _on_uidl(self, _: str) -> None:
        self._say("+OK", *(f"{n} letter-{letter['id']}" for n, letter in enumerate(LETTERS, 1)), ".")

    def _on_retr(self, number: str) -> None:
        mail = _internet_mail(LETTERS[int(number) - 1]).decode()
        self._say("+OK", *(("." if line.startswith(".") else "") + line for line in mail.splitlines()), ".")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


def _internet_mail(letter: dict[str, str]) -> bytes:
    mail = EmailMessage()
    for name, field in _HEADERS.items():
        mail[name] = letter[field]
    mail["Date"] = datetime.fromisoformat(letter["date"]).replace(hour=9, tzinfo=UTC)
    mail["Message-ID"] = f"<getmail-{letter['id']}@{HOST}>"
    mail.set_content(letter["body"], cte="8bit")
    return mail.as_bytes()


def _internet_headers(letter: dict[str, str]) -> str:
    return _internet_mail(letter).decode().partition("\n\n")[0].replace("\n", "\r\n") + "\r\n\r\n"


def _name_plainly(maildir: Path) -> None:
    """Take the names of this machine and this hour out of the names that a maildir has; its order stays."""
    files = sorted((file for place in ("cur", "new") for file in (maildir / place).iterdir()), key=_age)
    for number, file in enumerate(files, 1):
        flags = re.search(r":(2,.*)", file.name)  # not every system that checks this out can have a colon there
        file.rename(file.with_name(f"{1772409600 + number}.M{number}P1.{HOST}{'!' + flags[1] if flags else ''}"))
    for place in ("cur", "new", "tmp"):
        if not any((maildir / place).iterdir()):
            (maildir / place / ".gitkeep").touch()


def _age(file: Path) -> tuple[int, str]:
    return file.stat().st_mtime_ns, file.name


def _office(work: Path, file: Path, folder: Path, form: str, *more: str) -> None:
    profile = f"-env:UserInstallation={(work / 'office').as_uri()}"
    command = ["soffice", profile, "--headless", *more, "--convert-to", form, "--outdir", folder, file]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
