"""when a task was last changed, so that a change is told once, and only the last one"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Moment

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('assignment', sa.Column('moved_at', Moment(), nullable=True))


def downgrade() -> None:
    # Not as a batch: on SQLite that makes the table anew, and with the old one the tasks in it would go.
    op.drop_column('assignment', 'moved_at')
