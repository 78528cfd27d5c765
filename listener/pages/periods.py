"""What a price applies to and how often it is due: "/mo", "pro Nutzer und Monat", "per 1,000 calls". Pure text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec


def plain(word: str) -> str:
    """Return a word without case and accents, as the lists below spell it."""
    word = word.casefold()
    if word.isascii():
        return word
    return "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign)).replace(
        "ł", "l"
    )


def _table(lists: dict[str, str]) -> dict[str, str]:
    return {plain(word): name for name, words in lists.items() for word in words.split()}


_PERIODS = _table(
    {
        "month": (
            "p/m mo mo. mth mnth mon month months monthly pm p.m. pcm monat monate monats monatlich monatl "
            "monatl. mtl mtl. mtl. mon. mois mensuel mensuelle mensuels mes mensual mensuales mensualmente mês "
            "mensais mensal mensalmente mese mensile mensili mensilmente maand mnd maandelijks p/m miesiąc "
            "miesiac mies mies. msc mc m-c miesięcznie miesięczny miesięczna miesięczne miesiąca měsíc měsíčně "
            "mesiac mesačne měs mesec mjesec mjesečno mesečno mesečna lună luna luni lunar lunară hó hónap havi "
            "havonta måned måneden månedlig md mdr mdr. mån månad månaden månadsvis kk kuukausi kuukaudessa kuu "
            "kuus mes. mėn mėn. mėnuo mēnesī mēn ay aylık ayda oy oyiga oylik oyda месяц месяца мес мес. "
            "ежемесячно місяць міс міс. щомісяця месец месечно ай айына bulan bln bulanan tháng شهر شهريا شهرياً "
            "شهري الشهر ماه ماهانه ماهیانه חודש לחודש חודשי महीना माह मासिक महीने เดือน μήνα μήνας μηνα μηνιαία "
            "muaj mês. mėnesį mesiąc"
        ),
        "year": (
            "yr yr. year years yearly annual annually annum p.a. pa jahr jahre jahres jährlich jaehrlich jährl "
            "jährl. an ans année annuel annuelle annuels año años anual anuales anualmente ano anos anuais anno "
            "anni annuale annuali annualmente jaar jaarlijks rok roku rocznie roczny roczna roczne ročně rok. "
            "godina godišnje godišnja leto letno év évi évente år årlig årligen året vuosi vuodessa aasta metai "
            "m. gads gadā yıl yıllık yılda yil yiliga yillik год года лет ежегодно рік року щорічно година "
            "годишно жыл tahun thn tahunan năm سنة سنويا سنوياً السنة عام سال سالانه שנה לשנה שנתי वर्ष साल "
            "सालाना वार्षिक ปี έτος χρόνο ετήσια an. anuală"
        ),
        "week": (
            "wk week weeks weekly woche wochen wöchentlich semaine semaines hebdomadaire semana semanas semanal "
            "settimana settimanale weken wekelijks tydzień tyg tyg. tygodniowo týden týdně hét heti hetente uge "
            "ugentlig vecka veckan uke uken viikko hafta haftalık haftada неделя неделю недели нед тиждень "
            "minggu tuần أسبوع أسبوعيا שבוע สัปดาห์ εβδομάδα săptămână saptamana"
        ),
        "day": (
            "day days daily tag tage tages täglich jour jours journée journalier día días dia dias diario diaria "
            "diária diario giorno giorni giornaliero dag dagen dagelijks dzień dzien dziennie doba dobę dobe den "
            "dní denně nap napi naponta dagligen päivä vrk gün günlük günde kun день дня сутки сут доба добу "
            "день. hari ngày يوم يوميا יום วัน ημέρα zi pro-tag dag. tagessatz 24h"
        ),
        "night": (
            "night nights nightly nacht nächte übernachtung nuit nuits nuitée noche noches noite noites notte "
            "notti nachten noc noci éj éjszaka natt natten nat yö gece ночь ніч malam đêm"
        ),
        "hour": (
            "hr hrs h hour hours hourly std std. stunde stunden heure heures hora horas ora ore uur godz godz. "
            "godzina godzinę godzine hodina hodinu hod hod. óra óránként time timen timme timmen tunti saat "
            "saatlik час часа часов год. година jam giờ ساعة שעה ชั่วโมง ώρα oră sat"
        ),
        "minute": (
            "min min. mins minute minutes minuten minuta minuto minuti minuty minut minutos perc dakika мин "
            "минута минуту хв menit phút دقيقة דקה นาที λεπτό"
        ),
        "quarter": (
            "quarter quarterly quartal quartalsweise trimestre trimestriel trimestral trimestrale kwartaal "
            "kwartał kwartalnie čtvrtletí negyedév kvartal квартал"
        ),
        "one-time": (
            "once onetime one-time one-off oneoff lifetime einmalig einmalige einmaliger einmalzahlung "
            "lebenslang unique único única unico una-tantum vitalicio vitalício eenmalig jednorazowo jednorazowa "
            "jednorazowy jednorázově egyszeri engangs engångs engangsbetaling kertamaksu разово единоразово "
            "навсегда бессрочно одноразово tek-seferlik ömür-boyu forever-license flat fixed pauschal pauschale "
            "forfait festpreis projekt project projet proyecto projeto"
        ),
        "session": (
            "session sessions sitzung sitzungen séance séances sesión sesiones sessão sessões seduta sedute "
            "sessione sessie sesja sesję lesson lessons class classes lezione lektion unterrichtsstunde "
            "unterrichtseinheit fahrstunde cours clase clases aula aulas lekcja lekcji zajęcia zajecia сеанс "
            "сеанса занятие занятия урок einheit ue einheiten behandlung treatment appointment termin seans "
            "training trainingseinheit kursstunde les lessen lección lektionen stund workshop seminar"
        ),
        "visit": (
            "visit visits visita visitas visite besuch besuche wizyta wizytę wizyte entry eintritt "
            "einzeleintritt entrada entrée bezoek посещение визит návštěva wejście drop-in"
        ),
        "booking": (
            "booking bookings buchung buchungen réservation reserva prenotazione boeking rezerwacja бронирование"
        ),
    }
)
#: Who or what shares a price. "seat" ones make the period seat-month; the others are named as they stand.
_SEATS = _table(
    {
        "seat": (
            "seat seats user users member members agent agents editor editors person people employee employees "
            "head licence license contributor developer dev host operator nutzer nutzerin benutzer anwender "
            "mitarbeiter mitarbeitende person personen platz arbeitsplatz mitglied lizenz utilisateur "
            "utilisateurs collaborateur personne siège licence usuario usuarios usuário usuários persona "
            "personas pessoa colaborador puesto licencia utente utenti gebruiker gebruikers medewerker persoon "
            "użytkownik użytkownika osoba osobę osoby uživatel uživatele felhasználó fő bruker bruger användare "
            "person pers pers. käyttäjä kullanıcı kişi foydalanuvchi пользователь пользователя пользователей "
            "человек человека чел чел. сотрудник користувач особу pengguna orang người-dùng người مستخدم كاربر "
            "کاربر משתמש ผู้ใช้ คน utilizator"
        ),
    }
)
#: Of these a price for one person isn't a seat of a subscription unless a period follows.
_PEOPLE = frozenset(
    plain(word)
    for word in (
        "person people head personen persona personas pessoa personne persoon osoba osobę osoby fő kişi "
        "человек человека чел чел. orang người คน pers pers."
    ).split()
)
_UNITS = frozenset(
    plain(word)
    for word in (
        "piece pieces pc pcs item items unit units each ea stück stk stk. st st. stk pièce pièces unité pieza "
        "piezas unidad unidade un unità pezzo pezzi cad stuk stuks szt "
        "szt. sztuka sztukę ks kus db darab stykk styk kpl adet tane шт шт. штука штуку buah pcs. cái call calls "
        "request requests gb tb mb message messages email emails "
        "sms page pages seite seiten image images file files api token tokens transaction transactions credit "
        "credits event events run runs domain domains site sites website websites "
        "location locations store device devices server servers app apps project-unit word words m² m2 qm sqm "
        "sqft km mile miles kg g kilo litre liter box set pair bag cup gram track song photo photos "
        "foto order orders slot slots room zimmer chambre car auto wagen fahrzeug vehicle dog hund hunde guest "
        "gast gäste invoice student child kind kinder hole kit tier bottle flasche glass "
        "meter lfm quadratmeter m job task vm core vcpu node nodes cpu endpoint host-unit contact contacts "
        "subscriber subscribers minute-unit ticket tickets report reports"
    ).split()
)
_LINKS = frozenset(
    plain(word)
    for word in (
        "/ per a an each every pro je im in der den dem par por al a la le el o à l' the na za w we v vo в на за "
        "i om pr pr. ao à il lo di de del da do du au en ein eine "
        "einen einer jede jeder jedem jedes tous chaque cada ogni elke iedere cada każdy każdą każdego every p "
        "mo' em no van het of and und et y e și a + · , – - | "
        "for für pour para per- op ke se setiap her başına dla dla od për بـ كل في لكل / לכל ל per: x only just "
        "( ) ex excl excl. incl incl. inkl inkl. zzgl zzgl. plus hors ht ttc vat mwst mwst. "
        "mwst.* ust ust. tva iva btw dph brutto netto moms alv пдв ндс tax taxes gst kdv áfa +iva + vat * ** † ¹ "
        "usd eur gbp i i. one us $ € £ active additional named extra gebuchtem gebuchter gebuchte started"
    ).split()
)
BILLED = re.compile(
    r"(?:billed|paid|charged|billing|invoiced|abgerechnet|zahlbar|abrechnung|zahlung|facturé|facturés|facturación|"
    r"facturado|cobrado|cobrança|fatturat|fatturazione|"
    r"gefactureerd|płatn|rozliczan|fakturován|faktureras|faktureres|оплате|оплата|при\s+оплате)\w{0,6}",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"p/m(?![^\W\d_])|p\.\s?m\.|p\.\s?a\.|[^\W\d_](?:[^\W_]|[-.'’](?=[^\W\d_]))*\.?|\d[\d.,]*(?: \d{3}(?!\d))*|/|\S"
)
_EAST = re.compile(
    r"(?:[/每毎]?\s?(?:1|一|ヶ|か|ケ|个|個)?\s?(?P<unit>月|年|日|週|周|星期|時間|小时|小時|回|次|人|名|個|件|月額|"
    r"年額|ヶ月|か月|월|년|일|주|시간|회|명|인))"
)
_EAST_NAMES = {
    "月": "month",
    "月額": "month",
    "ヶ月": "month",
    "か月": "month",
    "월": "month",
    "年": "year",
    "年額": "year",
    "년": "year",
    "日": "day",
    "일": "day",
    "週": "week",
    "周": "week",
    "星期": "week",
    "주": "week",
    "時間": "hour",
    "小时": "hour",
    "小時": "hour",
    "시간": "hour",
    "回": "session",
    "次": "session",
    "회": "session",
}
_EAST_BEFORE = re.compile(
    r"(?P<month>月額|月额|毎月|每月|月々|月租|월\s?(?=\d|₩|$)|매월|월간)|(?P<year>年額|年额|毎年|每年|年間|"
    r"연\s?(?=\d|$)|연간|매년)|(?P<week>每周|"
    r"毎週|每週)|(?P<day>每日|每天|日額)"
)
#: "12x de R$ 89,90": so many months.
_INSTALMENT = re.compile(r"(?<!\d)\d{1,2}x de\s?$", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.,;:()·•|!?\d]")
_LINK_WORD = re.compile(
    r"(?<![^\W\d_])(?:per|pro|je|par|por|al|a la|ao|na|za|w|в|за|på|/)(?![^\W\d_])|/", re.IGNORECASE
)
_WINDOW = 12
_TAIL_CHARACTERS = 90


class Rhythm(msgspec.Struct, frozen=True, kw_only=True):
    """What follows a price."""

    #: month, year, seat-month, one-time, 6-month, ...; None where nothing is said.
    period: str | None = None
    #: "seat", "1,000 calls".
    unit: str | None = None
    #: "billed annually".
    billing: str | None = None
    #: Where in the text the words that said so end.
    end: int = 0


def period_of_word(word: str) -> str | None:
    """Return the period that a single word names."""
    return _PERIODS.get(plain(word))


def rhythm_after(text: str, start: int, language: str = "") -> Rhythm:
    """Read what follows a price that ends at `start`, up to the first word that doesn't belong."""
    while start < len(text) and text[start] in " #·•*†":
        start += 1
    tail = text[start : start + _TAIL_CHARACTERS]
    east = _EAST.match(tail.lstrip(" 起～~+(（税込抜)）/・"))
    if east and (name := _EAST_NAMES.get(east["unit"])):
        return Rhythm(period=name, end=start + tail.index(east["unit"]) + len(east["unit"]))
    return _Tail(text, start, language).read()


