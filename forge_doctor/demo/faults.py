"""The faults the shop has on purpose, and where its source marks them; knows nothing of the checks that find them."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Location

SHOP = Path(__file__).parent / "shop"
MARK = "# fault: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what goes wrong, and the ids of the checks and log signatures that show it."""

    name: str
    summary: str
    shown_by: tuple[str, ...]


FAULTS = (
    Fault(
        name="leaked-session",
        summary="a background task opens a session straight from the factory and never closes it",
        shown_by=("leaked-transactions", "idle-in-transaction", "unclosed-session-in-background"),
    ),
    Fault(
        name="pool-too-big",
        summary="2 workers x (20 + 20) connections on a server that has 33 to give",
        shown_by=("pool-exceeds-slots",),
    ),
    Fault(
        name="network-call-in-transaction",
        summary="a payment waits for a slow bank while its transaction keeps a row locked",
        shown_by=("blocking-session", "network-call-in-transaction"),
    ),
    Fault(
        name="lazy-load",
        summary="a relationship is loaded by touching it: MissingGreenlet, status 500",
        shown_by=("missing-greenlet", "lazy-load-in-async"),
    ),
    Fault(
        name="missing-await",
        summary="a commit that is never awaited: the wish is not saved",
        shown_by=("coroutine-never-awaited", "unawaited-session-call"),
    ),
    Fault(
        name="n-plus-one",
        summary="the answers of each review are loaded one by one",
        shown_by=("n-plus-one",),
    ),
    Fault(
        name="missing-index",
        summary="the reviews of a customer are looked for in all reviews",
        shown_by=("missing-index",),
    ),
    Fault(
        name="no-server-default",
        summary="a migration adds a NOT NULL column whose default only Python knows: it fails on the first order",
        shown_by=("not-null-without-default",),
    ),
    Fault(
        name="index-blocks-writes",
        summary="a migration builds an index while nobody can write",
        shown_by=("index-not-concurrent",),
    ),
    Fault(
        name="wrong-downgrade",
        summary="a downgrade drops a column by a name it never had",
        shown_by=("downgrade-mismatch",),
    ),
)


def locate(fault: Fault, shop: Path = SHOP) -> Location:
    """The line of code after the comments that mark the fault; raises `LookupError` where none does."""
    for path in sorted(shop.rglob("*.py")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for index, line in enumerate(lines):
            if line.strip() == MARK + fault.name:
                code = next(n for n in range(index, len(lines)) if not lines[n].strip().startswith("#"))
                return Location(target=str(path), line=code + 1)
    raise LookupError(f"no comment in {shop} marks {fault.name}")
