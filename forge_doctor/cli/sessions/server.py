"""A language server over stdin and stdout: findings as diagnostics, edits as quick fixes, manuals on hover.

Each answer comes of a fresh project with the editor's texts laid over the files: to keep trees of earlier answers is
faster, and wrong as soon as another file says something else.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

from forge_doctor import __version__
from forge_doctor.cli.sessions.editor import Answer, diagnose
from forge_doctor.cli.sessions.editor_actions import actions, diagnostics, hover

if TYPE_CHECKING:
    from pygls.workspace import TextDocument

DEBOUNCE_S = 0.15


class Doctor(LanguageServer):
    """The server with what it said last of each open document, and what it is about to say."""

    def __init__(self) -> None:
        super().__init__("forge-doctor", __version__)
        self.answers: dict[str, Answer] = {}
        self.waiting: dict[str, asyncio.Task[None]] = {}
        # One at a time: answers share the interpreter, and the newest text counts.
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lint")

    def ask(self, uri: str, after_s: float) -> None:
        """Judge a document once nothing has been asked of it for so long."""
        if (earlier := self.waiting.pop(uri, None)) is not None:
            earlier.cancel()
        self.waiting[uri] = asyncio.ensure_future(self._judge(uri, after_s))

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
        overlay = {path: one.source for one in self.workspace.text_documents.values() if (path := _path(one))}
        asked = partial(diagnose, document.path, overlay)
        answer = await asyncio.get_running_loop().run_in_executor(self.worker, asked)
        if document.version != version:
            return  # a newer question is under way
        if answer.problem:
            self.window_log_message(lsp.LogMessageParams(type=lsp.MessageType.Error, message=answer.problem))
        self.answers[uri] = answer._replace(text=text)
        told = diagnostics(answer, document)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri=uri, version=version, diagnostics=told))


def _path(document: TextDocument) -> str:
    """Empty for what is no file, such as a new document without a name."""
    return document.path if document.uri.startswith("file:") else ""


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
