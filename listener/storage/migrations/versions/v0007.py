"""The language in which the program read a mention after a person corrected it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0007"
down_revision = "v0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column: until now a mention was only read in the language that the program told."""
    op.add_column("overruled", sa.Column("read_as", sa.Text))
