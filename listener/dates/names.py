"""Names in dates: months and AM/PM in many languages, time zones by abbreviation. Tables only.

Names are compared folded: case and accents away (`fold`), so tables are written without both.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from types import MappingProxyType


def fold(text: str) -> str:
    """Return `text` in one case, without accents and in compatible forms, for looking names up."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character)).replace("ı", "i")


#: Twelve months a language, spellings of one month joined by "|". Spellings follow CLDR (https://cldr.unicode.org).
_MONTHS_OF = {
    "en": "january february march april may june july august september|sept october november december",
    "fr": "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "de": "januar|janner februar|feber marz|maerz april mai juni juli august september oktober november dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart|mrt april mei juni juli augustus september oktober november december",
    "pl": "styczen|stycznia luty|lutego marzec|marca kwiecien|kwietnia maj|maja czerwiec|czerwca lipiec|lipca "
    "sierpien|sierpnia wrzesien|wrzesnia pazdziernik|pazdziernika listopad|listopada grudzien|grudnia",
    "ru": "январь|января февраль|февраля март|марта апрель|апреля маи|мая июнь|июня июль|июля август|августа "
    "сентябрь|сентября октябрь|октября ноябрь|ноября декабрь|декабря",
    "uk": "січень|січня лютии|лютого березень|березня квітень|квітня травень|травня червень|червня "
    "липень|липня серпень|серпня вересень|вересня жовтень|жовтня листопад|листопада грудень|грудня",
    "bg": "януари февруари март април маи юни юли август септември октомври ноември декември",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "fi": "tammikuu|tammikuuta helmikuu|helmikuuta maaliskuu|maaliskuuta huhtikuu|huhtikuuta toukokuu|toukokuuta "
    "kesakuu|kesakuuta heinakuu|heinakuuta elokuu|elokuuta syyskuu|syyskuuta lokakuu|lokakuuta "
    "marraskuu|marraskuuta joulukuu|joulukuuta",
    "tr": "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
    "cs": "leden|ledna unor|unora brezen|brezna duben|dubna kveten|kvetna cerven|cervna cervenec|cervence "
    "srpen|srpna zari rijen|rijna listopad|listopadu prosinec|prosince",
    "sk": "januar|januara februar|februara marec|marca april|aprila maj|maja jun|juna jul|jula august|augusta "
    "september|septembra oktober|oktobra november|novembra december|decembra",
    "hu": "januar februar marcius aprilis majus junius julius augusztus szeptember oktober november december",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "hr": "sijecanj|sijecnja veljaca|veljace ozujak|ozujka travanj|travnja svibanj|svibnja lipanj|lipnja "
    "srpanj|srpnja kolovoz|kolovoza rujan|rujna listopad|listopada studeni|studenoga prosinac|prosinca",
    "sl": "januar februar marec|marca april maj|maja junij|junija julij|julija avgust|avgusta september oktober "
    "november december",
    "el": "ιανουαριος|ιανουαριου φεβρουαριος|φεβρουαριου μαρτιος|μαρτιου απριλιος|απριλιου μαιος|μαιου "
    "ιουνιος|ιουνιου ιουλιος|ιουλιου αυγουστος|αυγουστου σεπτεμβριος|σεπτεμβριου οκτωβριος|οκτωβριου "
    "νοεμβριος|νοεμβριου δεκεμβριος|δεκεμβριου",
    "id": "januari februari maret april mei juni juli agustus september oktober november desember",
    "ca": "gener febrer marc abril maig juny juliol agost setembre octubre novembre desembre",
    "et": "jaanuar veebruar marts aprill mai juuni juuli august september oktoober november detsember",
    "lv": "janvaris|janvari februaris|februari marts aprilis maijs|maija junijs|junija julijs|julija "
    "augusts|augusta septembris oktobris novembris decembris",
    "lt": "sausis|sausio vasaris|vasario kovas|kovo balandis|balandzio geguze|geguzes birzelis|birzelio "
    "liepa|liepos rugpjutis|rugpjucio rugsejis|rugsejo spalis|spalio lapkritis|lapkricio gruodis|gruodzio",
    "ar": "يناير فبراير مارس ابريل|أبريل مايو يونيو|يونيه يوليو|يوليه اغسطس|أغسطس سبتمبر اكتوبر|أكتوبر نوفمبر ديسمبر",
    "he": "ינואר|בינואר פברואר|בפברואר מרץ|במרץ אפריל|באפריל מאי|במאי יוני|ביוני יולי|ביולי אוגוסט|באוגוסט "
    "ספטמבר|בספטמבר אוקטובר|באוקטובר נובמבר|בנובמבר דצמבר|בדצמבר",
    "th": "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม",
}

