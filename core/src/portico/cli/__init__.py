"""The command line: what an operator does, and what a seller has no screen for yet."""

import gc


def main() -> None:
    """Entry point of the ``portico`` command."""
    # What is loaded stays. To look for garbage among it again and again, while there is more and
    # more of it, takes a fifth of the start; frozen, it is not looked at by the server's processes
    # either, which then share its memory.
    gc.disable()
    from portico.cli import program  # noqa: PLC0415 - see above

    gc.freeze()
    gc.enable()
    program.main()