class _Tail:
    """Reads the words after a price one by one."""

    def __init__(self, text: str, start: int, language: str) -> None:
        self._text = text
        self._end = start
        self._start = start
        self._language = language
        self._period: str | None = None
        self._maybe: str | None = None
        self._seat = False
        self._people = False
        self._unit: str | None = None
        self._count = ""
        self._billing: str | None = None

    def read(self) -> Rhythm:
        stop = self._start + _TAIL_CHARACTERS
        for number, found in enumerate(_TOKEN.finditer(self._text, self._start, stop)):
            if number >= _WINDOW or not self._take(found):
                break
        return self._answer()

    def _take(self, found: re.Match[str]) -> bool:
        """Take one word; return False for one that doesn't belong to the price any more."""
        token = found[0]
        word = plain(token)
        billed = BILLED.match(self._text, found.start())
        if billed:
            self._bill(found.start())
            return False
        name = _PERIODS.get(word) or _PERIODS.get(word.rstrip("."))
        if word == "m" and self._unit is None and self._text[: found.start()].rstrip().endswith("/"):
            name = "month"
        if name and word in _LINKS:
            self._maybe = name if self._language in ("fr", "ro", "cs", "sk", "pl") else None
            return True
        if name and self._period is None and not (self._unit and name in ("session", "visit")):
            self._period = self._counted(name)
        elif word in _SEATS or word.rstrip(".") in _SEATS:
            self._seat, self._people = True, word in _PEOPLE
        elif word in _UNITS and self._unit is None and (self._count or not self._period):
            self._unit = f"{self._count} {token}".strip()
        elif token[0].isdigit():
            self._count = token
            return True
        else:
            return word in _LINKS
        self._count = ""
        self._end = found.end()
        return True

    def _counted(self, name: str) -> str:
        count = self._count.rstrip(".,")
        if count in ("", "1"):
            return name
        if (count, name) in (("12", "month"), ("30", "day")):
            return {"month": "year", "day": "month"}[name]
        return (
            f"{count}-{name}"
            if name in ("month", "year", "week", "day", "hour", "minute", "night", "session")
            else name
        )

    def _bill(self, start: int) -> None:
        clause = re.split(r"[.;()|·•]", self._text[start : start + 60], maxsplit=1)[0]
        self._billing = " ".join(clause.split()[:5])
        self._end = start + len(clause.rstrip())

    def _answer(self) -> Rhythm:
        period = self._period or self._maybe
        if period is None and self._unit is None and not self._seat:
            period = period_in(_CLAUSE_END.split(self._text[self._start : self._start + 40], maxsplit=1)[0])
        unit = self._unit
        if self._billing and period is None:
            period = period_in(self._billing)
        if self._seat:
            unit = unit or ("person" if self._people else "seat")
            if period in ("month", "year"):
                period = f"seat-{period}"
        elif period is None and unit is not None:
            period = "unit"
        return Rhythm(period=period, unit=unit, billing=self._billing, end=self._end)


