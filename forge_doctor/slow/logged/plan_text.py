"""Plans as auto_explain logs them, in any of its four formats, read into what EXPLAIN (FORMAT JSON) would have said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from forge_doctor.dataclass import dataclass
from forge_doctor.regex import regex
from forge_doctor.slow.logged.plan_formats import of_xml, of_yaml
from forge_doctor.slow.plan import Plan
from forge_doctor.slow.server.plan_json import is_plan, node_of
from forge_doctor.sql.quoting import split_name

_NUMBER = r"\d{1,15}(?:\.\d{1,6})?"
NODE = regex(
    r"(?P<indent> {0,400}+)(?P<arrow>->  )?(?P<what>[A-Z][^\n]{0,400}?)  "
    rf"\(cost=(?P<startup>{_NUMBER})\.\.(?P<cost>{_NUMBER}) rows=(?P<rows>{_NUMBER}) width=(?P<width>\d{{1,9}})\)"
    rf"(?: \((?:actual (?:time={_NUMBER}\.\.{_NUMBER} )?rows=(?P<actual>{_NUMBER}) loops=(?P<loops>\d{{1,12}})|never executed)"
    r"[^)\n]*\))?"
)
# `Index Scan using i on s.t a`, `Bitmap Index Scan on i`, `Seq Scan on t`, `Insert on t`.
_NAME = r'(?:"(?:[^"]|"")++"|\w++)'
SCAN = regex(
    r'(?P<kind>[A-Z][A-Za-z ]+?)(?: using (?P<index>"(?:[^"]|"")++"|[\w.]++))?'
    rf"(?: on (?P<on>{_NAME}(?:\.{_NAME})?)(?: (?P<alias>{_NAME}))?)?\Z"
)
DETAIL = regex(r"\s{1,200}(?P<name>[A-Z][A-Za-z -]{1,40}): (?P<value>[^\n]*)")
SPILL = regex(r"external (?:merge|sort)  Disk: (\d+)kB")
JOINS = regex(r"(Left|Right|Full|Semi|Anti|Right Semi|Right Anti) (?=Join)")
OPEN_LIKE = regex(r"(?<![!~])~~\*? (?:ANY \()?'[%_]")
_KEPT = frozenset(
    {"Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter", "One-Time Filter", "TID Cond"}
)
# What they read has a name, and is no table.
_OF_NO_TABLE = frozenset(
    {
        "CTE Scan",
        "Subquery Scan",
        "Function Scan",
        "Table Function Scan",
        "Values Scan",
        "WorkTable Scan",
        "Named Tuplestore Scan",
    }
)
_NUMBERS = {"Rows Removed by Filter", "Rows Removed by Join Filter", "Rows Removed by Index Recheck"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedPlan:
    """A plan with its statement; `parameters` as they were logged, to be looked at and dropped."""

    statement: str
    top: Mapping[str, Any]
    parameters: str = ""
    jit: bool = False

    @property
    def open_pattern(self) -> bool:
        """Whether a pattern that begins with a wildcard stands in one of its conditions."""
        return any(OPEN_LIKE.search(str(node.get(name, ""))) for node in _every(self.top) for name in _KEPT)

    def plan(self, key: str) -> Plan:
        """Without values."""
        return Plan(key=key, root=node_of(self.top), source="auto_explain", jit=self.jit)


def logged_plan(body: str) -> LoggedPlan | None:
    """What stands behind `plan:`; None for what is cut."""
    text = body.lstrip("\r\n \t")
    if text.startswith("{"):
        return _of_json(text)
    if text.startswith("<explain"):
        return _told(of_xml(text))
    if text.startswith('Query Text: "') and "\nPlan:" in text:
        return _told(of_yaml(text))
    head, query, rest = text.partition("Query Text: ")
    if not query or head.strip():
        return None
    lines = rest.split("\n")
    begin = next((place for place, line in enumerate(lines) if NODE.match(line)), None)
    if not begin:
        return None
    statement, parameters = lines[:begin], ""
    if statement[-1].startswith("Query Parameters: "):
        parameters = statement.pop().removeprefix("Query Parameters: ")
    top = _tree(lines[begin:])
    if not is_plan(top) or top is None:
        return None
    jit = any(line.startswith("JIT:") for line in lines[begin:])
    return LoggedPlan(statement="\n".join(statement), parameters=parameters, top=top, jit=jit)


def _of_json(text: str) -> LoggedPlan | None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _told(told)


def _told(told: object) -> LoggedPlan | None:
    """What EXPLAIN says in JSON, or would have."""
    if not isinstance(told, dict) or not is_plan(told.get("Plan")) or not told.get("Query Text"):
        return None
    return LoggedPlan(
        statement=str(told["Query Text"]),
        parameters=str(told.get("Query Parameters", "")),
        top=told["Plan"],
        jit="JIT" in told,
    )


def _tree(lines: list[str]) -> dict[str, Any] | None:
    """The nodes by their indentation, each with the lines below it."""
    top: dict[str, Any] | None = None
    open_nodes: list[tuple[int, dict[str, Any]]] = []
    for line in lines:
        found = NODE.match(line)
        if found is not None:
            node = _node(found)
            depth = len(found["indent"])
            while open_nodes and open_nodes[-1][0] >= depth:
                open_nodes.pop()
            if open_nodes:
                open_nodes[-1][1].setdefault("Plans", []).append(node)
            elif top is None:
                top = node
            else:
                break
            open_nodes.append((depth, node))
            continue
        detail = DETAIL.match(line)
        if detail is None or not open_nodes:
            if line[:1] not in (" ", ""):
                break
            continue
        _add(open_nodes[-1][1], detail["name"], detail["value"])
    return top


def _node(found: Any) -> dict[str, Any]:
    what = found["what"]
    parallel = what.startswith("Parallel ")
    joined = JOINS.search(what)
    scan = SCAN.match(JOINS.sub("", what.removeprefix("Parallel ")))
    kind = scan["kind"] if scan else what
    node: dict[str, Any] = {
        "Node Type": _plain_kind(kind),
        "Startup Cost": float(found["startup"]),
        "Total Cost": float(found["cost"]),
        "Plan Rows": float(found["rows"]),
        "Plan Width": int(found["width"]),
        "Parallel Aware": parallel,
    }
    if joined:
        node["Join Type"] = joined[1]
    if found["actual"] is not None:
        node["Actual Rows"], node["Actual Loops"] = float(found["actual"]), int(found["loops"])
    if scan is not None and scan["on"]:
        if kind == "Bitmap Index Scan":
            node["Index Name"] = split_name(scan["on"])[-1]
        else:
            *schema, name = split_name(scan["on"])
            if kind not in _OF_NO_TABLE:
                node["Relation Name"] = name
            node["Alias"] = split_name(scan["alias"])[-1] if scan["alias"] else name
            if schema and kind not in _OF_NO_TABLE:
                node["Schema"] = schema[-1]
        if scan["index"]:
            node["Index Name"] = split_name(scan["index"])[-1]
    return node


def _plain_kind(kind: str) -> str:
    """Without what text puts into the name: the type of a join other than an inner one, how and where is aggregated."""
    if kind.endswith("Aggregate"):
        return "Aggregate"
    return "Nested Loop" if kind == "Nested Loop Join" else kind


def _add(node: dict[str, Any], name: str, value: str) -> None:
    if name in _KEPT:
        node[name] = value
    elif name == "Sort Key":
        node[name] = [one.strip() for one in _split(value)]
    elif name == "Sort Method" and (found := SPILL.search(value)):
        node["Sort Space Type"], node["Sort Space Used"] = "Disk", int(found[1])
    elif name in _NUMBERS and value.strip().replace(".", "", 1).isdigit():
        node[name] = float(value)


def _split(keys: str) -> Iterator[str]:
    """Sort keys at their commas, but not inside parentheses."""
    depth = begin = 0
    for place, sign in enumerate(keys):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            yield keys[begin:place]
            begin = place + 1
    yield keys[begin:]


def _every(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _every(below)
