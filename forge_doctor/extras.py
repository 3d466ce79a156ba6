"""How to install what is missing, from where this copy came; never a name that on some index may be somebody else's."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import unquote, urlsplit

NAME = "forge-doctor"


def install_line(extra: str, missing: Iterable[str]) -> str:
    """What to type for an extra; where this copy's origin is not known, its missing packages by their own names.

    Source: PEP 610, direct_url.json, written by installers for what came from a path, a URL or a repository.
    """
    origin = _origin()
    if origin is None:
        return "pip install " + " ".join(shlex.quote(name) for name in missing)
    return f"pip install {shlex.quote(f'{NAME}[{extra}] @ {origin}')}"


def _origin() -> str | None:
    """`file:///home/me/forge-doctor`, `git+https://...@commit`; None where it is not told."""
    try:
        told = distribution(NAME).read_text("direct_url.json")
        record = json.loads(told) if told else {}
    except (PackageNotFoundError, ValueError, OSError):
        return None
    url = record.get("url") if isinstance(record, dict) else None
    if not isinstance(url, str) or not urlsplit(url).scheme:
        return None
    version_control = record.get("vcs_info")
    if isinstance(version_control, dict):
        commit = version_control.get("commit_id", "")
        return f"{version_control.get('vcs', 'git')}+{_bare(url)}" + (f"@{commit}" if commit else "")
    return _bare(url)


def _bare(url: str) -> str:
    """Without a user's name and password, should one have been written."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, path=unquote(parts.path) if parts.scheme == "file" else parts.path).geturl()
