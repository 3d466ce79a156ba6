"""Where the names of imports lead: through re-exports and star imports to what binds them; judges no value."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.code.semantics.inference.interface import Knowledge, Target
from forge_doctor.code.semantics.library.symbols import library_value
from forge_doctor.code.semantics.names.bindings import Binding, How
from forge_doctor.code.syntax.source import SourceFile

MAX_HOPS = 20


def target(knows: Knowledge, binding: Binding, file: SourceFile, hops: int = 0) -> Target:
    """Where an import leads, through re-exports; any other binding leads to itself."""
    if binding.how is not How.IMPORT or hops > MAX_HOPS:
        return Target(binding.name, file, binding)
    dotted = f"{binding.module}{'' if binding.module.endswith('.') else '.'}{binding.imported}".rstrip(".")
    if not binding.imported:
        return Target(binding.module, knows.module(binding.module, file))
    if library_value(dotted) is not None:
        return Target(dotted)
    module = knows.module(binding.module, file)
    if module is not None and module is not file:
        found = export(knows, module, binding.imported, hops + 1)
        if found is not None:
            return found
    return Target(dotted, knows.module(dotted, file))


def export(knows: Knowledge, file: SourceFile, name: str, hops: int = 0) -> Target | None:
    """Where a module's name leads, through re-exports and star imports."""
    # What holds no node outlasts the trees, and is asked again of the largest modules: `from services import orders`
    # beside an `orders.py` that binds no `orders`.
    unbound: set[tuple[Path, str]] = knows.lasting.setdefault(export, set())
    if (file.absolute, name) in unbound:
        return None
    scope = knows.scopes(file).module
    bindings = scope.bindings(name)
    if bindings:
        return target(knows, bindings[-1], file, hops)
    if not scope.star_imports:
        unbound.add((file.absolute, name))
        return None
    if hops > MAX_HOPS:
        return None
    for starred in scope.star_imports:
        module = knows.module(starred, file)
        found = None if module is None or module is file else export(knows, module, name, hops + 1)
        if found is not None:
            return found
        if module is None and library_value(f"{starred}.{name}") is not None:
            return Target(f"{starred}.{name}")
    return None
