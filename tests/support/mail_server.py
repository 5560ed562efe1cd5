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
    run: int = 1


@dataclass(frozen=True)
class Failure:
    """A delivery that the server did not take: the code it gave, or 0 where it hung up."""

    to: str
    code: int


@dataclass
class MailServer:
    """Starts the server; reads what it has taken, oldest first."""

    folder: Path
    slow_to: str = ""
    fails_every: int = 0
    """Of so many deliveries one fails: refused for now, or cut off."""
    port: int = field(default=0, init=False)
    run: int = field(default=0, init=False)

    def __enter__(self) -> "MailServer":
        self.start()
        return self

    def start(self) -> None:
        """Begin to answer, at the port of before."""
        self.run += 1
        with (self.folder / "mail-server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    __file__,
                    str(self._kept),
                    self.slow_to,
                    str(self.port),
                    str(self.fails_every),
                    str(self.run),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Be gone, in the middle of whatever it is doing."""
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

    def failures(self) -> list[Failure]:
        """Every delivery that the server failed on purpose."""
        path = self._kept.with_suffix(".failed")
        lines = path.read_text().splitlines() if path.exists() else []
        return [Failure(**json.loads(line)) for line in lines]

    def has_mail_to(self, address: str) -> bool:
        """Whether a mail to this address has come, answered or not."""
        return any(mail.to == address for mail in self.mails())


class _Keep:
    """Writes each mail down before it is answered: what is answered with 250 is never lost."""

    def __init__(self, path: Path, slow_to: str, fails_every: int, run: int) -> None:
        self._out = path.open("a")
        self._failed = path.with_suffix(".failed").open("a")
        self._slow_to = slow_to
        self._fails_every = fails_every
        self._run = run
        self._asked = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._asked += 1
        if self._fails_every and self._asked % self._fails_every == 0:
            turn = self._asked // self._fails_every % 3
            if turn == 0:
                return self._fail(address, 450, "450 4.2.0 Greylisted, try again later")
            envelope.fails = turn  # type: ignore[attr-defined]  # for handle_DATA
        envelope.rcpt_tos.append(address)
        return "250 OK"

    def _fail(self, address: str, code: int, answer: str) -> str:
        self._failed.write(json.dumps({"to": address, "code": code}) + "\n")
        self._failed.flush()
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        fails = getattr(envelope, "fails", 0)
        if fails == 1:
            return self._fail(envelope.rcpt_tos[0], 452, "452 4.3.1 Insufficient system storage")
        if fails:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            return self._fail(envelope.rcpt_tos[0], 0, "421 gone")
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain",))
        mail = {
            "to": envelope.rcpt_tos[0],
            "message_id": str(message["Message-ID"]),
            "subject": str(message["Subject"]),
            "text": str(body.get_content()) if body is not None else "",
            "run": self._run,
        }
        self._out.write(json.dumps(mail) + "\n")
        self._out.flush()
        pace = PACE
        if mail["to"] == self._slow_to:
            self._slow_to, pace = "", SLOW_PACE
        await asyncio.sleep(pace)
        return "250 OK"


async def _serve(path: Path, slow_to: str, port: int, fails_every: int, run: int) -> None:
    handler = _Keep(path, slow_to, fails_every, run)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    _, kept, slow, *numbers = sys.argv
    asyncio.run(_serve(Path(kept), slow, *(int(one) for one in numbers)))
