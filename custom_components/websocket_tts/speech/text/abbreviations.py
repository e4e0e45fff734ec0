"""Full stops that do not end a sentence: after abbreviations, initials, and numbers."""
# ruff: noqa: RUF001 (the letters of many languages)

from collections.abc import Mapping
from functools import lru_cache
import re
import unicodedata

from .marks import CLOSERS, OF_ITEMS

# In lower case, without the full stop. Those that are also words of their language are left out; "=max" is
# case-sensitive ("Max." is a name).
_EVERYWHERE = "dr etc inc jr ltd mr mrs ms prof st vs"
_ABBREVIATIONS = {
    # For languages without a list, and for an unknown language.
    "": "abb abs abt adm admón adv alb allg apod approx apr aprox apt art assn assoc atd atp aufl aug av avda"
    " ave avv bd bijv bkz blv blvd blz boul bspw bzgl bzw ca cap capt cf chap cmdr co col corp cía dec dept"
    " depto ders dgl dhr dipl doc dott doç dra drs dto dvs ebd ecc ed eds egr einschl ej eng env enz esp"
    " est etw evtl excl exkl exma exmo fam feb fig figs fr gem gen gent ggf godz gov gral gör hon hr hrs"
    " hrsg inkl insb itd itp jan jh kap kgl kl kč lek lfd lt ltda mah max mevr mgr mil milj min mind mio"
    " misc mjr mld mlle mme mmes mrd mt mw mwst müh např nast nov np nr nám násl núm obr obs oct odst okr"
    " orig osv pag pn pok poz pp pplk pres prov pt pág págs płk přibl qm rd red ref rep resp rev roč rys"
    " sec sept sgt sig sigg sog sr sra sras srta std ste stk str sv tel temp tgl tj tys tzn tzv tzw tél tř"
    " ud uds ul univ usw uzm vb vd verf vgl viz vol wg woj yay yr yrd yrs yy zob zzgl çev ör örn öğr č św"
    " şti",
    "en": "adm approx apt assn assoc ave blvd capt cmdr co col corp dept ed eds esp est excl fig figs gen gov"
    " incl feb apr aug sept oct nov dec lt mgr misc mt pp pres pt rd rev sgt sr tel univ viz",
    "de": "abb abs abt allg apr aug aufl bd bspw bzgl bzw ca chr co ders dez dgl dipl ebd ehem einschl etw ev"
    " evtl fam feb fr frl geb gest gez ggf hr hrsg ing inkl insb jh kap kgl kl lfd =max =min mind mio mrd"
    " mwst nov nr okt orig prov qm sept sog stk str tel tgl usf usw uvm verf vgl wg zzgl zzt",
    "fr": "apr av bd boul cf co env ex hab janv juil févr mlle mm mme mmes pr ste tél",
    "it": "arch avv ca dott ecc egr es fam gent geom ing pag pagg ra rag sec sig sigg ssa",
    "es": "admón aprox arq avda cía depto dpto dra dña ee ej gral ing lic núm pza pág págs sr sra sras sres"
    " srta sta sto ud uds uu",
    "pt": "adv arq av cia dra dto eng ex gen exma exmo ilmo ltda obs profa pça sr sra srs srta sta sto séc",
    "nl": "bijv blz ca dhr drs enz evt excl gem incl ing ir jl mevr mw nr resp",
    "sv": "bl ca dir dvs ev ex exkl fl inkl leg milj nr osv resp tfn",
    "da": "bl ca dvs eks ekskl evt fr frk hr inkl jf mht nr osv pga tlf vedr",
    "fi": "ao em esim jne klo mm ns nro os puh tms tri ts yms",
    "hu": "ill id ifj kb nagy özv pl stb ún vö",
    "pl": "abp al bp dyr gen godz hab im in inż itd itp kpt ks mgr nast np os pl płk pn pok poz ppłk red"
    " rys tel tj tys tzn tzw ul ur woj zm zob św",
    "cs": "apod atd atp bc doc gen ing judr kpt mgr mil mj mjr mld mudr mvdr např násl odst okr phdr písm plk"
    " popř pplk př přibl příp resp rndr roč spol sv tis tj tzn tzv tř ul vč č",
    "tr": "alb apt =Av bkz blv bşk cad doç hz mah müh sk sok uzm vb vd yay yrd yy yzb çev öğr ör örn şti =Sn",
    "zh": "",
}

