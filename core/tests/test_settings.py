"""Where the configuration comes from, and what is said when it is wrong."""

from pathlib import Path

import pytest
from portico.errors import ConfigurationError
from portico.settings import load_settings

KEY = "k" * 40


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("BASE_URL", "PLUGINS", "SECRET_KEYS", "DATA_DIR", "DATABASE_URL"):
        monkeypatch.delenv(f"PORTICO_{name}", raising=False)
    return tmp_path


def test_the_environment_wins_over_the_env_file_and_that_over_toml(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = 'base_url = "https://toml.example"\nplugins = ["licenses"]\ndata_dir = "toml"\n'
    (empty_folder / "portico.toml").write_text(toml)
    assert load_settings().base_url == "https://toml.example"
    assert load_settings().plugins == ("licenses",)
    (empty_folder / ".env").write_text("PORTICO_BASE_URL=https://env-file.example\n")
    assert load_settings().base_url == "https://env-file.example"
    monkeypatch.setenv("PORTICO_BASE_URL", "https://environment.example/")
    settings = load_settings()
    assert settings.base_url == "https://environment.example"
    assert settings.data_dir == Path("toml")


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_SECRET_KEYS", f"{KEY}, {KEY[::-1]}1")
    monkeypatch.setenv("PORTICO_PLUGINS", "licenses, files_local")
    settings = load_settings()
    assert len(settings.secret_keys) == 2
    assert settings.plugins == ("licenses", "files_local")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEYS", "short", "32 characters"),
        ("BASE_URL", "portal.example", "http://"),
        ("TRUSTED_PROXIES", "-1", "greater than or equal to 0"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"PORTICO_{name}", value)
    with pytest.raises(ConfigurationError, match=f"^PORTICO_{name}: .*{says}"):
        load_settings()
