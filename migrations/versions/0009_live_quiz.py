"""live quiz

The questions a group answers together, and who chose what; kept apart from the answers that measure a person.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from foundation.database import Moment

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('live_quiz',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('team_id', sa.String(length=32), nullable=False),
    sa.Column('questions', sa.JSON(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('is_shown', sa.Boolean(), nullable=False),
    sa.Column('started_by', sa.String(length=32), nullable=False),
    sa.Column('started_at', Moment(), nullable=False),
    sa.Column('ended_at', Moment(), nullable=True),
    sa.ForeignKeyConstraint(['team_id'], ['team.id'], name=op.f('fk_live_quiz_team_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_live_quiz'))
    )
    with op.batch_alter_table('live_quiz', schema=None) as batch_op:
        batch_op.create_index(op.f('ix_live_quiz_team_id'), ['team_id'], unique=False)
    op.create_table('live_answer',
    sa.Column('quiz_id', sa.String(length=32), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('choice', sa.Integer(), nullable=False),
    sa.Column('at', Moment(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_live_answer_person_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['quiz_id'], ['live_quiz.id'], name=op.f('fk_live_answer_quiz_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('quiz_id', 'place', 'person_id', name=op.f('pk_live_answer'))
    )


def downgrade() -> None:
    op.drop_table('live_answer')
    op.drop_table('live_quiz')
