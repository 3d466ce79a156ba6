"""What a check is, and how the checks of a folder are found; holds no registry."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Generic, NamedTuple, ParamSpec

from forge_doctor import DOCUMENTATION
from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Finding, NotRun, Severity

P = ParamSpec("P")
Limits = Mapping[str, float]
MOST_LISTED = 40
NO_LIMITS: Limits = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[P]):
    """A fault we can recognise: a pure function and its manual.

    `severity` is the usual one (a finding may be worse); `limits` are the thresholds a user may
    override, units in their names; a check with `default=False` runs only when selected; `tags` are words by which
    platforms sort their rules.
    """

    id: str
    summary: str
    manual: str
    severity: Severity
    run: Callable[P, Iterable[Finding | NotRun]]
    limits: Limits = field(default_factory=lambda: NO_LIMITS)
    default: bool = True
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class RuleInfo(NamedTuple):
    """What formats tell of a check beside its findings: one sentence, the whole manual, words to sort it by."""

    summary: str
    manual: str
    tags: tuple[str, ...] = ()


def check(
    *,
    severity: Severity,
    limits: Limits = NO_LIMITS,
    default: bool = True,
    aliases: tuple[str, ...] = (),
    tags: tuple[str, ...] = (),
) -> Callable[[Callable[P, Iterable[Finding | NotRun]]], Check[P]]:
    """Turn the function of a check module into its `Check`: the id is the module's file name,
    the manual its docstring."""

    def wrap(run: Callable[P, Iterable[Finding | NotRun]]) -> Check[P]:
        manual = manual_of(run.__module__)
        return Check(
            id=check_id(run.__module__),
            summary=manual.partition("\n")[0].rstrip("."),
            manual=manual,
            severity=severity,
            run=run,
            limits=MappingProxyType(dict(limits)),
            default=default,
            aliases=aliases,
            tags=tags,
        )

    return wrap


def manual_of(module_name: str) -> str:
    """What the file of a check says of it: the docstring of a module, whose lines begin at the margin."""
    return (sys.modules[module_name].__doc__ or "").strip()


def described(checks: Iterable[Check[Any]], *tags: str) -> Mapping[str, RuleInfo]:
    """What formats tell of these checks, by id; `tags` are those all of them share."""
    return {one.id: RuleInfo(one.summary, one.manual, (*tags, *one.tags)) for one in checks}


def documentation(check: str) -> str:
    """Where the check has a page of its own."""
    return f"{DOCUMENTATION}/{check}/#{check}"


def check_id(module_name: str) -> str:
    """`forge_doctor.pool.checks.slots_low` -> `slots-low`."""
    return module_name.rpartition(".")[2].replace("_", "-")


def modules_in(package: ModuleType) -> Iterator[ModuleType]:
    """Every module of a folder, by name."""
    names = {
        name.removesuffix(".py")
        for folder in package.__path__
        if os.path.isdir(folder)  # noqa: PTH112 - no pathlib here
        for name in os.listdir(folder)  # noqa: PTH208
        if name.endswith(".py") and name != "__init__.py"
    }
    if not names:  # in an archive, or compiled: what knows all of that loads `inspect`
        from pkgutil import iter_modules

        names = {one.name for one in iter_modules(package.__path__)}
    for name in sorted(names):
        yield importlib.import_module(f"{package.__name__}.{name}")


@functools.cache
def load(package: ModuleType) -> tuple[Check[Any], ...]:
    """Every check of the folder, by id. Being in the folder is the registration."""
    return tuple(sorted(_checks_in(package), key=lambda found: found.id))


def _checks_in(package: ModuleType) -> Iterator[Check[Any]]:
    for module in modules_in(package):
        for value in vars(module).values():
            if isinstance(value, Check) and value.run.__module__ == module.__name__:
                yield value


def select_checks(
    checks: Iterable[Check[P]], select: Iterable[str] = (), ignore: Iterable[str] = ()
) -> tuple[Check[P], ...]:
    """The checks to run.

    Entries are ids, former ids, prefixes of ids, or `all`; `_` and `-` are the same. Without
    `select` those on by default run. Raises `UsageProblem` for an entry that matches nothing.
    """
    known = tuple(checks)
    wanted = {found.id for entry in select for found in matching(known, entry)}
    unwanted = {found.id for entry in ignore for found in matching(known, entry)}
    if not wanted:
        wanted = {found.id for found in known if found.default}
    return tuple(found for found in known if found.id in wanted - unwanted)


def matching(checks: Iterable[Check[P]], entry: str) -> tuple[Check[P], ...]:
    """The checks an entry of `--select` names; raises `UsageProblem` with the nearest id."""
    known = tuple(checks)
    name = entry.strip().replace("_", "-").lower()
    if name == "all":
        return known
    exact = tuple(found for found in known if name == found.id or name in found.aliases)
    found = exact or tuple(found for found in known if name and found.id.startswith(name))
    if not found:
        raise UsageProblem(f"unknown check {entry!r}{nearest(name, (known.id for known in known))}")
    return found


def nearest(word: str, choices: Iterable[str]) -> str:
    """`; did you mean 'pool-size'?` where something is near, else ` (known: a, b)`; of many checks, where they are told."""
    import difflib

    options = sorted(set(choices))
    near = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    if len(options) > MOST_LISTED:
        return f": none of the {len(options)} known is like it; `forge-doctor explain` lists them"
    return f" (known: {', '.join(options)})"
