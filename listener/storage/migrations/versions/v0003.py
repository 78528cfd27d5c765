"""What the program says by itself of mentions that a person corrected; views that tell who said what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

VIEWS = {
    "v_mentions": """
        SELECT m.id AS mention_id, m.at, m.seen_at, m.brand, s.name AS source, s.category, m.story_id, m.first_of_story,
            CAST(m.compound_e4 AS DOUBLE PRECISION) / 10000 AS compound, m.label,
            CAST(m.complaint_e4 AS DOUBLE PRECISION) / 10000 AS complaint,
            CAST(m.relevance_e4 AS DOUBLE PRECISION) / 10000 AS relevance,
            CAST(m.reach_e4 AS DOUBLE PRECISION) / 10000 AS reach,
            m.kind, m.lang, m.scorer, i.title, m.excerpt, i.url, i.author, i.published_at, i.rating, i.rating_max,
            o.fields AS corrected
        FROM mentions m JOIN items i ON i.id = m.item_id JOIN sources s ON s.id = m.source_id
            LEFT JOIN overruled o ON o.mention_id = m.id
        WHERE NOT m.irrelevant
    """,
    "v_corrections": """
        SELECT c.mention_id, m.at, m.brand, s.name AS source, c.field, c.value, c.made_at, c.made_by
        FROM corrections c JOIN mentions m ON m.id = c.mention_id JOIN sources s ON s.id = m.source_id
        WHERE c.value <> 'null' AND c.id = (SELECT MAX(l.id) FROM corrections l
            WHERE l.mention_id = c.mention_id AND l.field = c.field)
    """,
}


def upgrade() -> None:
    """Make the table and the views anew."""
    op.create_table(
        "overruled",
        sa.Column(
            "mention_id", Id, sa.ForeignKey("mentions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("compound_e4", sa.BigInteger),
        sa.Column("label", sa.Text),
        sa.Column("complaint_e4", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("scorer", sa.Text, nullable=False),
        sa.Column("irrelevant", sa.Boolean, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("pains", sa.Text, nullable=False),
    )
    op.execute("DROP VIEW v_mentions")
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {' '.join(query.split())}")
