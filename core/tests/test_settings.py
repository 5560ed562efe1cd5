"""Where the configuration comes from, and what is said when it is wrong."""

import os
from pathlib import Path

import pytest
from portico.errors import ConfigurationError
from portico.settings import dns_address, load_settings, share_files

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


def test_settings_of_plugins_may_stand_in_the_files_too(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PORTICO_SMTP_URL", "PORTICO_GADGET", "PORTICO_BASE_URL", "ELSE"):
        monkeypatch.setenv(name, "")  # put back when the test is over
        monkeypatch.delenv(name)
    (empty_folder / "portico.toml").write_text('smtp_url = "toml"\ngadget = 3\n')
    (empty_folder / ".env").write_text("PORTICO_SMTP_URL=env-file\nELSE=1\n")
    monkeypatch.setenv("PORTICO_BASE_URL", "https://environment.example")
    share_files()
    assert os.environ["PORTICO_SMTP_URL"] == "env-file" and os.environ["PORTICO_GADGET"] == "3"
    assert os.environ["PORTICO_BASE_URL"] == "https://environment.example"
    assert "ELSE" not in os.environ


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


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
        ("[2001:db8::1]:54", ("2001:db8::1", 54)),
    ],
)
def test_a_dns_server_is_an_address_and_may_have_a_port(
    monkeypatch: pytest.MonkeyPatch, given: str, meant: tuple[str, int]
) -> None:
    monkeypatch.setenv("PORTICO_DNS_SERVERS", f"{given}, 198.51.100.1")
    servers = load_settings(secret_keys=(KEY,)).dns_servers
    assert [dns_address(one) for one in servers] == [meant, ("198.51.100.1", 53)]
    for wrong in ("dns.example", f"{given}:x", ":53"):
        monkeypatch.setenv("PORTICO_DNS_SERVERS", wrong)
        with pytest.raises(ConfigurationError, match="PORTICO_DNS_SERVERS"):
            load_settings()
