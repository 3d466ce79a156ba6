"""Configuration: what is known counts, what is not is refused by name with the nearest valid one."""

from pathlib import Path

import pytest

from forge_doctor.check import NO_LIMITS, Check
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Severity
from forge_doctor.settings import Settings, find_configuration, load_settings

HEAD = "[tool.forge-doctor]\n"


def settings_of(folder: Path, text: str) -> Settings:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return load_settings(folder)


def test_without_a_table_of_ours_there_are_no_settings(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "[tool.ruff]\nline-length = 90\n") == Settings()


def test_the_nearest_file_with_our_table_counts(tmp_path: Path) -> None:
    inner = tmp_path / "services" / "api"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'api'\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(HEAD + "fail-on = 'warning'\n", encoding="utf-8")
    assert find_configuration(inner) == tmp_path / "pyproject.toml"
    assert load_settings(inner).get("fail-on", "pool") == "warning"


def test_a_commands_own_table_wins_over_the_general_one(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, HEAD + "fail-on = 'warning'\n[tool.forge-doctor.pool]\nfail-on = 'never'\n")
    assert (settings.get("fail-on", "pool"), settings.get("fail-on", "lint")) == ("never", "warning")


def test_underscores_and_dashes_are_the_same(tmp_path: Path) -> None:
    text = "[tool.forge-doctor.pool]\npool_size = 4\n[tool.forge-doctor.limits.idle_in_transaction]\nidle-s = 7\n"
    settings = settings_of(tmp_path, text)
    assert settings.get("pool-size", "pool") == 4
    assert settings.limits == {"idle-in-transaction": {"idle_s": 7.0}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "fial-on = 'error'", "unknown key 'fial-on' in [tool.forge-doctor]; did you mean 'fail-on'?"),
        ("[tool.forge-doctor.pol]\nworkers = 1", "unknown key 'pol' in [tool.forge-doctor]; did you mean 'pool'?"),
        ("[tool.forge-doctor.pool]\nworker = 1", "did you mean 'workers'?"),
        (HEAD + "select = ['idle']", "unknown key 'select'"),
        ("[tool.forge-doctor.pool]\nworkers = '4'", "'workers' in [tool.forge-doctor.pool] must be a whole number"),
        ("[tool.forge-doctor.pool]\nworkers = true", "must be a whole number"),
        ("[tool.forge-doctor.pool]\nselect = 'idle'", "must be an array of strings"),
        ("[tool.forge-doctor]\npool = 3", "[tool.forge-doctor.pool] must be a table"),
        ("[tool.forge-doctor.limits]\nidle-in-transaction = 3", "must be a table, such as"),
        ("[tool.forge-doctor.limits.deadlocks]\nper_hour = 'many'", "must be a number, not 'many'"),
        ("[tool]\nforge-doctor = 1", "[tool.forge-doctor] must be a table"),
        ("[tool.forge-doctor", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        settings_of(tmp_path, text)
    assert words in str(caught.value)
    assert str(tmp_path / "pyproject.toml") in str(caught.value)


def test_a_file_that_is_asked_for_must_have_our_table(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[project]\n", encoding="utf-8")
    with pytest.raises(UsageProblem, match="has no"):
        load_settings(tmp_path, other)


def test_a_users_limit_goes_over_the_checks_own() -> None:
    check = Check(
        id="idle", summary="", manual="", severity=Severity.INFO, run=lambda: (), limits={"idle_s": 5.0, "most": 3.0}
    )
    assert dict(Settings(limits={"idle": {"idle_s": 60.0}}).limits_of(check)) == {"idle_s": 60.0, "most": 3.0}
    assert dict(Settings().limits_of(check)) == {"idle_s": 5.0, "most": 3.0}
    assert dict(NO_LIMITS) == {}
