"""Reads the text of tracebacks into sections, leniently: what it cannot place it leaves out, and it never fails."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable

from forge_doctor.dataclass import replace
from forge_doctor.logs.boxes.open_box import unboxed
from forge_doctor.logs.boxes.rich_box import BOX, JOINERS, unbox
from forge_doctor.logs.records.line_kind import CREATED, LEFT_OUT, SURE_EXCEPTION
from forge_doctor.regex import regex
from forge_doctor.streams.heads.frames import Frame, Section, outermost_first

HEADER = "Traceback (most recent call last)"
QUOTED = '"""'
FRAME = regex(r'\s*(?:> )?File "(.*?)", line(?:no)? (\d+)(?:,? in (.*))?\s*$')
EXCEPTION = regex(r"([A-Za-z_]\w*(?:\.\w+|\.<locals>)*)(?:: ?(.*)|)$", re.DOTALL)
# The exception on the line that raised it, where a line end was lost; no Python is written so.
_GLUED = regex(
    r"""( {4,40}raise [^"'{\[\n]{1,300}?[( ]) {0,80}((?:[A-Za-z_]\w{0,80}\.){1,8}[A-Z]\w{0,80}: \S.*)$""", re.DOTALL
)
_GROUP_LINE = regex(r"( +)\| ?")
_GROUP_LEAF = regex(r"( *)(\+-\+|\+-)-* (\d+|\.\.\.) -+$")
_GROUP_END = regex(r" *\+-{10,}$")
# What stands in a traceback and names no exception: code, a task, the line that ran as IPython's shortest report marks it.
_BESIDE = (" ", "\t", "future: <", "->  ")
_STACK = (
    "Call stack:",
    "Stack (most recent call last):",
    "Object allocated at (most recent call last):",
    *(said.decode() for said in CREATED),
)
# faulthandler's heading; of its threads only the one that crashed says why, or the main one, the last, where time ran out.
_DUMPED = "(most recent call first):"
_RAN_OUT = regex(r"(?:.{0,400}\W)?Timeout \(\d{1,6}:\d\d:\d\d(?:\.\d{1,6})?\)!\s*$")
# pytest-timeout's heading, which stands behind pytest's progress, and that of each thread: its frames stand as in a
# traceback, the innermost last.
_TIMED_OUT = regex(r"(?:.{0,400}[^+])?\+{5,100} Timeout \+{5,100}$")
_STACK_OF = regex(r"~{3,100} Stack of (.{1,80}) \(\d{1,20}\) ~{3,100}$")
_MAIN = "MainThread"
# Where a loop waits for its sockets: whose turn it is, no stack tells.
_IDLE = regex(r"(?:^|[/\\])selectors\.py$")
_CRASHED = ("Current thread 0x", "Stack (")
_LONGEST_MESSAGE = 400
LEAST_WORDS = 8


