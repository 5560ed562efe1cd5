"""Each distribution's wheel: everything is in it, and with core alone it works."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.wheels import (
    CORE,
    ROOT,
    THEME,
    Environment,
    Wheel,
    make_environment,
    name_of,
)

GROUPS = ("plugins", "themes", "examples")
ADDONS = [
    path.parent for group in GROUPS for path in sorted((ROOT / group).glob("*/pyproject.toml"))
]
NEEDS = {
    "ledger": [THEME],  # its parent, which it declares
    # Their tests go through the portal's pages, which some theme has to draw.
    "auth_email_link": [THEME],
    "helpdesk": [THEME],
    "withdrawal_eu": [THEME],
    "payments_sandbox": [THEME],
}
LISTED = """
import json
from importlib.metadata import distributions
ours = [one for one in distributions() if one.name.startswith("portico")]
print(json.dumps({one.name: str(one.locate_file("")) for one in ours}))
"""
Build = Callable[[Path], Wheel]


def name(source: Path) -> str:
    return source.name


@pytest.mark.parametrize("source", [CORE, *ADDONS], ids=name)
def test_the_wheel_has_every_file_of_the_package(wheel: Build, source: Path) -> None:
    made = wheel(source)
    package = made.package
    wanted = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert made.files() == wanted
    kinds = {path.split("/")[1] for path in wanted if path.count("/") > 1}
    for folder in ("templates", "static", "locale", "migrations"):
        assert (folder in kinds) == (package / folder).is_dir()


def test_cores_wheel_has_templates_static_files_catalogs_and_migrations(wheel: Build) -> None:
    files = wheel(CORE).files()
    for start, end in (
        ("portico/templates/", ".html"), ("portico/static/", ".css"),
        ("portico/locale/de/", ".po"), ("portico/db/versions/", ".py"),
        ("portico/db/alembic/", ".py"), ("portico/", "py.typed"),
    ):  # fmt: skip
        assert any(file.startswith(start) and file.endswith(end) for file in files), start + end


@pytest.mark.slow
@pytest.mark.parametrize("source", ADDONS, ids=name)
def test_alone_with_core_its_own_tests_pass(
    core_alone: Environment, wheel: Build, source: Path, tmp_path: Path
) -> None:
    parts = [*NEEDS.get(source.name, ()), source]
    made = make_environment(tmp_path, *(wheel(part) for part in parts), base=core_alone)
    assert found_in(made, tmp_path) == {
        name_of(CORE): core_alone.packages,
        **{name_of(part): made.packages for part in parts},
    }
    done = made.run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"),
        "--rootdir", str(ROOT), "-k", "not postgresql", str(source / "tests"),
        cwd=tmp_path, extra={"PORTICO_TEST_NO_SKIPS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


def found_in(made: Environment, folder: Path) -> dict[str, Path]:
    """Where each distribution of ours is that can be imported there."""
    listed = made.run("-c", LISTED, cwd=folder)
    assert listed.returncode == 0, listed.stderr
    return {name: Path(path) for name, path in json.loads(listed.stdout).items()}
