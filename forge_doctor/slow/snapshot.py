"""What was seen of a database's work, as frozen data; it can be saved and replayed."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass, field
from forge_doctor.finding import Confidence
from forge_doctor.slow.logged.work import LoggedWork
from forge_doctor.slow.server.work import ServerWork
from forge_doctor.typed_json import MOMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """A line of the source that may have sent the statement `key`; `why` in words.

    `repeated_by` is the line of the loop or of the access that sends it again and again, where there is one, and
    `parent` the line whose statement it belongs to: where a loader option would stand.
    """

    key: str
    file: str
    line: int
    function: str
    confidence: Confidence
    why: str
    repeated_by: int | None = None
    parent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowSnapshot:
    """Everything the checks judge; a part is None where nobody asked for it.

    `taken_at` is ISO 8601 in UTC; `target` names what was looked at, without a password. `lines` are of the source.
    """

    taken_at: str = field(metadata=MOMENT)
    target: str
    server: ServerWork | None = None
    logged: LoggedWork | None = None
    lines: tuple[StatementLine, ...] = ()
    show_query: bool = True
