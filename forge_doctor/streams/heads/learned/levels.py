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
TOLD = {10: b"DEBUG", 20: b"INFO", 30: b"WARNING", 40: b"ERROR", 50: b"CRITICAL"}
"""How a head that all readers know names a level."""
WORD = rb"(?<![\w'/])(?i:" + b"|".join(sorted(WORDS, reverse=True)) + rb")(?![\w'/.=]|-\w)"
# Before a day without a blank, as glog has it, or by itself.
LETTER = rb"(?<![\w'/.])[TDVINWECF](?=\d{4,8} \d\d:|[^\w'/.-]|$)"
NUMBER = rb"(?<![\w./:-])(?:5|10|20|25|30|40|50)(?![\w./:-])"
PRIORITY = rb"(?<=<)[0-7](?=>)"
KINDS = {"word": WORD, "letter": LETTER, "number": NUMBER, "priority": PRIORITY}
ANY = regex(b"|".join(b"(?P<%b>%b)" % (kind.encode(), pattern) for kind, pattern in KINDS.items()))
LEAST_BEHIND_TIME = 2


def level_named(text: bytes, kind: str) -> int:
    """The level that a word, a letter or a number means, as Python counts them; 0 where it means none."""
    if kind == "word":
        return WORDS.get(text.lower(), 0)
    return {"letter": LETTERS, "number": NUMBERS, "priority": OF_SYSLOG}[kind].get(text, 0)
