"""Which calls wait for something outside of the database: another service, a language model, a program, a clock, a
thread; says nothing about what is open meanwhile."""

from __future__ import annotations

import re
from typing import NamedTuple

from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import (
    Attribute,
    Await,
    Call,
    Constant,
    For,
    FunctionDef,
    If,
    Node,
    While,
    With,
    WithItem,
)
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.control_flow import waits_at
from forge_doctor.lint.dataflow.network_calls import SENDING, client_library, client_package, network_call
from forge_doctor.lint.dataflow.remote_calls import is_filled_by_others, is_remote_procedure, is_result_of_task

MODEL_CLIENTS = {
    **{f"openai.{name}": "openai" for name in ("AsyncOpenAI", "OpenAI", "AsyncAzureOpenAI", "AzureOpenAI")},
    **{f"anthropic.{name}": "anthropic" for name in ("AsyncAnthropic", "Anthropic", "AsyncAnthropicBedrock")},
    "groq.AsyncGroq": "groq", "groq.Groq": "groq", "mistralai.Mistral": "mistralai", "ollama.AsyncClient": "ollama",
    "ollama.Client": "ollama", "google.genai.Client": "google.genai", "cohere.AsyncClient": "cohere",
    "cohere.AsyncClientV2": "cohere", "together.AsyncTogether": "together",
}  # fmt: skip
# What is asked of a model by those clients.
ASKING = words(
    "create generate generate_content generate_content_async stream chat complete complete_async embed parse"
)
# Clients of Amazon's services, which aioboto3 and aiobotocore give by their sessions' `client()`; what they send and fetch.
STORES = {
    "aioboto3": "another service (aioboto3)",
    "aiobotocore": "another service (aiobotocore)",
    "boto3": "another service (boto3)",
}
STORING = words(
    """put_object get_object upload_file upload_fileobj download_file download_fileobj copy_object delete_object head_object
    list_objects_v2 send_message receive_message publish invoke invoke_model converse send_email"""
)
# Who runs tools elsewhere, and what is asked of it.
TOOL_CLIENTS = {"mcp.ClientSession": "mcp", "mcp.client.session.ClientSession": "mcp", "fastmcp.Client": "fastmcp"}
TOOL_METHODS = words(
    "initialize list_tools call_tool list_resources read_resource list_prompts get_prompt call_tool_mcp list_tools_mcp"
)
# Methods of langchain, langgraph, llama-index and litellm that no database has.
MODEL_METHODS = words("ainvoke astream astream_events abatch agenerate acompletion aembedding aembed_documents achat")
FUNCTIONS = {
    **{f"subprocess.{name}": "a program" for name in ("run", "call", "check_call", "check_output")},
    **{
        f"shutil.{name}": "files that are copied or packed"
        for name in ("copytree", "make_archive", "unpack_archive", "rmtree")
    },
    "litellm.completion": "a language model",
    "urllib.request.urlopen": "another service",
}
AWAITED_FUNCTIONS = {
    "asyncio.create_subprocess_exec": "a program",
    "asyncio.create_subprocess_shell": "a program",
    "asyncio.to_thread": "a thread",
    "mcp.client.streamable_http.streamablehttp_client": "an answer of another service (mcp)",
    "mcp.client.streamable_http.streamable_http_client": "an answer of another service (mcp)",
    "mcp.client.sse.sse_client": "an answer of another service (mcp)",
    "mcp.client.stdio.stdio_client": "a program",
    "anyio.to_thread.run_sync": "a thread",
    "anyio.run_process": "a program",
    "fastapi.concurrency.run_in_threadpool": "a thread",
    "starlette.concurrency.run_in_threadpool": "a thread",
}
SLEEPS = frozenset({"asyncio.sleep", "anyio.sleep", "time.sleep"})
SHORTEST_SLEEP_S = 0.05
LONG_SLEEP_S = 1.0
# The names of all calls that may be one.
CALLED = (
    SENDING
    | ASKING
    | MODEL_METHODS
    | STORING
    | TOOL_METHODS
    | words(
        """copytree make_archive unpack_archive rmtree
    run call check_call check_output completion urlopen create_subprocess_exec create_subprocess_shell to_thread
    run_sync run_process run_in_threadpool sleep run_in_executor wait_for streamablehttp_client streamable_http_client
    sse_client stdio_client"""
    )
)


class Wait(NamedTuple):
    """What a call waits for, in words, and how sure that is."""

    what: str
    confidence: Confidence


