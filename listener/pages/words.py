"""Words that classify a line on a pricing page, in many languages: badges, buttons, contact, free.

Each pattern is matched against whole lines or short clauses; every one is linear.
"""

from __future__ import annotations

import re
from functools import lru_cache

#: Longer lines are sentences, not labels.
LABEL_CHARACTERS = 90


def _whole(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"[\W_]*(?:{'|'.join(alternatives)})[\W_]*", re.IGNORECASE)


#: A whole line that stands where a price would, and means nothing to pay.
FREE = _whole(
    r"(?:100\s?% |always |it's |completely |totally )?(?:free,? forever|free|free of charge|forever free|no cost|"
    r"for free|free plan|\$?0 forever)(?: forever| of charge| for ever| plan| tier)?",
    r"(?:dauerhaft |komplett |immer )?(?:kostenlos|gratis|kostenfrei|umsonst|gebührenfrei)e?",
    r"(?:toujours |100\s?% )?gratuit(?:e|ement|s)?(?: à vie)?",
    r"(?:siempre |100\s?% )?(?:gratis|gratuito|gratuita)(?: para siempre)?",
    r"gratis per sempre|gratuit[oa]|grátis|gratuito|de graça|sem custo",
    r"gratis|kosteloos|darmowy|darmowe|za darmo|bezpłatn[yiae]|bezpłatnie|zdarma|zadarmo|ingyenes|ingyen|gratis|"
    r"ilmainen|maksuton|ücretsiz|bedava|bepul|tekin",
    r"бесплатно|бесплатный|безкоштовно|безплатно|тегин|тегін|無料|無料プラン|免费|免費|免费版|무료|miễn phí|ฟรี|"
    r"مجاني|مجانا|"
    r"مجاناً|רגיל חינם|חינם|رایگان|मुफ्त|निःशुल्क|δωρεάν",
)
#: A whole line that stands where a price would, and means to ask for it.
CONTACT = _whole(
    r"(?:custom|tailored|bespoke|individual|flexible|variable)(?: (?:pricing|price|quote|plan|plans|rates?|offer))?",
    r"(?:contact|call|ask|email|talk to|speak to|speak with|reach out to|get in touch with)(?: (?:us|sales|our "
    r"team|our sales team|the team|me))?(?: for (?:a )?(?:pricing|price|prices|quote|custom quote|details|more "
    r"info|rates))?",
    r"get in touch|let'?s (?:talk|chat)|let’s (?:talk|chat)|(?:request|get|ask for)(?: a| your)?(?: free| "
    r"custom)? (?:quote|pricing|price)|price on (?:request|application)|pricing on request|poa|on request|upon "
    r"request|by quote|quote based|price varies|tba|tbd|to be announced",
    r"(?:preise? )?(?:auf|nach) (?:anfrage|absprache|vereinbarung|aufwand)|preis auf anfrage|individuell(?:er "
    r"preis|es angebot|e preise)?|kontaktieren sie uns|kontakt aufnehmen|sprechen sie uns an|anfragen|angebot "
    r"anfordern|jetzt anfragen|individuelle lösung|a\. ?a\.",
    r"sur (?:devis|demande|mesure)|nous (?:contacter|consulter)|contactez[- ]nous|prix sur demande|tarif sur "
    r"demande|nous consulter|demander un devis|devis(?: gratuit)?|personnalisé",
    r"(?:a |precio a )?(?:consultar|convenir|medida)|bajo (?:consulta|demanda|pedido)|contáctanos|contactar|"
    r"contacta con nosotros|contacto|personalizado|a la medida|cotizar|solicitar (?:cotización|presupuesto)|"
    r"consultar(?: precio)?|pedir presupuesto",
    r"su (?:richiesta|misura|preventivo)|contattaci|prezzo su richiesta|richiedi (?:un )?preventivo|da concordare|"
    r"personalizzato|parliamone",
    r"(?:sob|por) (?:consulta|demanda|medida|orçamento)|fale (?:conosco|connosco|com (?:a gente|vendas|um "
    r"consultor|nossa equipe))|entre em contato|consulte[- ]nos|consulte|a combinar|personalizado|solicit(?:e|ar) "
    r"(?:um )?orçamento|consultar(?: valor| preço)?|sob medida",
    r"op (?:aanvraag|maat)|neem contact op|prijs op aanvraag|vraag (?:een )?offerte aan|offerte",
    r"(?:cena |wycena )?(?:indywidualn[aiey]|do uzgodnienia|na zapytanie)|wycena(?: indywidualna)?|skontaktuj "
    r"się(?: z nami)?|zapytaj(?: o (?:cenę|wycenę))?|kontakt",
    r"na (?:dotaz|vyžádání|míru)|dohodou|individuáln[íě]|kontaktujte nás|egyedi(?: ár| árazás)?|ajánlatkérés|på "
    r"förfrågan|offert|kontakta oss|kontakt oss|kontakt os|på forespørsel|efter aftale|ota yhteyttä|pyydä tarjous",
    r"по запросу|по договорённости|по договоренности|договорная|индивидуально|связаться(?: с нами)?|свяжитесь с "
    r"нами|уточняйте|узнать цену|запросить цену|за запитом|індивідуально|договірна|зв'язатися",
    r"teklif al(?:ın)?|bize ulaşın|iletişime geçin|özel fiyat|fiyat sorunuz|kelishilgan|so'rov bo'yicha|"
    r"bog'lanish|hubungi (?:kami|sales)|liên hệ|ติดต่อเรา|تواصل معنا|اتصل بنا|حسب الطلب|צרו קשר|צור קשר|"
    r"επικοινωνήστε",
    r"お問い?合わせ(?:ください)?|要問合せ|応相談|別途(?:お?見積り?|見積もり|お見積もり)|お見積り|個別見積|要見積|"
    r"面议|联系我们|聯絡我們|联系销售|洽詢|定制|询价|문의(?:하기)?|별도 ?문의|"
    r"가격 ?문의|상담",
)
#: More than this is no ribbon, whatever signs stand around it.
_BADGE_CHARACTERS = 60
#: Ribbons and eyebrows that hang on a card; never a plan's name.
BADGE = _whole(
    r"(?:our |the )?(?:most|best|top)[- ](?:popular|value|seller|selling|choice|loved|deal|chosen|offer|pick)(?: "
    r"plan| choice)?|popular(?: choice)?|recommended(?: plan)?|bestseller|featured|best|new!?|hot|limited(?: "
    r"time)?(?: offer)?|sale|special offer|coming soon|launch offer|great value|editor's choice|"
    r"current plan|your plan|active|selected|save \d+\s?%|\d+\s?% off|[-–]\s?\d+\s?%|beta",
    r"beliebt(?:este[rs]?)?(?: wahl| paket)?|am beliebtesten|meist ?(?:gewählt|gebucht|verkauft)|empfohlen|"
    r"empfehlung|unsere empfehlung|topseller|neu|aktion|angebot|bestes preis-leistungs-verhältnis|demnächst|bald "
    r"verfügbar",
    r"(?:le |la )?plus (?:populaire|choisi|vendu)e?|populaire|recommandé|meilleur(?:e)? (?:offre|choix|vente|"
    r"rapport qualité[- ]prix)|nouveau|promo(?:tion)?|bientôt(?: disponible)?",
    r"(?:el |la )?más (?:popular|vendido|elegido|vendida|elegida|contratado)|popular|recomendado|recomendada|"
    r"mejor (?:valor|oferta|opción)|nuevo|oferta|próximamente",
    r"(?:il |la )?più (?:popolare|scelto|venduto|richiesto|scelta|amato)|popolare|consigliato|migliore offerta|"
    r"novità|in arrivo|offerta|prossimamente",
    r"(?:o |a )?mais (?:popular|vendido|escolhido|vendida|escolhida|completo)|recomendado|melhor (?:oferta|"
    r"custo[- ]benefício|escolha|opção)|novo|em breve|oferta|destaque|promoção",
    r"meest (?:gekozen|populair|populaire)|populair|aanbevolen|beste (?:keuze|koop|deal)|nieuw|aanbieding|binnenkort",
    r"najpopularniejszy|najczęściej wybierany|najchętniej wybierany|polecany|polecane|popularny|bestseller|nowość|"
    r"promocja|wkrótce|nejoblíbenější|doporučujeme|legnépszerűbb|ajánlott|populärast|mest populær|mest populära|"
    r"populær|suosituin|en popüler|önerilen|ommabop",
    r"популярный|самый популярный|популярне|хит(?: продаж)?|рекомендуем|выгодно|лучший выбор|новинка|акция|скоро|"
    r"一番人気|人気|人気No\.?1|おすすめ|オススメ|推荐|最受欢迎|最受歡迎|热门|熱門|推薦|인기|추천|best",
)
#: Words of which section titles and small print around a price are made; a line of nothing else never names a plan.
_GENERIC = frozenset(
    (
        "pricing price prices plan plans package packages rate rates fee fees cost costs subscription "
        "subscriptions membership memberships tariff tariffs option options included includes "
        "include features feature amount total subtotal investment starting starts from only just now today "
        "billed pay duration description quantity qty cost overview chart service services product item "
        "preis preise preisliste tarif tarife paket pakete leistungen leistung angebote kosten honorar honorare "
        "gebühren dauer ab nur inklusive inbegriffen enthalten abonnement abonnements abo abos preisübersicht "
        "tarifs prix formule formules offre offres forfait forfaits prestations prestation partir dès inclus "
        "seulement durée "
        "precio precios planes tarifa tarifas paquetes servicios servicio desde incluye duración prezzi prezzo "
        "listino tariffe tariffa piani pacchetti servizi partire da durata "
        "preço preços planos valor valores investimento pacotes serviços apenas inclui duração prijzen prijs "
        "tarieven pakketten diensten vanaf slechts cennik ceny cena pakiety usługi usługa od tylko ceník služby "
        "árak ár árlista priser pris priset hinnasto hinta fiyatlar fiyat paketler narxlar narxi tariflar цены "
        "цена тарифы тариф прайс прайс-лист стоимость услуги услуга от ціни ціна тарифи послуги "
        "料金 料金プラン 料金表 価格 プラン 价格 價格 價目表 定价 方案 价目表 가격 요금 요금제 harga giá ราคา "
        "الأسعار السعر الباقات מחירים מחירון "
        "τιμές add-ons addons extras zusatzleistungen"
    ).split()
)
_FILLER = frozenset(
    (
        "our the simple transparent fair flexible choose your clear affordable see view compare all honest "
        "straightforward pick a an and of for with to get start started no what's what’s what is you we best "
        "right "
        "list table guide per month year monthly yearly annual plan's unsere unser unseren die der das und im "
        "überblick für alle einfache faire transparente wählen sie ihr dein deinen deine "
        "nos notre les le la des de et à du votre choisissez nuestros nuestras nuestro los las el y tu elige i "
        "nostri le nostre il gli e tuo scegli nossos nossas nosso os as o seu escolha onze nasze nasz naše наши "
        "наши як обери выберите "
        "at as low in billed paid payment pay purchase abrechnung zahlung abgerechnet zahlbar laufzeit facturé "
        "facturation paiement pago facturación pagamento fatturato płatne płatność оплата billing abo "
        "subscription "
        "par al je à ao"
    ).split()
)
#: Rows of a table that adds up what things cost over time: no offers.
SUM_ROW = re.compile(
    r"[\W_]*(?:(?:(?:year|years|anno|año|ano|jahr|année|rok|jaar|год|år)\s*\d.{0,12}|\d(?:st|nd|rd|th)?\.? "
    r"(?:year|anno|jahr|année|año|ano|jaar|rok).{0,10})|(?:grand )?(?:total|totale|gesamt|gesamtkosten|summe|"
    r"insgesamt|suma|łącznie|razem|totaal|celkem|итого|всего|合計|合计|총)\b.{0,30}|"
    r"(?:savings?|ersparnis|risparmio|économies?|ahorro|economia)\b.{0,30})[\W_]*",
    re.IGNORECASE,
)
FAQ_TITLE = re.compile(
    r"\bf\.?\s?a\.?\s?q\.?s?\b|frequently[- ]asked|common(?:ly asked)? questions|(?:questions|queries) ?(?:&|and|"
    r"\+) ?answers|\bq ?(?:&|and) ?a\b|(?:got|any|your|popular|general|top|more) questions|questions answered|"
    r"häufig(?:e|sten|ste)?\b.{0,20}fragen|häufig gestellt|oft gefragt|fragen (?:und|&|\+) antworten|fragen\s*\?|"
    r"foire aux questions|questions (?:fréquentes|courantes|fréquemment)|vos questions|preguntas (?:frecuentes|"
    r"comunes)|domande (?:frequenti|comuni)|"
    r"perguntas (?:frequentes|comuns)|dúvidas|veelgestelde|veel gestelde|vaak gestelde|najczęściej zadawane|"
    r"najczęstsze pytania|częste pytania|pytania i odpowiedzi|čast[éo].{0,12}(?:dotazy|otázky)|gyakori kérdések|"
    r"gyik\b|vanliga frågor|ofte stil|"
    r"usein kysy|sıkça sorulan|sık sorulan|часто задаваемые|частые вопросы|вопросы и ответы|вопрос[- ]ответ|"
    r"поширені (?:за)?питання|часті питання|întrebări frecvente|често задавани|συχνές ερωτήσεις|ko['‘’ʻ`]p (?:so|"
    r"be)|"
    r"よくある(?:ご)?質問|常见问题|常見問題|常见疑问|問與答|问答|자주 ?묻는|pertanyaan (?:umum|yang sering)|câu "
    r"hỏi thường gặp|คำถามที่พบบ่อย|"
    r"الأسئلة الشائعة|أسئلة شائعة|שאלות (?:ו)?(?:נפוצות|תשובות)|سوالات متداول|अक्सर पूछे",
    re.IGNORECASE,
)
#: Whatever FAQ_TITLE finds in a text holds one of these in lower case: plain texts are found much faster.
FAQ_HINT = re.compile(
    r"f(?:aq|\.a|\. a| a q|a q|requently|ragen|rågor)|q(?:&| &| and|and|uestion|ueries)|ge(?:fragt|stelde)|"
    r"häufig|p(?:reguntas|erguntas|ytania|ertanyaan)|d(?:omande|úvidas|otazy)|zadawane|otázky|ofte|gy(?:akori|ik)|"
    r"k(?:ysy|o['‘’ʻ`]p)|sorulan|hỏi|вопрос|питання|întrebări|задавани|ερωτήσεις|質問|问[题答]|問[題與]|疑问|묻는|"
    r"คำถาม|أسئلة|الأسئلة|שאלות|سوالات|अक्सर"
)
#: Words before an amount in its own line that lead in to it, and name nothing there.
_LEAD_INS = frozenset(
    (
        "then poi dann danach puis luego después depois daarna potem później afterwards after introductory "
        "launch special "
        "early bird regular normal usual standard full reduced current offer deal sale всего за vom à для von "
        "pay get only "
        "just now nur jetzt statt setup fee buy at for or oder ou o lub или plus und and from starting price"
    ).split()
)
#: Icons and closing signs behind a question.
_BEHIND = "\"'”»)]+−▼▾✕×⌄….\t\n "
_MARKS = ("?", "？", "؟", "\u037e")
#: How a question ends that needs no mark.
_UNMARKED = tuple("吗 呢 でしょうか ですか ますか ませんか ましたか 나요 까요 가요 습니까 은요".split())
_LABEL_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")


