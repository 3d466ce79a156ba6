"""Takes a container's prefix off a raw line, whatever wrote it; knows nothing of what the program said."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from forge_doctor.regex import regex
from forge_doctor.streams.carriers.exports.json_exports.json_text import loads, mended
from forge_doctor.streams.carriers.told_line import MARK, TOLD
from forge_doctor.streams.line import Line
from forge_doctor.streams.times.clock import STAMP, SYSLOG_STAMP, parse_stamp, stamp_seconds, syslog_seconds

ANSI = regex(
    # What is concealed nobody sees: Jenkins keeps its notes so.
    rb"\x1b\[8m[^\x1b\n]*\x1b\[(?:0|28)?m"
    rb"|\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[_P^][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]"
)
# What a terminal erases before it writes a line: a pager's prompt, a bar of progress.
_ERASED = regex(rb".*\r(?:\x1b\[[0-9;]{0,8}m){0,4}\x1b\[[02]?K")
# What no prefix begins with, and most lines of a traceback do.
NO_PREFIX = (b" ", b"\t", b"")
# A blank that AWS Lambda and web pages indent with.
UNBREAKABLE = b"\xc2\xa0"
ESCAPE = b"\x1b"
# A `STAMP` is shorter, with what follows it in a line of CRI.
LONGEST_STAMP = 48
MOST_TOLD, LONGEST_PREFIX = 4_096, 256
_COMPOSE = regex(rb"([a-z0-9][\w.-]*) +\| ?")
_KUBECTL = regex(rb"\[pod/([\w.-]+)/([\w.-]+)\] ")
_CRI = regex(STAMP + rb" (stdout|stderr) ([PF]) ?")
_DOCKER_TIME = regex(STAMP + rb" ")
_IDENT = rb"(\S+) ([\w./@-]+?)(?:\[(\d+)\])?: ?"
_SYSLOG = regex(rb"(?:<\d{1,3}>)?" + SYSLOG_STAMP + rb" " + _IDENT)
_JOURNAL_ISO = regex(STAMP + rb" " + _IDENT)
_JOURNAL_FULL = regex(rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) " + STAMP + rb" (?:[A-Z]{2,5} )?" + _IDENT)
_JOURNAL_UNIX = regex(rb"(\d{10}\.\d{6}) " + _IDENT)
_RFC5424 = regex(
    rb"<\d{1,3}>1 " + STAMP + rb" (\S+) (\S+) (\S+) \S+ (?:-|(?:\[(?:[^\]\\\n]|\\.)*\])+) ?(?:\xef\xbb\xbf)?"
)
# A single blank more than the carrier's own is a format's: Python indents by two or more.
_BODY_START = regex(rb"  |[^\S ]| ?$|Traceback \(|[{\[]|[A-Z]{3,8}\b")
_LOG_HEAD = regex(rb"\[|\d|[A-Z]{3,8}\b|\|")
_BROKEN_JSON_LOG = regex(rb'\{"log": ?"((?:[^"\\]|\\.)*)')


class Unwrapper:
    """Strips prefixes, one after the other, until the program's own line is left.

    `reference` (seconds since the epoch) gives years to stamps that have none; `zone_s` is the
    offset of stamps without a zone; so many prefixes are taken off at most.
    """

    def __init__(self, reference: float | None = None, zone_s: float = 0.0, most: int = 3) -> None:
        self.reference = reference
        self.zone_s = zone_s
        self._known: dict[bytes, tuple[str, float | None]] = {}
        self._most = most

    def line(self, raw: bytes, stream: str = "") -> Line:
        """The line without its prefixes, colours and byte order mark, which joined files have in their midst, too."""
        text = raw.rstrip(b"\r\n").removeprefix(codecs.BOM_UTF8)
        # `in` asks of bytes first whether they are a number, and takes three times as long as `find` does.
        if text.find(ESCAPE) >= 0:
            erased = _ERASED.match(text) if b"\r" in text else None
            text = ANSI.sub(b"", text[erased.end() :] if erased else text)
        if text.find(UNBREAKABLE) >= 0:
            text = text.replace(UNBREAKABLE, b" ")
        line = Line(text, "", stream)
        if text.find(MARK, 0, 48) >= 0:
            self._told(line)
        elif text[:1] in NO_PREFIX:
            return line
        elif text[:1] == b"`" == text[-1:] and text.count(b"`") == 2:
            line.text = text[1:-1]  # a line of an issue, each in code's quotes
        for _ in range(self._most):
            if not self._strip_one(line):
                break
        if line.text.find(ESCAPE) >= 0:
            line.text = ANSI.sub(b"", line.text)
        return line

    def _told(self, line: Line) -> None:
        """Read what a carrier was translated into: the same in many lines, and remembered."""
        text = line.text
        end = text.find(MARK, text.find(MARK) + 1) + 1
        prefix = text[:end]
        known = self._known.get(prefix)
        if known is None:
            found = TOLD.match(prefix)
            if found is None:
                return
            if len(self._known) >= MOST_TOLD or end > LONGEST_PREFIX:
                self._known.clear()
            at = stamp_seconds(found, self.zone_s) if found.group(1) else None
            known = self._known[prefix] = (_word(found.group(9)), at)
        line.service, line.at = known
        line.text = text[end:]

    def _strip_one(self, line: Line) -> bool:
        first = line.text[:1]
        if first == b"{":
            return self._json(line)
        if first.isdigit():
            return self._time_first(line)
        if first == b"<" or (first.isupper() and line.text[3:4] == b" "):
            return self._syslog(line)
        if first == b"[":
            return self._kubectl(line)
        return first.isalnum() and self._compose(line)

    def _time_first(self, line: Line) -> bool:
        text = line.text
        found = _CRI.match(text) if text.find(b" std", 0, LONGEST_STAMP) >= 0 else None
        if found:
            line.stream, line.partial = found.group(9).decode(), found.group(10) == b"P"
            return self._stamped(line, found)
        found = _DOCKER_TIME.match(text) if text[10:11] == b"T" else None
        if found:
            rest = text[found.end() :]
            if len(found.group(7) or b"") >= 7 or (_BODY_START.match(rest) and not _LOG_HEAD.match(rest)):
                return self._stamped(line, found)
            journal = _JOURNAL_ISO.match(text)
            if journal and found.group(8) and journal.group(11):
                line.service, line.worker = _word(journal.group(10)), _word(journal.group(11))
                return self._stamped(line, journal)
        if text[10:11] == b".":
            return self._journal_unix(line)
        return first_is_name(text) and self._compose(line)

    def _journal_unix(self, line: Line) -> bool:
        found = _JOURNAL_UNIX.match(line.text)
        if found is None:
            return False
        line.at, line.service, line.worker = float(found[1]), _word(found[3]), _word(found[4] or b"")
        line.text = line.text[found.end() :]
        return True

    def _stamped(self, line: Line, found: re.Match[bytes]) -> bool:
        line.at = stamp_seconds(found, self.zone_s)
        line.text = line.text[found.end() :]
        return True

    def _compose(self, line: Line) -> bool:
        found = _COMPOSE.match(line.text)
        if found is None:
            return False
        line.service = _word(found.group(1))
        line.text = line.text[found.end() :]
        return True

    def _kubectl(self, line: Line) -> bool:
        found = _KUBECTL.match(line.text)
        if found is None:
            return False
        line.service = f"{_word(found.group(1))}/{_word(found.group(2))}"
        line.text = line.text[found.end() :]
        return True

    def _syslog(self, line: Line) -> bool:
        found = _RFC5424.match(line.text)
        if found:
            line.service, line.worker = _word(found.group(10)), _word(found.group(11)).strip("-")
            return self._stamped(line, found)
        found = _JOURNAL_FULL.match(line.text)
        if found:
            line.service, line.worker = _word(found.group(10)), _word(found.group(11) or b"")
            return self._stamped(line, found)
        found = _SYSLOG.match(line.text)
        if found is None:
            return first_is_name(line.text) and self._compose(line)
        line.at = syslog_seconds(found, self.reference, self.zone_s)
        line.service, line.worker = _word(found.group(8)), _word(found.group(9) or b"")
        line.text = line.text[found.end() :]
        return True

    def _json(self, line: Line) -> bool:
        text = line.text
        if text.startswith((b'{"log":', b'{"log" :')):
            return self._docker_json(line)
        if b'"MESSAGE"' in text and b'"__REALTIME_TIMESTAMP"' in text:
            return self._journal_json(line)
        return False

    def _docker_json(self, line: Line) -> bool:
        entry = _parsed(line.text)
        if entry is None:
            found = _BROKEN_JSON_LOG.match(line.text)
            log = _unescaped(found.group(1)) if found else ""
        else:
            log = str(entry.get("log", ""))
            line.stream = str(entry.get("stream", "") or line.stream)
            line.at = parse_stamp(str(entry["time"])) if "time" in entry else line.at
        line.partial = entry is not None and not log.endswith("\n")
        line.text = log.encode("utf-8", "surrogateescape").rstrip(b"\r\n")
        return True

    def _journal_json(self, line: Line) -> bool:
        entry = _parsed(line.text)
        if entry is None:
            return False
        message = entry.get("MESSAGE")
        if isinstance(message, list):
            message = bytes(part & 255 for part in message if isinstance(part, int)).decode("utf-8", "replace")
        line.at = parse_stamp(str(entry.get("__REALTIME_TIMESTAMP", "")))
        line.service = str(entry.get("SYSLOG_IDENTIFIER", "") or entry.get("CONTAINER_NAME", ""))
        line.worker = str(entry.get("_PID", ""))
        line.text = str(message or "").encode("utf-8", "replace").rstrip(b"\r\n")
        return True


def first_is_name(text: bytes) -> bool:
    """Whether a compose prefix may begin here."""
    return text.find(b" |", 0, 80) >= 0


def _parsed(text: bytes) -> dict[str, Any] | None:
    return loads(text)


def _unescaped(text: bytes) -> str:
    try:
        return str(mended(json.loads(b'"' + text + b'"')))
    except ValueError:
        return text.decode("utf-8", "replace")


def _word(text: bytes) -> str:
    return text.decode("utf-8", "replace")
