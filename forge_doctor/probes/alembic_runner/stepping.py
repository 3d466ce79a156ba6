"""Alembic's own steps, taken one at a time and by id through the application's env.py; runs in the child.

A step is made from the revision itself, so that nothing is looked up relative to the heads: `-1` from a merge is
ambiguous, and `REV@-1` on a branch may undo its neighbour.
"""

from __future__ import annotations

import inspect
import os
from argparse import Namespace
from typing import Any

from .redirect import Elsewhere

WHOSE = "SELECT current_setting('forge_doctor.throw_away', true)"


class Tree:
    """The application's migrations, as its own Alembic reads them. `token` is what the throw-away server says of itself."""

    def __init__(self, options: dict[str, Any]) -> None:
        from alembic import command
        from alembic.script import ScriptDirectory

        self.token = options["token"]
        self.config = _config(options)
        self.config.cmd_opts = Namespace(
            x=list(options["x"]),
            name=None,
            raiseerr=False,
            tag=None,
            sql=False,
            revision="heads",
            config=[options["config"]],
            cmd=(command.upgrade, ["revision"], ["sql", "tag"]),
        )
        if options["url"]:
            self._set_url(options["url"])
        self.script = ScriptDirectory.from_config(self.config)
        self.version_tables: set[tuple[str, str]] = set()

    def _set_url(self, url: str) -> None:
        escaped = url.replace("%", "%%")
        self.config.set_main_option("sqlalchemy.url", escaped)
        for section in self.config.file_config.sections():
            if self.config.file_config.has_option(section, "sqlalchemy.url"):
                self.config.set_section_option(section, "sqlalchemy.url", escaped)

    def revisions(self) -> list[dict[str, Any]]:
        """All of them, each after those it follows and depends on: the order of `alembic upgrade heads`."""
        in_order: Any = self.script.revision_map.iterate_revisions("heads", "base")
        return [
            {
                "id": one.revision,
                "down": list(one._all_down_revisions),
                "path": one.path,
                "title": (one.doc or "").strip().splitlines()[0] if (one.doc or "").strip() else "",
                "undoes": hasattr(one.module, "downgrade"),
            }
            for one in reversed(list(in_order))
        ]

    def run(self, revisions: list[str], up: bool) -> bool:
        """Take these steps through env.py; False where it never asked for any."""
        from alembic.runtime.environment import EnvironmentContext
        from alembic.runtime.migration import MigrationStep

        asked = []

        def steps(heads: Any, context: Any) -> list[Any]:
            asked.append(heads)
            self._be_sure(context)
            make = MigrationStep.upgrade_from_script if up else MigrationStep.downgrade_from_script
            return [make(self.script.revision_map, self.script.get_revision(one)) for one in revisions]

        # env.py may ask where it is going, as it does from the command line.
        destination = {"destination_rev": revisions[-1] if revisions else "heads", "starting_rev": None, "tag": None}
        with EnvironmentContext(self.config, self.script, fn=steps, as_sql=False, **destination):
            self.script.run_env()
        return bool(asked)

    def _be_sure(self, context: Any) -> None:
        """Raise `Elsewhere` unless the connection that will migrate has the throw-away server's token."""
        connection = context.connection
        if connection is None or connection.dialect.name != "postgresql":
            raise Elsewhere("env.py gave Alembic no connection to PostgreSQL")
        if connection.exec_driver_sql(WHOSE).scalar() != self.token:
            raise Elsewhere("env.py connected to a server that is not the throw-away one; nothing was run there")
        self.version_tables.add((context.version_table_schema or "", context.version_table))


def _config(options: dict[str, Any]) -> Any:
    from alembic.config import Config

    in_toml = options["config"].endswith(".toml")
    given: dict[str, Any] = {} if in_toml else {"ini_section": options["section"]}
    known = inspect.signature(Config.__init__).parameters
    if in_toml:
        if "toml_file" not in known:
            raise Elsewhere("this Alembic reads no pyproject.toml (it came with 1.16); give it an alembic.ini")
        ini = os.path.join(os.path.dirname(options["config"]), "alembic.ini")  # noqa: PTH118,PTH120
        return Config(ini, toml_file=options["config"], **given)
    if "toml_file" in known:
        beside = os.path.join(os.path.dirname(options["config"]), "pyproject.toml")  # noqa: PTH118,PTH120
        if os.path.isfile(beside):  # noqa: PTH113
            given["toml_file"] = beside
    return Config(options["config"], **given)
