"""How the program logs: one line per event, readable on a terminal, JSON elsewhere."""

import io
import logging
import sys
from typing import TextIO, cast

import structlog
from typing_extensions import override


class _Stderr(io.TextIOBase):
    """Whatever ``sys.stderr`` is when a line is written; loggers live longer than a redirection."""

    @override
    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    @override
    def flush(self) -> None:
        sys.stderr.flush()


def configure_logging(level: int = logging.INFO, *, for_good: bool = False) -> None:
    """Set up structlog for this process; called by the command line and the server's processes.

    ``for_good`` is faster, and what tests do to logging no longer has an effect.
    """
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    tail: list[structlog.typing.Processor] = [structlog.processors.format_exc_info, renderer]
    if sys.stderr.isatty():
        plain = structlog.dev.plain_traceback
        tail = [structlog.dev.ConsoleRenderer(exception_formatter=plain)]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            *tail,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Stderr())),
        cache_logger_on_first_use=for_good,
    )
