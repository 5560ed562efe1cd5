"""A real SMTP server in a process of its own, which nothing that a test kills takes with it."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

PACE = 0.02
"""Seconds between the last byte of a mail and the server's answer, as of a server with a disk."""
SLOW_PACE = 15.0
"""The same for the first mail to the address that is to wait."""


@dataclass(frozen=True)
class Mail:
    """A mail as it came in."""

    to: str
    message_id: str
    subject: str
    text: str


@dataclass
class MailServer:
    """Starts the server; reads what it has taken, oldest first."""

    folder: Path
    slow_to: str = ""
    port: int = field(default=0, init=False)

    def __enter__(self) -> "MailServer":
        with (self.folder / "mail-server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(self._kept), self.slow_to],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    @property
    def url(self) -> str:
        """For PORTICO_SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def _kept(self) -> Path:
        return self.folder / "mails.jsonl"

    def mails(self) -> list[Mail]:
        """Every mail that the server said yes to, or was about to when its client went away."""
        lines = self._kept.read_text().splitlines() if self._kept.exists() else []
        return [Mail(**json.loads(line)) for line in lines]

    def has_mail_to(self, address: str) -> bool:
        """Whether a mail to this address has come, answered or not."""
        return any(mail.to == address for mail in self.mails())


class _Keep:
    """Writes each mail down before it is answered: what is answered with 250 is never lost."""

    def __init__(self, path: Path, slow_to: str) -> None:
        self._out = path.open("a")
        self._slow_to = slow_to

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain",))
        mail = {
            "to": envelope.rcpt_tos[0],
            "message_id": str(message["Message-ID"]),
            "subject": str(message["Subject"]),
            "text": str(body.get_content()) if body is not None else "",
        }
        self._out.write(json.dumps(mail) + "\n")
        self._out.flush()
        pace = PACE
        if mail["to"] == self._slow_to:
            self._slow_to, pace = "", SLOW_PACE
        await asyncio.sleep(pace)
        return "250 OK"


async def _serve(path: Path, slow_to: str) -> None:
    handler = _Keep(path, slow_to)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), sys.argv[2]))
