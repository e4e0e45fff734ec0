"""The marks of all scripts at which a sentence ends or pauses."""
# ruff: noqa: RUF001 (the marks of many scripts)

import re

_DENSE_STOPS = "。！？｡။។៕❓❔❗❕‼⁇⁈⁉"
"""Those that end a sentence without white space: of scripts that have none, and drawn ones."""
_STOPS = f"{_DENSE_STOPS}।॥۔؟።፧։༎།‽"
_POINTS = ".!?…．\u037e"
_DENSE_CLOSERS = "\"”’」』）》】〕〉\ufe0e\ufe0f"
COMMAS = ",:;、，：；،؛"
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
SET_APART = re.compile(rf"[{_STOPS}{_POINTS}{COMMAS}][{re.escape(CLOSERS)}*_]*\Z")
"""The end of a text that is not run into the next one."""
