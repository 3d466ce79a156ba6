"""How a statement of the server's log comes at its rows, where no server was asked: by its logged plan, else by its text.

Which indexes there are is unknown then, and how large a table is only as the planner's cost tells. It judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.slow.inference.predicates import Term, terms_of
from forge_doctor.slow.inference.proposals import LONGEST_NAME
from forge_doctor.slow.inference.text_accesses import text_accesses
from forge_doctor.slow.plan import PlanNode
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.slow.wording.phrases import facts, location, milliseconds, quoted
from forge_doctor.sql.quoting import join_name, quote_identifier, split_name

# A scan that costs less reads a small table: about 10,000 rows of a hundred bytes.
SMALLEST_COST = 200.0
# What a row of a scan costs, with its share of a page: to say about how many there are.
ROW_COST = 0.0225
KEPT_RATIO = 0.05
# Longer without its waits, and the statement is worth a look, whatever it is.
SLOW_MS = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAccess:
    """One table that a slow statement reads, as `join_name` writes it.

    `node` is the scan of all of it, None where only the text is known.
    """

    statement: Statement
    table: str
    terms: tuple[Term, ...]
    node: PlanNode | None = None

    @property
    def keeps_few(self) -> bool:
        """Whether the planner expects to throw nearly all rows away; True where it was not asked."""
        return self.node is None or self.node.rows <= max(1.0, KEPT_RATIO * self.node.cost / ROW_COST)


def logged_accesses(situation: Situation, least_ms: float = SLOW_MS) -> Iterator[LoggedAccess]:
    """Those of statements that took `least_ms` without their waits, where no server was asked."""
    if situation.server is not None:
        return
    for statement in situation.statements:
        logged = statement.logged
        if logged is None or logged.longest_own_ms < least_ms:
            continue
        if statement.plan is not None and statement.plan.root is not None:
            yield from _planned(statement, statement.plan.root)
        elif logged.is_usually_slow(least_ms):
            for table, terms, _ in text_accesses(statement.text):
                yield LoggedAccess(statement=statement, table=table, terms=terms)


def _planned(statement: Statement, root: PlanNode) -> Iterator[LoggedAccess]:
    for node in root.walk():
        if node.kind == "Seq Scan" and node.condition and node.cost >= SMALLEST_COST:
            terms = tuple(one for one in terms_of(node.condition) if one.relation in ("", node.alias))
            yield LoggedAccess(
                statement=statement,
                table=join_name(*filter(None, (node.schema, node.relation))),
                terms=terms,
                node=node,
            )


def logged_finding(
    situation: Situation, access: LoggedAccess, term: Term, what: str, remedy: str, confidence: Confidence | None = None
) -> Finding:
    """A finding about a slow statement of a log: medium confidence with its plan, or where it was slow again."""
    statement, node = access.statement, access.node
    source = "auto_explain" if node else "its text"
    seen = node.condition if node else f"{term.expression or term.column} {term.operator}"
    told = [Evidence(label="filter", value=seen, source=source)]
    if node is not None:
        told.insert(0, Evidence(label="node", value=f"{node.kind} on {node.relation}", source=source))
    return Finding(
        severity=Severity.WARNING,
        confidence=confidence or (Confidence.MEDIUM if node or statement.calls > 1 else Confidence.LOW),
        message=f"{quoted(situation, statement)} {what}: {milliseconds(statement.mean_ms)} on the mean of {statement.calls} slow "
        f"executions in the log.{'' if node else ' No plan was logged: it may be another reason.'}",
        location=location(situation, statement),
        evidence=(*told, *facts(situation, statement)),
        remedy=remedy,
    )


def untried_index(access: LoggedAccess, keys: str, *, method: str = "", name: str = "") -> str:
    """The statement for an index that nobody tried, and what to look at before."""
    parts = split_name(access.table)
    whole = ".".join(map(quote_identifier, parts))
    named = f"ix_{parts[-1]}_{name}".encode()[:LONGEST_NAME]
    called = quote_identifier(named.decode(errors="ignore"))
    using = f" USING {method}" if method else ""
    return (
        f"-- not tried: look first whether an index begins with it (\\d {whole}), or let forge-doctor slow --dsn URL look\n"
        f"CREATE INDEX CONCURRENTLY {called} ON {whole}{using} ({keys});   -- by itself, not inside a transaction; of a "
        "partitioned table on each part"
    )
