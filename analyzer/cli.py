"""The commands: each declares its options, makes one call into the library and one into `present`.

One boundary (`Commands.invoke`) turns an AnalyzerError into a line on stderr and exit code 1.
"""

from __future__ import annotations

import gc
import os
import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from analyzer.errors import AnalyzerError

if TYPE_CHECKING:
    from rich.console import Console

    from analyzer.pipeline import Analyzer, Verdict
    from analyzer.reasons import Stage
    from analyzer.records import Analysis, Letter


class Commands(TyperGroup):
    """All commands behind one error boundary."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  click's own signature
        """Run a command; a failure that the user can mend is one line."""
        try:
            return super().invoke(ctx)
        except AnalyzerError as error:
            _complain(error)
            raise typer.Exit(1) from None
        except BrokenPipeError:  # the reader of the pipe has gone, as with `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Commands,
    name="analyzer",
    help="Reads a job rejection letter: which reason it points to, what to do and when, and a thank-you email to send.\n\n"
    "Without a command: paste a letter, and end with Ctrl-D or a line with only a full stop. "
    "Everything stays on this machine.",
    no_args_is_help=False,
    rich_markup_mode=None,  # drawing help with rich would triple the time until it is on the screen
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
model_app = typer.Typer(
    help="Which models there are, what each is good for, and which one is used.", no_args_is_help=True
)
app.add_typer(model_app, name="model")


class ReaderStage(StrEnum):
    """What the reader can tell about how far it went."""

    INTERVIEW = "interview"
    FINAL = "final"


Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs instead of text.")]
ModelName = Annotated[
    str | None,
    typer.Option(
        "--model", help="A model's name, its folder, or `default`.", envvar="ANALYZER_MODEL", show_default=False
    ),
]
ProfileFile = Annotated[
    Path | None, typer.Option("--profile", help="Another profile than your own (a TOML file).", show_default=False)
]
StageTold = Annotated[
    ReaderStage | None,
    typer.Option("--stage", help="How far you got, where the letter does not say.", show_default=False),
]
Arrived = Annotated[
    str | None,
    typer.Option(
        "--date", help="The day it arrived, as 2026-03-02. Default: the letter's own, else today.", show_default=False
    ),
]


def main() -> None:
    """Run the program."""
    app()


def _version(value: bool) -> None:  # noqa: FBT001  typer's callback signature
    if value:
        from importlib.metadata import version

        typer.echo(f"analyzer {version('analyzer')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def paste(
    ctx: typer.Context,
    *,
    json: Json = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Read a pasted or piped letter where no command is named."""
    del version
    if ctx.invoked_subcommand is None:
        analyze([Path("-")], json=json, model=os.environ.get("ANALYZER_MODEL"))


@app.command(short_help="Read one letter or several.")
def analyze(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help='Letters: .txt, .md, .eml, .html, .msg, .pdf, .docx, or "-" for standard input.', show_default=False
        ),
    ] = None,
    *,
    clipboard: Annotated[bool, typer.Option("--clipboard", help="The letter that you have just copied.")] = False,
    date: Arrived = None,
    stage: StageTold = None,
    json: Json = False,
    model: ModelName = None,
    profile: ProfileFile = None,
) -> None:
    """Read one letter or several: the reason, what to do and when, and an email.

    Examples: `analyzer analyze letter.eml`, `analyzer analyze --clipboard --stage interview`.
    """
    from analyzer.pipeline import Analyzer
    from analyzer.reasons import Stage

    asked: list[Path | None] = [*([None] if clipboard else []), *(paths or [])]
    if not asked:
        raise typer.BadParameter("name a letter, or use --clipboard", param_hint="PATHS...")
    arrived = _day(date)
    analyzer = None
    failed = False
    gc.disable()  # what the first answer imports stays; looking for garbage in it takes a tenth of the time
    for number, path in enumerate(asked):
        try:
            letter = _read(path)
            analyzer = analyzer or Analyzer.load(model=model, profile=profile, today=_today())
            told = Stage(stage.value) if stage else None
            _answer(analyzer, letter, told, arrived, json=json, title=len(asked) > 1, first=number == 0)
        except AnalyzerError as error:
            if len(asked) == 1:
                raise
            _complain(error)
            failed = True
        finally:
            gc.freeze()
            gc.enable()
    if failed:
        raise typer.Exit(1)


