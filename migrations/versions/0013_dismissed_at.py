"""when somebody was last dismissed, kept when they come back: an older invitation gives them no role again"""

import sqlalchemy as sa
from alembic import op

from foundation.database import Moment

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('membership', sa.Column('dismissed_at', Moment(), nullable=True))


def downgrade() -> None:
    op.drop_column('membership', 'dismissed_at')
