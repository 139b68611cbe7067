"""`zhiran chat`: coach yourself in the terminal."""

from __future__ import annotations

import asyncio
import sys

from bot.doors.terminal import LOCAL, TerminalDoor, chat, read_from_keyboard
from bot.wiring import House, build_house
from foundation import logs
from foundation import settings as settings_module
from migrations.upgrade import bring_up


def open_house() -> House:
    """The house on an up-to-date database, with the demo team where there is no team yet."""
    settings = settings_module.load()
    house = build_house(settings)
    bring_up(house.database)
    return house


def run_chat(account: str = LOCAL, *, interactive: bool | None = None) -> int:
    house = open_house()
    # Faults go to a file: the terminal belongs to the conversation.
    house.settings.data_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    logs.set_up(house.settings.secrets, file=house.settings.data_folder / "chat.log")
    house.database.write_now(lambda c: seed_if_empty(c, house))
    language = house.settings.language
    tty = sys.stdin.isatty() if interactive is None else interactive
    if tty:
        import readline  # noqa: F401  (line editing and history while typing)
    print(house.phrases.say("terminal.greeting", language))
    door = TerminalDoor(folder=house.settings.data_folder / "files")
    asyncio.run(
        chat(
            house.turns,
            door,
            account,
            prompt=house.phrases.say("terminal.prompt", language),
            read_line=read_from_keyboard,
            unkept=house.phrases.say("terminal.unkept", language),
        )
    )
    print("\n" + house.phrases.say("terminal.left", language))
    house.database.close()
    return 0


def seed_if_empty(connection, house: House):  # type: ignore[no-untyped-def]
    """The demo team where nobody has made one; quick when it stands already."""
    import sqlalchemy as sa

    from curriculum.tables import team

    if connection.execute(sa.select(team.c.id).limit(1)).scalar() is None:
        from bot.seed import seed_demo

        seed_demo(connection, house.now())
