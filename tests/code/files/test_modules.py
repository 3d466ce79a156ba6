"""Which project a file belongs to, which of its files an import leads to, and which folders hold none of its code."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.files.modules import Modules, find_root


def write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")


def test_without_repository_and_project_file_the_root_is_the_folder_around_the_topmost_package(tmp_path: Path) -> None:
    write(tmp_path, "shop/__init__.py", "shop/users/__init__.py", "shop/users/api.py", "shop/scripts/load.py")
    assert find_root(tmp_path / "shop/users/api.py") == tmp_path
    assert find_root(tmp_path / "shop/scripts/load.py") == tmp_path / "shop/scripts"


@pytest.mark.parametrize("mark", ["requirements.txt", "Pipfile", "uv.lock", "poetry.lock", "manage.py"])
def test_a_copied_application_is_known_by_what_it_asks_for(mark: str, tmp_path: Path) -> None:
    write(tmp_path, f"app/{mark}", "app/core/db.py", "app/api/__init__.py", "app/api/v1/orders.py", "tools/load.py")
    assert find_root(tmp_path / "app/api/v1/orders.py") == find_root(tmp_path / "app") == tmp_path / "app"
    assert find_root(tmp_path / "tools/load.py") == tmp_path / "tools"
    write(tmp_path, "pyproject.toml")
    assert find_root(tmp_path / "app/api/v1/orders.py") == tmp_path


def test_a_project_file_outweighs_packages(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "src/shop/__init__.py", "src/shop/api.py")
    assert find_root(tmp_path / "src/shop/api.py") == tmp_path


@pytest.mark.parametrize(
    ("module", "file"),
    [
        ("shop.db.session", "packages/shop/shop/db/session.py"),
        ("orders.api", "services/orders/src/orders/api.py"),
        ("orders", "services/orders/src/orders"),
        ("loose.part", "services/orders/src/loose/part.py"),
    ],
)
def test_an_absolute_import_leads_into_another_project_of_the_repository(
    module: str, file: str, tmp_path: Path
) -> None:
    write(
        tmp_path,
        *("packages/shop/shop/__init__.py", "packages/shop/shop/db/__init__.py", "packages/shop/shop/db/session.py"),
        *("services/orders/src/orders/__init__.py", "services/orders/src/orders/api.py"),
        *("services/orders/src/loose/part.py", "services/users/users/__init__.py"),
    )
    found = Modules(tmp_path).find(module, tmp_path / "services/users/users/main.py")
    expected = tmp_path / file
    assert found == (expected if expected.suffix else expected / "__init__.py")


def test_projects_are_found_in_a_folder_that_is_marked_as_a_package(tmp_path: Path) -> None:
    write(tmp_path, "apps/__init__.py", "apps/sdk-py/pyproject.toml", "apps/sdk-py/src/sdk/__init__.py")
    write(tmp_path, "apps/sdk-py/src/sdk/api.py", "apps/plain/helpers/__init__.py", "agents/chat/main.py")
    modules = Modules(tmp_path)
    assert modules.find("sdk.api", tmp_path / "agents/chat/main.py") == tmp_path / "apps/sdk-py/src/sdk/api.py"
    assert modules.find("helpers", tmp_path / "agents/chat/main.py") is None


def test_programs_may_be_started_in_a_marked_package_above(tmp_path: Path) -> None:
    write(tmp_path, *(f"etl/move/{one}/__init__.py" for one in (".", "core", "steps")))
    write(tmp_path, "etl/move/core/database.py", "etl/move/steps/users.py", "etl/move/redis.py")
    modules = Modules(tmp_path)
    users = tmp_path / "etl/move/steps/users.py"
    assert modules.find("core.database", users) == tmp_path / "etl/move/core/database.py"
    assert modules.find("redis", users) is None


def test_an_absolute_import_starts_from_the_root_though_that_is_a_package(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "__init__.py", "database.py", "bot/__init__.py", "bot/run.py", "bot/config.py")
    modules = Modules(tmp_path)
    assert modules.find("database", tmp_path / "bot/run.py") == tmp_path / "database.py"
    assert modules.find("bot.config", tmp_path / "bot/run.py") == tmp_path / "bot/config.py"


def test_an_import_that_two_projects_could_mean_leads_nowhere_but_in_the_own_one(tmp_path: Path) -> None:
    write(tmp_path, *(f"services/{one}/app/{file}" for one in ("a", "b") for file in ("__init__.py", "db.py")))
    write(tmp_path, "services/c/main.py")
    modules = Modules(tmp_path)
    assert modules.find("app.db", tmp_path / "services/c/main.py") is None
    assert modules.find("app.db", tmp_path / "services/b/app/api.py") == tmp_path / "services/b/app/db.py"


def test_a_package_called_like_a_standard_module_does_not_stand_in_for_it(tmp_path: Path) -> None:
    write(tmp_path, "services/a/src/logging/__init__.py", "services/b/main.py")
    assert Modules(tmp_path).find("logging", tmp_path / "services/b/main.py") is None


def test_a_folder_in_a_package_may_be_called_build_without_a_mark_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "app/__init__.py", "app/build/plan.py", "lib/__init__.py", "lib/setup.py", "lib/build/d.py")
    found = {Path(one).relative_to(tmp_path).as_posix() for one in Modules(tmp_path).files()}
    assert found == {"app/__init__.py", "app/build/plan.py", "lib/__init__.py", "lib/setup.py"}


def test_a_package_may_be_called_build_and_what_was_built_is_not_the_projects(tmp_path: Path) -> None:
    write(tmp_path, "app/build/__init__.py", "app/build/plan.py", "build/lib/app.py", "dist/app.py", "main.py")
    modules = Modules(tmp_path)
    found = {Path(one).relative_to(tmp_path).as_posix() for one in modules.files()}
    assert found == {"app/build/__init__.py", "app/build/plan.py", "main.py"}
    assert {Path(one).relative_to(tmp_path).as_posix() for one in modules.left_out} == {"build", "dist"}


def test_a_file_named_like_what_it_imports_means_another(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "src/service.py", "src/beds/service.py", "src/beds/handlers.py")
    modules = Modules(tmp_path)
    assert modules.find("service", tmp_path / "src/beds/service.py") == tmp_path / "src/service.py"
    assert modules.find("service", tmp_path / "src/beds/handlers.py") == tmp_path / "src/beds/service.py"


def test_a_folder_that_others_import_from_is_a_package_marked_or_not(tmp_path: Path) -> None:
    write(
        tmp_path, "pyproject.toml", "src/service.py", "src/beds/service.py", "src/beds/handlers.py", "src/beds/own.py"
    )
    modules = Modules(tmp_path, lambda: frozenset({"beds"}))
    assert modules.find("service", tmp_path / "src/beds/handlers.py") == tmp_path / "src/service.py"
    # What is started inside the folder may still mean its neighbour.
    assert modules.find("own", tmp_path / "src/beds/handlers.py") == tmp_path / "src/beds/own.py"


def test_a_neighbour_in_a_package_is_what_an_absolute_import_means_last(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "config.py", "bot/__init__.py", "bot/config.py", "bot/run.py", "bot/other.py")
    modules = Modules(tmp_path)
    assert modules.find("config", tmp_path / "bot/run.py") == tmp_path / "config.py"
    assert modules.find("other", tmp_path / "bot/run.py") == tmp_path / "bot/other.py"


def test_an_unmarked_package_of_another_project_is_found_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "services/shop/lib/store/users.py", "tools/run.py")
    users = tmp_path / "services/shop/lib/store/users.py"
    assert Modules(tmp_path, lambda: frozenset({"store"})).find("store.users", tmp_path / "tools/run.py") == users
    assert Modules(tmp_path).find("store.users", tmp_path / "tools/run.py") is None


def test_a_project_that_is_marked_as_a_package_is_started_in_as_well(tmp_path: Path) -> None:
    write(tmp_path, "pyproject.toml", "app/bot/pyproject.toml", "app/bot/__init__.py", "app/bot/storages/__init__.py")
    write(
        tmp_path,
        "app/bot/storages/base.py",
        "app/migrations/env.py",
        "app/web/__init__.py",
        "app/web/pages/__init__.py",
    )
    modules = Modules(tmp_path)
    assert modules.find("storages.base", tmp_path / "app/migrations/env.py") == tmp_path / "app/bot/storages/base.py"
    assert modules.find("pages", tmp_path / "app/migrations/env.py") is None
