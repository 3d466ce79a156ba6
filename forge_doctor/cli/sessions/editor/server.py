"""A language server over stdin and stdout: findings as diagnostics, edits as quick fixes, manuals on hover.

Each answer comes of a fresh project with the editor's texts laid over the files: to keep trees of earlier answers is
faster, and wrong as soon as another file says something else.
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from forge_doctor import __version__
from forge_doctor.cli.sessions.editor.actions import actions, diagnostics, hover
from forge_doctor.cli.sessions.editor.diagnoses import Answer, diagnose

if TYPE_CHECKING:
    from pygls.workspace import TextDocument

# With the answer itself (0.11 s in a project of a thousand files) less than a quarter of a second after the last key.
DEBOUNCE_S = 0.1
# Bytes of one name in a path, to every file system in use.
LONGEST_NAME = 255


class Doctor(LanguageServer):
    """The server with what it said last of each open document, and what it is about to say."""

    def __init__(self) -> None:
        # Whole texts: pygls would put changes into lines that it also breaks where Python and editors do not (form feed).
        super().__init__("forge-doctor", __version__, text_document_sync_kind=lsp.TextDocumentSyncKind.Full)
        # How the process ends: an `exit` without a `shutdown` before it is 1, as the protocol has it.
        self.status = 0
        self.is_shut_down = False
        self.answers: dict[str, Answer] = {}
        self.waiting: dict[str, asyncio.Task[None]] = {}
        # One at a time: answers share the interpreter, and the newest text counts.
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lint")

    def ask(self, uri: str, after_s: float) -> None:
        """Judge a document once nothing has been asked of it for so long."""
        if (earlier := self.waiting.pop(uri, None)) is not None:
            earlier.cancel()
        self.waiting[uri] = asyncio.ensure_future(self._judge(uri, after_s))
        self.waiting[uri].add_done_callback(partial(self._told_why, uri))

    def ask_others(self, uri: str) -> None:
        """What other open documents say may rest on this one."""
        for other in list(self.workspace.text_documents):
            if other != uri:
                self.ask(other, DEBOUNCE_S)

    def forget(self, uri: str) -> None:
        """A closed document has no diagnostics."""
        if (task := self.waiting.pop(uri, None)) is not None:
            task.cancel()
        self.answers.pop(uri, None)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri=uri, diagnostics=[]))

    async def _judge(self, uri: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        document = self.workspace.get_text_document(uri)
        version, text = document.version, document.source
        path = self._path(document)
        if path is None:
            return
        overlay = {place: one.source for one in self.workspace.text_documents.values() if (place := self._path(one))}
        asked = partial(diagnose, path, overlay)
        answer = await asyncio.get_running_loop().run_in_executor(self.worker, asked)
        if document.version != version:
            return  # a newer question is under way
        if answer.problem:
            self.window_log_message(lsp.LogMessageParams(type=lsp.MessageType.Error, message=answer.problem))
        self.answers[uri] = answer._replace(text=text)
        told = diagnostics(answer, document)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=told))

    def _told_why(self, uri: str, task: asyncio.Task[None]) -> None:
        """No answer is no silence: whoever asks sees what broke off."""
        if not task.cancelled() and (error := task.exception()) is not None:
            reason = f"{uri}: broke off with {type(error).__name__}: {error}"
            self.window_log_message(lsp.LogMessageParams(type=lsp.MessageType.Error, message=reason))

    def _path(self, document: TextDocument) -> str | None:
        """Where a document lies, or would lie that is not saved yet; None for what is no file of this machine."""
        scheme, _, name = document.uri.partition(":")
        if scheme == "file" and _is_nameable(document.path) and not Path(document.path).is_dir():
            return document.path
        if scheme == "untitled" and name.isprintable():
            return str(Path(self.workspace.root_path or Path.cwd()) / f"{Path(name).name or 'untitled'}.py")
        return None


def _is_nameable(path: str) -> bool:
    """Whether the system takes it as a path; one that it refuses would break off every answer."""
    parts = os.fsencode(path).split(b"/")
    return bool(path) and "\0" not in path and max(map(len, parts)) <= LONGEST_NAME


def language_server() -> Doctor:
    """The server with its features, not yet started."""
    server = Doctor()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(doctor: Doctor, params: lsp.DidOpenTextDocumentParams) -> None:
        doctor.ask(params.text_document.uri, 0)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(doctor: Doctor, params: lsp.DidChangeTextDocumentParams) -> None:
        doctor.ask(params.text_document.uri, DEBOUNCE_S)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(doctor: Doctor, params: lsp.DidSaveTextDocumentParams) -> None:
        doctor.ask(params.text_document.uri, 0)
        doctor.ask_others(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(doctor: Doctor, params: lsp.DidCloseTextDocumentParams) -> None:
        doctor.forget(params.text_document.uri)

    @server.feature(lsp.SHUTDOWN)
    def shut_down(doctor: Doctor, _: None) -> None:
        doctor.is_shut_down = True

    @server.feature(lsp.EXIT)
    def ended(doctor: Doctor, _: None) -> None:
        doctor.status = 0 if doctor.is_shut_down else 1

    options = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    def offered(doctor: Doctor, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        document = doctor.workspace.get_text_document(params.text_document.uri)
        answer = doctor.answers.get(params.text_document.uri)
        return [] if answer is None else actions(answer, document, params.range)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def told(doctor: Doctor, params: lsp.HoverParams) -> lsp.Hover | None:
        document = doctor.workspace.get_text_document(params.text_document.uri)
        answer = doctor.answers.get(params.text_document.uri)
        return None if answer is None else hover(answer, document, params.position)

    return server