#: Text of a button.
ACTION = re.compile(
    r"[\W_]*(?:get|start|try|buy|choose|select|sign|subscribe|book|order|contact|learn|read|see|view|download|"
    r"join|go|upgrade|request|schedule|add|purchase|register|log|talk|shop|claim|continue|checkout|apply|enquire|"
    r"inquire|discover|explore|pick|"
    r"jetzt|kaufen|buchen|bestellen|auswählen|wählen|starten|testen|anfragen|mehr|zum|zur|loslegen|registrieren|"
    r"anmelden|"
    r"choisir|commencer|essayer|acheter|réserver|s'inscrire|souscrire|commander|découvrir|en savoir|contacter|"
    r"demander|je |"
    r"elegir|empezar|comenzar|probar|comprar|contratar|reservar|suscribir|suscríbete|solicitar|ver |más|"
    r"scegli|inizia|prova|acquista|prenota|iscriviti|richiedi|scopri|abbonati|vai|attiva|"
    r"escolher|começar|testar|comprar|assinar|contratar|quero|agendar|saiba|experimentar|"
    r"kies|bestel|koop|proberen|boek|wybierz|kup|zamów|zacznij|rozpocznij|vybrat|koupit|objednat|выбрать|купить|"
    r"заказать|начать|подключить|оставить|записаться|选择|购买|立即|申し込|購入|始める|選択|시작|선택|구매)",
    re.IGNORECASE,
)