class Parser:
    """Takes line after line; `copy` goes on in several ways from the same beginning."""

    def __init__(self) -> None:
        self.traces: list[list[Section]] = [[]]
        self.frames: list[Frame] = []
        self.exception: str | None = None
        self.message: list[str] = []
        self.branch: list[str] = []
        self.depth = 0
        self.inside = False
        self.joined = False
        self.wants_code = False
        self.stack_only = False
        self.grouped = False
        self.endpoint: Frame | None = None
        self.headless = False
        self.before = 0  # so many of the frames stand above the exception's name
        self.dumped = ""
        self.ran_out = False
        self.quoting = False  # within another process's traceback, which stands as the words of an exception
        self.remote = False  # whether the last section was told by another process

    def copy(self) -> Parser:
        """One that has read the same."""
        other = copy.copy(self)
        other.traces = [*self.traces[:-1], list(self.traces[-1])]
        other.frames, other.message = list(self.frames), list(self.message)
        return other

    def feed_frames(self, frames: Iterable[Frame]) -> None:
        """Read a traceback as far as its last frame."""
        self.feed(f"{HEADER}:")
        self.frames.extend(frames)

    def feed(self, line: str) -> None:
        """Read the next line."""
        line = self._out_of_group(line)
        if HEADER in line:
            self._open()
            self.grouped = self.grouped or "Exception Group " in line
        elif line.startswith(JOINERS):
            self._close()
            self.joined = True
        elif line.startswith(_STACK):
            self._close()
            self.inside = self.stack_only = True
        elif line.endswith(_DUMPED):
            self._close()
            self.inside = self.stack_only = True
            self.dumped = line
        elif (line.endswith(")!") and _RAN_OUT.match(line)) or (line.endswith("+++") and _TIMED_OUT.match(line)):
            self._close()
            self.traces.append([])
            self.ran_out = True
        elif line[:3] == "~~~" and (thread := _STACK_OF.match(line)):
            self._close()
            self.inside = self.stack_only = True
            self.dumped = thread[1]
        else:
            # As `concurrent.futures` and `multiprocessing` have it, where no traceback has begun.
            self.quoting = self.quoting or (line == QUOTED and not self.inside and self.exception is None)
            self._body(line)

    def _body(self, line: str) -> None:
        found = FRAME.match(line) if 'File "' in line else None
        if found:
            self._frame(found)
        elif self.wants_code and line.startswith("    "):
            glued = _GLUED.match(line) if line.lstrip().startswith("raise ") else None
            self._code((glued[1] if glued else line).strip())
            if glued:
                self._named(glued[2])
        elif self.inside and self.exception is None and line and not line.startswith(_BESIDE):
            if not EXCEPTION.match(line) and LEFT_OUT.match(line.encode("utf-8", "replace")):
                self.wants_code = False
            else:
                self._named(line)
        elif self.exception is not None and self._is_another(line):
            self._begin_another(line)
        elif self.exception is not None:
            if len(self.message) < _LONGEST_MESSAGE:
                self.message.append(line)
        elif not self.inside and SURE_EXCEPTION.match(line):
            self._named(line)

    def _is_another(self, line: str) -> bool:
        """Whether a line below an exception names another one, which somebody put there behind a blank line."""
        if self.branch or not self.message or self.message[-1].strip():
            return False
        if self.headless:
            return SURE_EXCEPTION.match(line) is not None
        found = SURE_EXCEPTION.match(line) if "." in line[:80] else None
        name = line.partition(":")[0]
        return found is not None and "." in name and name != self.exception

    def _begin_another(self, line: str) -> None:
        """An exception behind a blank line: of a traceback of its own, or raised from the one before, as Sentry has them."""
        chained = self.headless and self._is_told_in(line)
        self._close()
        if not chained:
            self.traces.append([])
        self._named(line)

    def _is_told_in(self, line: str) -> bool:
        """Whether the exception that is open was the cause of the one a line names: that tells its words, or is called so."""
        words = self.message[0].strip() if self.message else ""
        return (len(words) > LEAST_WORDS and words in line) or str(self.exception).rpartition(".")[2] in line

    def _open(self) -> None:
        if self.message == ["", QUOTED]:
            # What only carries another process's traceback as its words, as billiard's ExceptionWithTraceback, is that one.
            self.frames, self.exception, self.message = [], None, []
            self.joined, self.quoting = self.joined or bool(self.traces[-1]), True
        self._close()
        if not self.joined and not self.branch and self.traces[-1]:
            self.traces.append([])
        self.joined, self.inside, self.stack_only, self.ran_out = False, True, False, False

    def _frame(self, found: re.Match[str]) -> None:
        if not self.inside and self.exception is None:
            self._open()
            self.headless = True
        frame = Frame(file=found[1], line=int(found[2][:9]), function=(found[3] or "").strip())
        if self.exception is not None and self.exception.endswith("ValidationError"):
            self.endpoint = frame
        else:
            self.headless = self.headless or self.exception is not None
            self.frames.append(frame)
        self.wants_code = True

    def _code(self, code: str) -> None:
        last = self.endpoint or self.frames.pop()
        frame = Frame(file=last.file, line=last.line, function=last.function, code=code)
        if self.endpoint is None:
            self.frames.append(frame)
        else:
            self.endpoint = frame
        self.wants_code = False

    def _named(self, line: str) -> None:
        found = EXCEPTION.match(line)
        if found and not self.stack_only:
            self.exception, self.message, self.wants_code = found[1], [found[2] or ""], False
            self.headless, self.before = False, len(self.frames)
        else:
            self._close()

    def _close(self) -> None:
        """The section that is open ends here."""
        if self.dumped:
            self.frames = self._dumped_frames()
        if self.frames or self.exception is not None:
            if self.headless:
                self.frames = outermost_first(self.frames, self.before)
            message = "\n".join(self.message).strip("\n")
            ends = self.quoting and message.endswith(f"\n{QUOTED}")
            section = Section(
                exception=self.exception or "",
                message=message.removesuffix(f"\n{QUOTED}") if ends else message,
                frames=tuple(self.frames),
                branch=".".join(self.branch),
                endpoint=self.endpoint,
            )
            if self.remote:
                section = _through_processes(self.traces[-1], section)
            self.remote, self.quoting = ends, self.quoting and not ends
            self.traces[-1].append(section)
        self.frames, self.exception, self.message, self.endpoint = [], None, [], None
        self.headless, self.before, self.dumped = False, 0, ""
        self.inside = self.wants_code = self.stack_only = False

    def _dumped_frames(self) -> list[Frame]:
        """The frames of a dumped thread, the innermost last; none of one that is beside the point."""
        crashed = self.dumped.startswith(_CRASHED) or self.dumped == _MAIN
        if not self.frames or not (crashed or self.ran_out):
            return []
        if not self.ran_out:
            return self.frames[::-1]
        self.traces[-1].clear()
        self.ran_out = not crashed
        innermost_first = self.dumped.endswith(_DUMPED)
        frames = self.frames[::-1] if innermost_first else self.frames
        return [] if _IDLE.search(frames[-1].file) else frames

    def _out_of_group(self, line: str) -> str:
        """The line without the margin of an exception group; notes where a leaf begins or ends."""
        if line[:1] not in (" ", "+"):
            if self.branch and line[:1] not in ("", "\t"):
                self._close()
                self.branch, self.grouped = [], False
            return line
        leaf = _GROUP_LEAF.match(line) if "+-" in line else None
        if leaf:
            self._close()
            self.grouped = True
            depth = len(leaf[1]) // 2 - (leaf[2] == "+-")
            self.branch = [*self.branch[: max(0, depth - 1)], leaf[3]]
            return ""
        if "+-" in line and _GROUP_END.match(line):
            self._close()
            return ""
        # The beginning of a group that was copied in part may be lost.
        self.grouped = self.grouped or line.lstrip(" ").startswith('|   File "')
        margin = _GROUP_LINE.match(line) if self.grouped else None
        if margin is None:
            return line
        depth = len(margin[1]) // 2
        if depth - 1 < len(self.branch):
            self._close()
            self.branch = self.branch[: depth - 1]
        return line[margin.end() :]

    def finish(self) -> list[tuple[Section, ...]]:
        """What was read; nothing can be read after that."""
        self._close()
        return [tuple(trace) for trace in self.traces if trace]


def _through_processes(chain: list[Section], section: Section) -> Section:
    """An exception that another process raised, with its frames there; what was told of it there is taken off the chain."""
    there = chain[-1] if chain else None
    if there is None or (there.exception, there.message, there.branch) != (
        section.exception,
        section.message,
        section.branch,
    ):
        return section
    return replace(section, frames=section.frames + chain.pop().frames)


def parse_traces(lines: Iterable[str]) -> list[tuple[Section, ...]]:
    """The tracebacks in these lines; each is a chain or group of sections in the printed order."""
    told = list(lines)
    if any(BOX in line for line in told):
        told = unbox(unboxed(told))
    return parser_after(told).finish()


def parser_after(lines: Iterable[str]) -> Parser:
    """One that has read these lines."""
    parser = Parser()
    for line in lines:
        parser.feed(line)
    return parser