def wait_of(project: Project, call: Call) -> Wait | None:
    """What a call waits for; None for one that does not, or is not known to."""
    name = call.method
    if (name not in CALLED and not name[:1].isupper()) or (call.receiver is not None and is_mocked(call.receiver)):
        return None
    if name not in CALLED:
        return (
            Wait("an answer of another service (grpc)", Confidence.HIGH) if is_remote_procedure(project, call) else None
        )
    runs = is_run(call) or waits_at(call) is not None
    if call.method == "get" and is_result_of_task(project, call):
        return Wait("an answer of a worker (celery)", Confidence.HIGH)
    if call.method in SENDING and (library := network_call(project, call)):
        sync = library == "requests" or not is_of_async_client(project, call)
        return Wait(f"an answer of another service ({library})", Confidence.HIGH) if runs or sync else None
    if call.method in MODEL_METHODS:
        return Wait("a language model", Confidence.MEDIUM) if runs else None
    if call.method in STORING and call.receiver is not None:
        store = client_package(project, call.receiver, STORES)
        return Wait(f"an answer of {STORES[store]}", Confidence.HIGH) if store and (runs or store == "boto3") else None
    if call.method in TOOL_METHODS and call.receiver is not None:
        library = client_library(project, call.receiver, TOOL_CLIENTS) if runs else ""
        return Wait(f"an answer of another service ({library})", Confidence.HIGH) if library else None
    if call.method in ASKING and call.receiver is not None:
        library = _model_library(project, call.receiver)
        return Wait(f"a language model ({library})", Confidence.HIGH) if library else None
    return _function(project, call, runs)


def is_run(call: Call) -> bool:
    """Whether it is awaited, entered or walked over right there."""
    around = call.parent
    return isinstance(around, Await | WithItem) or (isinstance(around, For) and around.iter is call)


def is_of_async_client(project: Project, call: Call) -> bool:
    """Whether the request is one of a client that must be awaited."""
    receiver = call.receiver
    library = "" if receiver is None else client_library(project, receiver, ASYNC_CLIENTS)
    return bool(library)


ASYNC_CLIENTS = {"httpx.AsyncClient": "httpx", "aiohttp.ClientSession": "aiohttp"}


def _model_library(project: Project, receiver: Node) -> str:
    """The library of the client that `client.chat.completions` belongs to."""
    node: Node = receiver
    while True:
        library = client_library(project, node, MODEL_CLIENTS)
        if library or not isinstance(node, Attribute):
            return library
        node = node.value


def _function(project: Project, call: Call, runs: bool) -> Wait | None:
    if call.method == "run_in_executor":
        return Wait("a thread", Confidence.LOW) if runs else None
    if call.method == "wait_for":
        is_answer = runs and is_filled_by_others(project, call)
        return Wait("an answer that others set", Confidence.MEDIUM) if is_answer else None
    name = project.qualified(call.func)
    if name in SLEEPS:
        return _sleep(call) if name == "time.sleep" or runs else None
    if name in FUNCTIONS:
        return Wait(FUNCTIONS[name], Confidence.HIGH)
    what = AWAITED_FUNCTIONS.get(name, "") if runs else ""
    # What goes to a thread is often done at once: a hash, a small file.
    return Wait(what, Confidence.LOW if what == "a thread" else Confidence.MEDIUM) if what else None


def is_asked_whether_any(call: Call, seconds: Node) -> bool:
    """Whether the code asks first whether there is anything to wait for, `if delay > 0: sleep(delay)`: often a setting that is
    zero, but for a parameter, which callers give."""
    around, function = call.enclosing(If), call.function
    if around is None or (function is not None and seconds.text in function.param_names):
        return False
    return seconds.text in re.findall(r"[\w.]+", around.test.text)


def _sleep(call: Call) -> Wait | None:
    """None for one that only lets others have a turn."""
    given = call.args[0] if call.args else None
    seconds = number_of(given)
    if given is None or (seconds is not None and seconds < SHORTEST_SLEEP_S):
        return None
    if seconds is None:
        return Wait("a clock", Confidence.LOW if is_asked_whether_any(call, given) else Confidence.MEDIUM)
    if seconds >= LONG_SLEEP_S:
        return Wait(f"a clock ({given.text} s)", Confidence.HIGH)
    again = is_repeated_within_block(call)
    return Wait(
        f"a clock ({given.text} s{', again and again' if again else ''})",
        Confidence.MEDIUM if again else Confidence.LOW,
    )


def is_repeated_within_block(call: Call) -> bool:
    """Whether a loop around it stands inside whatever block or function is around both: it polls."""
    for around in call.ancestors:
        if isinstance(around, With | FunctionDef):
            return False
        if isinstance(around, For | While):
            return True
    return False


def number_of(node: Node | None) -> float | None:
    """The number written there; None for anything else."""
    try:
        return float(node.text) if isinstance(node, Constant) else None
    except ValueError:
        return None
