"""`forge-doctor migrations` as it is typed: what it takes, what it says, how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.formats import OutputFormat
from tests.support.lint_command import lint_json
from tests.support.migration_trees import ENV, INDEX_DOWN, INDEX_UP, migrations, migrations_json, revision, shop, write

NOT_CALLED = ENV.replace("\n\nrun_migrations_online()\n", "\n")
CHECK = "env-run-migrations-not-called"
PLACE = f"{CHECK} migrations/env.py:7"


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    return write(tmp_path, {**shop(), "migrations/env.py": NOT_CALLED})


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        monkeypatch.delenv(name, raising=False)


def test_a_tree_in_order_is_clean(tmp_path: Path) -> None:
    ran = migrations(write(tmp_path, shop()))
    assert (ran.status, ran.err) == (0, "")
    assert "1 revision, head a001." in ran.out
    assert "No findings" in ran.out


def test_a_fault_is_shown_with_its_mend_and_exit_code(sick: Path) -> None:
    ran = migrations(sick)
    assert ran.status == 1
    assert "nothing calls `run_migrations_online()` when env.py is loaded" in ran.out
    assert "env.py:7:5; env-run-migrations-not-called; high confidence" in ran.out
    assert migrations(sick, "--fail-on", "never").status == 0


@pytest.mark.parametrize("path", [".", "alembic.ini", "migrations", "migrations/versions"])
def test_a_tree_is_found_by_each_of_its_parts(path: str, sick: Path) -> None:
    assert migrations_json(sick, path).places == [PLACE]


def test_without_a_path_the_project_around_is_looked_at(sick: Path) -> None:
    (sick / "docs").mkdir()
    assert [one["check"] for one in migrations_json(sick / "docs").findings] == [CHECK]


@pytest.mark.parametrize("output_format", list(OutputFormat))
def test_every_format_shows_it(output_format: OutputFormat, sick: Path) -> None:
    ran = migrations(sick, "--output-format", output_format)
    assert CHECK in ran.out or output_format in (OutputFormat.PROMETHEUS, OutputFormat.NAGIOS)
    assert ran.out


def test_sarif_carries_the_manual_of_each_check(sick: Path) -> None:
    (run,) = json.loads(migrations(sick, "--output-format", "sarif").out)["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert "Why:" in rules[CHECK]["help"]["text"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "migrations/env.py"


def test_json_tells_of_the_tree(sick: Path) -> None:
    document = json.loads(migrations_json(sick).out)
    assert document["command"] == "migrations"
    assert document["inspected"] == {"revisions": 1}
    assert document["trees"] == [
        {"name": "migrations/versions", "dialect": "postgresql", "configuration": "alembic.ini", "heads": ["a001"],
         "revisions": 1, "judged": ["a001"]}
    ]  # fmt: skip


def test_several_trees_are_several_reports(tmp_path: Path) -> None:
    both = {f"{part}/{name}": text for part in ("billing", "shop") for name, text in shop().items()}
    write(tmp_path, {**both, "shop/migrations/env.py": NOT_CALLED})
    document = json.loads(migrations_json(tmp_path).out)
    assert [one["name"] for one in document["trees"]] == ["billing/migrations/versions", "shop/migrations/versions"]
    assert [one["location"]["target"] for one in document["findings"]] == ["shop/migrations/env.py"]


def test_an_env_py_that_trees_share_is_judged_once(tmp_path: Path) -> None:
    files = shop()
    first = files.pop("migrations/versions/a001.py")
    inner = {f"migrations/versions/{dialect}/a001.py": first for dialect in ("postgresql", "sqlite")}
    ran = migrations_json(write(tmp_path, {**files, **inner, "migrations/env.py": NOT_CALLED}))
    assert len(json.loads(ran.out)["trees"]) == 2
    assert ran.places == [PLACE]


# -- what takes findings away


@pytest.mark.parametrize(
    "mute",
    [
        lambda text: text.replace(
            "online() -> None:", f"online() -> None:  # forge-doctor: ignore[{CHECK}] a template"
        ),
        lambda text: text.replace("def run", f"# forge-doctor: ignore[{CHECK}] a template\ndef run"),
        lambda text: f"# forge-doctor: ignore-file[{CHECK}] a template\n" + text,
    ],
)
def test_a_comment_mutes(mute: Callable[[str], str], sick: Path) -> None:
    (sick / "migrations/env.py").write_text(mute(NOT_CALLED))
    ran = migrations_json(sick)
    assert (ran.status, ran.findings) == (0, [])
    assert json.loads(ran.out)["inspected"]["muted"] == 1


def test_a_comment_in_alembic_ini_mutes(tmp_path: Path) -> None:
    url = "sqlalchemy.url = postgresql://shop:tr0ub4dor-9x@db.shop-internal.net/shop\n"
    files = shop()
    ini = files["alembic.ini"]
    write(tmp_path, {**files, "alembic.ini": ini + url})
    assert migrations_json(tmp_path).places == ["env-url-password alembic.ini:4"]
    write(tmp_path, {"alembic.ini": f"{ini}# forge-doctor: ignore[env-url-password] a database of the tests\n{url}"})
    assert migrations_json(tmp_path).places == []


def test_a_comment_that_mutes_nothing_is_told_and_one_of_another_command_is_left_in_peace(tmp_path: Path) -> None:
    comment = f"# forge-doctor: ignore[{CHECK}] once\n# forge-doctor: ignore[lazy-load-in-async] lint's\n"
    write(tmp_path, {**shop(), "migrations/env.py": comment + ENV})
    assert migrations_json(tmp_path).places == ["unused-ignore migrations/env.py:1"]


def test_lint_leaves_the_comments_of_this_command_in_peace(tmp_path: Path) -> None:
    comment = f"# forge-doctor: ignore[{CHECK}] migrations judges it\n"
    write(tmp_path, {**shop(), "migrations/env.py": comment + ENV})
    assert lint_json(tmp_path).findings == []


def test_the_configuration_mutes_for_some_files_and_says_what_it_does_not_know(sick: Path) -> None:
    config = sick / "pyproject.toml"
    config.write_text(f'[tool.forge-doctor.migrations.per-file-ignores]\n"migrations/env.py" = ["{CHECK}"]\n')
    assert migrations_json(sick).findings == []
    config.write_text('[tool.forge-doctor.migrations.per-file-ignores]\n"env.py" = ["env-runs-nothing"]\n')
    ran = migrations(sick)
    assert ran.status == 2
    assert "unknown check 'env-runs-nothing'" in ran.err


def test_checks_are_chosen_by_flag_and_configuration(sick: Path) -> None:
    assert migrations_json(sick, "--ignore", "env-run").findings == []
    assert migrations_json(sick, "--select", "env-url-password").findings == []
    (sick / "pyproject.toml").write_text('[tool.forge-doctor.migrations]\nignore = ["env-run-migrations"]\n')
    assert migrations_json(sick).findings == []
    assert migrations_json(sick, "--select", CHECK, "--ignore", "unused").places == [PLACE]
    ran = migrations(sick, "--select", "lazy-load-in-async")
    assert (ran.status, "unknown check 'lazy-load-in-async'" in ran.err) == (2, True)


def test_a_severity_of_ones_own(sick: Path) -> None:
    (sick / "pyproject.toml").write_text(f'[tool.forge-doctor.severity]\n{CHECK} = "info"\n')
    ran = migrations_json(sick)
    assert (ran.status, ran.findings[0]["severity"]) == (0, "info")


def test_a_baseline_keeps_what_was_known_and_tells_what_is_gone(sick: Path) -> None:
    wrote = migrations(sick, "--write-baseline", "known.json")
    assert (wrote.status, wrote.err) == (0, "forge-doctor: known.json: 1 finding written\n")
    known = migrations_json(sick, "--baseline", "known.json")
    assert (known.status, known.findings) == (0, [])
    assert json.loads(known.out)["inspected"]["in baseline"] == 1
    (sick / "migrations/env.py").write_text("\n\n" + NOT_CALLED)
    assert migrations_json(sick, "--baseline", "known.json").findings == []
    (sick / "migrations/env.py").write_text(ENV)
    gone = migrations(sick, "--baseline", "known.json")
    assert (gone.status, "gone: 1 finding of the baseline" in gone.err) == (0, True)


def test_a_baseline_spreads_over_trees(tmp_path: Path) -> None:
    both = {f"{part}/{name}": text for part in ("billing", "shop") for name, text in shop().items()}
    write(tmp_path, {**both, "shop/migrations/env.py": NOT_CALLED, "billing/migrations/env.py": NOT_CALLED})
    assert migrations(tmp_path, "--write-baseline", "known.json").status == 0
    assert migrations_json(tmp_path, "--baseline", "known.json").findings == []


def test_an_exclude_leaves_a_tree_out(tmp_path: Path) -> None:
    both = {f"{part}/{name}": text for part in ("examples", "shop") for name, text in shop().items()}
    write(tmp_path, {**both, "examples/migrations/env.py": NOT_CALLED})
    assert migrations(tmp_path).status == 1
    assert migrations(tmp_path, "--exclude", "examples").status == 0


# -- what cannot be looked at


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("nowhere",), 2, "nowhere: no such file or folder"),
        (("empty",), 3, "no migrations there: no alembic.ini"),
        (("models.py",), 3, "models.py: no migrations there"),
        (("--since", "main"), 2, "is not in a git repository"),
        (("--pending",), 2, "--pending: "),
        (("--since", "main", "--all"), 2, "--since and --all: can only be used one at a time"),
        (("--since", "main", "--write-baseline", "b.json"), 2, "a baseline is of every revision"),
        (("--baseline", "b.json"), 2, "--baseline b.json: there is no such file"),
        (("--output-file", "models.py"), 2, "models.py"),
        (("--select", "env-unknown-apo"), 2, "did you mean 'env-unknown-api'"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(arguments: tuple[str, ...], status: int, told: str, tmp_path: Path) -> None:
    write(tmp_path, shop())
    (tmp_path / "empty").mkdir()
    ran = migrations(tmp_path, *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert told in ran.err
    assert ran.err.count("\n") == 1


def test_a_revision_that_does_not_parse_is_told_and_the_others_are_judged(tmp_path: Path) -> None:
    broken = revision("b002", "a001", "op.execute(")
    ran = migrations_json(write(tmp_path, {**shop(b002=broken), "migrations/env.py": NOT_CALLED}))
    assert PLACE in ran.places
    assert any("b002.py" in one["reason"] for one in json.loads(ran.out)["not_run"])


def test_a_revision_that_cannot_be_read_is_told_and_the_others_are_judged(tmp_path: Path) -> None:
    folder = write(tmp_path, shop(b002=revision("b002", "a001", INDEX_UP, INDEX_DOWN)))
    (folder / "migrations/versions/b003.py").symlink_to(folder / "nowhere.py")
    ran = migrations_json(folder)
    assert ran.status == 1
    assert "index-not-concurrent" in {one["check"] for one in ran.findings}
    assert "b003.py: it cannot be read" in json.loads(ran.out)["not_run"][0]["reason"]
    assert migrations(folder, "--ignore", "index-not-concurrent", "--ignore", "concurrently-in-transaction").status == 3


def test_an_env_py_that_does_not_parse_ends_nothing(tmp_path: Path) -> None:
    ran = migrations_json(write(tmp_path, {**shop(), "migrations/env.py": "def run(:\n"}))
    assert ran.status in (0, 1, 3)
    assert json.loads(ran.out)["inspected"]["revisions"] == 1


def test_a_tree_without_env_py_is_read_all_the_same(tmp_path: Path) -> None:
    files = shop()
    del files["migrations/env.py"]
    assert json.loads(migrations_json(write(tmp_path, files)).out)["inspected"] == {"revisions": 1}
