"""How much an alert weighs, and who has a mail that other receivers are still to get."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0006"
down_revision = "v0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns: alerts of before weigh nothing, and stand behind those of today."""
    op.add_column("alerts", sa.Column("weight", sa.Float, nullable=False, server_default="0"))
    op.add_column("deliveries", sa.Column("delivered_to", sa.Text, nullable=False, server_default="[]"))
