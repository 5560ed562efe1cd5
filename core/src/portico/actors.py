"""Who did something, as services take it (``by``) and the audit log keeps it."""


def actor(by: str) -> tuple[str, str]:
    """The audit log's actor of ``by``: ``seller:sel_1`` is a seller, ``cli`` the command line."""
    kind, _, actor_id = by.partition(":")
    return kind, actor_id or kind