_STEMS = tuple(
    (re.compile(pattern, re.IGNORECASE), name)
    for name, pattern in (
        (
            "one-time",
            r"\b(?:one[- ]time|one[- ]off|lifetime|life-time|pay once|einmalig|einmalzahlung|une fois|à vie|de "
            r"por vida|pago único|pagamento único|una tantum|a vita|vitalíci\w+|eenmalig|jednoraz\w*|dożywotni\w*|"
            r"jednoráz\w*|engangs\w*|engångs\w*|разов\w+|бессрочн\w+|навсегда|买断|終身|买斷|永久|買い切り|평생)",
        ),
        (
            "6-month",
            r"\b(?:bi-?annual|half[- ]year\w*|semi-?annual\w*|halbjähr\w*|semestr\w*|6[- ](?:months?|monate|mois|"
            r"meses|mesi|maanden|miesięcy))\b",
        ),
        (
            "quarter",
            r"\b(?:quarter(?:ly)?|quartal\w*|viertelj\w+|trimestr\w*|kwarta\w+|квартал\w*|3[- ](?:months?|monate|"
            r"mois|meses|mesi))\b",
        ),
        (
            "month",
            r"\b(?:month(?:ly|s)?|monats?\w{0,12}|monate|monatlich\w*|mensu\w+|mensal\w*|mensais|mensil\w+|mois|"
            r"mês|maandelijks\w*|maandabonnement|miesięczn\w+|miesiąc|měsíčn\w+|mesačn\w+|mesečn\w+|havi|måned\w+|"
            r"månads?\w*|kuukau\w+|aylık|oylik\w*|ежемесячн\w+|месячн\w+|месяц\w*|щомісячн\w+|місячн\w+|bulanan|"
            r"שהחודש|חודשי)\b|月額|月额|毎月|每月|月付|包月|월간|매월|شهري",
        ),
        (
            "year",
            r"\b(?:year(?:ly|s)?|annual(?:ly)?|jahres?\w{0,12}|jährlich\w*|annuel\w*|anual\w*|anuais|annual[ei]|"
            r"annuo|jaarlijks\w*|jaarabonnement|roczn\w+|ročn\w+|godišnj\w+|letn[aio]|éves|évi|årlig\w*|års\w+|"
            r"vuosi\w*|yıllık|yillik|годов\w+|ежегодн\w+|річн\w+|щорічн\w+|tahunan)\b|年額|年额|毎年|每年|年付|"
            r"包年|연간|매년|سنوي",
        ),
        (
            "week",
            r"\b(?:weekly|wochen\w{0,10}|wöchentlich\w*|hebdomadaire\w*|semanal\w*|settimanal\w+|wekelijks\w*|"
            r"tygodniow\w+|týdenn\w+|heti|недел\w+|тижнев\w+)\b|每周|毎週",
        ),
        (
            "day",
            r"(?<!demi-)(?<!half-)(?<!half )\b(?:daily|day[- ](?:pass|ticket|rate)|tages\w{0,12}|täglich\w*|"
            r"journ(?:ée|alier)\w*|diari[ao]s?|"
            r"diária|giornalier\w+|dagelijks\w*|dag(?:kaart|pas)|dzienn\w+|dniow\w+|denní|napi|дневн\w+|сутк\w+)\b",
        ),
        (
            "hour",
            r"(?<!\d )(?<!\d-)\b(?:hourly|hour|stunden\w{0,8}|stunde|heure|hora|ora|uurtarief|godzin\w+|hodin\w+|"
            r"óra|óradíj|час(?:ов\w+)?)\b",
        ),
    )
)


