"""From the settings file to the settings of understanding."""

from __future__ import annotations

from listener.config.settings import Settings
from listener.mentions.understand import UnderstandSettings


def understand_settings(settings: Settings) -> UnderstandSettings:
    """Return what [understand] and [pains.*] say, as the understanding of mentions takes it."""
    section = settings.understand
    return UnderstandSettings(
        languages=section.languages,
        scorer=section.scorer,
        lexicon=section.lexicon,
        topics=settings.pains,
        only_own_topics=section.only_own_pains,
        relevance_at_least=section.relevance_at_least,
    )
