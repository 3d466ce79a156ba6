"""What an operation does to those who use its tables while it runs."""

from __future__ import annotations

from forge_doctor.dataclass import dataclass

ACCESS_SHARE = "ACCESS SHARE"
ROW_SHARE = "ROW SHARE"
ROW_EXCLUSIVE = "ROW EXCLUSIVE"
SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
SHARE = "SHARE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
EXCLUSIVE = "EXCLUSIVE"
ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"
# Weakest first.
MODES = (
    ACCESS_SHARE, ROW_SHARE, ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE,
    SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE, ACCESS_EXCLUSIVE,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """One table's lock."""

    table: str
    mode: str

    @property
    def stops_reads(self) -> bool:
        """Whether a SELECT waits for it."""
        return self.mode == ACCESS_EXCLUSIVE

    @property
    def stops_writes(self) -> bool:
        """Whether INSERT, UPDATE and DELETE wait for it."""
        return MODES.index(self.mode) >= MODES.index(SHARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The locks of an operation, and what it does while it holds them.

    `rewrites` and `scans` are tables worked through row by row; `builds` are indexes made, by table; `fails` says why it
    cannot work at all; `unknown` that it cannot be told.
    """

    locks: tuple[Lock, ...] = ()
    rewrites: tuple[str, ...] = ()
    scans: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()
    fails: str = ""
    unknown: bool = False
