"""From a statement to the lines of a project that may have sent it; reads files of the project, runs none."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path

from forge_doctor.code.orm.origins.building import STARTS, Site
from forge_doctor.code.orm.origins.circumstances import Circumstances, circumstances
from forge_doctor.code.orm.origins.matching import Fit, fit
from forge_doctor.code.orm.origins.narrowing import in_loop, of_insert, of_relationship
from forge_doctor.code.orm.origins.objects import MAY, may_be_mapped, may_load_lazily, object_sites, relationship_reads
from forge_doctor.code.orm.origins.references import Names
from forge_doctor.code.orm.origins.served_files import served_files
from forge_doctor.code.orm.origins.sites import sites_in
from forge_doctor.code.orm.origins.tables import Mapped, Tables
from forge_doctor.code.orm.origins.written import LEAST, Written, is_written, plain, strings_in
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Import, ImportFrom, Node
from forge_doctor.dataclass import dataclass
from forge_doctor.finding import Confidence
from forge_doctor.regex import regex
from forge_doctor.sql.relations import loads_children
from forge_doctor.sql.shape import Shape, shape_of

BUILDERS = (b"select(", b".query(", b"insert(", b"update(", b"delete(", b".where(", b".filter")
TEXT = regex(
    rb"[\"']\s*(?:--[^\n]{0,200}+\n\s*)?(?:[Ss]elect|SELECT|[Ii]nsert|INSERT|[Uu]pdate|UPDATE|[Dd]elete|DELETE|WITH)\s"
)
# More reads of a relationship than that tell nobody where to look.
MOST_READS, MOST_PLACES = 8, 40
# As long as pg_stat_activity shows a text, unless it is told to.
CUT_AT = 1000
# A class known only when the code runs: `select(self.model)`, `select(cls)`, `session.get(model, id)`.
GENERIC = regex(
    rb"\b(?:select|update|delete|insert|query|get|get_one)\(\s*(?:self\.\w+|cls\b|_?model\w*|entity\w*|table)\b"
)
# An object of one, made or changed: `self.model(**values)`, `setattr(entity, name, value)`.
MAKER = regex(rb"\b(?:self\.\w{0,40}model\w{0,40}|cls|_?model\w{0,40})\(\s{0,99}\*\*|\bsetattr\(\w{1,40},")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A line that may have sent a statement: `path` as the project names it, `why` in words; `loop` is the line of the loop
    of its function that repeats it."""

    path: str
    line: int
    function: str
    confidence: Confidence
    why: str
    loop: int | None = None


