"""Distributions as users get them: built as wheels, installed without anything of the workspace."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "core"
THEME = ROOT / "themes" / "default"
BUILD = """
import os, sys
from hatchling.build import build_wheel
os.chdir(sys.argv[1])
print(build_wheel(sys.argv[2]))
"""
OURS = ("portico", "_editable_impl_portico", "__editable__")


@dataclass(frozen=True)
class Wheel:
    """One distribution: the folder it is made of, and what was made."""

    source: Path
    path: Path

    @property
    def distribution(self) -> str:
        """Its name on an index."""
        return name_of(self.source)

    @property
    def package(self) -> Path:
        """The folder of its import package."""
        (found,) = (self.source / "src").iterdir()
        return found

    def files(self) -> set[str]:
        """What it installs, beside its metadata."""
        with zipfile.ZipFile(self.path) as packed:
            return {name for name in packed.namelist() if ".dist-info/" not in name}


def name_of(source: Path) -> str:
    """A distribution's name, from its pyproject.toml."""
    described = tomllib.loads((source / "pyproject.toml").read_text())
    return str(described["project"]["name"])


def build(source: Path, folder: Path) -> Wheel:
    """Build a wheel as pip does: by the build backend's own function (PEP 517), in its folder."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(source), str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Wheel(source, folder / done.stdout.splitlines()[-1])


@dataclass(frozen=True)
class Environment:
    """A virtual environment with wheels of ours, and of the workspace only the libraries."""

    folder: Path

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    @property
    def packages(self) -> Path:
        """Where what is installed in it lies."""
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.folder)}))

    @property
    def libraries(self) -> Path:
        """Links to what its distributions need, if it has some of its own."""
        return self.folder / "libraries"

    @property
    def program(self) -> str:
        """Its ``portico`` command."""
        return str(self.folder / "bin" / "portico")

    def run(
        self, *arguments: str, cwd: Path, extra: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run its Python; nothing is imported from the current folder."""
        return subprocess.run(
            [self.python, "-P", *arguments], cwd=cwd, env=bare_environment() | dict(extra or {}),
            capture_output=True, text=True, check=False,
        )  # fmt: skip


def bare_environment() -> dict[str, str]:
    """This process's environment without what would lead to the workspace or to a test run."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PORTICO_", "PYTHON", "PYTEST_", "VIRTUAL_ENV"))
    }


def make_environment(folder: Path, *wheels: Wheel, base: Environment | None = None) -> Environment:
    """A new environment with these wheels, installed by pip, without access to an index.

    What ``base`` has is there as well, where it is, and so are this environment's libraries.
    """
    made = Environment(folder / "env")
    _check(sys.executable, "-m", "venv", "--without-pip", str(made.folder))
    seen = [base.packages, base.libraries] if base else [_link_libraries(made)]
    (made.packages / "seen.pth").write_text("".join(f"{path}\n" for path in seen))
    _check(
        sys.executable, "-m", "pip", "--python", made.python, "install", "--quiet", "--no-deps",
        "--no-index", "--disable-pip-version-check", *(str(wheel.path) for wheel in wheels),
    )  # fmt: skip
    return made


def _link_libraries(made: Environment) -> Path:
    """A folder with what is installed here and is not ours."""
    made.libraries.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(OURS) and entry.suffix != ".pth":
            (made.libraries / entry.name).symlink_to(entry)
    return made.libraries


def _check(*command: str) -> None:
    done = subprocess.run(command, env=bare_environment(), capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"
