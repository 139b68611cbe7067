"""The entry point of `zhiran`: the newcomer's first door opens without the command framework, which costs a part of its start."""

from __future__ import annotations

import gc
import os
import sys

from foundation.errors import BadSetting


def main() -> None:
    """Run the command; a wrong setting is one line and exit code 2."""
    # One thread for linear algebra: more of them only wait for each other on the small matrices of a shelf.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        if sys.argv[1:] == ["chat"]:
            gc.disable()  # nothing of what is imported is garbage: looking for it costs a tenth of the start
            from bot.commands.chat import run_chat

            gc.enable()
            sys.exit(run_chat())
        from bot.cli import app

        app()
    except BadSetting as error:
        print(f"zhiran: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
