"""How many deleted `await` the linter finds, beside ty and pyright: one is taken away at a time in public code.

    python -m tests.benchmarks.lint_mutations FOLDER_OF_CODE_BASES [--per-code-base 20] [--per-kind 40] [--missed]

What counts is decided by ty's types and by names (`session_oracle`), never by the linter. A deletion is found where a
finding that the untouched file does not have overlaps the statement (of a compound statement: its head); of the linter,
one of AWAIT_RULES of at least medium confidence, with nothing installed for it; of a type checker, any error or
warning, with the dependencies installed. The natural mix is `--per-code-base` sites chosen at random from each code
base; beside it, `--per-kind` sites of each kind chosen from all. The code bases are only read: the linter is given the
mutated text in the place of the file, the type checkers a copy in a temporary folder, with one mutation a file in each
of their runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from forge_doctor.finding import Confidence
from forge_doctor.lint.judge import without_collector
from tests.benchmarks.await_sites import KINDS, Site, without_await
from tests.benchmarks.code_bases import arguments_parser, code_bases, copy_python, import_roots, python_files, sample
from tests.benchmarks.lint_in_place import LintInPlace
from tests.benchmarks.session_oracle import CodeBase, counted
from tests.benchmarks.type_checkers import CHECKS, Diagnostic, TypeChecker, installed, python_with_dependencies

OURS = "forge-doctor"
AWAIT_RULES = ("unawaited-session-call", "unawaited-data-access", "await-on-result", "async-iteration-mistake")
AMBIGUOUS = "ambiguous"


@dataclass(slots=True)
class Bench:
    """What was tried: `why` of every site that counts, the sites `found` by each tool, and false alarms to be read."""

    why: dict[Site, str] = field(default_factory=dict)
    owner: dict[Site, str] = field(default_factory=dict)
    found: dict[str, set[Site]] = field(default_factory=lambda: defaultdict(set))
    ambiguous: list[Site] = field(default_factory=list)
    untouched: list[str] = field(default_factory=list)


def main(arguments: list[str] | None = None) -> int:
    """Choose, mutate, judge, print."""
    options = parsed_options(arguments)
    names = options.peers if options.peers != ["none"] else []
    python = options.peers_python or python_with_dependencies()
    checkers = [TypeChecker(name, command, python) for name in names if (command := installed(name))]
    for name in set(names) - {one.name for one in checkers}:
        sys.stdout.write(f"{name} is not installed: not measured\n")
    bench = Bench()
    roots = {
        name: root for name, root in code_bases(options.folder).items() if not options.only or name in options.only
    }
    bases = {name: read(bench, name, root, python) for name, root in roots.items()}
    natural = [one for name in roots for one in sample(owned(bench, name), options.per_code_base, options.seed)]
    balanced = [one for kind in KINDS for one in sample(of_kind(bench, kind), options.per_kind, options.seed)]
    tried = list(dict.fromkeys([*natural, *balanced]))
    for name, base in bases.items():
        # A code base at a time: what is known of one is let go of afterwards.
        with without_collector():
            judge(bench, base, [site for site in tried if bench.owner[site] == name], checkers)
            if options.untouched:
                alarms(bench, base)
        sys.stderr.write(f"{name} is done\n")
    tools = [OURS, *(one.name for one in checkers)]
    show(bench, bases, tools, natural, balanced, options)
    return 0


def parsed_options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = arguments_parser(__doc__)
    parser.add_argument("--per-code-base", type=int, default=20, help="mutations tried in each, chosen at random")
    parser.add_argument("--per-kind", type=int, default=40, help="mutations tried of each kind, chosen from all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these code bases")
    parser.add_argument("--peers", nargs="+", choices=[*CHECKS, "none"], default=list(CHECKS))
    parser.add_argument("--peers-python", type=Path, help="a Python that has the dependencies of the code bases")
    parser.add_argument("--missed", action="store_true", help="name the places the linter did not find")
    parser.add_argument("--ambiguous", action="store_true", help="name the awaits of which nobody knew")
    parser.add_argument("--untouched", action="store_true", help="show the findings on the code as it is, to be read")
    parser.add_argument("--json", type=Path, help="write every site tried and who found it into this file")
    return parser.parse_args(arguments)


def read(bench: Bench, name: str, root: Path, python: Path) -> CodeBase:
    """The sites of a code base that count."""
    command = installed("ty")
    if command is None:
        raise SystemExit("ty is needed to decide what counts: pip install ty")
    base = CodeBase.read(root)
    for site, why in counted(base, TypeChecker("ty", command, python)).items():
        if why == AMBIGUOUS:
            bench.ambiguous.append(site)
        elif without_await(base.sources[site.path], site) is not None:
            bench.why[site] = why
            bench.owner[site] = name
    return base


def owned(bench: Bench, name: str) -> list[Site]:
    """The sites of one code base."""
    return [site for site in bench.why if bench.owner[site] == name]


def of_kind(bench: Bench, kind: str) -> list[Site]:
    """The sites of one kind."""
    return [site for site in bench.why if site.kind == kind]


# -- judging


def judge(bench: Bench, base: CodeBase, sites: Sequence[Site], checkers: Iterable[TypeChecker]) -> None:
    """Note which tool finds which site."""
    bench.found[OURS].update(found_by_linter(base, sites))
    for checker in checkers:
        bench.found[checker.name].update(found_by_checker(checker, base, sites))


def mutated(base: CodeBase, site: Site) -> bytes:
    """The file with the await taken away."""
    text = without_await(base.sources[site.path], site)
    assert text is not None
    return text


def found_by_linter(base: CodeBase, sites: Iterable[Site]) -> Iterator[Site]:
    """Each site in a run of its own."""
    linter = LintInPlace(base.root, AWAIT_RULES)
    for site in sites:
        known = set(linter_diagnostics(linter, site.path, None))
        if is_found(site, linter_diagnostics(linter, site.path, mutated(base, site)), known):
            yield site


def linter_diagnostics(linter: LintInPlace, path: Path, text: bytes | None) -> Iterator[Diagnostic]:
    """What is shown by default of one file."""
    for one in linter.findings(path, text):
        if one.confidence > Confidence.LOW:
            line = one.location.line or 0
            yield Diagnostic(path, line, one.location.column or 0, one.location.end_line or line, one.message)


def found_by_checker(checker: TypeChecker, base: CodeBase, sites: Sequence[Site]) -> Iterator[Site]:
    """One mutation a file in each run."""
    if not sites:
        return
    check = CHECKS[checker.name]
    with tempfile.TemporaryDirectory(prefix="forge-doctor-bench-") as folder:
        copy = Path(folder).resolve()
        copy_python(base.root, python_files(base.root), copy)
        roots = [copy / one.relative_to(base.root) for one in import_roots(base.root, list(base.sources))]
        here = {site.path: site.path.relative_to(base.root) for site in sites}
        known = set(check(checker, copy, list(here.values()), roots))
        for group in rounds(sites):
            for site in group:
                (copy / here[site.path]).write_bytes(mutated(base, site))
            told = by_path(check(checker, copy, [here[site.path] for site in group], roots))
            yield from (site for site in group if is_found(site, told.get(here[site.path], []), known))
            for site in group:
                (copy / here[site.path]).write_bytes(base.sources[site.path])


def rounds(sites: Iterable[Site]) -> Iterator[list[Site]]:
    """Groups with no file twice."""
    by_file: dict[Path, list[Site]] = defaultdict(list)
    for site in sites:
        by_file[site.path].append(site)
    for group in zip_longest(*by_file.values()):
        yield [site for site in group if site is not None]


def by_path(diagnostics: Iterable[Diagnostic]) -> Mapping[Path, list[Diagnostic]]:
    """The diagnostics of each file."""
    found: dict[Path, list[Diagnostic]] = defaultdict(list)
    for one in diagnostics:
        found[one.path].append(one)
    return found


def is_found(site: Site, told: Iterable[Diagnostic], known: Iterable[Diagnostic]) -> bool:
    """Whether something new is said of the statement; columns may have moved by the deleted word."""
    before = Counter((one.path, one.line, one.text) for one in known)
    after = Counter(
        (one.path, one.line, one.text) for one in told if one.line <= site.end_line and site.line <= one.end_line
    )
    return any(count > before[key] for key, count in after.items())


def alarms(bench: Bench, base: CodeBase) -> None:
    """What the rules say of the code as it is."""
    linter = LintInPlace(base.root, AWAIT_RULES)
    for path in base.sources:
        bench.untouched += (f"{one.path}:{one.line}: {one.text}" for one in linter_diagnostics(linter, path, None))


# -- showing


def show(
    bench: Bench,
    bases: Mapping[str, CodeBase],
    tools: Sequence[str],
    natural: Sequence[Site],
    balanced: Sequence[Site],
    options: argparse.Namespace,
) -> None:
    """All tables."""
    reasons = Counter(bench.why.values())
    sys.stdout.write(
        f"{len(bases)} code bases, {len(bench.why)} awaits that count "
        f"({', '.join(f'{count} {why}' for why, count in reasons.most_common())}); "
        f"{len(bench.ambiguous)} ambiguous ones left out; seed {options.seed}\n"
    )
    show_table("natural mix, by kind", bench, tools, natural, lambda site: site.kind, KINDS)
    show_table("the same, by why it counts", bench, tools, natural, lambda site: bench.why[site], sorted(reasons))
    show_table("the same, by code base", bench, tools, natural, lambda site: bench.owner[site], list(bases))
    show_table("balanced, by kind", bench, tools, balanced, lambda site: site.kind, KINDS)
    tried = list(dict.fromkeys([*natural, *balanced]))
    if options.missed:
        missed = [site for site in tried if site not in bench.found[OURS]]
        lines = "\n".join(f"  {site.kind:10}{bench.why[site]:16} {site.place}" for site in missed)
        sys.stdout.write(f"\nnot found: {len(missed)}\n{lines}\n")
    if options.ambiguous:
        sys.stdout.write("\nambiguous:\n" + "\n".join(f"  {site.place}" for site in bench.ambiguous) + "\n")
    if options.untouched:
        sys.stdout.write(f"\non untouched code: {len(bench.untouched)}\n" + "\n".join(bench.untouched) + "\n")
    if options.json:
        options.json.write_text(json.dumps([as_json(bench, site, tools) for site in tried], indent=1))


def show_table(
    title: str,
    bench: Bench,
    tools: Sequence[str],
    sites: Sequence[Site],
    group: Callable[[Site], str],
    names: Sequence[str],
) -> None:
    """Recall of each tool by group."""
    sys.stdout.write(f"\n{title}\n{'':34}{'tried':>7}" + "".join(f"{tool:>14}" for tool in tools) + "\n")
    for name in [*names, "all"]:
        members = [site for site in sites if name in ("all", group(site))]
        if members:
            shares = (sum(site in bench.found[tool] for site in members) / len(members) for tool in tools)
            sys.stdout.write(f"{name:34}{len(members):>7}" + "".join(f"{share:>13.1%} " for share in shares) + "\n")


def as_json(bench: Bench, site: Site, tools: Sequence[str]) -> dict[str, object]:
    """One site and who found it."""
    return {
        "place": site.place,
        "kind": site.kind,
        "why": bench.why[site],
        "code base": bench.owner[site],
        "found by": [tool for tool in tools if site in bench.found[tool]],
    }


if __name__ == "__main__":
    sys.exit(main())
