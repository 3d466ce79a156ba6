"""What to type now and what to change, out of the remedies of the parts; writes no statement of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from forge_doctor.triage.verdicts.suspicion import Suspicion

# What a person types into psql or a shell; the rest of a remedy is code or advice.
TYPED = re.compile(
    r"(?:SELECT|ALTER|SET|ROLLBACK|DROP|CREATE|REINDEX|ANALYZE|VACUUM|RECONNECT|KILL|SHOW|RESET)\b"
    r"|\[ |kill |sudo |docker |kubectl |systemctl |py-spy "
)
COMMENT = re.compile(r"--\s*(?:if that is not enough|last)\b")
# `CREATE INDEX CONCURRENTLY ...;` is to be written out first, by whoever knows the rest of it.
TEMPLATE = re.compile(r"^[^#]{0,200}?\.\.\.[;)]")
ADDRESS = re.compile(r"https?://\S+$")


def is_typed(line: str) -> bool:
    """Whether a line of a remedy is a statement or a command, and not code or a sentence."""
    return (TYPED.match(line.strip()) is not None and not TEMPLATE.search(line)) or COMMENT.match(
        line.strip()
    ) is not None


def typed(remedy: str) -> Iterator[str]:
    """The lines of a remedy to type, each behind the comments that say where and when it is right."""
    said: list[str] = []
    for line in _lines(remedy):
        if is_typed(line):
            yield from (*said, line)
        said = [*said, line] if line.startswith("--") and not is_typed(line) else []


def now(suspicion: Suspicion) -> tuple[str, ...]:
    """Statements to type, each with its condition, the cause's own before those of what it was joined with."""
    ranked = [one for one in suspicion.showing if one.part != "logs"]
    for told in (
        [one for one in ranked if one.part == "pool"],
        ranked,
        [one for one in suspicion.live if one.part != "logs"],
    ):
        lines = [line for one in told for line in typed(one.finding.remedy)]
        if lines:
            return tuple(dict.fromkeys(lines))
    return ()


def change(suspicion: Suspicion) -> tuple[str, ...]:
    """What to write differently: as the rule says for its line, else what mends this cause."""
    by_rule = (
        one.clue.finding.remedy
        for one in suspicion.source
        if suspicion.cause.shown_by(one.clue.part, one.clue.says) and one.clue.finding.remedy
    )
    told = next(by_rule, "") or suspicion.cause.change
    return tuple(_advice(told.splitlines()))


def _advice(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if line.strip() and not ADDRESS.match(line.strip()):
            yield line.rstrip()


def _lines(remedy: str) -> Iterator[str]:
    return (line.strip() for line in remedy.splitlines() if line.strip())
