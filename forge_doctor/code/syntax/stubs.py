"""What is no real code: test doubles, protocols, abstract methods, overloads; their calls prove nothing."""

from __future__ import annotations

import re

from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import ClassDef, FunctionDef, Node
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.text.text_places import NAME_BYTES
from forge_doctor.regex import regex

MOCKS = (b"Mock", b"create_autospec", b"mocker")
DOUBLE = regex(r"Mock|Fake|Stub|Dummy|Spy|Double")
# What the application's dependencies give in a test: `app.dependency_overrides[get_session] = ...`.
OVERRIDDEN = regex(rb"dependency_overrides\[\s*([\w.]{1,200})\s*\]\s*=")
INJECTED = regex(r"\bDepends\(\s*([\w.]{1,200})")
MOCKED = regex(rb"\b(?:AsyncMock|MagicMock|Mock|create_autospec|mocker)\b")
GIVEN_MOCK = regex(rb"[\w.]*\s*(?::[^=\n]+)?=\s*(?:await\s+)?[\w.]*(?:Mock|create_autospec)\b")
TEST_PATH = regex(r"(?:^|/)(?:tests?|testing|conftest\.py|[^/]*_tests?)(?:/|$)|(?:^|/)test_[^/]*\.py$|_test\.py$")


def is_test_file(file: SourceFile) -> bool:
    """Whether the path is one of tests."""
    return is_test_path(file.path)


def is_test_path(path: str) -> bool:
    """The same of a path."""
    return TEST_PATH.search(path) is not None


def is_double(class_: ClassDef | None) -> bool:
    """Whether a class stands in for another in tests."""
    if class_ is None:
        return False
    return DOUBLE.search(class_.name) is not None or any(DOUBLE.search(base.text) for base in class_.bases)


def is_protocol(class_: ClassDef | None) -> bool:
    """Whether a class only describes."""
    return class_ is not None and any(re.search(r"\bProtocol\b", base.text) for base in class_.bases)


def is_declaration(function: FunctionDef) -> bool:
    """Whether a function has no code of its own: overload, abstract, of a Protocol, or empty."""
    return function.decorated_by("overload", "abstractmethod") or is_protocol(function.class_) or function.is_stub


def is_mocked(receiver: Node) -> bool:
    """Whether the receiver is made by a mock, or its methods are, in the function or class around it."""
    file, name = receiver.file, receiver.text.partition(".")[0]
    if not _mocks(file):
        return False
    known: dict[str, bool] = file.kept.setdefault(is_mocked, {})
    if name not in known:
        known[name] = _is_bound_to_mock(file, name)
    return known[name] or _is_overridden(receiver, name)


@kept_with_file
def _overridden(file: SourceFile) -> frozenset[str]:
    """The dependencies that a file puts something else in the place of."""
    return frozenset(one.decode() for one in OVERRIDDEN.findall(file.data))


def _is_overridden(receiver: Node, name: str) -> bool:
    """Whether it is injected by a dependency that the file, which makes mocks, puts something else in the place of."""
    overridden = _overridden(receiver.file)
    param = None if not overridden or receiver.function is None else receiver.function.param(name)
    marker = None if param is None else INJECTED.search(param.text)
    return marker is not None and marker[1] in overridden


@kept_with_file
def _mocks(file: SourceFile) -> bool:
    return any(word in file.data for word in MOCKS) and MOCKED.search(file.data) is not None


def _is_bound_to_mock(file: SourceFile, name: str) -> bool:
    word, data = name.encode(), file.data
    at = data.find(word)
    while at >= 0:
        if (not at or data[at - 1] not in NAME_BYTES) and GIVEN_MOCK.match(data, at + len(word)) is not None:
            return True
        at = data.find(word, at + 1)
    return False
