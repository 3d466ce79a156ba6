"""How many leaks `lint` finds: in public code one `async with Factory() as s:` at a time becomes `s = Factory()`.

    python -m tests.benchmarks.lint_leak_mutations FOLDER_OF_CODE_BASES

The places are found with `ast` and by the names a project declares as factories (`async_sessionmaker(...)`, annotated
so, or returned so), not with the linter's own knowledge. Nothing is written to the code bases: the mutated text is
given to the linter in the place of the file.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from forge_doctor.finding import Finding
from forge_doctor.lint.judge import without_collector
from tests.benchmarks.await_sites import last_name
from tests.benchmarks.code_bases import arguments_parser, code_bases, parsed, python_files, sample
from tests.benchmarks.lint_in_place import LintInPlace

RULES = ("unclosed-session", "unclosed-session-in-background")
ALSO = "dependency-without-cleanup"
FACTORY_TYPE = re.compile(r"\basync_sessionmaker\b|\bsessionmaker\b[^\n]*\bAsyncSession\b")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One `async with Factory() as name` of a file."""

    path: Path
    line: int
    item: int
    name: str


def main(arguments: list[str] | None = None) -> int:
    """Print one line for each code base, and the sum."""
    parser = arguments_parser(__doc__)
    parser.add_argument("--per-code-base", type=int, default=40, help="mutations tried in each, chosen at random")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--missed", action="store_true", help="name the places that were not found")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    rows = {}
    with without_collector():
        for name, root in code_bases(options.folder).items():
            row = measure(root, options.per_code_base, options.seed, options.missed)
            if row["mutations"] or row["found on untouched code"]:
                rows[name] = row
                show(name, row)
    total: Counter[str] = Counter()
    for row in rows.values():
        total.update(row)
    show("all", total)
    if options.json:
        sys.stdout.write(json.dumps({**rows, "all": total}) + "\n")
    return 0


def show(name: str, row: Counter[str]) -> None:
    """One line of the table."""
    tried = row["mutations"]
    share = f"{row['found'] / tried:4.0%}" if tried else "   -"
    sys.stdout.write(f"{name:40} {share} {json.dumps(dict(row))}\n")


def measure(root: Path, most: int, seed: int, tell: bool) -> Counter[str]:
    """Try mutations in one code base, and the rules on its untouched code."""
    linter = LintInPlace(root, (*RULES, ALSO))
    files = python_files(root)
    trees = {path: tree for path in files if (tree := parsed(path.read_bytes())) is not None}
    factories = factory_names(trees.values())
    sites = [site for path, tree in trees.items() for site in sites_of(path, tree, factories)]
    row: Counter[str] = Counter({"mutations": 0, "found": 0, f"only by {ALSO}": 0, "sites": len(sites)})
    for site in sample(sites, most, seed):
        mutated = mutate(site)
        if mutated is not None:
            row["mutations"] += 1
            told = judged(linter, site, mutated)
            row[told] += 1
            if tell and told != "found":
                sys.stdout.write(f"  {told}: {site.path}:{site.line}\n")
    row["found on untouched code"] = sum(1 for path in files for _ in untouched(linter, path))
    return row


def judged(linter: LintInPlace, site: Site, mutated: str) -> str:
    """What the linter says of a mutation."""
    found = {
        one.check: one
        for one in linter.findings(site.path, mutated.encode())
        if abs((one.location.line or 0) - site.line) <= 1
    }
    if any(rule in found for rule in RULES):
        return "found"
    return f"only by {ALSO}" if ALSO in found else "missed"


def untouched(linter: LintInPlace, path: Path) -> Iterator[Finding]:
    """The findings in a file as it is."""
    if b"ession" in path.read_bytes():
        yield from (one for one in linter.findings(path) if one.check in RULES)


# -- where


