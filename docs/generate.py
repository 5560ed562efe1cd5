"""Writes the parts of the docs that are made from the code: ``docs/hooks.md``."""

import dataclasses
import inspect
import re
import sys
import typing
from pathlib import Path

from portico.hooks.markers import Verb
from portico.hooks.specs import SPECS

HOOKS = Path(__file__).parent / "hooks.md"
INTRODUCTION = """# Hooks

Made from the code by `make docs`; a test fails when the two differ.

A plugin subclasses the spec classes it answers and marks each method with `@hookimpl`. Everything
named here is imported from `portico.api`.

| Verb | How core asks | When the plugin fails |
|---|---|---|
| `contribution` | once at start, without a context | the plugin is refused at start |
| `owner` | the one plugin that owns the record | its error reaches the caller |
| `first` | in order, until an answer is not None | its error reaches the caller |
| `each` | everybody, in order of weight and name | its part is left out, logged and counted |
"""

LONGEST = 100


def signature(function: typing.Any) -> str:
    """The hook's exact signature, as an author writes it."""
    source = inspect.getsource(function)
    source = re.sub(r"  # noqa.*", "", source)
    match = re.search(r"((?:async )?def .*?):\n", source, re.DOTALL)
    assert match is not None
    return re.sub(r"\s+", " ", match[1]).replace("( ", "(").replace(" )", ")")


def hooks_of(spec: type) -> dict[str, typing.Any]:
    """The hooks of a spec class, in the order of its source."""
    return {n: f for n, f in vars(spec).items() if hasattr(f, "portico_verb")}


def subjects() -> dict[str, type]:
    """Every dataclass that a hook takes or returns, by name."""
    found: dict[str, type] = {}

    def visit(kind: typing.Any) -> None:
        for argument in typing.get_args(kind):
            visit(argument)
        is_ours = dataclasses.is_dataclass(kind) and kind.__module__.startswith("portico.hooks")
        if is_ours and kind.__name__ not in found and kind.__name__ != "Context":
            found[kind.__name__] = kind
            for hint in typing.get_type_hints(kind).values():
                visit(hint)

    for spec in SPECS:
        for function in hooks_of(spec).values():
            for hint in typing.get_type_hints(function).values():
                visit(hint)
    return found


def describe(kind: type) -> str:
    """A dataclass as its fields."""
    lines = [f"### `{kind.__name__}`", "", inspect.getdoc(kind) or "", "", "```python"]
    for field in dataclasses.fields(kind):
        words = field.type if isinstance(field.type, str) else inspect.formatannotation(field.type)
        words = re.sub(r"\b(?:[a-z_]+\.)+([A-Z]\w*)", r"\1", words)
        line = f"{field.name}: {words}"
        if len(line) > LONGEST and line.endswith("]"):  # as ruff breaks it
            line = re.sub(r"^(.*?\[)(.*)\]$", r"\1\n    \2\n]", line)
            if max(map(len, line.split("\n"))) > LONGEST:
                line = line.replace(" | ", "\n    | ")
        lines.append(line)
    return "\n".join([*lines, "```", ""])


def render() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for spec in SPECS:
        parts.append(f"## {spec.__name__}\n\n{inspect.getdoc(spec)}\n")
        for name, function in hooks_of(spec).items():
            verb: Verb = function.portico_verb
            parts.append(
                f"### `{name}`\n\n`{verb.value}`\n\n```python\n{signature(function)}\n```\n\n"
                f"{inspect.getdoc(function)}\n"
            )
    parts.append("## What hooks take and give\n")
    parts += [describe(kind) for _, kind in sorted(subjects().items())]
    return "\n".join(parts)


def main() -> None:
    """Write the page; with ``--check`` only say whether it is up to date."""
    if "--check" in sys.argv:
        sys.exit(0 if HOOKS.read_text() == render() else "docs/hooks.md is old: run make docs")
    HOOKS.write_text(render())


if __name__ == "__main__":
    main()
