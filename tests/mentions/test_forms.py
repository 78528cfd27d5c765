"""Words of feeling in languages other than English are found in the forms that they are written in."""

from __future__ import annotations

import pytest

from listener.mentions.data import Data
from listener.mentions.forms import forms_of
from listener.mentions.model import ModelScorer
from listener.mentions.understand import SceneReader, UnderstandSettings


@pytest.fixture(scope="module")
def reader(data: Data) -> SceneReader:
    return SceneReader(UnderstandSettings(), data.resources)


@pytest.fixture(scope="module")
def scorer(data: Data) -> ModelScorer:
    return ModelScorer(data.weights)


def felt(reader: SceneReader, lang: str, text: str) -> float:
    return sum(feeling.value for feeling in reader.read(text, lang).feelings)


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "Quelle soirée, un vrai moment d'amour"),
        ("it", "Il tecnico arrivato oggi è un'eccellenza, l'eroe del giorno"),
        ("pt", "Atendimento otimo e rapido"),
        ("es", "Servicio increible"),
        ("ar", "يا للروعة والجمال"),
        ("de", "Der Laden ist wunderschön"),
        ("hi", "bahut badhiya service"),
    ],
)
def test_a_word_is_found_with_what_is_written_to_it_and_without_its_accents(
    reader: SceneReader, lang: str, text: str
) -> None:
    assert felt(reader, lang, text) > 0


@pytest.mark.parametrize(
    ("lang", "said", "denied"),
    [
        ("fr", "J'aime cette banque", "Je n'aime cette banque"),
        ("fr", "On aime", "On aime pas"),
        ("es", "Me gusta", "No me gusta"),
        ("de", "Das ist gut", "Das ist nicht gut"),
        ("pt", "É bom", "Não é bom"),
        ("it", "È bello", "Non è bello"),
    ],
)
def test_what_is_denied_turns(reader: SceneReader, lang: str, said: str, denied: str) -> None:
    assert felt(reader, lang, said) > 0 > felt(reader, lang, denied)


def test_the_portuguese_for_in_the_denies_nothing(reader: SceneReader) -> None:
    assert felt(reader, "pt", "no melhor lugar") == felt(reader, "pt", "melhor lugar")


def test_of_phrases_on_the_same_words_one_counts(reader: SceneReader) -> None:
    assert felt(reader, "fr", "trop cher") == -2.0
    assert felt(reader, "es", "horroroso") == -3.0


def test_a_form_tells_whether_it_denies() -> None:
    assert ("n'aime", True) in forms_of("fr", "aime")
    assert ("l'eroe", False) in forms_of("it", "eroe")
    assert list(forms_of("de", "gut")) == [("gut", False)]
    assert [form for form, _ in forms_of("pt", "má")] == ["má"]


REPORTS = {
    "fr": """La société a ouvert un bureau à Lyon en mars. Elle y emploie douze personnes, dont quatre ingénieurs. Le
    siège reste à Paris, rue de Rennes. Une deuxième agence doit ouvrir à Nantes en septembre, selon le communiqué.""",
    "es": """La empresa abrió una oficina en Sevilla en marzo. Trabajan allí doce personas, entre ellas cuatro
    ingenieros. La sede sigue en Madrid, y en septiembre se abrirá otra oficina en Bilbao, según el comunicado.""",
    "it": """La società ha aperto una sede a Torino a marzo. Vi lavorano dodici persone, tra cui quattro ingegneri. La
    direzione resta a Milano, e a settembre si aprirà un secondo ufficio a Bari, secondo il comunicato di lunedì.""",
    "pt": """A empresa abriu um escritório no Porto em março. Trabalham lá doze pessoas, entre elas quatro engenheiros.
    A sede continua em Lisboa, e em setembro abre outro escritório em Braga, segundo o comunicado de segunda.""",
    "de": """Die Firma hat im März ein Büro in Leipzig eröffnet. Dort arbeiten zwölf Personen, darunter vier Ingenieure.
    Der Sitz bleibt in Hamburg, und im September folgt ein weiteres Büro in Köln, wie aus der Mitteilung hervorgeht.""",
}


@pytest.mark.parametrize("lang", REPORTS)
def test_an_article_that_says_what_is_so_is_neutral(reader: SceneReader, scorer: ModelScorer, lang: str) -> None:
    assert scorer.score(reader.read(REPORTS[lang], lang)).label == "neutral"


@pytest.mark.parametrize(
    ("lang", "text", "label"),
    [
        ("fr", "Une arnaque, service client injoignable et colis jamais reçu. À fuir !", "negative"),
        ("es", "Pésimo servicio, una estafa. No recomiendo a nadie esta empresa.", "negative"),
        ("it", "Servizio pessimo, una truffa. Nessuno risponde e il pacco è rotto.", "negative"),
        ("pt", "Péssimo atendimento, nunca mais compro. O produto chegou quebrado.", "negative"),
        ("de", "Unverschämt und unzuverlässig, das Paket kam kaputt an. Nie wieder!", "negative"),
        ("fr", "Service excellent, livraison rapide, je recommande vivement !", "positive"),
        ("es", "Excelente atención, muy amables y rápidos. Lo recomiendo.", "positive"),
        ("it", "Ottimo servizio, personale gentilissimo. Consigliatissimo!", "positive"),
        ("pt", "Ótimo atendimento, entrega rápida, adorei!", "positive"),
        ("de", "Super Service, schnelle Lieferung, sehr zufrieden!", "positive"),
    ],
)
def test_reviews_keep_their_feeling(reader: SceneReader, scorer: ModelScorer, lang: str, text: str, label: str) -> None:
    assert scorer.score(reader.read(text, lang)).label == label
