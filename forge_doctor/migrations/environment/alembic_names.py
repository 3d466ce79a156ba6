"""The modules of Alembic and the names in them, of versions 1.4 to 1.20 together; imports none of them.

A name that is missing here is in none of these versions: modules whose names nobody imports are listed without theirs.
"""

from __future__ import annotations

from collections.abc import Mapping


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# What `alembic.context` hands on of an EnvironmentContext while env.py runs.
CONTEXT = words(
    """begin_transaction config configure execute get_bind get_context get_head_revision get_head_revisions get_impl
    get_revision_argument get_starting_revision_argument get_tag_argument get_x_argument is_offline_mode
    is_transactional_ddl requires_connection run_migrations script static_output"""
)
MODULES = words(
    """alembic alembic.autogenerate alembic.autogenerate.api alembic.autogenerate.compare alembic.autogenerate.render
    alembic.autogenerate.rewriter alembic.command alembic.config alembic.context alembic.ddl alembic.ddl.base
    alembic.ddl.impl alembic.ddl.mssql alembic.ddl.mysql alembic.ddl.oracle alembic.ddl.postgresql alembic.ddl.sqlite
    alembic.environment alembic.ext alembic.ext.checkconstraint_byname alembic.migration alembic.op alembic.operations
    alembic.operations.base alembic.operations.batch alembic.operations.ops alembic.operations.schemaobj
    alembic.operations.toimpl alembic.runtime alembic.runtime.environment alembic.runtime.migration
    alembic.runtime.plugins alembic.script alembic.script.base alembic.script.revision alembic.script.write_hooks
    alembic.testing alembic.util alembic.util.compat alembic.util.editor alembic.util.exc alembic.util.langhelpers
    alembic.util.messaging alembic.util.pyfiles alembic.util.sqla_compat"""
)
# Below these nothing is judged: they change between versions, and env.py has no business there.
OPEN = ("alembic.testing", "alembic.ext", "alembic.autogenerate.compare", "alembic.ddl", "alembic.util")
ENVIRONMENT = words(
    """AutogenContext Column CompareServerDefault CompareType Config Connection DefaultImpl EnvironmentContext
    Executable FetchedValue IncludeNameFn IncludeObjectFn MetaData MigrateOperation MigrationContext MigrationInfo
    MigrationScript NameFilterParentNames NameFilterType OnVersionApplyFn Operations ProcessRevisionDirectiveFn
    RenderItemFn SchemaItem ScriptDirectory TypeEngine URL util"""
)
MIGRATION = words(
    """ClauseElement Column Config Connection Dialect EncodedIO Engine EnvironmentContext Executable HeadMaintainer
    MetaData MigrationContext MigrationInfo MigrationStep MockConnection MockEngineStrategy PrimaryKeyConstraint
    Revision RevisionMap RevisionStep Script ScriptDirectory StampStep String Table Transaction URL callable
    contextmanager ddl literal_column log logging nullcontext select sqla_compat sqla_url sys util"""
)
NAMES: Mapping[str, frozenset[str]] = {
    "alembic": words(
        "autogenerate command config context ddl environment ext migration op operations plugins runtime script testing util"
    ),
    "alembic.command": words(
        """Config EnvironmentContext ProcessRevisionDirectiveFn Script ScriptDirectory autogen branches check compat
        current downgrade edit ensure_version heads history init list_templates merge os pathlib revision show stamp
        upgrade util"""
    ),
    "alembic.config": words(
        """ArgumentParser CommandFunction CommandLine Config ConfigParser MessagingOptions Namespace Path
        PostWriteHookConfig SafeConfigParser command compat inspect log logging main os re sys util"""
    ),
    "alembic.context": CONTEXT,
    "alembic.environment": ENVIRONMENT,
    "alembic.migration": MIGRATION,
    "alembic.runtime": words("environment migration plugins"),
    "alembic.runtime.environment": ENVIRONMENT,
    "alembic.runtime.migration": MIGRATION,
    "alembic.script": words("Script ScriptDirectory base revision write_hooks"),
}


def is_unknown_module(dotted: str) -> bool:
    """Whether no version of Alembic has such a module."""
    return dotted not in MODULES and not any(dotted == one or dotted.startswith(f"{one}.") for one in OPEN)


def is_unknown_name(module: str, name: str) -> bool:
    """Whether the module has the name in no version of Alembic; a private name is nobody's promise."""
    names = NAMES.get(module)
    return names is not None and not name.startswith("_") and name not in names