@app.command(short_help="Analyse exported mail into a folder.")
def batch(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Exported mail: mailboxes, archives, tables, letters, or folders of them, mixed.", show_default=False
        ),
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The folder of the results. The same folder again goes on.")
    ],
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Processes. Default: one for each core.", show_default=False),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", help="A Dask cluster, as tcp://127.0.0.1:8786.", show_default=False),
    ] = None,
    people: Annotated[
        bool, typer.Option("--people", help="Each top-level folder, or the column `person`, is one person's mail.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave rows that another model, policy or profile made as they are.")
    ] = False,
    column: Annotated[
        str | None, typer.Option("--column", help="The column of a table that holds the letters.", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="Only mail from this day on, as 2026-03-02.", show_default=False)
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Only mail up to this day.", show_default=False)] = None,
    folder: Annotated[
        str,
        typer.Option(
            "--folder", "--label", help="Only mail in such a folder or with such a label.", show_default=False
        ),
    ] = "",
    sender: Annotated[
        str, typer.Option("--from", help="Only mail whose sender holds these words.", show_default=False)
    ] = "",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many messages, to try it.", show_default=False)
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be read; analyse and write nothing.")
    ] = False,
    model: ModelName = None,
    profile: ProfileFile = None,
    json: Json = False,
) -> None:
    """Analyse exported mail: a line for each message in results.jsonl and results.csv, a report, drafts and reminders.

    A run can be stopped at any moment (Ctrl-C ends it with exit code 130); the same command again goes on. Later mail
    into the same folder is added to what is there, each message once.

    Example: `analyzer batch takeout.zip old-mail/ -o answers`.
    """
    from analyzer.batch import Options, count_batch, run_batch, stoppable
    from analyzer.present import json_line

    options = Options(
        today=_today(),
        model=model,
        profile=profile,
        jobs=jobs,
        scheduler=scheduler,
        people=people,
        keep=keep,
        column=column,
        since=_day(since),
        until=_day(until),
        folder=folder,
        sender=sender,
        limit=limit,
    )
    try:
        with stoppable():
            if dry_run:
                found = count_batch(paths, output, options)
                typer.echo(json_line(found.as_dict()) if json else found.in_words())
                return
            total = run_batch(paths, output, options, say=lambda line: typer.echo(line, err=True))
    except KeyboardInterrupt:
        typer.echo("Stopped. What is done is kept; the same command again goes on from there.", err=True)
        raise typer.Exit(_STOPPED) from None
    typer.echo(json_line(total.as_dict()) if json else total.in_words(output))


_STOPPED = 130
"""What a shell expects of a command that Ctrl-C has ended."""


@app.command("next", short_help="What to do this week, why, and the text to send.")
def next_(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="The output folder of a run. Default: that of the last run, else this folder.",
            show_default=False,
        ),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that comes later, too.")] = False,
    ics: Annotated[bool, typer.Option("--ics", help="Print a calendar instead, to be imported.")] = False,
    json: Json = False,
) -> None:
    """Say what to do this week, why, and give the text to send.

    Which folder the last run used is noted in `last_output`, a private file in the program's state folder
    (~/.local/state/analyzer on Linux). Example: `analyzer next answers --ics > reminders.ics`.
    """
    from analyzer.agenda import agenda_rows, print_agendas, read_agendas
    from analyzer.present import console, json_line
    from analyzer.reminders import calendar

    today = _today()
    agendas = read_agendas(folder, today=today)
    if ics:
        entries = [(task, agenda.folder) for agenda in agendas for task in agenda.tasks]
        typer.echo(calendar(entries, today=today), nl=False)
    elif json:
        for row in agenda_rows(agendas, every=every):
            typer.echo(json_line(row))
    else:
        print_agendas(agendas, console(), every=every)


@app.command(short_help="Make the page about a folder's results again.")
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The output folder of a run.", show_default=False)],
    *,
    anonymous: Annotated[
        bool,
        typer.Option(
            "--anonymous", help="A page to show: without names and texts, dates by month (report-anonymous.html)."
        ),
    ] = False,
    people: Annotated[
        bool, typer.Option("--people", help="One page with a line for each client (people.html).")
    ] = False,
    json: Json = False,
) -> None:
    """Make report.html again from a folder's results, as of today.

    Example: `analyzer report answers --anonymous`.
    """
    from analyzer.present import json_line
    from analyzer.report import remake

    if anonymous and people:
        raise typer.BadParameter("--people names no company and quotes no letter as it is; leave --anonymous out")
    page = str(remake(folder, today=_today(), anonymous=anonymous, people=people))
    typer.echo(json_line({"report": page}) if json else page)