# Abbreviations before a number; as written here, or in lower case.
_BEFORE_NUMBER = {
    "": "no nr",
    "en": "no nos nr num vol p pp ch fig eq para apt ext tel rm jan",
    "de": "nr nrn abs art kap abb bd tel gl anh ziff rn jan Mo Di Mi Do Fr Sa So",
    "fr": "no nos n° nº num art chap p pp fig vol tél",
    "es": "núm núms nº n.º no art cap pág págs tel vol",
    "it": "n nn nº n° num art cap pag pagg tel vol",
    "pt": "nº n.º no núm art cap pág págs tel vol",
    "nl": "nr nrs art blz hfst tel jan",
    "sv": "nr kap s sid kl tel",
    "da": "nr kap s kl tlf tel",
    "fi": "nro s klo luku puh",
    "hu": "sz old tel",
    "pl": "nr nry art ust pkt poz str s godz r tel rozdz kl",
    "cs": "č čl odst str s tel kap hod r",
    "tr": "no md mad böl s sf tel",
}

# Languages that write ordinals with a full stop, and those of them that capitalize nouns or names, so that a
# capital does not indicate a new sentence. Of an unknown language ("") nothing can be assumed.
_CAPITALS_DO_NOT_TELL = frozenset(("", "de", "lb", "gsw", "tr", "az"))
_ORDINALS = "cs sk pl da fi et hu sl hr sr bs lv"

# Words that begin a sentence, and are neither counted by an ordinal nor part of a name.
_BEGINNERS = {
    "en": "the this that these those it he she we you they i then there and but or so in on at if when what"
    " where how do is are please would",
    "de": "das der die es er sie wir ich ihr du man dann danach dies diese dieser dieses diesen ein eine"
    " einen einem einer im in am an auf aus bei beim mit nach und oder aber doch denn für von vom zu zum zur"
    " um unter über vor wie was wer wo wann warum wenn weil da dabei damit dazu davon daher darum deshalb"
    " dort hier heute gestern jetzt nun so alle alles auch bitte danke ja nein nicht kein keine ist sind hat"
    " haben soll sollen kann können möchten möchtest möchte willst wollen wird werden noch nur sonst"
    " außerdem trotzdem jedoch insgesamt derzeit aktuell draußen drinnen ansonsten leider okay ob seit bis"
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
    "da": "det den de han hun vi jeg du i på til fra og men så da når hvor hva hvad hvem hvorfor nu nå ja"
    " nei nej der her en et",
    "fi": "se ne hän he minä sinä me te on oli ja mutta sitten kun missä mitä kuka miksi nyt tänään"
    " huomenna kyllä ei",
    "hu": "a az ez ő mi ti én te és de majd akkor ha hol mit ki miért most ma holnap igen nem",
}
# Exceptions for languages in which a capital does indicate a new sentence.
_MONTHS = {
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada"
    " grudnia",
    "da": "januar februar mars marts april mai maj juni juli august september oktober november december"
    " desember",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta"
    " lokakuuta marraskuuta joulukuuta",
    "hu": "január február március április május június július augusztus szeptember október november december",
}

