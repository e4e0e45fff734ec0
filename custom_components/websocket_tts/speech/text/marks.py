"""The marks of all scripts at which a sentence ends or pauses, and pictures."""
# ruff: noqa: RUF001 (the marks of many scripts)

import re

DRAWN = "❓❔❗❕‼⁇⁈⁉"
_DENSE_STOPS = f"。！？｡။។៕{DRAWN}"
"""Those that end a sentence without white space: of scripts that have none, and drawn ones."""
_STOPS = f"{_DENSE_STOPS}।॥۔؟።፧։༎།‽"
_POINTS = ".!?…．\u037e"
_DENSE_CLOSERS = '"”’」』）》】〕〉｣〟\ufe0e\ufe0f'
COMMAS = ",:;、，：；،؛"
OF_ITEMS = ".)、．）۔।"
"""What follows the number of a list item."""
CLOSERS = f"{_DENSE_CLOSERS}'»)]}}"
DENSE = f"{_DENSE_STOPS}{_DENSE_CLOSERS}!?…"
"""What a sentence may end in without white space."""
# A guillemet may be separated from the stop by a space, and [1] after it is a citation.
_AFTER = rf"(?:[{re.escape(CLOSERS)}“‘«]|\[\d{{1,3}}\]|[\xa0\u202f](?=»))*\Z"
STOPPED = re.compile(rf"[{_STOPS}][!?…]*{_AFTER}")
"""The end of a sentence, whatever follows."""
# In Greek, ";" asks.
MAY_END = re.compile(rf"(?:[{_STOPS}{_POINTS}]|[\u0370-\u03ff\u1f00-\u1fff][^;]*;){_AFTER}")
"""The end of a sentence if the next word may begin one."""
# Blocks of pictures, without what is read as words, digits, notes of music, and most arrows.
EMOJI = (
    "\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a-\u23ff\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe"
    "\u2600-\u2668\u2670-\u2767\u2794-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f0ff\U0001f170-\U0001f19a\U0001f1e6-\U0001faff"
)
"""Ranges of a regular expression."""
SET_APART = re.compile(rf"[{_STOPS}{_POINTS}{COMMAS}][{re.escape(CLOSERS)}*_]*\Z")
"""The end of a text that is not run into the next one."""
