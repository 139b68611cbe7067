"""how far a message of the outbox has come, kept with it

A count in the courier's memory began anew with each start, and a message whose answers got lost was said once more each time.
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('outbox') as table:
        table.add_column(sa.Column('parts', sa.Integer(), nullable=False, server_default='0'))
        table.add_column(sa.Column('unsure', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    with op.batch_alter_table('outbox') as table:
        table.drop_column('unsure')
        table.drop_column('parts')
