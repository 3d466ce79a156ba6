"""Statements that one transaction sends again and again, from logs and from the server's numbers; judges none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forge_doctor.finding import Confidence, Evidence
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.sql.relations import asks_by_one, leads_to, loads_at_once, loads_children

LEAST = 5
# A loop's statement is a short one: what takes longer is found by its time.
LONGEST_MEAN_MS = 5.0
FEWEST_CALLS = 50
# Rows of the parent and runs of the child are the same number, as far as a few requests on the way differ.
EXACT, MORE = 0.02, 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A statement sent `usual` times in each of `transactions`, below a parent where one is known.

    `seen` says by what; `certain` that transactions were told apart and the parameters were others from run to run.
    `differing` is None where parameters were not to be seen. `related` says that names in both statements join them.
    """

    statement: Statement
    parent: Statement | None = None
    usual: int
    least: int = 0
    most: int = 0
    transactions: int
    runs: int
    batched: int = 0
    differing: bool | None = None
    separable: bool = True
    seen: str = "log"

    @property
    def related(self) -> bool:
        """Whether it loads what the parent's rows name."""
        return self.parent is not None and leads_to(self.parent.shape, self.statement.shape)

    @property
    def is_lazy(self) -> bool:
        """Whether it is the load of a relationship of each of the parent's rows."""
        own = self.statement
        lazy = asks_by_one(own.shape) or (loads_children(own.text) and not own.shape.flags & {"limit", "offset"})
        return lazy and (self.related or loads_children(own.text))

    @property
    def confidence(self) -> Confidence:
        """High where each transaction was seen."""
        if self.seen != "log":
            return Confidence.MEDIUM
        if not self.separable or self.differing is False:
            return Confidence.MEDIUM
        return Confidence.HIGH if self.differing or self.is_lazy else Confidence.MEDIUM

    @property
    def times(self) -> str:
        """`20 times in each of 3 transactions`, `12 to 30 times in each of ...`."""
        often = f"{self.least} to {self.most}" if self.least and self.least != self.most else f"{self.usual}"
        if self.seen != "log" or not self.separable:
            return f"about {often} times for each of {self.transactions} runs of the statement before it"
        return f"{often} times in " + (
            "one transaction" if self.transactions == 1 else f"each of {self.transactions} transactions"
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """The numbers, and the parent."""
        told = [
            Evidence(label="runs", value=self.usual, unit="a transaction", source=self.seen),
            Evidence(label="transactions", value=self.transactions, unit="transactions", source=self.seen),
            Evidence(label="round trips", value=self.runs, unit="runs", source=self.seen),
        ]
        if not self.separable:
            told.append(
                Evidence(label="requests", value="could not be told apart: by the numbers of runs", source="log")
            )
        if self.parent is not None:
            told.append(Evidence(label="sent before", value=self.parent.text, source=self.seen))
        return tuple(told)


def repeats(situation: Situation) -> Iterator[Repeat]:
    """Those of the logs, and those of the server's numbers that no log told of."""
    told = set()
    for one in _of_logs(situation):
        told.add(one.statement.key)
        yield one
    for one in _of_numbers(situation):
        if one.statement.key not in told:
            yield one


def _of_logs(situation: Situation) -> Iterator[Repeat]:
    """The one with most runs for each statement: below several parents it is the same line."""
    seen: set[str] = set()
    for one in situation.logged.repetitions if situation.logged else ():
        statement = situation.statement_named(one.key)
        if statement is None or one.key in seen or (one.most and one.most < LEAST):
            continue
        seen.add(one.key)
        yield Repeat(
            statement=statement,
            parent=situation.statement_named(one.parent) if one.parent else None,
            usual=one.usual,
            least=one.least,
            most=one.most,
            transactions=one.transactions,
            runs=one.runs,
            batched=one.batched,
            differing=one.differing,
            separable=one.separable,
        )


def _of_numbers(situation: Situation) -> Iterator[Repeat]:
    """By the statistics: calls of a child through those of its parent, whose rows are about as many."""
    every = [one for one in situation.statements if one.stats is not None]
    for child in every:
        if not asks_by_one(child.shape) or child.calls < FEWEST_CALLS or (child.mean_ms or 0.0) >= LONGEST_MEAN_MS:
            continue
        eager = sum(one.calls for one in every if loads_at_once(one.shape, child.shape))
        found = [
            (parent, calls)
            for parent in every
            if parent is not child and (calls := _calls_behind(parent, child, eager, situation.transactions))
        ]
        if len(found) == 1:
            parent, calls = found[0]
            yield Repeat(
                statement=child,
                parent=parent,
                usual=round(child.calls / calls),
                transactions=calls,
                runs=child.calls,
                seen="pg_stat_statements",
            )


def _calls_behind(parent: Statement, child: Statement, eager: int, transactions: int | None) -> int:
    """How many of the parent's calls the child's came behind, 0 where they did not: not those that an eager load came
    behind."""
    if parent.verb != "select" or not parent.calls or not leads_to(parent.shape, child.shape):
        return 0
    for calls in dict.fromkeys((parent.calls - eager, parent.calls)):
        rows = (parent.rows_per_call or 0.0) * calls
        if calls <= 0 or child.calls < LEAST * calls or child.calls > MORE * rows:
            continue
        looped = transactions is not None and child.calls - max(0, transactions - calls) >= LEAST * calls
        if looped or abs(rows - child.calls) <= EXACT * child.calls:
            return calls
    return 0
