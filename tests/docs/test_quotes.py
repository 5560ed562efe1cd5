"""What the docs quote is what the code says, and what they tell to type exists."""

import re
from pathlib import Path

import pytest
from portico.cli.program import app
from portico.settings import Settings
from typer.main import get_command

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
QUOTE = re.compile(r"<!-- from (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
QUOTES = [
    pytest.param(match[1], match[2], id=f"{page.name}: {match[1]} #{number}")
    for page in PAGES
    for number, match in enumerate(QUOTE.finditer(page.read_text()))
]


@pytest.mark.parametrize(("source", "text"), QUOTES)
def test_a_quote_stands_in_its_source(source: str, text: str) -> None:
    assert text in (ROOT / source).read_text()


def test_the_table_of_settings_is_complete() -> None:
    page = (ROOT / "docs/operating.md").read_text()
    for name, field in Settings.model_fields.items():
        if name == "demo":
            continue
        row = f"| `PORTICO_{name.upper()}` | {field.description} |"
        assert row in page, f"docs/operating.md lacks:\n{row}"


def commands() -> list[str]:
    found = []
    for page in PAGES:
        for block in re.findall(r"^```\n(.*?)```", page.read_text(), re.DOTALL | re.MULTILINE):
            found += [line for line in block.splitlines() if line.startswith("portico ")]
    return sorted(set(found))


@pytest.mark.parametrize("line", commands())
def test_a_command_in_the_docs_exists_with_its_options(line: str) -> None:
    words = line.split()[1:]
    command = get_command(app)
    while words and hasattr(command, "commands") and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert not hasattr(command, "commands"), f"{line}: no such command"
    known = {option for parameter in command.params for option in
             (*parameter.opts, *parameter.secondary_opts)}  # fmt: skip
    for word in words:
        if word.startswith("--"):
            assert word in known, f"{line}: no option {word}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith(("http", "mailto")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
