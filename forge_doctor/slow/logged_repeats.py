"""Statements that one transaction sends again and again, by the logs; judges none of them."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Confidence, Evidence
from forge_doctor.slow.situation import Situation
from forge_doctor.slow.statement import Statement
from forge_doctor.sql.relations import asks_by_one, leads_to, loads_children

LEAST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRepeat:
    """A statement sent `usual` times in each of `transactions`, below a parent where one is known.

    `separable` says that transactions were told apart. `differing` is None where parameters were not to be seen.
    """

    statement: Statement
    parent: Statement | None = None
    usual: int
    least: int = 0
    most: int = 0
    transactions: int
    runs: int
    batched: int = 0
    refused: int = 0
    differing: bool | None = None
    separable: bool = True

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
        if not self.separable or self.differing is False:
            return Confidence.MEDIUM
        return Confidence.HIGH if self.differing or self.is_lazy else Confidence.MEDIUM

    @property
    def times(self) -> str:
        """`20 times in each of 3 transactions`, `12 to 30 times in each of ...`."""
        often = f"{self.least} to {self.most}" if self.least and self.least != self.most else f"{self.usual}"
        if not self.separable:
            return f"about {often} times for each of {self.transactions} runs of the statement before it"
        return f"{often} times in " + (
            "one transaction" if self.transactions == 1 else f"each of {self.transactions} transactions"
        )

    def evidence(self) -> tuple[Evidence, ...]:
        """The numbers, and the parent."""
        told = [
            Evidence(label="runs", value=self.usual, unit="a transaction", source="log"),
            Evidence(label="transactions", value=self.transactions, unit="transactions", source="log"),
            Evidence(label="round trips", value=self.runs, unit="runs", source="log"),
        ]
        if not self.separable:
            told.append(
                Evidence(label="requests", value="could not be told apart: by the numbers of runs", source="log")
            )
        if self.parent is not None:
            told.append(Evidence(label="sent before", value=self.parent.text, source="log"))
        return tuple(told)


def logged_repeats(situation: Situation) -> Iterator[LoggedRepeat]:
    """The one with most runs for each statement: below several parents it is the same line."""
    seen: set[str] = set()
    for one in situation.logged.repetitions if situation.logged else ():
        statement = situation.statement_named(one.key)
        if statement is None or one.key in seen or (one.most and one.most < LEAST):
            continue
        seen.add(one.key)
        yield LoggedRepeat(
            statement=statement,
            parent=situation.statement_named(one.parent) if one.parent else None,
            usual=one.usual,
            least=one.least,
            most=one.most,
            transactions=one.transactions,
            runs=one.runs,
            batched=one.batched,
            refused=one.refused,
            differing=one.differing,
            separable=one.separable,
        )
