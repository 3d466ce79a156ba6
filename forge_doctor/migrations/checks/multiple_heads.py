"""Two revisions follow the same one, and nothing joins them.

Why: `alembic upgrade head` then stops with "Multiple head revisions are present", and nothing is deployed. It comes
of two branches of the repository that each added a revision: each was right alone.

Bad:

    # revision a001
    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

    # revision b003 after a001
    def upgrade():
        op.add_column("orders", sa.Column("y", sa.Integer))

Good:

    # revision a001
    # revision b002 after a001
    def upgrade():
        op.add_column("orders", sa.Column("x", sa.Integer))

    # revision b003 after b002
    def upgrade():
        op.add_column("orders", sa.Column("y", sa.Integer))

Source: https://alembic.sqlalchemy.org/en/latest/branches.html#working-with-multiple-bases

Wrong when: several lines are kept on purpose and deployed with `upgrade heads`. Heads whose line has a branch label, and
lines with a base of their own, are taken as meant so.
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.finding import Confidence, Evidence, Finding, Related, Severity
from forge_doctor.migrations.history import History
from forge_doctor.migrations.tree.graph import Graph
from forge_doctor.migrations.tree.revision import Revision
from forge_doctor.migrations.wording import quoted
from forge_doctor.sql.quoting import quote_shell

# Of other heads: each is told beside each.
MOST_SHOWN = 20


@check(severity=Severity.ERROR)
def multiple_heads(history: History) -> Iterator[Finding]:
    """Compare the heads that have a base in common and no label of their own."""
    graph = history.tree.graph
    lines: dict[str, list[Revision]] = {}
    for head in graph.heads:
        if not is_labelled(graph, head):
            lines.setdefault(base_of(graph, head), []).append(head)
    for heads in lines.values():
        if len(heads) > 1:
            yield from (_found(head, heads) for head in heads)


def base_of(graph: Graph, head: Revision) -> str:
    """The first revision of its line."""
    at = head
    while parents := graph.parents(at):
        at = parents[0]
    return at.id


def is_labelled(graph: Graph, head: Revision) -> bool:
    """Whether a label names the line a head ends, behind the point where it left another."""
    at = head
    while True:
        if at.labels:
            return True
        parents = graph.parents(at)
        if len(parents) != 1 or len(graph.children.get(parents[0].id, ())) > 1:
            return False
        at = parents[0]


def _found(head: Revision, heads: list[Revision]) -> Finding:
    others = [one for one in heads if one is not head]
    return Finding(
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message=f"{head.id} is one of {len(heads)} heads: `alembic upgrade head` refuses to choose, and nothing is migrated",
        location=head.place("down_revision"),
        evidence=(Evidence(label="heads", value=", ".join(one.id for one in heads), source="version files"),),
        remedy=(
            f"Where it is not merged yet, follow the other: down_revision = {quoted(others[0].id)}; else join them with"
            f' `alembic merge -m "join" {" ".join(quote_shell(one.id) for one in heads)}`'
        ),
        related=tuple(
            Related(message=f"head {one.id}", location=one.place("down_revision")) for one in others[:MOST_SHOWN]
        ),
    )