class Statements:
    """A project asked for the origins of statements, again and again; what was worked out is kept."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._files = served_files(project)
        self._tables = Tables(self._files.items())
        self._builders = {path: data for path, data in self._files.items() if any(word in data for word in BUILDERS)}
        self._makers = {path for path, data in self._files.items() if MAKER.search(data)}
        self._generic = {path for path, data in self._builders.items() if GENERIC.search(data)}
        self._names: dict[Path, Names | None] = {}
        self._sites: dict[Path, tuple[Site, ...]] = {}
        self._nodes: dict[tuple[str, int], Node] = {}

    def origins(self, statement: str, most: int = 5, *, cut_at: int = CUT_AT) -> tuple[Origin, ...]:
        """The lines that fit best, best first; several where the source does not tell them apart. A text of `cut_at` bytes
        and more lacks its end."""
        written = tuple(self._written(statement))
        if any(is_whole for _, is_whole in written):
            written = tuple(one for one in written if one[1])
        if written:
            return self._told([(node, is_whole, "is this statement") for node, is_whole in written], most)
        shape = shape_of(statement, cut_at=cut_at)
        if not shape.verb or not (shape.tables or shape.functions):
            return ()
        loaded = loads_children(statement)
        built = self._built(shape, exactly=_is_list_load(shape))
        if loaded:
            # A condition that is written has its column on the left, but for this.
            built = [one for one in built if one[0].function is not None and "with_parent" in one[0].function.text]
        made = self._made(shape, any(is_sure for _, is_sure, _ in built))
        if not made and (not built or loaded):
            made = self._ordered_reads(shape)
        found = [*made, *built]
        return self._told(of_insert(found, shape), most)

    def circumstances(self, origin: Origin) -> Circumstances:
        """In what circumstances the line runs that was found."""
        return circumstances(self._project, self._nodes[origin.path, origin.line])

    def _told(self, found: list[tuple[Node, bool, str]], most: int) -> tuple[Origin, ...]:
        self._nodes.update({(node.file.path, node.line): node for node, _, _ in reversed(found)})
        return _told(found, most)

    def _written(self, statement: str) -> Iterator[tuple[Node, bool]]:
        wanted = plain(statement)
        for one in self._strings if len(wanted) >= LEAST else ():
            is_whole = is_written(one, wanted)
            if is_whole is not None:
                yield one.node, is_whole

    @cached_property
    def _strings(self) -> tuple[Written, ...]:
        files = (self._project.open(path) for path, data in self._files.items() if TEXT.search(data))
        return tuple(one for file in files if file is not None for one in strings_in(file))

    def _built(self, shape: Shape, *, exactly: bool) -> list[tuple[Node, bool, str]]:
        """The places that fit best; `exactly` where the mapper writes such a statement itself, so that a place for any class,
        or one that adds to another's, says nothing."""
        fitting = (one for one in self._fitting(shape) if not (exactly and _is_general(one[0])))
        ranked = sorted(fitting, key=lambda one: _rank(one[1]))
        best = [one for one in ranked if _rank(one[1])[:2] == _rank(ranked[0][1])[:2]]
        return [
            (site.node, found.is_exact and found.explained > 1 and not shape.is_cut, _why(found))
            for site, found in best
        ]

    def _made(self, shape: Shape, is_built: bool) -> list[tuple[Node, bool, str]]:
        """Of what the mapper sends by itself, the lines that say the most of it; of a statement that some line builds
        whole, only those that say as much."""
        if not may_be_mapped(shape):
            return []
        mapped = self._tables.of(shape.tables[0]) if shape.tables else ()
        found = [one for names in self._knowing(mapped) for one in object_sites(names, shape, mapped)]
        if not found and not is_built and may_load_lazily(shape, mapped):
            return self._lazy_reads(mapped, shape)
        best = min((one.rank for one in found), default=0)
        sure = best == 0
        return [
            (one.node, sure and not one.why.startswith(MAY), one.why)
            for one in found
            if one.rank == best and not (best and is_built)
        ]

    def _ordered_reads(self, shape: Shape) -> list[tuple[Node, bool, str]]:
        """Reads of a relationship that has an order of its own, which nothing else that the mapper sends by itself has."""
        mapped = self._tables.of(shape.tables[0]) if shape.tables and len(shape.where) == 1 else ()
        plain = not (shape.group or shape.functions or shape.flags & {"limit", "offset", "distinct", "exists"})
        return self._lazy_reads(mapped, shape) if mapped and plain and may_load_lazily(shape, mapped) else []

    def _lazy_reads(self, mapped: tuple[Mapped, ...], shape: Shape) -> list[tuple[Node, bool, str]]:
        leading = self._tables.leading_to(frozenset(one.name for one in mapped))
        places = [(path, at) for path, data in self._files.items() for at in relationship_reads(data, leading)]
        if len(places) > MOST_PLACES:
            return []
        named = ((self._names_of(path), at) for path, at in places)
        nodes = ((names, names.file.node_at(at)) for names, at in named if names is not None)
        reads = of_relationship(
            ((names, node) for names, node in nodes if node is not None and not _is_imported(node)), shape
        )
        return (
            [(node, False, "reads a relationship that loads this") for node in reads]
            if len(reads) <= MOST_READS
            else []
        )

    def _knowing(self, mapped: tuple[Mapped, ...]) -> Iterator[Names]:
        """Files that name one of the classes, or work with whatever class they are given."""
        words = {one.name.encode() for one in mapped}
        for path, data in self._files.items():
            if path in self._generic or path in self._makers or any(word in data for word in words):
                names = self._names_of(path)
                if names is not None:
                    yield names

    def _names_of(self, path: Path) -> Names | None:
        if path not in self._names:
            file = self._project.open(path)
            self._names[path] = None if file is None else Names(file, self._tables)
        return self._names[path]

    def _fitting(self, shape: Shape) -> Iterator[tuple[Site, Fit]]:
        words = {one.name.encode() for table in shape.tables for one in self._tables.of(table)}
        known = any(self._tables.of(table) for table in shape.tables[:1]) or not shape.tables
        if not shape.tables:
            words = {name.encode() for name in shape.functions}
        for path in self._mentioning(words):
            for site in self._sites_of(path):
                # Of a table that no class of the project is mapped to, a place for any class says nothing.
                found = None if site.is_part or (site.is_generic and not known) else fit(site, shape)
                if found is not None:
                    yield site, found

    def _mentioning(self, words: Collection[bytes]) -> Iterator[Path]:
        for path, data in self._builders.items():
            if path in self._generic or any(word in data for word in words):
                yield path

    def _sites_of(self, path: Path) -> tuple[Site, ...]:
        known = self._sites.get(path)
        if known is None:
            names = self._names_of(path)
            known = () if names is None else tuple(sites_in(names))
            self._sites[path] = known
        return known


def _is_imported(node: Node) -> bool:
    """Whether it is a module's name, of `from shop.models.token import Token`."""
    return any(isinstance(one, Import | ImportFrom) for one in (node, *node.ancestors))


def _is_general(site: Site) -> bool:
    return site.is_generic or not isinstance(site.node, Call) or site.node.method not in STARTS


def _is_list_load(shape: Shape) -> bool:
    """Rows by a list of one column which they give as well: as `selectinload` loads a relationship."""
    return shape.verb == "select" and len(shape.where) == 1 and shape.where == shape.lists <= shape.outputs


def _rank(found: Fit) -> tuple[int, int, int]:
    return (found.left_over, 0 if found.is_exact else 1, -found.explained * 4 + found.unsaid)


def _told(found: list[tuple[Node, bool, str]], most: int) -> tuple[Origin, ...]:
    """One origin for each line; sure of one only where there is no other."""
    places = {(node.file.path, node.line): (node, is_sure, why) for node, is_sure, why in reversed(found)}
    rivals = len(places) - 1
    return tuple(
        Origin(
            path=node.file.path,
            line=node.line,
            function=node.function.qualname if node.function is not None else "<module>",
            confidence=Confidence.MEDIUM if is_sure and not rivals else Confidence.LOW,
            loop=loop.line if (loop := in_loop(node)) is not None else None,
            why=f"{why}; {rivals} other {'place' if rivals == 1 else 'places'} would fit as well" if rivals else why,
        )
        for node, is_sure, why in list(reversed(places.values()))[:most]
    )


def _why(found: Fit) -> str:
    return "builds this statement" if found.is_exact else "may build this statement, if more is added to it elsewhere"
