"""Phrases that identify an error by its message.

They are in English and in the languages of the two vendors and of common proxies, and match words in the form
of comparable().
"""

import re
import unicodedata

_QUOTE = "[\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb]"
_TOKENS = re.compile(r"[^\W_]+|[<>&\"]")
_DOTLESS = "\u0131"


def comparable(words: str) -> str:
    """Return words in lower case, without accents; " stands for any quotation mark, | for a full stop."""
    plain = unicodedata.normalize("NFKD", words.casefold()).replace(_DOTLESS, "i")
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = re.sub(r"n['\u2019]t\b", " not", plain)
    plain = re.sub(rf"(?<!\w){_QUOTE}|{_QUOTE}(?!\w)", ' " ', plain)
    sentences = (" ".join(_TOKENS.findall(part)) for part in re.split(r"[.;!?]+(?:\s|$)", plain))
    return " | ".join(filter(None, sentences))


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{phrase})(?!\w)" for phrase in phrases))


_LICENCE = "licen[sc]e"
_SEAT = f"(?:channel|{_LICENCE}|connection|session|port|slot|seat|worker|thread)s?"
_TAKEN = "(?:taken|in use|busy|used|occupied|allocated|exhausted|full)"
_REACHED = "(?:(?:is|are|was|has been|have been) )?(?:reached|exceeded|hit)"
_AT_ONCE = "(?:concurrent|simultaneous|parallel|open|active)"
_SERVICE = "(?:server|service|system|engine|synthesizer)"

BUSY = _any_of(
    f"too many (?:{_AT_ONCE} )*(?:requests|connections|sessions|channels|clients|calls|streams)",
    rf"all (?:\w+ ){{0,3}}{_SEAT} (?:are )?(?:currently |already )?{_TAKEN}",
    rf"no (?:more )?(?:free|available|idle|spare) (?:\w+ ){{0,2}}{_SEAT}",
    rf"no (?:more )?(?:\w+ ){{0,2}}{_SEAT} (?:is |are )?(?:currently )?(?:left|available|free)",
    f"max(?:imum)? (?:number of |count of )?(?:allowed )?(?:{_AT_ONCE} )*(?:{_SEAT}|requests) "
    f"(?:count |limit )?{_REACHED}",
    rf"(?:{_AT_ONCE}|{_LICENCE}|channel|connection|session|concurrency) (?:\w+ ){{0,2}}"
    rf"(?:limit|quota|count) {_REACHED}",
    rf"exceed(?:ed|s|ing) (?:\w+ ){{0,5}}(?:{_AT_ONCE}|channels|{_LICENCE}s|connections|sessions)",
    rf"(?<!sample )(?<!speech )(?<!speaking )rate limit(?:ed| {_REACHED})",
    f"{_SERVICE} is (?:too |currently |temporarily )?(?:busy|overloaded)",
    f"{_SERVICE} (?:busy|overloaded)",
    "service (?:is )?(?:currently )?unavailable",
    "temporarily (?:unavailable|overloaded)",
    "over capacity",
    "zu viele (?:anfragen|verbindungen)",
    "alle (?:kanale|lizenzen|verbindungen) (?:sind )?(?:belegt|vergeben)",
    "(?:server|dienst) (?:ist )?(?:uberlastet|ausgelastet)",
    "(?:server|dienst) (?:ist )?vorubergehend nicht verfugbar",
    "trop de (?:requetes|connexions|demandes)",
    "tou(?:s|tes) les (?:canaux|licences|connexions) sont (?:occupes|utilises|prises|occupees|utilisees)",
    "(?:serveur|service) (?:est )?(?:occupe|surcharge|temporairement indisponible)",
    "cok fazla (?:istek|baglanti)",
    "tum (?:kanallar|lisanslar) (?:dolu|kullanimda|mesgul)",
    "(?:sunucu|servis) (?:su anda )?(?:mesgul|yogun)",
)
"""No channel is free right now."""

LATER = _any_of(
    r"(?:try|retry) (?:it |the request |your request )?(?:again )?(?:later|shortly|soon|in a (?:few|moment))",
    r"(?:try again|retry) (?:in|after) \d+",
    "spater (?:erneut|noch ?einmal|nochmals?|wieder)",
    "(?:reessayez|ressayez|reessayer) (?:ulterieurement|plus tard)",
    r"daha sonra (?:tekrar|yeniden) dene\w*",
)
"""The request may succeed later, whatever the reason."""

