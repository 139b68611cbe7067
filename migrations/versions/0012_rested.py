"""how long a skill had rested when an answer was given, kept with the answer

So that a number about rest opens just the answers it counts. The counts by rest are made anew from the answers: what a
mentor had marked differently meanwhile had never reached them.
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

DAYS = {
    # A day number has the precision of a millisecond: rounding to it, a pause of just one day stays one.
    'sqlite': 'CAST(ROUND((julianday(at) - julianday(last)) * 86400000) AS INTEGER) / 86400000',
    'postgresql': 'FLOOR(EXTRACT(EPOCH FROM at - last) / 86400)',
}
RESTED = """
UPDATE answer SET rested = given.rested FROM (
  SELECT id, {days} AS rested FROM (
    SELECT id, at, MAX(CASE WHEN correct IS NOT NULL THEN at END) OVER (
      PARTITION BY team_id, person_id, skill ORDER BY at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS last FROM answer
  ) AS one WHERE last IS NOT NULL
) AS given WHERE given.id = answer.id
"""
COUNTED = """
INSERT INTO gap_tally (team_id, person_id, gap, answers, points)
SELECT team_id, person_id, CASE {gaps} ELSE 0 END AS gap, COUNT(*), SUM(score)
FROM answer WHERE correct IS NOT NULL AND rested IS NOT NULL GROUP BY team_id, person_id, gap
"""
GAPS = (64, 32, 16, 8, 4, 2, 1)


def upgrade() -> None:
    op.add_column('answer', sa.Column('rested', sa.Integer(), nullable=True))
    op.execute(RESTED.format(days=DAYS[op.get_bind().dialect.name]))
    op.execute('DELETE FROM gap_tally')
    op.execute(COUNTED.format(gaps=' '.join(f'WHEN rested >= {gap} THEN {gap}' for gap in GAPS)))


def downgrade() -> None:
    # Not as a batch: on SQLite that makes the table anew, and with the old one the marks of its answers would go.
    op.drop_column('answer', 'rested')
