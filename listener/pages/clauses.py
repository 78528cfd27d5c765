"""Words around an amount that classify it: a saving, an old price, another vendor's, a threshold, an add-on.

In the languages of the web. Each pattern is matched against the clause that holds the amount; every one is linear.
"""

from __future__ import annotations

import re

#: Before or after an amount in its clause: it isn't what is paid.
SAVING = re.compile(
    r"\b(?:sav(?:e|es|ed|ing|ings)|discount(?:ed by)?|off|spar(?:e|en|st|t|pris)?|ersparnis|rabatt|preisvorteil|"
    r"vorteil|économi(?:e|es|sez|ser)|réduction|remise|ahorr(?:a|o|as|e|ar)|descuento|dto|risparm(?:i|ia|io|iare|"
    r"iate)|sconto|"
    r"econom(?:ia|ize|iza|izar|izando)|poupe|poupança|desconto|bespaar|besparing|korting|oszczęd\w+|zniżk\w+|"
    r"rabat\w*|ušetř\w+|sleva|slevy|megtakarít\w+|kedvezmény|spara|säästä|экономи\w+|скидк\w+|выгод\w+|зниж\w+|"
    r"економ\w+|tejamkor|indirim|tasarruf|hemat|"
    r"\w{3,20}bonus|\w{3,20}rabatt|"
    r"cashback|cash back|credits? (?:for free|included|on signup)|bonus|refund(?:ed)?|reward|voucher|gutschein|"
    r"coupon)\b|お得|割引|節約|立省|优惠|節省|할인",
    re.IGNORECASE,
)
#: The label before an amount that comes back.
DEPOSIT = re.compile(
    r"\W*(?:(?:security |refundable |damage )?deposit|kaution|caution|fianza|depósito|cauzione|borg|kaucj\w+|kauce|"
    r"depositum)\b",
    re.IGNORECASE,
)
#: A whole line that somebody else said, with or without who it was.
QUOTATION = re.compile(r"[\"“„«][^\"“”„«»]{20,}[\"“”»]\s*(?:[–—-].{0,80})?", re.DOTALL)
#: Right after an amount: it is given, or comes back, or is due for a breach.
GIVEN_AFTER = re.compile(
    r"\s*(?:in|of|as|an|en|de|di|em|w)?\s*(?:free |gratis |bonus )?(?:back\b|credits?|guthaben|cash ?back|bonus\b|"
    r"rabatt|discount|remise|réduction|descuento|desconto|sconto|korting|zniżki|скидки|"
    r"(?:is |are )?on (?:us|the house)\b|crédits? offerts?|voucher|refund|(?:security )?deposit|penalty|fine\b|"
    r"kaution|caution\b|fianza|"
    r"depósito|cauzione|borg\b|kaucj\w+)",
    re.IGNORECASE,
)
#: Right before an amount: what was paid once, or elsewhere.
LIST_BEFORE = re.compile(
    r"(?<![^\W\d_])(?:instead of|rather than|statt|anstatt|au lieu de|en lugar de|en vez de|invece di|anziché|ao "
    r"invés de|em "
    r"vez de|i\.?p\.?v\.?|in plaats van|zamiast|místo|helyett|i stället för|вместо|замість|regular(?:ly)?(?: "
    r"price)?:?|reg\.?|normal(?:ly|erweise)?(?: price)?:?|usual(?:ly)?|"
    r"was|uvp:?|msrp:?|rrp:?|list price:?|original(?:ly)?(?: price)?:?|previously|bisher|vorher|früher|"
    r"ursprünglich|avant|antes|prima|(?<!\dx )de|通常|定価|原价|原價|정가|eredeti ár:?|původně|dříve|przed|old "
    r"price:?)\s*[:(~]?\s*$",
    re.IGNORECASE,
)
#: In the clause before an amount: somebody else's price, a threshold, a sum that is no price.
NOT_A_PRICE = re.compile(
    r"\b(?:worth|valued? (?:at|of)?|value:?|im wert von|wert von|d'une valeur de|valeur|valorad[oa] en|por valor "
    r"de|del valore di|no valor de|t\.w\.v\.|wartości|v hodnotě|"
    r"vs\.?|versus|compared (?:to|with)|market (?:price|rate|average)|elsewhere|typical(?:ly)?|on average|average|"
    r"competitors?|others charge|agencies charge|industry|im vergleich|marktüblich|üblicherweise|concurrents?|"
    r"competencia|concorrenti|concorrência|w porównaniu|"
    r"revenue|turnover|umsatz|arr|mrr|gmv|salary|gehalt|funding|raised|budgets?|spend(?:ing)?|earn(?:s|ed|ing|"
    r"ings)?|earned|income|profit|loses?|lost|losing|costing you|cost you|limit(?:ed)? (?:of|to)|cap(?:ped)? "
    r"(?:of|at)|"
    r"orders? (?:over|above)|over|above|under|below|more than|less than|fewer than|up to|at least|"
    r"for (?:each|every)|minimum(?: order| spend| of)?|"
    r"mindest\w*|bis zu|über|mehr als|weniger als|jusqu'à|plus de|moins de|hasta|más de|menos "
    r"de|fino a|più di|oltre|meno di|até|mais de|"
    r"deposit|kaution|caution|fianza|depósito|cauzione|kaucj\w+|kauce|depositum|penalty|fines?|strafe|"
    r"vertragsstrafe|late fee|mahngebühr|"
    r"insurance|versichert|guarantee(?:d)?|refundable|"
    r"(?:stop|quit|avoid|hate|tired of|instead of) (?:paying|spending|wasting|losing)|hör(?:en sie|t)? auf|"
    r"(?:helped?|help) [^.!?]{0,40}(?:raise|earn|save|cut)|raise|raising|"
    r"(?:cut|reduced?|lower(?:ed)?) [^.!?]{0,30} by|"
    r"equivalent(?: to)?|equals?|entspricht|umgerechnet|soit|equivale|equivalente|corrisponde|"
    r"odpowiada)\b[^.!?]{0,24}$",
    re.IGNORECASE,
)
#: What is due for not coming.
CANCELLED = re.compile(
    r"\b(?:no[- ]shows?|late cancel\w+|missed|not cancelled|ausfall\w*|nicht abgesagt\w*|storno\w*|stornier\w+|"
    r"non annul\w+|non décommand\w+|absence|no cancelad\w+|non disdett\w+|não cancelad\w+|niet geannuleerd\w*|"
    r"nieodwołan\w+|неявк\w+)\b[^.!?]{0,60}$",
    re.IGNORECASE,
)
#: A price for a while, or for those who come first.
PROMOTION = re.compile(
    r"\b(?:intro(?:ductory)?|launch|limited[- ]time|early[- ]bird|promo(?:tion(?:al)?)?|special offer|black friday|"
    r"first (?:month|year|\d+ months)|for the first|einführungs\w+|aktions?\w*|frühbucher\w*|im ersten|lancement|offre "
    r"spéciale|premier mois|oferta|lanzamiento|primer mes|promozion\w+|lancio|primo mese|promoção|lançamento|primeiro "
    r"mês|actie\w*|eerste maand|promocj\w+|pierwszy miesiąc|kampanj\w*|акци\w+|первый месяц)\b|キャンペーン|限时|限時|"
    r"프로모션",
    re.IGNORECASE,
)
#: "from 49".
STARTING = re.compile(
    r"(?:\b(?:from|starting (?:at|from)|starts (?:at|from)|as low as|prices? from|beginning at|ab|schon ab|"
    r"bereits ab|à partir de|a partir de|dès|desde|a partire da|da|vanaf|od|już od|от|від|från|fra|alkaen|από|de "
    r"la|от|dan|mulai|mulai dari|kezdve|başlayan|apd|chỉ từ|từ|starter ab)|から)\s*(?:just|only|nur|:|\$)?\s*$",
    re.IGNORECASE,
)
STARTING_AFTER = re.compile(
    r"\s*(?:\+|and up|and above|or more|起|から|～|부터|~|und mehr|et plus|y más|-?dan başlayan|-?tól|-?től|\+$)",
    re.IGNORECASE,
)
#: What costs nothing, and is no plan: leaving, setting up, hidden fees.
NO_COST = re.compile(
    r"\b(?:cancel\w*|set-?up|hidden|fees?|commission\w*|upfront|kündig\w*|einrichtung\w*|versteckt\w*|"
    r"provision\w*|gebühr\w*|"
    r"résiliation|frais|commissions?|cachés?|cancelaci\w+|comisi\w+|disdetta|recesso|commissioni|cancelamento|"
    r"taxas?|comiss\w+|"
    r"opzeg\w*|kosten|prowizj\w+|opłat\w*)\b",
    re.IGNORECASE,
)
#: A price beside the plan's own: setup, extra, overage.
ADDON = re.compile(
    r"\b(?:set-?up|setup|installation|einrichtung\w*|onboarding|activation|joining fee|enrol?ment|registration "
    r"fee|anmeldegebühr|aufnahmegebühr|extra|additional|each additional|overage|beyond|thereafter|add-?ons?|plus|"
    r"zzgl|zuzüglich|zuschlag|aufpreis|zusätzlich\w*|weitere[rs]?|supplément|en sus|"
    r"frais d|mise en service|adicional|suplemento|alta|instalación|aggiuntiv\w+|attivazione|adesão|matrícula|"
    r"taxa de|dopłata|dodatkow\w+|příplatek|toeslag|meerprijs|tillägg|tillegg|доплата|дополнительн\w+|shipping|"
    r"versand|delivery|anfahrt|travel|surcharge|fee of|processing fee|service fee|transaction fee)\b|初期費用|"
    r"追加|別途|"
    r"设置费|初裝",
    re.IGNORECASE,
)
