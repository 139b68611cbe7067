"""Alembic's entry: it runs on the connection it is handed, in that connection's transaction."""

from alembic import context

from foundation.database import Moment
from migrations.tables import all_tables


def _render(kind, value, _context):  # type: ignore[no-untyped-def]
    return "Moment()" if kind == "type" and isinstance(value, Moment) else False


context.configure(
    render_item=_render,
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    compare_type=True,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
