"""The language server, driven by a real client over stdin and stdout.

What it answers is what `lint` and `migrations` answer on every Python: on the older ones one fault and its end are enough.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from tests.support.migration_trees import INDEX_DOWN, INDEX_UP, revision, shop, write

ROOT = Path(__file__).resolve().parents[2]
SAVE = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    {statement}\n"
FORGOTTEN = SAVE.format(statement="db.commit()")
AWAITED = SAVE.format(statement="await db.commit()")


class Editor(LanguageClient):
    """A client that remembers what it was told last of each document."""

    def __init__(self, root: Path) -> None:
        super().__init__("editor", "1")
        self.root = root
        self.told: dict[tuple[str, int | None], list[lsp.Diagnostic]] = {}
        self.logged: list[str] = []
        self.news = asyncio.Condition()

        @self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def told(params: lsp.PublishDiagnosticsParams) -> None:
            async with self.news:
                self.told[params.uri, params.version] = list(params.diagnostics)
                self.news.notify_all()

        @self.feature(lsp.WINDOW_LOG_MESSAGE)
        async def logged(params: lsp.LogMessageParams) -> None:
            async with self.news:
                self.logged.append(params.message)
                self.news.notify_all()

    def write(self, name: str, text: str) -> str:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        return path.as_uri()

    def open(self, name: str, text: str) -> str:
        uri = self.write(name, text)
        self.show(uri, text)
        return uri

    def show(self, uri: str, text: str) -> None:
        document = lsp.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(text_document=document))

    def change(self, uri: str, version: int, text: str) -> None:
        self.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                text_document=lsp.VersionedTextDocumentIdentifier(uri=uri, version=version),
                content_changes=[lsp.TextDocumentContentChangeWholeDocument(text=text)],
            )
        )

    async def diagnostics(self, uri: str, version: int = 1) -> list[lsp.Diagnostic]:
        async with asyncio.timeout(30), self.news:
            await self.news.wait_for(lambda: (uri, version) in self.told)
        return self.told[uri, version]

    async def actions(self, uri: str, line: int) -> list[lsp.CodeAction]:
        place = lsp.Range(start=lsp.Position(line=line, character=0), end=lsp.Position(line=line, character=99))
        asked = lsp.CodeActionParams(
            text_document=lsp.TextDocumentIdentifier(uri=uri),
            range=place,
            context=lsp.CodeActionContext(diagnostics=[]),
        )
        return [
            one for one in await self.text_document_code_action_async(asked) or [] if isinstance(one, lsp.CodeAction)
        ]

    async def hover(self, uri: str, line: int) -> str:
        asked = lsp.HoverParams(
            text_document=lsp.TextDocumentIdentifier(uri=uri), position=lsp.Position(line=line, character=5)
        )
        told = await self.text_document_hover_async(asked)
        return told.contents.value if told and isinstance(told.contents, lsp.MarkupContent) else ""


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    """A client with a server of its own, in a project of its own."""
    (tmp_path / "pyproject.toml").write_text("[tool.forge-doctor]\n", encoding="utf-8")
    client = Editor(tmp_path)
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    await client.start_io(sys.executable, "-P", "-m", "forge_doctor", "server", env=given, cwd=tmp_path)
    await client.initialize_async(
        lsp.InitializeParams(capabilities=lsp.ClientCapabilities(), root_uri=tmp_path.as_uri())
    )
    client.initialized(lsp.InitializedParams())
    try:
        yield client
    finally:
        async with asyncio.timeout(30):
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()


def applied(text: str, action: lsp.CodeAction, uri: str) -> str:
    """The text after the edits of an action, each within one line."""
    assert action.edit is not None
    assert action.edit.changes is not None
    lines = text.split("\n")
    for edit in sorted(action.edit.changes[uri], key=lambda one: one.range.start.character, reverse=True):
        number, start, end = edit.range.start.line, edit.range.start.character, edit.range.end.character
        lines[number] = lines[number][:start] + edit.new_text + lines[number][end:]
    return "\n".join(lines)


async def test_a_fault_is_told_where_it_is_and_gone_when_it_is_mended(editor: Editor) -> None:
    uri = editor.open("app/save.py", FORGOTTEN)
    (found,) = await editor.diagnostics(uri)
    assert found.code == "unawaited-session-call"
    assert (found.range.start.line, found.range.start.character) == (4, 4)
    assert found.severity is lsp.DiagnosticSeverity.Error
    assert found.code_description is not None
    editor.change(uri, 2, AWAITED)
    assert await editor.diagnostics(uri, 2) == []


@pytest.mark.slow
async def test_only_the_last_of_many_changes_is_judged(editor: Editor) -> None:
    uri = editor.open("app/save.py", AWAITED)
    assert await editor.diagnostics(uri) == []
    for version in range(2, 12):
        editor.change(uri, version, FORGOTTEN if version % 2 else AWAITED)
    assert len(await editor.diagnostics(uri, 11)) == 1
    assert len([version for told, version in editor.told if told == uri]) < 6


@pytest.mark.slow
async def test_what_another_open_file_says_is_heard_before_it_is_saved(editor: Editor) -> None:
    store = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\n{kind} save(db: AsyncSession):\n    return 1\n"
    editor.write("app/__init__.py", "")
    kept = editor.open("app/store.py", store.format(kind="def"))
    used = "from sqlalchemy.ext.asyncio import AsyncSession\n\nfrom app.store import save\n\n\n"
    used += "async def put(db: AsyncSession):\n    save(db)\n    await db.commit()\n"
    uri = editor.open("app/use.py", used)
    assert await editor.diagnostics(uri) == []
    editor.change(kept, 2, store.format(kind="async def"))
    await editor.diagnostics(kept, 2)
    editor.change(uri, 2, used + "\n")
    assert [one.code for one in await editor.diagnostics(uri, 2)] == ["unawaited-data-access"]


@pytest.mark.slow
async def test_the_mend_and_the_ignore_comment_are_offered(editor: Editor) -> None:
    uri = editor.open("app/save.py", FORGOTTEN)
    await editor.diagnostics(uri)
    mend, ignore = await editor.actions(uri, 4)
    assert mend.is_preferred
    assert applied(FORGOTTEN, mend, uri) == AWAITED
    muted = applied(FORGOTTEN, ignore, uri)
    assert "# forge-doctor: ignore[unawaited-session-call] TODO" in muted
    editor.change(uri, 2, muted)
    assert await editor.diagnostics(uri, 2) == []
    assert await editor.actions(uri, 1) == []


@pytest.mark.slow
async def test_nothing_is_offered_for_a_text_that_was_not_judged_yet(editor: Editor) -> None:
    uri = editor.open("app/save.py", FORGOTTEN)
    await editor.diagnostics(uri)
    editor.change(uri, 2, "\n" + FORGOTTEN)
    assert await editor.actions(uri, 5) == []


@pytest.mark.slow
async def test_columns_are_counted_as_the_client_counts(editor: Editor) -> None:
    # Two units each in UTF-16, one character each.
    uri = editor.open("app/save.py", SAVE.format(statement='x = "\U0001f9ea\U0001f9ea"; db.commit()'))
    (found,) = await editor.diagnostics(uri)
    assert found.range.start.character == len('    x = "') + 4 + len('"; ')


@pytest.mark.slow
async def test_the_manual_is_told_on_hover(editor: Editor) -> None:
    uri = editor.open("app/save.py", FORGOTTEN)
    await editor.diagnostics(uri)
    assert "### unawaited-session-call" in await editor.hover(uri, 4)
    assert await editor.hover(uri, 0) == ""


@pytest.mark.slow
async def test_the_configuration_nearest_to_the_file_counts(editor: Editor) -> None:
    editor.write("quiet/forge-doctor.toml", "[lint]\nignore = ['unawaited-session-call']\nexclude = ['made']\n")
    assert await editor.diagnostics(editor.open("quiet/save.py", FORGOTTEN)) == []
    editor.write("left/forge-doctor.toml", "[lint]\nexclude = ['made']\n")
    assert await editor.diagnostics(editor.open("left/made/save.py", FORGOTTEN)) == []
    assert len(await editor.diagnostics(editor.open("left/save.py", FORGOTTEN))) == 1
    editor.write("broken/forge-doctor.toml", "[lint]\nignroe = []\n")
    assert await editor.diagnostics(editor.open("broken/save.py", FORGOTTEN)) == []
    assert any("did you mean 'ignore'" in message for message in editor.logged)


STRANGE_TEXTS = (
    "",
    "\x00",
    "def f(:\n",
    "(" * 3000,
    "x = '\\ud800'\n",
    "\u202eevil\n",
    "a\r\nb\r\n",
    "# -*- coding: no-such -*-\n",
)
# What no file of this machine can be: an empty name, a zero in it, a name too long, a folder, other schemes.
STRANGE_PLACES = (
    "",
    "file:///tmp/a%00b.py",
    f"file:///tmp/{'a' * 300}.py",
    "file:///tmp",
    "git:/app/save.py?ref",
    "http://app/save.py",
    "vscode-notebook-cell:/app/save.ipynb#1",
)


@pytest.mark.slow
async def test_anything_may_be_open_and_the_rest_is_answered(editor: Editor) -> None:
    for number, text in enumerate(STRANGE_TEXTS):
        await editor.diagnostics(editor.open(f"app/strange_{number}.py", text))
    for uri in STRANGE_PLACES:
        editor.show(uri, FORGOTTEN)
    assert len(await editor.diagnostics(editor.open("app/save.py", FORGOTTEN))) == 1
    assert not any("broke off" in message for message in editor.logged)


@pytest.mark.slow
async def test_a_document_without_a_name_is_judged_too(editor: Editor) -> None:
    editor.show("untitled:Untitled-1", FORGOTTEN)
    (found,) = await editor.diagnostics("untitled:Untitled-1")
    assert (found.code, found.range.start.line) == ("unawaited-session-call", 4)
    (mend, _) = await editor.actions("untitled:Untitled-1", 4)
    assert applied(FORGOTTEN, mend, "untitled:Untitled-1") == AWAITED


@pytest.mark.slow
async def test_lines_end_where_the_editor_ends_them(editor: Editor) -> None:
    """A form feed and Unicode's separators end none; an edit by other lines would land elsewhere."""
    before = "\x0c# \u2028 \x85 \x1c\n"
    uri = editor.open("app/save.py", before + FORGOTTEN)
    (found,) = await editor.diagnostics(uri)
    assert (found.range.start.line, found.range.start.character, found.range.end.character) == (5, 4, 15)
    (mend, _) = await editor.actions(uri, 5)
    assert applied(before + FORGOTTEN, mend, uri) == before + AWAITED