_OPENERS = "(\"'“„‘‚«»[*_"
# "e.g.", "U.S.", "z. B.", "J. R. R. Tolkien": a letter alone.
_WORD_START = r"(?:^|[\s.(\[\"'’“„‘‚«»*_–—\u2e80-\u9fff\uff00-\uffef])"
_LETTER_ALONE = re.compile(rf"(?:{_WORD_START}|\.-(?:[^\W\d_]-)?)[^\W\d_]\.$")
_LAST_WORD = re.compile(rf"(?:{_WORD_START}|-)([^\W\d_]+)\.$")
ELLIPSIS = re.compile(rf"(?:\.\.|…)[{re.escape(CLOSERS)}]*$")
"""The end of a word after which a sentence may continue or end."""
NUMBER = re.compile(
    rf"(?:.*[\u2e80-\u9fff\uff00-\uffef])?[{re.escape(_OPENERS)}]*(?:\d+(?:[.,:/]\d+)*|[IVXLC]{{2,}})\.$"
)
"""A number with a full stop."""
ITEM = re.compile(rf"[{re.escape(_OPENERS)}]*\d{{1,3}}[{OF_ITEMS}]$")
"""The number of a list item."""
_YEAR = re.compile(r"(?:.*\D)?(?:1[1-9]|20)(?!00)\d\d$")
_EAST = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")


class StopRules:
    """The rules for full stops in a language."""

    def __init__(self, language: str, abbreviations: frozenset[str]) -> None:
        """Initialize for a BCP 47 tag, empty for an unknown language, with additional abbreviations."""
        tag = language.replace("_", "-").partition("-")[0].lower()
        # Norwegian is written like Danish.
        tag = "da" if tag in ("nb", "nn", "no") else tag
        known = _words(_ABBREVIATIONS, tag if tag in _ABBREVIATIONS else "")
        self._abbreviations = abbreviations | known | {*_EVERYWHERE.split()}
        self._before_number = _words(_BEFORE_NUMBER, "", tag)
        self._beginners = _words(_BEGINNERS, *([tag] if tag else _BEGINNERS))
        self._months = _words(_MONTHS, tag)
        self._capitals_tell = tag not in _CAPITALS_DO_NOT_TELL
        self._has_ordinals = not self._capitals_tell or tag in _ORDINALS.split()

    def is_abbreviation(self, word: str) -> bool:
        """Return whether the sentence may continue after the full stop of a word."""
        if _LETTER_ALONE.search(word):
            return True
        last = _LAST_WORD.search(word)
        return last is not None and not self._abbreviations.isdisjoint((last[1].lower(), f"={last[1]}"))

    def takes_number(self, word: str) -> bool:
        """Return whether a word with a full stop belongs to the number after it."""
        name = word.strip(_OPENERS).removesuffix(".")
        return bool(NUMBER.match(word) or {name, name.lower()} & self._before_number)

    def number_ends(self, number: str, following: str, *, whole: bool) -> bool | None:
        """Return whether a sentence ends with a number before a capitalized word; None if not known yet.

        following is that word, or its beginning unless it is whole.
        """
        if _EAST.match(following):
            # East Asian scripts have their own stops: this is the number of a list item.
            return False
        if not self._has_ordinals or unicodedata.category(following[0]) == "Lo":
            return True
        return self._ordinal_ends(number.strip(_OPENERS + "."), following) if whole else None

    def _ordinal_ends(self, number: str, following: str) -> bool:
        word = following.strip(_OPENERS + CLOSERS + ".,:;!?").lower()
        if word in self._beginners:
            return True
        if not number[0].isdigit():
            # King Charles IV.
            return False
        if not {*",:/"}.isdisjoint(number) or _YEAR.match(number):
            # Neither is 3,5 or 14:30 an ordinal.
            return True
        return self._capitals_tell and word not in self._months


@lru_cache(maxsize=8)
def stop_rules(language: str, abbreviations: frozenset[str]) -> StopRules:
    """Return the rules for a language, as StopRules are initialized; they are made once."""
    return StopRules(language, abbreviations)


def _words(table: Mapping[str, str], *languages: str) -> frozenset[str]:
    return frozenset(word for language in languages for word in table.get(language, "").split())