_MORNINGS = ("am", "a.m.", "上午", "午前", "오전", "πμ")
_AFTERNOONS = ("pm", "p.m.", "下午", "午後", "오후", "μμ")
#: Folded names of the halves of a day; whether it is the later.
HALF_DAYS: Mapping[str, bool] = MappingProxyType(
    {fold(name): False for name in _MORNINGS} | {fold(name): True for name in _AFTERNOONS}
)

#: Weekdays of RFC 822, Monday first: they settle whether 01/10 is in January or October.
WEEKDAYS: Mapping[str, int] = MappingProxyType(
    {
        name[:length]: number
        for number, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
        for length in (3, len(name))
    }
)

#: Hours east of Greenwich by the letters in use on the web, summer times included. Letters with several meanings have
#: the one that feeds mean: IST is India's, BST is Britain's, CST and EST are America's (tz database, RFC 2822 4.3).
_ZONE_HOURS = {
    "UT GMT UTC Z WET ZULU UCT": 0.0,
    "BST WEST CET MEZ MET WAT": 1.0,
    "CEST MESZ MEST EET SAST CAT": 2.0,
    "EEST MSK EAT TRT": 3.0,
    "IRST": 3.5,
    "MSD GST SAMT IRDT": 4.0,
    "PKT UZT YEKT": 5.0,
    "IST": 5.5,
    "NPT": 5.75,
    "BDT OMST": 6.0,
    "ICT WIB KRAT": 7.0,
    "SGT HKT PHT AWST WITA MYT IRKT": 8.0,
    "JST KST WIT YAKT": 9.0,
    "ACST": 9.5,
    "AEST VLAT": 10.0,
    "ACDT": 10.5,
    "AEDT": 11.0,
    "NZST": 12.0,
    "NZDT": 13.0,
    "NST": -3.5,
    "NDT": -2.5,
    "BRST UYST": -2.0,
    "BRT ART CLST ADT UYT": -3.0,
    "AST EDT CLT VET BOT": -4.0,
    "EST CDT COT PET": -5.0,
    "CST MDT": -6.0,
    "MST PDT": -7.0,
    "PST AKDT": -8.0,
    "AKST": -9.0,
    "HST HAST": -10.0,
}
ZONES: Mapping[str, timedelta] = MappingProxyType(
    {letters: timedelta(hours=hours) for names, hours in _ZONE_HOURS.items() for letters in names.split()}
)
#: Letters that mean something else in sources of a language.
LOCAL_ZONES: Mapping[tuple[str, str], timedelta] = MappingProxyType(
    {("zh", "CST"): timedelta(hours=8), ("he", "IST"): timedelta(hours=2), ("he", "IDT"): timedelta(hours=3)}
)
#: Letters that name a place's time, whatever the season.
PLACES: Mapping[str, str] = MappingProxyType(
    {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
)


@cache
def _months() -> tuple[dict[str, int], dict[tuple[str, str], int]]:
    """Build name → month, and (language, name) → month for names that mean different months in two languages.

    Abbreviations are prefixes of three letters or more. English has the last word; among the others a name that is
    claimed twice stands only for its language (`lip` is July in Poland and June in Croatia).
    """
    common: dict[str, int] = {}
    by_language: dict[tuple[str, str], int] = {}
    disputed: set[str] = set()
    for language, line in _MONTHS_OF.items():
        own: dict[str, int] = {}
        clashing: set[str] = set()
        for number, spellings in enumerate(line.split(), start=1):
            for name in map(fold, spellings.split("|")):
                for length in range(min(3, len(name)), len(name) + 1):
                    if own.setdefault(name[:length], number) != number and length < len(name):
                        clashing.add(name[:length])
                own[name] = number
        for name, number in own.items():
            if name in clashing:
                continue
            by_language[language, name] = number
            if common.setdefault(name, number) != number and (("en", name) not in by_language):
                disputed.add(name)
    for name in disputed:
        del common[name]
    return common, {key: number for key, number in by_language.items() if key[1] in disputed}


def month_of(name: str, lang: str | None) -> int | None:
    """Return 1 to 12 for a folded month name or its abbreviation.

    `lang` (ISO 639-1) settles names that mean different months in two languages; without it they are None.
    """
    common, disputed = _months()
    number = common.get(name)
    if number is None and lang:
        number = disputed.get((lang, name))
    return number
