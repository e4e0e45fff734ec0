"""Full stops that do not end a sentence: behind abbreviations, initials and numbers."""
# ruff: noqa: RUF001 (the letters of many languages)

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
import re
import unicodedata

# Without their full stop, in lower case; those that are words as well ("no.", "on.") are left out.
# Those of each language are known in all of them but for what would be a word in another.
_ABBREVIATIONS = {
    "": "adm approx apt assn assoc ave blvd capt cmdr co col corp dept ed eds esp est etc fig figs gen gov"
    " hon hrs inc jan feb apr aug sept oct nov dec jr lt ltd max mgr min misc mr mrs ms mt pp pres prof pt rd"
    " ref rep rev sec sgt sr st tel temp univ viz vol vs yr yrs"
    # German
    " abb abs abt allg art aufl bd bspw bzgl bzw ca ders dgl dipl dr ebd einschl etw evtl fam fr ggf hr hrsg"
    " inkl insb jh kap kgl kl lfd mind mio mrd mwst nr orig prov qm sog std stk str tgl usw verf vgl wg zzgl"
    # French, Italian, Spanish, Portuguese
    " av bd boul chap cf env mlle mme mmes ste tél avv dott ecc egr gent pag sig sigg admón aprox avda cía"
    " cap depto dra ej gral núm pág págs sra sras srta ud uds adv dto eng exma exmo ltda obs"
    # Dutch, Swedish
    " bijv blz dhr drs enz excl gem mevr mw resp dvs exkl milj osv"
    # Polish, Czech
    " godz itd itp lek nast np płk pn pok poz red rys św tj tys tzn tzw ul woj zob apod atd atp č doc kč mjr"
    " mld mil nám např násl obr odst okr pplk přibl roč sv tř tzn tzv"
    # Turkish
    " alb bkz blv çev doç gör mah müh ör örn öğr şti uzm vb vd yay yrd yy",
    "de": "chr ehem geb gest gez hbf okt sek zzt dez",
    "da": "bl eks kr mht nr osv pga tlf vedr",
    "nb": "bl eks kr mht nr osv pga tlf vedr",
    "fi": "esim jne klo mm nro ns os puh tms ts",
    "hu": "ill kb id ifj pl stb ún vö",
    "sv": "bl ex kr nr",
    "tr": "cad dk no sn sok",
    "fr": "hab",
}

# Before a number; as they stand, or in lower case.
_BEFORE_NUMBER = {
    "": "no nr",
    "en": "no nos nr num vol p pp ch sec fig eq art para app apt ext tel rm",
    "de": "nr nrn abs art kap abb bd tel gl anh ziff rn Mo Di Mi Do Fr Sa So",
    "fr": "no nos n° nº num art chap p pp fig vol tél",
    "es": "núm núms nº n.º no art cap pág págs tel vol",
    "it": "n nn nº n° num art cap pag pagg tel vol",
    "pt": "nº n.º no núm art cap pág págs tel vol",
    "nl": "nr nrs art blz hfst tel",
    "sv": "nr kap s sid kl tel",
    "da": "nr kap s kl tlf tel",
    "nb": "nr kap s kl tlf tel",
    "fi": "nro s klo luku puh",
    "hu": "sz old tel",
    "pl": "nr nry art ust pkt poz str s godz r tel rozdz kl",
    "cs": "č čl odst str s tel kap hod r",
    "tr": "no md mad böl s sf tel",
}

# Languages that write ordinals with a full stop, and among them those in which names or all nouns have a
# capital, so that a capital does not tell where a sentence begins. Nothing is known of a text in no language.
_CAPITALS_DO_NOT_TELL = frozenset(("", "de", "lb", "gsw", "tr", "az"))
_ORDINALS = _CAPITALS_DO_NOT_TELL | {
    "cs",
    "sk",
    "pl",
    "da",
    "nb",
    "fi",
    "et",
    "hu",
    "sl",
    "hr",
    "sr",
    "bs",
    "lv",
}

# Words that begin a sentence, and are neither what is counted nor part of a name.
_BEGINNERS = {
    "en": "the this that these those it he she we you they i then there and but or so in on at if when what"
    " where how do is are please would",
    "de": "das der die es er sie wir ich ihr du man dann danach dies diese dieser dieses diesen ein eine"
    " einen einem einer im in am an auf aus bei beim mit nach und oder aber doch denn für von vom zu zum zur"
    " um unter über vor wie was wer wo wann warum wenn weil da dabei damit dazu davon daher darum deshalb"
    " dort hier heute gestern jetzt nun so alle alles auch bitte danke ja nein nicht kein keine ist sind"
    " hat haben soll sollen kann können möchten möchtest möchte willst wollen wird werden noch nur sonst"
    " außerdem"
    " trotzdem jedoch insgesamt derzeit aktuell draußen drinnen ansonsten leider okay ob seit bis"
    " mein meine dein deine sein seine unser unsere ihre jeder jede jedes manche viele einige anschließend"
    " dadurch darauf darin daran dafür dagegen ebenso falls obwohl während zuerst zuletzt später morgens"
    " abends mittags wobei welche welcher welches hast habe bin war waren wurde hatte gibt",
    "tr": "bu şu o bunlar şunlar onlar ben sen biz siz ama ancak fakat ve veya ya çünkü eğer daha sonra"
    " önce şimdi bugün dün yarın lütfen evet hayır tamam peki ne nasıl neden niçin kim nerede hangi kaç var"
    " yok her hiç içeride dışarıda ayrıca artık böylece buna bunun bunu ona onun onu size sana bana bize"
    " başka hepsi bazı isterseniz istersen hava burada orada şu an",
    "cs": "to je byl byla bylo ten ta ti on ona ono oni my vy já v ve na do od po pak potom ale a i kdy kde"
    " jak co kdo proč dnes zítra včera nyní teď ano ne jeho její za před když protože tento tato toto",
    "pl": "to jest był była było ten ta te on ona ono oni my wy ja w we na do od po potem ale a i kiedy"
    " gdzie jak co kto dlaczego dziś dzisiaj jutro wczoraj teraz tak nie jego jej za przed gdy ponieważ",
    "da": "det den de han hun vi jeg du i på til fra og men så da når hvor hvad hvem hvorfor nu ja nej der"
    " her en et",
    "nb": "det den de han hun vi jeg du i på til fra og men så da når hvor hva hvem hvorfor nå ja nei der"
    " her en et",
    "fi": "se ne hän he minä sinä me te on oli ja mutta sitten kun missä mitä kuka miksi nyt tänään"
    " huomenna kyllä ei",
    "hu": "a az ez ő mi ti én te és de majd akkor ha hol mit ki miért most ma holnap igen nem",
}
# Where a capital tells otherwise.
_MONTHS = {
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada"
    " grudnia",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta"
    " lokakuuta marraskuuta joulukuuta",
    "hu": "január február március április május június július augusztus szeptember október november december",
}

