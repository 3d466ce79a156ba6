"""The names of the output formats, apart from the formats themselves: `--help` lists them and renders nothing."""

from __future__ import annotations

from enum import StrEnum


class OutputFormat(StrEnum):
    """The formats every reporting command has; each is the module of that name in `render`."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    GITHUB = "github"
    SARIF = "sarif"
    NAGIOS = "nagios"
    PROMETHEUS = "prometheus"
    CONCISE = "concise"
    GITLAB = "gitlab"
