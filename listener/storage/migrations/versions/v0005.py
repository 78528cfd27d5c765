"""What the program says by itself of the language, the reach and the story of mentions that a person corrected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision = "v0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

FILL = """
    UPDATE overruled SET
        lang = (SELECT m.lang FROM mentions m WHERE m.id = overruled.mention_id),
        reach_e4 = (SELECT m.reach_e4 FROM mentions m WHERE m.id = overruled.mention_id),
        story_id = (SELECT m.story_id FROM mentions m WHERE m.id = overruled.mention_id)
"""


def upgrade() -> None:
    """Add the columns, and fill them: nobody could correct these until now."""
    op.add_column("overruled", sa.Column("lang", sa.Text))
    op.add_column("overruled", sa.Column("reach_e4", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("overruled", sa.Column("story_id", Id))
    op.create_index("overruled_story", "overruled", ["story_id"])
    op.execute(FILL)