_OPENERS = "(\"'“„‘‚«»[*_"
_CLOSERS = "\"'”’»)]}」』）》】〕〉"
# "e.g.", "U.S.", "z. B.", "J. R. R. Tolkien": a letter alone.
_LETTER_ALONE = re.compile(r"(?:^|[\s.(\"'“„*_])[^\W\d_]\.$")
_LAST_WORD = re.compile(r"(?:^|[\s.(\"'“„*_])([^\W\d_]+)\.$")
# It may be a pause for thought as well as an end.
_ELLIPSIS = re.compile(rf"(?:\.\.|…)[{re.escape(_CLOSERS)}]*$")
_NUMBER = re.compile(rf"[{re.escape(_OPENERS)}]*(\d+(?:[.,:/]\d+)*|[IVXLC]{{2,}})\.$")
# "2.", as an item of a list begins.
_ITEM = re.compile(rf"[{re.escape(_OPENERS)}]*\d{{1,3}}\.$")
_YEAR = re.compile(r"(?:.*\D)?(?:1[1-9]|20)(?!00)\d\d$")
# 3,5 and 14:30 are no ordinals.
_NO_ORDINAL = re.compile(r".*[,:/]")


def is_ellipsis(word: str) -> bool:
    """Return whether a word ends in one, where a sentence may go on or end."""
    return _ELLIPSIS.search(word) is not None


def is_number(word: str) -> bool:
    """Return whether a word is a number with a full stop."""
    return _NUMBER.match(word) is not None


def is_item(word: str) -> bool:
    """Return whether a word is a number as a list has it."""
    return _ITEM.match(word) is not None


@dataclass(frozen=True, slots=True)
class StopRules:
    """What is known of the full stops of a language."""

    abbreviations: frozenset[str]
    before_number: frozenset[str]
    beginners: frozenset[str]
    months: frozenset[str]
    has_ordinals: bool
    capitals_tell: bool

    def is_abbreviation(self, word: str) -> bool:
        """Return whether the sentence may go on after the full stop of a word."""
        if _LETTER_ALONE.search(word):
            return True
        last = _LAST_WORD.search(word)
        return last is not None and last[1].lower() in self.abbreviations

    def takes_number(self, word: str) -> bool:
        """Return whether a word with a full stop goes with the number behind it."""
        name = word.strip(_OPENERS).removesuffix(".")
        return is_number(word) or bool({name, name.lower()} & self.before_number)

    def number_ends(self, number: str, following: str, *, whole: bool) -> bool | None:
        """Return whether a sentence ends with a number that has a capital behind it; None for not yet known.

        following is the word behind it, as far as it is known.
        """
        if not self.has_ordinals or unicodedata.category(following[0]) == "Lo":
            return True
        if not whole:
            return None
        digits = number.strip(_OPENERS + ".")
        word = following.strip(_OPENERS + _CLOSERS + ".,:;!?").lower()
        if word in self.beginners:
            return True
        if not digits[0].isdigit():
            return False
        if _NO_ORDINAL.match(digits) or _YEAR.match(digits):
            return True
        return self.capitals_tell and word not in self.months


@cache
def stop_rules(language: str) -> StopRules:
    """Return the rules for a language, a BCP 47 tag or empty where it is not known."""
    tag = language.replace("_", "-").partition("-")[0].lower()
    tag = {"nn": "nb", "no": "nb"}.get(tag, tag)
    return StopRules(
        abbreviations=_words(_ABBREVIATIONS, "", tag),
        before_number=_words(_BEFORE_NUMBER, "", tag),
        beginners=_words(_BEGINNERS, *([tag] if tag else _BEGINNERS)),
        months=_words(_MONTHS, tag),
        has_ordinals=tag in _ORDINALS,
        capitals_tell=tag not in _CAPITALS_DO_NOT_TELL,
    )


def _words(table: Mapping[str, str], *languages: str) -> frozenset[str]:
    return frozenset(word for language in languages for word in table.get(language, "").split())
