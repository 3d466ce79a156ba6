"""What a comparison found, as frozen data; compares nothing itself."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference as Alembic names it: `kind` is `add_column` where the database lacks it, `remove_column` where the
    models do.

    `required` says of a column that it is NOT NULL without a default, of an index that it is unique. `file` and `line`
    are where the model is written, empty where no model has the table.
    """

    kind: str
    table: str
    name: str = ""
    database: str = ""
    model: str = ""
    required: bool = False
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All of them; `spec` is what was typed, `target` the database, `pending` the revisions still to be run there."""

    spec: str
    target: str
    tables: int
    differences: tuple[Difference, ...] = ()
    pending: int = 0

    @property
    def because(self) -> str:
        """What to add to a sentence where the difference is expected."""
        return f" ({self.pending} revisions are pending, which may be why)" if self.pending else ""
