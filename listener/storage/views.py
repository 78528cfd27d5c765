"""The views that analysts read, in SQL that SQLite and PostgreSQL both take. A public contract: docs/schema.md.

A mention that is irrelevant is in none of them but `v_corrections`, nor in the trends.
"""

from __future__ import annotations

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
    "v_pains": """
        SELECT p.mention_id, m.at, m.brand, s.name AS source, p.topic, p.severity, p.words
        FROM mention_pains p JOIN mentions m ON m.id = p.mention_id JOIN sources s ON s.id = m.source_id
        WHERE NOT m.irrelevant
    """,
    "v_corrections": """
        SELECT c.mention_id, m.at, m.brand, s.name AS source, c.field, c.value, c.made_at, c.made_by
        FROM corrections c JOIN mentions m ON m.id = c.mention_id JOIN sources s ON s.id = m.source_id
        WHERE c.value <> 'null' AND c.id = (SELECT MAX(l.id) FROM corrections l
            WHERE l.mention_id = c.mention_id AND l.field = c.field)
    """,
    "v_trends": """
        SELECT t.bucket, t.brand, s.name AS source, s.category, t.mentions, t.stories, t.scored, t.unscored,
            CASE WHEN t.scored > 0 THEN CAST(t.compound_e4_sum AS DOUBLE PRECISION) / 10000 / t.scored END
                AS mean_compound,
            t.positive, t.neutral, t.negative, t.complaints, CAST(t.reach_e4_sum AS DOUBLE PRECISION) / 10000 AS reach
        FROM trends t JOIN sources s ON s.id = t.source_id
    """,
    "v_trends_daily": """
        SELECT substr(t.bucket, 1, 10) AS day, t.brand, SUM(t.mentions) AS mentions, SUM(t.stories) AS stories,
            SUM(t.scored) AS scored, SUM(t.unscored) AS unscored,
            CASE WHEN SUM(t.scored) > 0
                THEN CAST(SUM(t.compound_e4_sum) AS DOUBLE PRECISION) / 10000 / SUM(t.scored) END AS mean_compound,
            SUM(t.positive) AS positive, SUM(t.neutral) AS neutral, SUM(t.negative) AS negative,
            SUM(t.complaints) AS complaints, CAST(SUM(t.reach_e4_sum) AS DOUBLE PRECISION) / 10000 AS reach
        FROM trends t GROUP BY substr(t.bucket, 1, 10), t.brand
    """,
    "v_pains_daily": """
        SELECT substr(p.bucket, 1, 10) AS day, p.brand, p.topic, SUM(p.mentions) AS mentions,
            CAST(SUM(p.severity_sum) AS DOUBLE PRECISION) / SUM(p.mentions) AS mean_severity
        FROM trend_pains p GROUP BY substr(p.bucket, 1, 10), p.brand, p.topic
    """,
    "v_coverage_daily": """
        SELECT substr(c.bucket, 1, 10) AS day, s.name AS source, SUM(c.ok) AS ok, SUM(c.failed) AS failed,
            SUM(c.items) AS items
        FROM coverage c JOIN sources s ON s.id = c.source_id GROUP BY substr(c.bucket, 1, 10), s.name
    """,
    "v_deliveries": """
        SELECT d.id AS delivery_id, a.created_at, a.rule, a.brand, a.source, a.title, a.url, d.channel, d.status,
            d.attempts, d.due_at, d.sent_at, d.last_error
        FROM deliveries d JOIN alerts a ON a.id = d.alert_id
    """,
    "v_prices": """
        SELECT p.id AS price_id, p.brand, s.name AS source, p.plan, p.period, p.unit, p.currency,
            CAST(p.price AS DOUBLE PRECISION) AS price, p.first_seen, p.last_seen
        FROM prices p JOIN sources s ON s.id = p.source_id
    """,
    "v_changes": """
        SELECT c.id AS change_id, c.brand, s.name AS source, c.url, c.kind, c.subject, c.before, c.after, c.percent,
            c.first_seen, c.confirmed_at, c.status
        FROM changes c JOIN sources s ON s.id = c.source_id
    """,
    "v_changes_daily": """
        SELECT substr(c.first_seen, 1, 10) AS day, c.brand, s.name AS source, c.kind, COUNT(*) AS changes,
            AVG(c.percent) AS mean_percent
        FROM changes c JOIN sources s ON s.id = c.source_id WHERE c.status = 'confirmed'
        GROUP BY substr(c.first_seen, 1, 10), c.brand, s.name, c.kind
    """,
}


def create_view(name: str) -> str:
    """Return the statement that makes one view."""
    return f"CREATE VIEW {name} AS {' '.join(VIEWS[name].split())}"
