"""A view that counts the changes of pages by the day."""

from __future__ import annotations

from alembic import op

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None

VIEW = """
    SELECT substr(c.first_seen, 1, 10) AS day, c.brand, s.name AS source, c.kind, COUNT(*) AS changes,
        AVG(c.percent) AS mean_percent
    FROM changes c JOIN sources s ON s.id = c.source_id WHERE c.status = 'confirmed'
    GROUP BY substr(c.first_seen, 1, 10), c.brand, s.name, c.kind
"""


def upgrade() -> None:
    """Make the view."""
    op.execute(f"CREATE VIEW v_changes_daily AS {' '.join(VIEW.split())}")
