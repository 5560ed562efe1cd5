"""An SMTP server in a process of its own: takes every mail, and tells when it did.

    python -m bench.smtp PORT [PREFIX]

For each mail to an address that begins with PREFIX it prints a line ``<monotonic seconds>
<address>``. (The monotonic clock is the machine's, so that another process may compare.)
"""

import asyncio
import sys
import time

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, Envelope, Session


class Sink:
    """Accepts mails."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """RFC 5321's answer to a mail that was taken."""
        for address in envelope.rcpt_tos:
            if address.startswith(self.prefix):
                print(f"{time.monotonic():.6f} {address}", flush=True)
        return "250 taken"


async def serve(port: int, prefix: str) -> None:
    """Listen until the process is ended."""
    loop = asyncio.get_running_loop()
    controller = UnthreadedController(Sink(prefix), "127.0.0.1", port, loop=loop)
    controller.server = await controller._create_server()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