@pytest.mark.parametrize(("methods", "status"), [(("shutdown", "exit"), 0), (("exit",), 1), ((), 0)])
def test_it_ends_as_the_protocol_has_it(methods: tuple[str, ...], status: int) -> None:
    asked = b""
    for number, method in enumerate(methods):
        told = {"jsonrpc": "2.0", "method": method} | ({"id": number} if method == "shutdown" else {})
        body = json.dumps(told).encode()
        asked += b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    line = (sys.executable, "-P", "-m", "forge_doctor", "server")
    given = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, input=asked, env=given, capture_output=True, check=False, timeout=60)
    assert done.returncode == status, done.stderr
    assert b"forge-doctor:" not in done.stderr


@pytest.mark.slow
async def test_a_closed_document_has_no_diagnostics(editor: Editor) -> None:
    uri = editor.open("app/save.py", FORGOTTEN)
    await editor.diagnostics(uri)
    editor.text_document_did_close(lsp.DidCloseTextDocumentParams(text_document=lsp.TextDocumentIdentifier(uri=uri)))
    async with asyncio.timeout(30), editor.news:
        await editor.news.wait_for(lambda: (uri, None) in editor.told)
    assert editor.told[uri, None] == []


@pytest.mark.slow
async def test_a_revision_is_judged_as_it_is_written(editor: Editor) -> None:
    write(editor.root, shop())
    text = revision("a002", "a001", INDEX_UP, INDEX_DOWN.replace(", postgresql_concurrently=True", ""))
    uri = editor.open("migrations/versions/a002.py", text)
    (found,) = await editor.diagnostics(uri)
    assert (found.code, found.range.start.line) == ("index-not-concurrent", 10)
    assert "SHARE" in await editor.hover(uri, 10)
    (mute,) = await editor.actions(uri, 10)
    editor.change(uri, 2, applied(text, mute, uri))
    assert await editor.diagnostics(uri, 2) == []
    editor.change(uri, 3, text.replace("'a001'", "'a000'"))
    assert "missing-down-revision" in {one.code for one in await editor.diagnostics(uri, 3)}


@pytest.mark.slow
async def test_env_py_is_judged_as_it_is_written(editor: Editor) -> None:
    files = write(editor.root, shop())
    text = (files / "migrations/env.py").read_text(encoding="utf-8")
    uri = editor.open("migrations/env.py", text)
    assert await editor.diagnostics(uri) == []
    editor.change(uri, 2, text.replace("\n\nrun_migrations_online()", ""))
    assert "env-run-migrations-not-called" in {one.code for one in await editor.diagnostics(uri, 2)}


@pytest.mark.slow
async def test_a_revision_without_a_tree_around_it_is_linted_alone(editor: Editor) -> None:
    uri = editor.open("a002.py", revision("a002", "a001", INDEX_UP, INDEX_DOWN))
    assert await editor.diagnostics(uri) == []
    assert editor.logged == []
