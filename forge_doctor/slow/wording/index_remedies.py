"""What to type for an index, with what tried it; right for a partitioned table, a standby and one that fails half-way."""

from __future__ import annotations

from forge_doctor.finding import Evidence
from forge_doctor.slow.inference.accesses import Access
from forge_doctor.slow.inference.proposals import LONGEST_NAME, Proposal, plain_key, without_names
from forge_doctor.slow.plan import Trial
from forge_doctor.slow.server.schema import Index
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.sql.conditional import drop_if_invalid
from forge_doctor.sql.quoting import quote_identifier

# An index that leaves more of the cost than this is none to be made for it.
WORTH_RATIO = 0.5


def create(proposal: Proposal, situation: Situation) -> str:
    """The statement, and what to do with what a failed one leaves; one that is there and invalid is made again."""
    virtual = _virtual(proposal, situation)
    if virtual:
        return f"-- {quote_identifier(virtual)} is a virtual generated column, which no index takes: index its expression, or store it"
    twin = _unfinished(proposal, situation)
    if twin is not None:
        return (
            f"{on_primary(situation)}REINDEX INDEX CONCURRENTLY {twin.quoted};   -- it is there, and invalid: making it failed "
            "once; by itself, not inside a transaction"
        )
    called = quote_identifier(_free_name(proposal, situation))
    method = "" if proposal.method == "btree" else f" USING {proposal.method}"
    on = f"{proposal.table.quoted}{method} ({', '.join(proposal.keys)})"
    within = quote_identifier(proposal.table.schema)
    primary = on_primary(situation)
    if proposal.table.parent:
        whole = proposal.table.parent  # as the server quotes it
        return (
            f"{primary}-- {proposal.table.quoted} is a part of {whole}, which takes no CONCURRENTLY: make it on each part,\n"
            f"-- then CREATE INDEX ON ONLY {whole} (...) and ALTER INDEX ... ATTACH PARTITION for each\n"
            f"CREATE INDEX CONCURRENTLY {called} ON {on};"
        )
    if proposal.table.partitioned:
        return (
            f"{primary}-- {proposal.table.quoted} is partitioned, and takes no CONCURRENTLY: make it on each part, by itself,\n"
            f"-- CREATE INDEX CONCURRENTLY ... ON part{method} ({', '.join(proposal.keys)}); then\n"
            f"CREATE INDEX {called} ON ONLY {on};   -- invalid until each part's is attached:\n"
            f"-- ALTER INDEX {within}.{called} ATTACH PARTITION ...; for each part"
        )
    analyze = (
        f"\nANALYZE {proposal.table.quoted};   -- an expression has no statistics before"
        if _is_expression(proposal)
        else ""
    )
    left = drop_if_invalid(proposal.table.schema, _free_name(proposal, situation))
    return (
        f"{primary}CREATE INDEX CONCURRENTLY {called} ON {on};   -- by itself, not inside a transaction{analyze}\n"
        f"-- one that fails leaves an invalid index behind; then: {left}"
    )


def on_primary(situation: Situation) -> str:
    """A line that says where, on a standby."""
    recovering = situation.server is not None and situation.server.in_recovery
    return "-- on the primary: a standby takes no change\n" if recovering else ""


def _virtual(proposal: Proposal, situation: Situation) -> str:
    columns = (situation.column_of(proposal.table, name) for name in proposal.columns)
    return next((one.name for one in columns if one is not None and one.virtual), "")


def _unfinished(proposal: Proposal, situation: Situation) -> Index | None:
    """An index of just this that a failed CREATE INDEX CONCURRENTLY left behind."""
    wanted = [plain_key(one) for one in proposal.keys]
    left = (
        one for one in situation.indexes_of(proposal.table) if not (one.valid or one.being_made or one.is_left_over)
    )
    return next(
        (
            one
            for one in left
            if one.method == proposal.method and not one.predicate and [plain_key(key) for key in one.keys] == wanted
        ),
        None,
    )


def _free_name(proposal: Proposal, situation: Situation) -> str:
    """The proposal's name, or with a number behind it: tables and indexes of a schema share their names."""
    server, schema = situation.server, proposal.table.schema
    taken = set[str]()
    if server is not None:
        taken |= {one.name for one in server.indexes if one.schema == schema}
        taken |= {one.name for one in server.tables if one.schema == schema}
    name, number = proposal.name, 1
    while name in taken:
        number += 1
        ending = f"_{number}"
        name = proposal.name.encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
    return name


def _is_expression(proposal: Proposal) -> bool:
    keys = (without_names(key) for key in proposal.keys)
    return any("(" in key for key in keys if proposal.method == "btree" or "::" in key)


def or_hint(access: Access) -> str:
    """For what stands on one side of an OR."""
    if not access.alternatives:
        return ""
    return (
        "\n-- it stands beside an OR: an index is used only where each side has one and none is a subquery; else make it two "
        "statements, joined by union()"
    )


def trial_of(statement: Statement, proposal: Proposal) -> Trial | None:
    """What HypoPG said of it for this statement."""
    trials = statement.plan.trials if statement.plan else ()
    return next((one for one in trials if one.definition == proposal.definition), None)


def is_useless(trial: Trial | None) -> bool:
    """Whether it was tried, and the plan stayed as dear."""
    if trial is None or trial.cost_after is None:
        return False
    return not trial.used or trial.cost_after > trial.cost_before * WORTH_RATIO


def proof(statement: Statement, trial: Trial | None) -> tuple[Evidence, ...]:
    """The plan's cost with and without the index, or that it was not tried."""
    plan = statement.plan
    if trial is not None and trial.cost_after is not None:
        return (
            Evidence(label="cost of the plan", value=round(trial.cost_before), source=plan.source if plan else ""),
            Evidence(label="cost with the index", value=round(trial.cost_after), source="HypoPG, no index was made"),
        )
    why_not = trial.why_not if trial else "HypoPG is not there" if plan and plan.root else "no plan"
    return (Evidence(label="index", value="not tried", source=why_not),)


def proof_words(trial: Trial | None) -> str:
    """For a message: ` Tried with HypoPG: cost 2,466 -> 8.`; nothing where it was not."""
    if trial is None or trial.cost_after is None:
        return ""
    return f" Tried with HypoPG: the plan's cost goes from {trial.cost_before:,.0f} to {trial.cost_after:,.0f}."