AUTH = _any_of(
    "un(?:authori[sz]ed|authenticated)",
    "not (?:authori[sz]ed|authenticated)",
    "(?:authentication|authorization) (?:has been |has |is )?(?:failed|failure|required|denied|missing)",
    "(?:access|permission) (?:is |was )?denied",
    "(?<=^)(?:error )?forbidden$",
    f"(?:invalid|wrong|bad|incorrect|expired) (?:api ?key|credentials|client (?:id|secret)|{_LICENCE})",
    f"(?:api ?key|credentials|client (?:id|secret)|{_LICENCE}) (?:is |are )?"
    "(?:invalid|not valid|wrong|revoked)",
    "(?:http|status|code|error) (?:code |status )?40[13]",
    "(?<=^)40[13]",
    "zugriff verweigert",
    "nicht (?:autorisiert|authentifiziert)",
    "acces (?:refuse|interdit|non autorise)",
    "(?:utilisateur|client|requete) non autorisee?",
    "yetkisiz (?:erisim|istek)",
    "erisim reddedildi",
    "kimlik dogrulama (?:basarisiz|hatasi)",
)
"""The credentials were rejected."""

# SSML parsers have tokens, too: the word alone does not mean credentials.
_ACCESS = "(?:access|bearer|auth|authentication|authorization|api|security|jwt|oauth)"
_FAULTY = "(?:invalid|wrong|bad|incorrect|missing|revoked|malformed)"

TOKEN = _any_of(
    f"{_FAULTY} {_ACCESS} token",
    f"{_ACCESS} token (?:is |was |has been )?(?:{_FAULTY}|not valid|required|rejected)",
    f"expired (?:{_ACCESS} )?token",
    "token (?:is |was |has (?:been )?)?(?:expired|revoked)",
    "(?<=^)(?:the )?(?:invalid|wrong|revoked) token$",
    "(?<=^)(?:the )?token is (?:invalid|not valid)$",
    "zugriffstoken (?:ist )?(?:ungultig|abgelaufen)",
    "jeton (?:d ?acces )?(?:est )?(?:expire|invalide)",
    "belirtec(?:i|inin)? (?:suresi )?(?:gecersiz|doldu)",
)
"""The credentials were rejected, unless the service has tokens of its own."""

# If "voice" belongs to the next word, it is not a voice that is missing.
_THING = (
    "(?:synthesis|synthesizer|server|service|engine|model|channel|license|licence|rate|volume|speed|pitch|format|"
    "settings?|parameters?|quality|data|files?|output|input|stream|pack|cache|database|list|language|text|ssml|tag|"
    r"request|activity|recognition|over|or|and|but)\b"
)
_MISSING = (
    "(?:is |was |could |can |does |has )?(?:unknown|unsupported|invalid|not (?:be |been )?"
    r"(?:found|exist|installed|registered|recogni[sz]ed|known|supported(?! (?:for|with|when|as)\b)))"
)
VOICE = _any_of(
    rf"voice(?! {_THING})(?: (?!{_THING})[^\s|]+){{0,9}}? {_MISSING}(?! {_THING})",
    "(?:unknown|invalid|unsupported|unrecogni[sz]ed|no such|non ?existent|not a valid) (?:tts )?"
    f"voice(?! {_THING})",
    f"(?:cannot|can? not|could not|unable to|failed to) find (?:the |a )?voice(?! {_THING})",
    "no voice (?:named|called|with (?:the )?(?:name|id))",
    "(?:unbekannte|ungultige) stimme",
    r"stimme (?:[^\s|]+ ){0,6}?(?:wurde )?nicht (?:gefunden|vorhanden)",
    r"voix (?:[^\s|]+ ){0,6}?(?:introuvable|inconnue|non trouvee)",
    "(?:bilinmeyen|gecersiz) ses$",
    "ses bulunamadi",
)
"""The service does not have the voice."""

FOR_NOW = _any_of("currently", "temporarily", "yet", "right now", "at the moment", "momentan", "su anda")
"""The state is temporary."""
