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
    HTML = "html"

    @property
    def carries_rules(self) -> bool:
        """Whether it tells of checks that found nothing: those who make the report load all of them for it."""
        return self in (OutputFormat.SARIF, OutputFormat.JUNIT)

    @property
    def needs_files(self) -> bool:
        """Whether its platform shows nothing of a finding that has no file."""
        return self in (OutputFormat.SARIF, OutputFormat.GITLAB)
