"""Wrong configuration at start: one line that names the setting, and nothing is served."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.installation import SECRET_KEY, run_command
from tests.support.processes import free_port

KEY = {"PORTICO_SECRET_KEYS": SECRET_KEY}
NOBODY_LISTENS = "postgresql://portico:secret@127.0.0.1:{port}/portico"
WRONG = {
    "no secret key": ({}, "PORTICO_SECRET_KEYS"),
    "a short secret key": ({"PORTICO_SECRET_KEYS": "hunter2"}, "PORTICO_SECRET_KEYS"),
    "a database of another kind": (
        KEY | {"PORTICO_DATABASE_URL": "mysql://root@127.0.0.1/shop"},
        "PORTICO_DATABASE_URL",
    ),
    "a server that does not answer": (
        KEY | {"PORTICO_DATABASE_URL": NOBODY_LISTENS},
        "PORTICO_DATABASE_URL",
    ),
    "a folder for SQLite that is missing": (
        KEY | {"PORTICO_DATABASE_URL": "sqlite:///{folder}/gone/portico.db"},
        "PORTICO_DATABASE_URL",
    ),
    "an unknown plugin": (KEY | {"PORTICO_PLUGINS": "licenses,abacus"}, "PORTICO_PLUGINS"),
    "no folder of themes": (KEY | {"PORTICO_THEMES_DIR": "{folder}/gone"}, "PORTICO_THEMES_DIR"),
    "a theme whose parent is unknown": (
        KEY | {"PORTICO_THEMES_DIR": "{folder}/themes"},
        "PORTICO_THEMES_DIR",
    ),
    "a data directory that cannot be": (
        KEY | {"PORTICO_DATA_DIR": "{folder}/themes/orphan/theme.toml/data"},
        "PORTICO_DATA_DIR",
    ),
    "a base URL without a scheme": (
        KEY | {"PORTICO_BASE_URL": "shop.example.com"},
        "PORTICO_BASE_URL",
    ),
}
ORPHAN = 'name = "orphan"\ntitle = "Orphan"\napi = 1\nparent = "unheard-of"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the command runs, with a theme that cannot work."""
    orphan = tmp_path / "themes" / "orphan"
    orphan.mkdir(parents=True)
    (orphan / "theme.toml").write_text(ORPHAN)
    return tmp_path


@pytest.mark.parametrize(("settings", "named"), WRONG.values(), ids=WRONG.keys())
def test_the_server_says_in_one_line_which_setting_is_wrong(
    folder: Path, settings: Mapping[str, str], named: str
) -> None:
    port = free_port()
    environment = {
        name: value.replace("{folder}", str(folder)).replace("{port}", str(port))
        for name, value in settings.items()
    }
    done = run_command(("serve", "--port", str(port)), environment, folder)
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("portico: ")
    assert named in done.stderr
    assert "secret@" not in done.stderr
    assert SECRET_KEY not in done.stderr


def test_the_worker_does_not_start_without_a_key_either(tmp_path: Path) -> None:
    done = run_command(("worker",), {}, tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "PORTICO_SECRET_KEYS" in done.stderr
