"""Real processes of the product: started, asked whether they answer, killed."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

PORTICO = str(Path(sys.executable).with_name("portico"))
START_TIMEOUT = 60.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def clean_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without its own Portico settings, and with ``extra``.

    Nothing is compiled ahead: most processes end before it is needed.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTICO_")}
    return kept | {"PORTICO_WARM_UP": "false"} | dict(extra)


@dataclass
class Process:
    """One ``portico ...`` process and what it prints."""

    arguments: list[str]
    environment: Mapping[str, str]
    log: Path
    program: str = PORTICO
    running: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> "Process":
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                [self.program, *self.arguments], env=clean_environment(self.environment),
                stdout=out, stderr=subprocess.STDOUT, cwd=self.log.parent, start_new_session=True,
            )  # fmt: skip
        return self

    def kill(self) -> None:
        """SIGKILL to the process and its children: no goodbye."""
        assert self.running is not None
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()

    def stop(self) -> None:
        """Ask it to end; insist after ten seconds."""
        if self.running is None or self.running.poll() is not None:
            return
        os.killpg(self.running.pid, signal.SIGTERM)
        try:
            self.running.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait_until_ready(self, base: str) -> None:
        """Return once ``/readyz`` says so; fail with the process's own words if it ended."""
        deadline = time.monotonic() + START_TIMEOUT
        with httpx.Client(base_url=base, timeout=2, verify=False) as probe:
            while time.monotonic() < deadline:
                assert self.running is not None
                if self.running.poll() is not None:
                    raise AssertionError(f"portico ended:\n{self.log.read_text()[-4000:]}")
                with contextlib.suppress(httpx.TransportError):
                    if probe.get("/readyz").status_code == 200:
                        return
                time.sleep(0.1)
        raise AssertionError(f"portico did not answer:\n{self.log.read_text()[-4000:]}")


@dataclass
class Demo:
    """A running ``portico demo``."""

    base: str
    portal: str
    dashboard: str
    mailbox: str
    customer: str
    seller: str
    process: Process
    data_dir: Path
    database_url: str | None

    def command(self, *arguments: str) -> str:
        """Run another ``portico`` command on the demo's data; returns what it printed."""
        environment = clean_environment({
            "PORTICO_DEMO": "true",
            "PORTICO_BASE_URL": self.base,
            "PORTICO_DATA_DIR": str(self.data_dir),
            "PORTICO_SECRET_KEYS": (self.data_dir / "demo-secret-key").read_text(),
        } | ({"PORTICO_DATABASE_URL": self.database_url} if self.database_url else {}))  # fmt: skip
        done = subprocess.run(
            [PORTICO, *arguments], env=environment, capture_output=True, text=True, check=False,
            cwd=self.data_dir,
        )  # fmt: skip
        assert done.returncode == 0, f"portico {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def mails(self, to: str | None = None) -> list[dict[str, object]]:
        """What the mailbox holds, newest first (Mailpit's summary objects)."""
        found = httpx.get(
            f"{self.mailbox}api/v1/messages", params={"limit": 500}, verify=False
        ).json()
        return [m for m in found["messages"] if to is None or m["To"][0]["Address"] == to]

    def mail(self, to: str, subject: str, *, after: int = 0, timeout: float = 20) -> dict[str, str]:
        """Wait for a mail whose subject contains ``subject``, beyond the first ``after`` ones."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = [m for m in self.mails(to) if subject in str(m["Subject"])]
            if len(found) > after:
                message = httpx.get(
                    f"{self.mailbox}api/v1/message/{found[0]['ID']}", verify=False
                ).json()
                return dict(message)
            time.sleep(0.1)
        raise AssertionError(f"no mail {subject!r} to {to}; there are: "
                             f"{[m['Subject'] for m in self.mails(to)]}")  # fmt: skip


def start_demo(
    folder: Path,
    database_url: str | None = None,
    workers: int = 1,
    port: int | None = None,
    **settings: str,
) -> Demo:
    """Start ``portico demo`` (on a free port) and wait until it answers.

    ``settings`` are further environment variables.
    """
    port = port or free_port()
    data_dir = folder / "data"
    environment = dict(settings)
    if database_url:
        environment["PORTICO_DATABASE_URL"] = database_url
    arguments = ["demo", "--port", str(port), "--data-dir", str(data_dir), "--json",
                 "--workers", str(workers)]  # fmt: skip
    process = Process(arguments, environment, folder / "demo.log").start()
    base = f"http://127.0.0.1:{port}"
    process.wait_until_ready(base)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        printed = process.log.read_text().splitlines()
        lines = [line for line in printed if line.startswith('{"base"')]
        if lines:
            return Demo(**json.loads(lines[-1]), process=process, data_dir=data_dir,
                        database_url=database_url)  # fmt: skip
        time.sleep(0.05)
    raise AssertionError(f"portico demo printed no links:\n{process.log.read_text()[-4000:]}")
