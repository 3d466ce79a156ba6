"""Rules about the package's source, judged on syntax trees; each returns the lines that break it, `module:line: what`."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "forge_doctor"
SLICES = frozenset({"pool", "logs", "lint", "slow", "migrations"})
# What every slice may ask: source code, the outside, logs as streams, SQL as text, what takes findings away, and results
# of earlier runs.
SHARED = frozenset({"code", "probes", "streams", "sql", "suppression", "kept_results"})
DRIVERS = frozenset({"asyncpg", "docker", "psutil", "psycopg", "sqlalchemy"})
HEAVY = DRIVERS | {"rich"}

# layer -> the layers it may import; a layer may always import itself.
ARROWS: Mapping[str, frozenset[str]] = {
    "kernel": frozenset(),
    "sql": frozenset({"kernel"}),
    # What an application imports to be looked into: it needs nothing of ours, and what looks in knows its page.
    "holders": frozenset(),
    "probes": frozenset({"kernel", "sql", "holders"}),
    "code": frozenset({"kernel", "probes", "sql"}),
    "streams": frozenset({"kernel", "probes", "sql"}),
    "suppression": frozenset({"kernel", "probes", "code"}),
    "kept_results": frozenset({"kernel", "code"}),
    "render": frozenset({"kernel"}),
    "demo": frozenset({"kernel", "probes", "holders"}),
    **{name: SHARED | {"kernel"} for name in SLICES},
    "triage": SLICES | SHARED | {"kernel"},
    "cli": SLICES | SHARED | {"kernel", "render", "demo", "triage"},
    "__main__": frozenset({"cli"}),
}

# Rooms of the kernel: one idea each that takes more than a file.
KERNEL_ROOMS = frozenset({"redaction", "settings"})

# Inside a layer: its stages, each of which may use those behind it and none before it. A name is a module or a
# folder with all below it, the longest that fits; modules of the layer that fit none are its first stage. A
# registry is loaded by the module that says what it holds, so that it has that module's stage.
STAGES: Mapping[str, tuple[str, ...]] = {
    "code": (
        "orm",
        "semantics",
        "semantics.inference",
        "semantics.names",
        "semantics.library",
        "syntax",
        "files",
    ),
    "triage": (
        "parts",
        "discovery",
        "verdicts",
        "cause",
        "graph",
        "looks",
        "facts",
        "code_map",
    ),
    "lint": (
        "rules",
        "cache",
        "fixes",
        "dataflow.requests",
        "dataflow.failures",
        "dataflow.connections",
        "dataflow.expired",
        "dataflow.objects",
        "dataflow.coroutines",
        "dataflow.sessions",
        "dataflow.frameworks",
        "dataflow",
    ),
    "streams": (
        "heads",
        "carriers",
        "line",
        "sources",
        "times",
    ),
    "slow": (
        "logged",
        "server.plan_json",
        "plan",
    ),
    "logs": (
        "repeats",
        "problems",
        "echoes",
        "recognition",
        "match",
        "peers",
        "culprit",
        "records",
        "mixtures",
        "contexts",
        "records.line_kind",
        "boxes",
        "scan",
        "signature",
    ),
    "migrations": (
        "checks",
        "drops",
        "refused_drops",
        "index_calls",
        "wording",
        "history",
        "locks",
        "replay",
        "operations",
        "tree",
        "evaluation",
    ),
}
# Folders where one more fault is one more file; any other is a room, and a room with so many modules is two.
REGISTRIES = frozenset({"rules", "checks", "signatures", "causes", "nodes", "queries"})
MOST_MODULES = 16

# What only the edge may do, by dotted name: it ends or addresses the process, or asks the world.
AT_THE_EDGE = frozenset(
    {
        *(
            "print",
            "input",
            "exit",
            "quit",
            "sys.exit",
            "sys.stdout",
            "sys.stderr",
            "os.environ",
            "os.getenv",
            "os._exit",
        ),
        *("time.time", "time.time_ns", "time.monotonic", "time.perf_counter", "time.sleep"),
        *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    }
)
EDGE = ("cli", "probes", "demo", "__main__")
EDGE_MODULES = frozenset({"forge_doctor.settings"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A parsed module; `is_package` where it is an `__init__.py`."""

    name: str
    tree: ast.Module
    is_package: bool = False

    @property
    def layer(self) -> str:
        """`forge_doctor.pool.run` -> `pool`; a flat file, and a room of the kernel, is the kernel."""
        return layer_of(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module, at a line; `deferred` inside a function, `for_types` under TYPE_CHECKING."""

    target: str
    line: int
    deferred: bool = False
    for_types: bool = False


def read_package(root: Path) -> tuple[Module, ...]:
    """Every module below the package's folder."""
    modules = []
    for path in sorted(root.rglob("*.py")):
        parts = (root.name, *path.relative_to(root).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        modules.append(Module(name=name, tree=ast.parse(path.read_text(encoding="utf-8")), is_package=is_package))
    return tuple(modules)


def layer_of(name: str) -> str:
    """The layer of a module of the package, by its dotted name."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ARROWS else "kernel"


def imports_of(module: Module, known: frozenset[str] = frozenset()) -> Iterator[Import]:
    """What a module imports; `from package import module` counts as the module where it is `known`."""
    yield from _imports(module.tree, module, known, deferred=False, for_types=False)


def _imports(
    node: ast.AST, module: Module, known: frozenset[str], *, deferred: bool, for_types: bool
) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue
        if isinstance(child, ast.Import | ast.ImportFrom):
            for target in _targets(child, module, known):
                yield Import(target=target, line=child.lineno, deferred=deferred, for_types=for_types)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from _imports(child, module, known, deferred=deferred, for_types=True)
        else:
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _imports(child, module, known, deferred=deferred or function, for_types=for_types)


def _targets(node: ast.Import | ast.ImportFrom, module: Module, known: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        parts = module.name.split(".")
        keep = len(parts) - node.level + (1 if module.is_package else 0)
        base = ".".join([*parts[:keep], *([base] if base else [])])
    for alias in node.names:
        yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in known else base


def broken_arrows(modules: tuple[Module, ...]) -> list[str]:
    """Imports against the arrows of the layers."""
    known = frozenset(module.name for module in modules)
    broken = []
    for module in modules:
        for one in imports_of(module, known):
            if one.target != PACKAGE and one.target.split(".")[0] == PACKAGE:
                target = layer_of(one.target)
                if target != module.layer and target not in ARROWS[module.layer]:
                    broken.append(f"{module.name}:{one.line}: {module.layer} imports {target} ({one.target})")
    return broken


def broken_stages(modules: tuple[Module, ...]) -> list[str]:
    """Imports that run back from a stage to one before it, inside one layer."""
    known = frozenset(module.name for module in modules)
    return [
        f"{module.name}:{one.line}: runs back to {one.target}; what two stages share belongs to the later one"
        for module in modules
        if module.layer in STAGES
        for one in imports_of(module, known)
        if layer_of(one.target) == module.layer
        and stage_of(one.target) < stage_of(module.name)
        and not one.target.startswith(f"{module.name}.")
    ]


def stage_of(name: str) -> int:
    """The place of a module among the stages of its layer, 0 for the pipeline at the front."""
    _, layer, *inner = name.split(".")
    stages = STAGES[layer]
    inner = [{"signatures": "signature", "causes": "cause"}.get(part, part) for part in inner]
    fitting = (".".join(inner[:length]) for length in range(len(inner), 0, -1))
    return next((stages.index(one) + 1 for one in fitting if one in stages), 0)


def drawers(modules: tuple[Module, ...]) -> list[str]:
    """Rooms with more modules than one can know one's way among."""
    rooms = Counter(module.name.rpartition(".")[0] for module in modules if not module.is_package)
    return [
        f"{room} has {count} modules, {MOST_MODULES} at most: two things have met in it, find the wall between them"
        for room, count in sorted(rooms.items())
        if count > MOST_MODULES and room.rpartition(".")[2] not in REGISTRIES
    ]


def faults_named_in_code(modules: tuple[Module, ...], faults: frozenset[str]) -> list[str]:
    """Modules of `code/` that name a rule: it answers what source says, and knows no fault."""
    return [
        f"{module.name}:{node.lineno}: names {node.value}"
        for module in modules
        if module.layer == "code"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in faults
    ]


def unknown_folders(modules: tuple[Module, ...]) -> list[str]:
    """Folders of the package that no arrow speaks of: a layer has to be chosen for them."""
    folders = {module.name.split(".")[1] for module in modules if module.is_package and "." in module.name}
    return sorted(folders - ARROWS.keys() - KERNEL_ROOMS)


def cycles(modules: tuple[Module, ...]) -> list[str]:
    """Import cycles, deferred imports and those for types included.

    Left out are imports for types alone in a folder within a slice (`lint.nodes`), towards that slice:
    the nodes of a tree name each other and the file they belong to, and nothing is imported by it.
    """
    known = frozenset(module.name for module in modules)
    graph = {
        module.name: {one.target for one in imports_of(module, known) if not _names_its_tree(module, one)} & known
        for module in modules
    }
    found: dict[frozenset[str], str] = {}
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            cycle = (*path[path.index(name) :], name)
            found.setdefault(frozenset(cycle), " -> ".join(cycle))
        elif name not in done:
            for target in sorted(graph[name]):
                walk(target, (*path, name))
            done.add(name)

    for name in sorted(graph):
        walk(name, ())
    return sorted(found.values())


def _names_its_tree(module: Module, one: Import) -> bool:
    _, layer, *inner = [*module.name.split("."), ""]
    return one.for_types and len(inner) > 2 and layer_of(one.target) == layer


def misplaced_drivers(modules: tuple[Module, ...]) -> list[str]:
    """Drivers imported outside the probes, the demo and what an application installs into its engine."""
    return [
        f"{module.name}:{one.line}: imports {one.target}"
        for module in modules
        if module.layer not in ("probes", "demo", "holders")
        for one in imports_of(module)
        if one.target.split(".")[0] in DRIVERS
    ]


def eager_imports(modules: tuple[Module, ...]) -> list[str]:
    """Heavy libraries imported when the module is, not when a function needs them; the demo is heavy anyway."""
    return [
        f"{module.name}:{one.line}: imports {one.target} eagerly"
        for module in modules
        if module.layer != "demo"
        for one in imports_of(module)
        if one.target.split(".")[0] in HEAVY and not one.deferred and not one.for_types
    ]


def acts_of_the_edge(modules: tuple[Module, ...]) -> list[str]:
    """Uses of the terminal, the environment, the clock or the process's end away from the edge."""
    found = []
    for module in modules:
        if module.layer in EDGE or module.name in EDGE_MODULES:
            continue
        origin = _origins(module.tree)
        for node in ast.walk(module.tree):
            name = _dotted(node, origin)
            if name in AT_THE_EDGE or (isinstance(node, ast.Attribute) and node.attr == "isatty"):
                found.append(f"{module.name}:{node.lineno}: {ast.unparse(node)}")  # type: ignore[attr-defined]
    return found


def _origins(tree: ast.Module) -> dict[str, str]:
    """Local name -> the dotted name it was imported as."""
    origins: dict[str, str] = {}
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            origins |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            origins |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return origins


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node but expressions, in which nothing is imported and nothing caught: a tenth of a tree."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from _statements(child)


def _dotted(node: ast.AST, origins: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return origins.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, origins)
        return f"{base}.{node.attr}" if base else ""
    return ""


def broad_handlers(modules: tuple[Module, ...]) -> list[str]:
    """Handlers that catch everything: `except Exception`, `except BaseException`, a bare `except`."""
    return [
        f"{module.name}:{node.lineno}"
        for module in modules
        for node in _statements(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or {"Exception", "BaseException"} & {_dotted(one, {}) for one in ast.walk(node.type)})
    ]
