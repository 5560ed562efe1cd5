"""An installation as an operator has one: configured by the environment, run by commands."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.processes import PORTICO, Process, clean_environment, free_port

SECRET_KEY = "for tests only: everybody knows this key"


@dataclass
class Installation:
    """Settings shared by several processes. ``extra`` are further environment variables."""

    folder: Path
    database_url: str
    extra: Mapping[str, str]
    port: int = field(default_factory=free_port)
    program: str = PORTICO

    @property
    def base(self) -> str:
        """Where the server answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What its processes read."""
        return {
            "PORTICO_BASE_URL": self.base,
            "PORTICO_DATABASE_URL": self.database_url,
            "PORTICO_DATA_DIR": str(self.folder / "data"),
            "PORTICO_SECRET_KEYS": SECRET_KEY,
            **self.extra,
        }

    def command(self, *arguments: str) -> str:
        """Run ``portico ...`` to its end; returns what it printed."""
        done = run_command(arguments, self.environment, self.folder, self.program)
        assert done.returncode == 0, f"portico {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def server(self, *options: str) -> Process:
        """``portico serve`` on this installation's port, not started yet."""
        arguments = ["serve", "--port", str(self.port), *options]
        return Process(arguments, self.environment, self.folder / "serve.log", self.program)

    def worker(self) -> Process:
        """``portico worker``, not started yet."""
        log = self.folder / "worker.log"
        return Process(["worker"], self.environment, log, self.program)


def run_command(
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    folder: Path,
    program: str = PORTICO,
) -> subprocess.CompletedProcess[str]:
    """Run ``portico ...`` with these settings and no others; what it printed and its status."""
    return subprocess.run(
        [program, *arguments], env=clean_environment(environment), capture_output=True, text=True,
        check=False, cwd=folder, timeout=60,
    )  # fmt: skip
