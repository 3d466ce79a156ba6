"""The loop of the child: takes one order a line and answers it in one line of JSON; whatever the application prints
goes where its errors go. It ends when the other side is gone."""

from __future__ import annotations

import json
import os
import sys
from types import TracebackType
from typing import Any

from . import asked, failures, redirect, stepping


class Orders:
    """What may be ordered: `load` first, then `step` as often as wanted."""

    def __init__(self) -> None:
        self.missing = asked.record_missing()
        self.redirect: Any = None
        self.tree: Any = None

    def load(self, order: dict[str, Any]) -> dict[str, Any]:
        """Replace the drivers' connect, then read the tree as Alembic does."""
        import alembic

        for name, value in order["variables"].items():
            os.environ[name] = value
        self.redirect = redirect.Redirect(order["address"], order["database"])
        self.redirect.install()
        self.redirect.use(order["database"])
        self.tree = stepping.Tree(order)
        return {"revisions": self.tree.revisions(), "alembic": alembic.__version__}

    def step(self, order: dict[str, Any]) -> dict[str, Any]:
        """Run these revisions up or down in that database."""
        self.redirect.use(order["database"])
        ran = self.tree.run(order["revisions"], order["up"])
        return {"ran": ran, "version_tables": sorted(self.tree.version_tables)}


class Told:
    """Puts what the application raises into the answer: anything may come, a SystemExit of its own among it."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: TracebackType | None) -> bool:
        if error is not None:
            self.answer["failure"] = failures.failure_of(error)
        return True


def _installed() -> list[str]:
    return sorted(name for name in redirect.DRIVERS if name in sys.modules)


def main() -> None:
    """Answer orders until there are no more."""
    answer(Orders())


def answer(known: Any) -> None:
    """Let `known` answer orders until there are no more."""
    orders, answers = os.fdopen(os.dup(0), "r", encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.argv = ["alembic"]
    for line in orders:
        order = json.loads(line)
        told: dict[str, Any] = {}
        with Told(told):
            told.update(getattr(known, order["do"])(order))
        told["drivers"] = _installed()
        told["missing"] = sorted(known.missing)
        told["asked"] = sorted(known.redirect.asked) if known.redirect else []
        answers.write(json.dumps(told) + "\n")
        answers.flush()
    sys.stdout.flush()
    os._exit(0)  # neither threads nor exit hooks of the application are waited for
