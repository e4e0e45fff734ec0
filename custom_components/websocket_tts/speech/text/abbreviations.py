"""Full stops that do not end a sentence."""

import regex

_BY_LANGUAGE = {
    "en": "adm approx apt assn assoc ave blvd capt cmdr co col corp dept ed eds esp est etc fig figs"
    " gen gov hon hrs inc jan feb apr aug sept oct nov dec jr lt ltd max mgr min misc mr mrs ms mt pp pres"
    " prof pt rd ref rep rev sec sgt sr st tel temp univ viz vol vs yr yrs",
    "de": "abb abs abt allg art aufl bd bspw bzgl bzw ca ders dgl dipl dr ebd einschl etw evtl fam fr ggf"
    " hr hrsg inkl insb jh kap kgl kl lfd mind mio mrd mwst nr orig prov qm sog std stk str tgl usw"
    " verf vgl wg zzgl",
    "fr": "av bd boul chap cf env mlle mme mmes ste tél",
    "it": "avv dott ecc egr gent pag sig sigg",
    "es": "admón aprox avda cía cap depto dra ej gral núm pág págs sra sras srta ud uds",
    "pt": "adv dto eng exma exmo ltda obs",
    "nl": "bijv blz dhr drs enz excl gem mevr mw resp",
    "sv": "dvs exkl milj osv",
    "pl": "godz itd itp lek nast np płk pn pok poz red rys św tj tys tzn tzw ul woj zob",
    "cs": "apod atd atp č doc kč mjr mld mil nám např násl obr odst okr pplk přibl roč sv tř tzn tzv",
    "tr": "alb bkz blv çev doç gör mah müh ör örn öğr şti uzm vb vd yay yrd yy",
}
_KNOWN = frozenset(word for words in _BY_LANGUAGE.values() for word in words.split())
"""Without their full stop, in lower case; those that are words as well ("no.", "on.") are left out."""
# "e.g.", "U.S.", "z. B.", "J. R. R. Tolkien": a letter alone.
_LETTER_ALONE = regex.compile(r"(?<![^\s.(\"'“„*_])\p{L}\.$")
_LAST_WORD = regex.compile(r"(?<![^\s.(\"'“„*_])(\p{L}+)\.$")
# It may be a pause for thought as well as an end.
_ELLIPSIS = regex.compile(r"(?:\.{2,}|…)[\"'”’」』）》】)\]]*$")  # noqa: RUF001


def ends_with_abbreviation(text: str) -> bool:
    """Return whether the sentence that this text looks like may go on after its full stop."""
    if _LETTER_ALONE.search(text) or _ELLIPSIS.search(text):
        return True
    word = _LAST_WORD.search(text)
    return bool(word and word[1].lower() in _KNOWN)
