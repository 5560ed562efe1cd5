"""Starts and stops the Stripe server of ours, and reaches its control API."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from stripe import HTTPXClient, StripeClient

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class StripeServer:
    """``tests.support.stripe_server`` in a process of its own; a context manager."""

    folder: Path
    port: int = 0
    key: str = field(default="", init=False)
    # Nothing is encrypted here, and to read the certificates takes longer than a call.
    _http: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=120, verify=False), init=False, repr=False
    )

    def __enter__(self) -> "StripeServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> "StripeServer":
        """Begin to answer, at the port of before; with nothing in it."""
        with (self.folder / "stripe-server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.stripe_server", "--json",
                 "--port", str(self.port)],
                stdout=subprocess.PIPE, stderr=log, cwd=ROOT,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, (self.folder / "stripe-server.log").read_text()[-4000:]
        links = json.loads(line)
        self.port, self.key = links["port"], links["key"]
        return self

    def freeze(self) -> None:
        """Answer nobody any more, with every connection open: a Stripe that hangs."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on where it stood."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Be gone."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def base(self) -> str:
        """For PORTICO_STRIPE_API_BASE."""
        return f"http://127.0.0.1:{self.port}"

    def library(self, key: str = "", *, retries: int = 0, timeout: float = 20) -> StripeClient:
        """Stripe's library on this server, as a seller has it; it repeats nothing by itself."""
        http = HTTPXClient(timeout=timeout, allow_sync_methods=True, verify_ssl_certs=False)
        return StripeClient(
            key or self.key, base_addresses={"api": self.base, "files": self.base},
            max_network_retries=retries, http_client=http,
        )  # fmt: skip

    def control(self, name: str, **values: Any) -> Any:
        """Ask the control API; see the README beside the server."""
        answer = self._http.post(f"{self.base}/_control/{name}", json=values)
        assert answer.status_code == 200, answer.text
        return answer.json()