def is_generic(text: str) -> bool:
    """Whether a line is a section's title, a ribbon or small print that can't name a plan."""
    return len(text) <= LABEL_CHARACTERS and _is_generic(text)


@lru_cache(maxsize=2_048)
def _is_generic(text: str) -> bool:
    if FAQ_HINT.search(text.lower()) and FAQ_TITLE.search(text):
        return True
    words = [word.casefold() for word in _LABEL_WORD.findall(text)]
    generic = sum(word in _GENERIC for word in words)
    if generic and all(word in _GENERIC or word in _FILLER for word in words):
        return True
    return is_badge(text)


def is_badge(text: str) -> bool:
    """Whether a text is a ribbon that hangs on a card."""
    return len(text) <= _BADGE_CHARACTERS and BADGE.fullmatch(text) is not None


def asks(text: str) -> bool:
    """Whether a line ends as a question does, whatever icon stands behind it."""
    text = text.rstrip(_BEHIND)
    if text.isascii():
        return text.endswith("?")
    if text.endswith(";"):
        # The Greek mark looks like a semicolon, and is one on most pages.
        return "\u0370" <= text[-2:-1] <= "\u03ff" or "\u1f00" <= text[-2:-1] <= "\u1fff"
    return text.endswith((*_MARKS, *_UNMARKED)) or text.rstrip("。").endswith(_UNMARKED)


def is_lead_in(text: str) -> bool:
    """Whether the words before an amount only lead in to it: "then", "Introductory price", "plus setup"."""
    found = [word.casefold() for word in _LABEL_WORD.findall(text)]
    return all(word in _LEAD_INS or word in _GENERIC or word in _FILLER for word in found)


def is_filler(text: str) -> bool:
    """Whether a text holds no word of its own."""
    found = [word.casefold() for word in _LABEL_WORD.findall(text)]
    return all(word in _GENERIC or word in _FILLER or word in ("pro", "por") for word in found)
