"""free writing

What a grading is about and what its writer ticked; and, for a day, what of models' answers could add up to a leak.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from foundation.database import Moment

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('grading', schema=None) as batch_op:
        batch_op.add_column(sa.Column('playbook_id', sa.String(length=32), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('version', sa.String(length=20), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('kind', sa.String(length=20), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('ticked', sa.JSON(), nullable=False, server_default='[]'))
    op.create_table('let_out',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.Column('spent', sa.Integer(), nullable=False),
    sa.Column('pieces', sa.JSON(), nullable=False),
    sa.Column('short', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_let_out_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_let_out'))
    )
    with op.batch_alter_table('let_out', schema=None) as batch_op:
        batch_op.create_index('ix_let_out_person_at', ['person_id', 'at'], unique=False)


def downgrade() -> None:
    op.drop_table('let_out')
    with op.batch_alter_table('grading', schema=None) as batch_op:
        for name in ('ticked', 'kind', 'version', 'playbook_id'):
            batch_op.drop_column(name)
