"""How Stripe's libraries write nested parameters into a form: ``items[0][price]=price_1``."""

import re
from typing import Any
from urllib.parse import parse_qsl

Tree = dict[str, Any]
_PART = re.compile(r"\[([^\[\]]*)\]")


def decode(text: str) -> Tree:
    """A form or a query as a tree of dicts with strings as leaves.

    Lists stay dicts keyed by their index: only the parameter's type tells a list from a mapping.
    """
    tree: Tree = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, bracket, rest = name.partition("[")
        parts = [head, *_PART.findall(bracket + rest)]
        spot = tree
        for part in parts[:-1]:
            inner = spot.setdefault(_key(spot, part), {})
            spot = inner if isinstance(inner, dict) else spot
        spot[_key(spot, parts[-1])] = value
    return tree


def _key(spot: Tree, part: str) -> str:
    return part or str(len(spot))