#: What a switch between periods says holds one of these in lower case.
PERIOD_HINT = re.compile(
    "month|monat|mens|mois|mês|maand|miesi|měs|mesa|meseč|havi|måned|månad|kuuka|aylık|oylik|месяц|місяц|місяч|bulan|"
    "חודש|月|월|شهر|year|annu|jahr|jähr|anua|jaar|roczn|rok|ročn|godišn|éve|évi|årlig|års|vuosi|yıllık|yillik|год|річн|"
    "рік|tahun|年|연|سنو|week|woch|seman|settiman|tyg|týd|неде|тиж|週|周|주|quart|trimes|lifetime|one-time|once|"
    "einmal|jednor|разов|навсегда"
)
#: A line below a price that says it is paid once, whatever follows.
BEGINS_ONCE = re.compile(
    r"[\W_]*(?:one[- ]time|one[- ]off|pay once|paid once|einmalige? (?:zahlung|kosten|gebühr|preis)|einmalzahlung|"
    r"paiement unique|pago único|pagamento único|pagamento unico|una tantum|eenmalige? (?:betaling|kosten)|"
    r"jednorazow\w+ (?:opłata|płatność)|engångs\w+|engangs\w+|разов\w+ (?:оплата|платёж)|единоразов\w+)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=2048)
def period_in(label: str) -> str | None:
    """Return the period that a label such as "Monthly plan" or "Jahresabo" speaks of; None for none or for several."""
    names = {name for pattern, name in _STEMS if pattern.search(label)}
    return names.pop() if len(names) == 1 else None


def period_of_heading(heading: str) -> str | None:
    """Return what prices below a heading are for: "Price per 1,000 requests", "€ / month", "Monthly"."""
    for found in _LINK_WORD.finditer(heading[:80]):
        if period := rhythm_after(heading, found.start()).period:
            return period
    words = [word for word in _TOKEN.findall(heading[:60]) if word[0].isalpha()]
    named = {_PERIODS.get(plain(word)) for word in words if plain(word) not in _LINKS} - {None}
    return period_in(heading) or (named.pop() if len(words) <= 3 and len(named) == 1 else None)


def rhythm_before(text: str, end: int) -> str | None:
    """Return the period that the words right before a price name: "Monthly: $49", "月額 980円"."""
    head = text[max(0, end - 30) : end]
    if _INSTALMENT.search(head):
        return "month"
    eastern = [found.lastgroup for found in _EAST_BEFORE.finditer(head)]
    if eastern:
        return eastern[-1]
    words = _TOKEN.findall(head)[-4:]
    while words and not words[-1][0].isalnum():
        words.pop()
    return period_in(" ".join(words[-2:])) if words else None


def without_periods(label: str) -> str:
    """Return a label without the words by which `period_in` tells its period."""
    for pattern, _ in _STEMS:
        label = pattern.sub(" ", label)
    return label
