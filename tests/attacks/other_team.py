"""Another team with a vetted playbook of its own: what nobody else may see."""

from __future__ import annotations

import sqlalchemy as sa

from curriculum import people
from knowledge import shelf
from knowledge.document import read
from knowledge.library_files import written_files
from tests.helpers.stage import Stage

OURS = "本团队口径：只看近九十天二三星评论，剔除赠品评价，痛点按退款金额而不是条数排序，前三名进改款会。"
FLOOR = "Our margin floor is thirty four percent, and we never bid above one dollar ten on exact match terms."


def other_teams_document(stage: Stage) -> str:
    """The library's playbook with words of that team's own in it; gives the Chinese ones."""
    path = next(path for path in written_files() if path.stem == "review-mining")
    text = path.read_text("utf-8").replace("version: 1.0.0", "version: 9.0.0")
    book = read(text)
    text = text.replace(book.clauses[0].prompt, f"{book.clauses[0].prompt}\n{OURS}\n{FLOOR}", 1)

    def put(connection: sa.Connection) -> None:
        team = people.add_team(connection, "别的团队", stage.clock())
        shelf._put(connection, team, book.id, "9.0.0", "in review", "document", text, stage.clock())

    stage.write(put)
    return OURS
