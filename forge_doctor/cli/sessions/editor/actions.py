"""Findings in the words of the language server protocol: diagnostics, code actions, hovers; judges nothing.

Lines and columns are ours from 1 in characters, the protocol's from 0 in the units the client asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from forge_doctor.check import documentation
from forge_doctor.cli.sessions.editor.diagnoses import Answer
from forge_doctor.finding import Edit, Finding, Location, Severity
from forge_doctor.suppression.add_ignores import add_ignores

if TYPE_CHECKING:
    from pygls.workspace import TextDocument

LEVELS = {
    Severity.INFO: lsp.DiagnosticSeverity.Information,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.CRITICAL: lsp.DiagnosticSeverity.Error,
}
WHY = "TODO: why this is right"
# Where a line ends, to the protocol and to Python; str.splitlines and pygls know more ends, such as a form feed.
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def diagnostics(answer: Answer, document: TextDocument) -> list[lsp.Diagnostic]:
    """One for each finding, with the remedy under the message."""
    return [
        lsp.Diagnostic(
            range=span(found.location, document),
            severity=LEVELS[found.severity],
            code=found.check,
            code_description=lsp.CodeDescription(href=documentation(found.check)),
            source="forge-doctor",
            message="\n\n".join(part for part in (found.message, found.remedy) if part),
        )
        for found in answer.findings
    ]


def lines_of(document: TextDocument) -> list[str]:
    """Its lines with their ends."""
    return LINE.findall(document.source)


def span(location: Location, document: TextDocument) -> lsp.Range:
    """The place of a finding; to the end of its line where no end is told."""
    lines = lines_of(document) or [""]
    first = min(max((location.line or 1) - 1, 0), len(lines) - 1)
    last = min(max((location.end_line or first + 1) - 1, first), len(lines) - 1)
    start = lsp.Position(line=first, character=max((location.column or 1) - 1, 0))
    whole = len(lines[last].rstrip("\r\n"))
    end = lsp.Position(line=last, character=whole if location.end_column is None else location.end_column - 1)
    return document.position_codec.range_to_client_units(lines, lsp.Range(start=start, end=end))


def actions(answer: Answer, document: TextDocument, wanted: lsp.Range) -> list[lsp.CodeAction]:
    """What can be done about the findings in a range; nothing where the text is no longer the one that was judged."""
    if document.source != answer.text:
        return []
    return [one for found in _within(answer, document, wanted) for one in _actions_of(found, answer, document)]


def _within(answer: Answer, document: TextDocument, wanted: lsp.Range) -> Iterator[Finding]:
    for found in answer.findings:
        place = span(found.location, document)
        if place.start.line <= wanted.end.line and wanted.start.line <= place.end.line:
            yield found


def _actions_of(found: Finding, answer: Answer, document: TextDocument) -> Iterator[lsp.CodeAction]:
    about = diagnostics(answer._replace(findings=(found,)), document)
    edits = [_edit(one, document) for one in found.edits if _is_here(one, answer)]
    # An edit of another file cannot be shown in this one: better none than half of the mend.
    if edits and len(edits) == len(found.edits):
        safe = all(one.safe for one in found.edits)
        yield lsp.CodeAction(
            title=f"Mend {found.check}" + ("" if safe else " (may change what the code does)"),
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=about,
            is_preferred=safe,
            edit=lsp.WorkspaceEdit(changes={document.uri: edits}),
        )
    ignored = _ignored(found, document)
    if ignored is not None:
        yield lsp.CodeAction(
            title=f"Ignore {found.check} here, with a reason",
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=about,
            edit=lsp.WorkspaceEdit(changes={document.uri: [ignored]}),
        )


def _is_here(edit: Edit, answer: Answer) -> bool:
    return edit.location.line is not None and Path(edit.location.target).absolute() == Path(answer.path)


def _edit(edit: Edit, document: TextDocument) -> lsp.TextEdit:
    return lsp.TextEdit(range=span(edit.location, document), new_text=edit.replacement)


def _ignored(found: Finding, document: TextDocument) -> lsp.TextEdit | None:
    """The line that gets the comment; None where a comment cannot reach the finding."""
    before = document.source.split("\n")
    try:
        after = add_ignores(document.source, [found], WHY).split("\n")
    except ValueError:
        return None
    number = next(index for index, (old, new) in enumerate(zip(before, after, strict=True)) if old != new)
    whole = lsp.Range(
        start=lsp.Position(line=number, character=0),
        end=lsp.Position(line=number, character=len(before[number].rstrip("\r"))),
    )
    place = document.position_codec.range_to_client_units(lines_of(document), whole)
    return lsp.TextEdit(range=place, new_text=after[number].rstrip("\r"))


def hover(answer: Answer, document: TextDocument, position: lsp.Position) -> lsp.Hover | None:
    """The manuals of the rules that found something on this line."""
    from forge_doctor.check import load
    from forge_doctor.lint import rules
    from forge_doctor.migrations.chosen import own_checks
    from forge_doctor.render.sarif_rules import as_markdown

    here = lsp.Range(start=position, end=position)
    named = {found.check for found in _within(answer, document, here)}
    known = (*load(rules), *own_checks())
    told = [f"### {rule.id}\n\n{as_markdown(rule.manual)}" for rule in known if rule.id in named]
    if not told:
        return None
    content = lsp.MarkupContent(kind=lsp.MarkupKind.Markdown, value="\n\n---\n\n".join(told))
    return lsp.Hover(contents=content)
