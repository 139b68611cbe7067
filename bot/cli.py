"""The command `zhiran`: each command loads only what it needs, so that the first prompt comes quickly."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="知然 Zhiran: the coach in a messenger.",
)
playbooks = typer.Typer(no_args_is_help=True, help="Write, check and preview playbooks.")
app.add_typer(playbooks, name="playbooks")

lessons = typer.Typer(no_args_is_help=True, help="Lessons and courses.")
app.add_typer(lessons, name="lessons")

evaluate = typer.Typer(no_args_is_help=True, help="Measure the parts on files.")
app.add_typer(evaluate, name="eval")

team = typer.Typer(no_args_is_help=True, help="Teams of this installation.")
app.add_typer(team, name="team")

ruler = typer.Typer(no_args_is_help=True, help="Lay the trade's rulers on a text.")
app.add_typer(ruler, name="ruler")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@playbooks.command("check")
def check(
    path: Annotated[Path | None, typer.Argument(help="A playbook, or a folder of them; default: the library.")] = None,
    json: Json = False,
) -> None:
    """Lint playbooks; exit 1 when one has an error."""
    from bot.commands.playbooks import check_playbooks

    raise typer.Exit(check_playbooks(path, as_json=json))


@lessons.command("check")
def lessons_check(
    path: Annotated[Path | None, typer.Argument(help="A lesson, or a folder of them; default: those shipped.")] = None,
    json: Json = False,
) -> None:
    """Lint lessons; exit 1 when something is wrong."""
    from bot.commands.lessons import check_lessons

    raise typer.Exit(check_lessons(path, as_json=json))


@team.command("new")
def team_new(
    name: Annotated[str, typer.Argument(help="What the team is called.")],
    lead: Annotated[str, typer.Option("--lead", help="The lead's name.")],
    json: Json = False,
) -> None:
    """Make a team and its lead; prints the link that signs them in."""
    from bot.commands.team import new_team

    raise typer.Exit(new_team(name, lead, as_json=json))


@playbooks.command("new")
def new(
    playbook_id: Annotated[str, typer.Argument(metavar="ID", help="A short name such as gift-box-copy.")],
    folder: Annotated[Path, typer.Option("--in", help="Where the file is written.")] = Path("."),
) -> None:
    """Begin a playbook: a skeleton that lints except for what must be written."""
    from bot.commands.playbooks import new_playbook

    raise typer.Exit(new_playbook(playbook_id, folder))


@playbooks.command("preview")
def preview(
    which: Annotated[str, typer.Argument(metavar="ID|PATH", help="An id of the library, or a file.")],
    json: Json = False,
) -> None:
    """Show the assembled prompt, its length, and how each door will show it."""
    from bot.commands.playbooks import preview_playbook

    raise typer.Exit(preview_playbook(which, as_json=json))


@playbooks.command("ablate")
def ablate(
    playbook_id: Annotated[str, typer.Argument(metavar="ID", help="A playbook of the team's shelf.")],
    repeats: Annotated[int, typer.Option("--repeats", min=1, max=100, help="Outputs of each kind.")] = 8,
    team: Annotated[str, typer.Option("--team", help="The team's name, where there are several.")] = "",
    cap: Annotated[str, typer.Option("--cap", help="Spend at most this; default: what the owner may today.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would cost.")] = False,
    json: Json = False,
) -> None:
    """Which clause earns its place: run the playbook with and without each; goes on where it was broken off."""
    from bot.commands.ablation import ablate as run

    raise typer.Exit(run(playbook_id, repeats, team, cap, dry_run=dry_run, as_json=json))


@ruler.command("check")
def ruler_check(
    ruler_id: Annotated[str, typer.Argument(metavar="RULER", help="Which ruler; see `zhiran ruler list`.")],
    file: Annotated[str, typer.Argument(help="A text file, or - for standard input.")],
    option: Annotated[
        list[str] | None, typer.Option("--option", help="key=value, such as title_max_chars=75; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """Check a text; exit 1 when it does not pass."""
    from bot.commands.rulers import check_file

    raise typer.Exit(check_file(ruler_id, file, option or [], as_json=json))


@ruler.command("list")
def ruler_list(json: Json = False) -> None:
    """The rulers: what each checks, its options, facts and playbooks."""
    from bot.commands.rulers import list_rulers

    raise typer.Exit(list_rulers(as_json=json))


@app.command()
def chat(
    account: Annotated[
        str, typer.Option("--as", help="Which terminal account speaks; the default is the demo trainee.")
    ] = "local",
) -> None:
    """Coach yourself in the terminal."""
    from bot.commands.chat import run_chat

    raise typer.Exit(run_chat(account))


@app.command()
def serve() -> None:
    """Serve the web chat, and Telegram where a token is set."""
    from bot.commands.serve import serve as run

    raise typer.Exit(run())


@app.command()
def demo() -> None:
    """Try everything on this machine with a made-up team; prints its addresses."""
    from bot.commands.serve import demo as run

    raise typer.Exit(run())


@app.command()
def ask(text: Annotated[str, typer.Argument(help="The question, in free words.")], json: Json = False) -> None:
    """Find the playbook for a question, as the chat would."""
    from bot.commands.ask import ask as run

    raise typer.Exit(run(text, as_json=json))


@evaluate.command("ask")
def evaluate_ask(
    file: Annotated[Path, typer.Argument(help="Tab-separated: query, gold_ids, kind.")], json: Json = False
) -> None:
    """Measure asking on a file of questions with their right playbooks."""
    from bot.commands.ask import evaluate_file

    raise typer.Exit(evaluate_file(file, as_json=json))


@evaluate.command("grader")
def evaluate_grader(
    file: Annotated[Path, typer.Argument(help="Answers with marks, a header first; the columns stand above.")],
    json: Json = False,
) -> None:
    """Measure how the grader of free writing agrees with people's marks.

    FILE is tab-separated with a header (comma-separated works too). Columns, each by any usual name:

    answer (student_answer, response) · mark (score, label, grade): a number, or correct, partially_correct, incorrect ·
    max_score: full marks; else the smallest of 1, 5, 10, 100 that holds every score (a column "mark" counts to 100)

    What to look for: question (prompt) with reference (reference_answer, rubric), or with criteria parted by |; or item,
    an id of the library

    score2 (rater2): a second person's mark, for human against human · suggested (predicted): a mark made before, so that
    no model is needed

    Empty answers are left out and counted. Without a model only the gates are measured, and the output says so.
    """
    from bot.commands.grader import evaluate_grader as run

    raise typer.Exit(run(file, as_json=json))


@app.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="Where copies are kept.")] = Path("backups"),
    keep: Annotated[int, typer.Option(min=1, help="How many of the newest copies stay.")] = 14,
) -> None:
    """Copy the database whole, while the program runs."""
    from bot.commands.backup import backup as run

    raise typer.Exit(run(folder, keep))


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A copy that `zhiran backup` made.")]) -> None:
    """Put a copy in the database's place; the program must be stopped."""
    from bot.commands.backup import restore as run

    raise typer.Exit(run(file))


@app.command()
def doctor() -> None:
    """Check the settings and the parts; exit 2 and one line for what is wrong."""
    from bot.commands.doctor import examine

    raise typer.Exit(examine())


@app.command()
def standin(
    script: Annotated[Path | None, typer.Option(help="A YAML list of acts: text, status, drips, garbage …")] = None,
    obedient: Annotated[bool, typer.Option("--obedient", help="Do whatever a text says, for trying attacks.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 0,
) -> None:
    """Serve a stand-in for a model on the loopback; prints the settings that lead to it."""
    from bot.commands.standin import serve

    raise typer.Exit(serve(script, obedient=obedient, port=port))
