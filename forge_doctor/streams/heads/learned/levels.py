"""Words, letters and numbers that name a level, in any case: what they mean, and where they may stand."""

from __future__ import annotations

from forge_doctor.regex import regex

NAMES = {
    10: "trace trce trc debug debu dbug dbg verbose vrb fine finer finest",
    20: "info information informational inf success notice note",
    30: "warning warn warni wrn",
    40: "error erro err exception severe fail",
    50: "critical criti crit crt fatal fata ftl panic alert emerg emergency",
}
WORDS = {word.encode(): level for level, words in NAMES.items() for word in words.split()}
LETTERS = {b"T": 10, b"D": 10, b"V": 10, b"I": 20, b"N": 20, b"W": 30, b"E": 40, b"C": 50, b"F": 50}
NUMBERS = {b"5": 10, b"10": 10, b"20": 20, b"25": 20, b"30": 30, b"40": 40, b"50": 50}
OF_SYSLOG = {b"0": 50, b"1": 50, b"2": 50, b"3": 40, b"4": 30, b"5": 20, b"6": 20, b"7": 10}
_SHOWN = {
    10: "\U0001f41b \U0001f41e \U0001f50d \u26aa",
    20: "\u2139 \u2705 \U0001f7e2 \U0001f535",
    30: "\u26a0 \U0001f7e1 \U0001f7e0",
    40: "\u274c \U0001f534 \U0001f6a8 \u26d4 \U0001f6d1",
    50: "\U0001f525 \U0001f4a5 \u2620 \U0001f480",
}
PICTURES = {sign.encode(): level for level, signs in _SHOWN.items() for sign in signs.split()}
# What says that a sign is to be shown in colours.
_VARIATION = "\ufe0f".encode()
TOLD = {10: b"DEBUG", 20: b"INFO", 30: b"WARNING", 40: b"ERROR", 50: b"CRITICAL"}
"""How a head that all readers know names a level."""
WORD = rb"(?<![\w'/])(?i:" + b"|".join(sorted(WORDS, reverse=True)) + rb")(?![\w'/.=]|-\w)"
# Before a day without a blank, as glog has it, or by itself.
LETTER = rb"(?<![\w'/.])[TDVINWECF](?=\d{4,8} \d\d:|[^\w'/.-]|$)"
NUMBER = rb"(?<![\w./:-])(?:5|10|20|25|30|40|50)(?![\w./:-])"
PRIORITY = rb"(?<=<)[0-7](?=>)"
PICTURE = rb"(?:" + b"|".join(PICTURES) + rb")(?:" + _VARIATION + rb")?"
KINDS = {"word": WORD, "letter": LETTER, "number": NUMBER, "priority": PRIORITY, "picture": PICTURE}
ANY = regex(b"|".join(b"(?P<%b>%b)" % (kind.encode(), pattern) for kind, pattern in KINDS.items()))
LEAST_BEHIND_TIME = 2


def level_named(text: bytes, kind: str) -> int:
    """The level that a word, a letter or a number means, as Python counts them; 0 where it means none."""
    if kind == "word":
        return WORDS.get(text.lower(), 0)
    if kind == "picture":
        return PICTURES.get(text.removesuffix(_VARIATION), 0)
    return {"letter": LETTERS, "number": NUMBERS, "priority": OF_SYSLOG}[kind].get(text, 0)
