"""The command line: what an operator does, and what a seller has no screen for yet."""

import gc
import sys


def main() -> None:
    """Entry point of the ``portico`` command."""
    # What is loaded stays. To look for garbage among it again and again, while there is more and
    # more of it, takes a fifth of the start; frozen, it is not looked at by the server's processes
    # either, which then share its memory.
    gc.disable()
    # structlog loads rich where it is installed, for tracebacks in colours, which Portico does not
    # use: 5 MB in each process. None stands for a module that cannot be imported.
    sys.modules["rich"] = None  # type: ignore[assignment]
    from portico.cli import program  # noqa: PLC0415 - see above

    del sys.modules["rich"]
    gc.freeze()
    gc.enable()
    program.main()