def factory_names(trees: Iterable[ast.Module]) -> frozenset[str]:
    """The names that stand for an async factory somewhere in the code base, and for nothing else."""
    factories, others = {"AsyncSession"}, set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, Function):
                kind = "returning" if node.returns is not None and is_factory(node.returns) else "other"
                if kind == "other":
                    others.add(node.name)
                elif any("property" in ast.unparse(one) for one in node.decorator_list):
                    factories.add(node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and (
                (node.value is not None and is_factory(node.value))
                or (isinstance(node, ast.AnnAssign) and is_factory(node.annotation))
            ):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                factories.update(name for target in targets if (name := last_name(target)))
            elif isinstance(node, ast.arg) and node.annotation is not None and is_factory(node.annotation):
                factories.add(node.arg)
    return frozenset(factories - others)


def is_factory(node: ast.expr) -> bool:
    """Whether an annotation or a value names an async factory."""
    if isinstance(node, ast.Call):
        return FACTORY_TYPE.match(ast.unparse(node)) is not None
    return "async_sessionmaker" in ast.unparse(node) and not isinstance(node, ast.Lambda)


def sites_of(path: Path, tree: ast.Module, factories: frozenset[str]) -> Iterator[Site]:
    """The places to mutate: a factory called in `async with` and bound to a name that is used, and that nobody closes
    as well; a class of the project's own or of an HTTP client may be called AsyncSession too."""
    if not imports_async_session(tree):
        factories = factories - {"AsyncSession"}
    for node in ast.walk(tree):
        if not isinstance(node, ast.AsyncWith):
            continue
        for index, item in enumerate(node.items):
            call, target = item.context_expr, item.optional_vars
            if (
                not isinstance(call, ast.Call)
                or not isinstance(target, ast.Name)
                or last_name(call.func) not in factories
            ):
                continue
            rest = [*node.items[index + 1 :], *node.body]
            if closes(node.body, target.id):
                continue
            if any(isinstance(one, ast.Name) and one.id == target.id for part in rest for one in ast.walk(part)):
                yield Site(path=path, line=node.lineno, item=index, name=target.id)


def imports_async_session(tree: ast.Module) -> bool:
    """Whether the file takes that name from SQLAlchemy or SQLModel."""
    return any(
        isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in ("sqlalchemy", "sqlmodel")
        for node in ast.walk(tree)
        if any(one.name == "AsyncSession" for one in getattr(node, "names", ()) if isinstance(one, ast.alias))
    )


def closes(body: list[ast.stmt], name: str) -> bool:
    """Whether the block closes the session it was given, though `async with` does so already."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "close" and last_name(node.value) == name
        for statement in body
        for node in ast.walk(statement)
    )


# -- what


def mutate(site: Site) -> str | None:
    """The text with `name = Factory()` in the place of the item; None where lines cannot simply be moved."""
    source = site.path.read_text(encoding="utf-8")
    node = next(
        one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.AsyncWith) and one.lineno == site.line
    )
    lines = source.splitlines(keepends=True)
    item = node.items[site.item]
    indent = lines[node.lineno - 1][: node.col_offset]
    made = f"{indent}{site.name} = {ast.get_source_segment(source, item.context_expr)}\n"
    first, last = node.body[0].lineno, node.end_lineno or node.body[-1].lineno
    body = lines[first - 1 : last]
    rest = [ast.get_source_segment(source, one.context_expr) or "" for one in node.items if one is not item]
    if rest:
        names = [
            f" as {ast.unparse(one.optional_vars)}" if one.optional_vars else ""
            for one in node.items
            if one is not item
        ]
        body = [f"{indent}async with {', '.join(a + b for a, b in zip(rest, names, strict=True))}:\n", *body]
    else:
        width = node.body[0].col_offset - node.col_offset
        body = [line[width:] if line[:width].isspace() and line.strip() else line for line in body]
    mutated = "".join([*lines[: node.lineno - 1], made, *body, *lines[last:]])
    try:
        ast.parse(mutated)
    except SyntaxError:
        return None
    return mutated


if __name__ == "__main__":
    sys.exit(main())
