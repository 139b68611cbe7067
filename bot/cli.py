"""The command `zhiran`: each command loads only what it needs, so that the first prompt comes quickly."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="知然 Zhiran: the coach in a messenger.")
playbooks = typer.Typer(no_args_is_help=True, help="Write, check and preview playbooks.")
app.add_typer(playbooks, name="playbooks")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@playbooks.command("check")
def check(path: Annotated[Path | None, typer.Argument(help="A playbook, or a folder of them; default: the library.")] = None, json: Json = False) -> None:
    """Lint playbooks; exit 1 when one has an error."""
    from bot.commands.playbooks import check_playbooks

    raise typer.Exit(check_playbooks(path, as_json=json))


@app.command()
def chat(
    account: Annotated[str, typer.Option("--as", help="Which terminal account speaks; the default is the demo trainee.")] = "local",
) -> None:
    """Coach yourself in the terminal."""
    from bot.commands.chat import run_chat

    raise typer.Exit(run_chat(account))


def main() -> None:
    app()


if __name__ == "__main__":
    sys.exit(main())
