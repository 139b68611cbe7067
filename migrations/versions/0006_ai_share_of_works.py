"""how much of a finished work the model wrote, kept with it"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('work') as table:
        table.add_column(sa.Column('ai_share', sa.Float(), nullable=True))
        table.add_column(sa.Column('words', sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('work') as table:
        table.drop_column('words')
        table.drop_column('ai_share')