@app.command(short_help="Train a model on your labelled letters.")
def train(
    corpus: Annotated[
        list[Path] | None, typer.Argument(help="Labelled letters: .jsonl files or folders of them.", show_default=False)
    ] = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder of the new model.")],
    only: Annotated[bool, typer.Option("--only", help="Leave the bundled corpus out.")] = False,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What results call the model. Default: the folder's name.", show_default=False),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes to train with.")] = 2,
    json: Json = False,
) -> None:
    """Train a model from labelled letters, measure it on voices it has not seen, and save it with its card.

    Example: `analyzer train my-corrections.jsonl -o ~/my-model`, then `analyzer model use ~/my-model`.
    """
    from analyzer.present import json_line
    from analyzer.train import train_model

    say = (lambda _: None) if json else (lambda line: typer.echo(line, err=True))
    report = train_model(corpus or [], output, only=only, name=name or output.name, jobs=jobs, today=_today(), say=say)
    typer.echo(json_line(report.as_dict()) if json else report.in_words())


@app.command(short_help="Score a model, or two on the same letters.")
def evaluate(
    corpus: Annotated[
        list[Path], typer.Argument(help="Labelled letters: .jsonl files or folders of them.", show_default=False)
    ],
    *,
    model: ModelName = None,
    against: Annotated[
        str | None, typer.Option("--against", help="A second model, scored on the same letters.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Score a model on labelled letters: a table for each file, then one pooled.

    Example: `analyzer evaluate my-letters.jsonl --model ~/my-model --against default`.
    """
    from analyzer.evaluate import evaluate_files
    from analyzer.model import find_model, load_model
    from analyzer.present import json_line

    models = [load_model(find_model(chosen)) for chosen in ([model, against] if against else [model])]
    for table in evaluate_files(corpus, models, today=_today()):
        typer.echo(json_line(table.as_dict()) if json else table.in_words())


@app.command(short_help="Show or change who signs the emails.")
def profile(
    *,
    name: Annotated[str | None, typer.Option(help="Your name, as you sign.", show_default=False)] = None,
    strength: Annotated[
        str | None, typer.Option(help='Half a sentence after "because": why you were right for it.', show_default=False)
    ] = None,
    why_applied: Annotated[str | None, typer.Option(help="A sentence on why you applied.", show_default=False)] = None,
    mention: Annotated[str | None, typer.Option(help="A sentence about them that is true.", show_default=False)] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Another profile than your own.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Show or change who signs the emails. An empty value (--mention "") takes a field out."""
    from analyzer.present import json_line
    from analyzer.profile import FIELDS, profile_path, read_profile, save_profile

    where = file or profile_path()
    kept = read_profile(where) if where.exists() else {}
    given = {"name": name, "strength": strength, "why_applied": why_applied, "mention": mention}
    changes = {field: value for field, value in given.items() if value is not None}
    if not changes and not json and _at_terminal():
        typer.echo("Enter keeps what stands in brackets.", err=True)
        for field, meaning in FIELDS.items():
            changes[field] = typer.prompt(f"{field} ({meaning})", default=kept.get(field, ""), err=True)
    if changes:
        kept = {field: value for field, value in {**kept, **changes}.items() if value.strip()}
        save_profile(kept, where)
    if json:
        typer.echo(json_line({"file": str(where), **{field: kept.get(field) for field in FIELDS}}))
    else:
        typer.echo(f"{where}" + ("" if kept else " (nothing in it yet)"))
        for field, value in kept.items():
            typer.echo(f"  {field}: {value}")


@app.command(short_help="Show what a letter must say for each reason.")
def reasons(*, json: Json = False) -> None:
    """Show the label scheme: the article's reasons, and what a letter must say for each."""
    from analyzer.present import console, json_line, print_reasons, reason_rows

    if json:
        for row in reason_rows():
            typer.echo(json_line(row))
    else:
        print_reasons(console())


@model_app.command("list")
def model_list(*, json: Json = False) -> None:
    """List the models that go by a name; a star marks the one in use."""
    from analyzer.model import shelf
    from analyzer.present import json_line, shelf_line

    for row in shelf(_complain):
        typer.echo(json_line(row) if json else shelf_line(row))


@model_app.command("show")
def model_show(
    name: Annotated[str, typer.Argument(help="A model's name, folder, or `default`.")] = "default",
    *,
    json: Json = False,
) -> None:
    """Show a model's card: what it is for, how it was trained, how well it does."""
    from analyzer.model import CARD, find_model, load_model
    from analyzer.present import json_line

    stored = load_model(find_model(name))
    typer.echo(json_line(stored.manifest) if json else (stored.path / CARD).read_text("utf-8"))


@model_app.command("use")
def model_use(
    name: Annotated[str, typer.Argument(help="A model's name, folder, or `default`.", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Use a model from now on; `analyzer model use default` goes back to the bundled one."""
    from analyzer.model import use_model
    from analyzer.present import json_line

    path = str(use_model(name))
    typer.echo(json_line({"used": path}) if json else f"Now in use: {path}")


def _read(path: Path | None) -> Letter:
    """Read a letter: from the clipboard where there is no path, from the keyboard where that is "-" at a terminal."""
    from analyzer.read import read_letter, read_stream
    from analyzer.read.clipboard import read_clipboard

    if path is None:
        return read_clipboard()
    if str(path) != "-" or not sys.stdin.isatty():
        return read_letter(path)
    import io

    from analyzer.terminal import read_paste

    typer.echo("Paste the letter. End with Ctrl-D, or with a line that holds only a full stop.", err=True)
    return read_stream(io.BytesIO(read_paste(sys.stdin.fileno())), "the pasted letter")


def _answer(
    analyzer: Analyzer,
    letter: Letter,
    stage: Stage | None,
    arrived: date | None,
    *,
    json: bool,
    title: bool,
    first: bool,
) -> None:
    """Print one answer: the headline at once, the rest when spaCy has been loaded."""
    from analyzer import present

    verdict = analyzer.read_verdict(letter)
    if json:
        typer.echo(present.json_line(present.to_json(analyzer.complete(verdict, stage=stage, arrived=arrived))))
        return
    out = present.console()
    if title:
        out.print(("" if first else "\n\n") + f"--- {present.printable(letter.source)} ---\n")
    present.print_headline(verdict, out)
    analysis = analyzer.complete(verdict, stage=stage, arrived=arrived)
    if not title and _at_terminal():
        analysis = _ask(analyzer, verdict, analysis, stage, arrived, out)
    present.print_rest(analysis, out)


def _ask(
    analyzer: Analyzer,
    verdict: Verdict,
    analysis: Analysis,
    stage: Stage | None,
    arrived: date | None,
    out: Console,
) -> Analysis:
    """Ask, at a terminal only, for what the letter does not say and the advice or the email needs."""
    from analyzer.pipeline import may_send
    from analyzer.profile import MAX_WORDS
    from analyzer.reasons import Stage

    if not may_send(verdict.prediction):
        return analysis
    if stage is None and analyzer.stage_matters(analysis):
        out.print()
        answer = typer.prompt(
            "The letter mentions no interview. Did you have one? [n]o / [y]es / [f]inal round",
            default="n",
            show_default=False,
            err=True,
        )
        stage = {"y": Stage.INTERVIEW, "f": Stage.FINAL}.get(answer.strip().lower()[:1])
    if "strength" not in analyzer.profile and analysis.draft is not None and "strength" in analysis.draft.missing:
        strength = typer.prompt(
            "In one line, why were you right for this? (Enter to leave it out)",
            default="",
            show_default=False,
            err=True,
        )
        while len(strength.split()) > MAX_WORDS:
            strength = typer.prompt(f"In at most {MAX_WORDS} words, please", default="", show_default=False, err=True)
        if strength.strip():
            analyzer.profile = {**analyzer.profile, "strength": strength}
    return analyzer.complete(verdict, stage=stage, arrived=arrived)


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _complain(error: AnalyzerError) -> None:
    from analyzer.present import printable

    typer.secho(f"error: {printable(str(error), limit=1000)}", err=True, fg=typer.colors.RED)


def _today() -> date:
    """Return today, or the day that ANALYZER_NOW names, for tests."""
    now = os.environ.get("ANALYZER_NOW")
    return _day(now[:10]) or date.today() if now else date.today()  # noqa: DTZ011  the reader's own day is meant


def _day(value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise typer.BadParameter(f"{value!r} is not a day; write it as 2026-03-02") from None
