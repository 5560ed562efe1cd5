"""Ledger changes what it must and inherits the rest."""

import pytest
from portico.themes.check import check_theme
from portico.themes.engine import ThemeEngine
from portico.themes.samples import Samples


@pytest.fixture(scope="module")
def engine() -> ThemeEngine:
    return ThemeEngine.load()


def test_the_check_finds_nothing(engine: ThemeEngine) -> None:
    assert [str(problem) for problem in check_theme(engine, "ledger")] == []


def test_it_replaces_one_block_and_the_header_and_nothing_else(engine: ThemeEngine) -> None:
    case = next(
        case
        for case in Samples("ledger", motto="Types since 1998").cases()
        if case.name == "overview"
    )
    html = engine.render_page(case.store, case.page, case.frame, {})
    assert "Account <b>1</b>" in html
    assert "Types since 1998" in html
    assert "Latest purchases" in html, "the rest of the block is the parent's"
    assert 'class="mark"' not in html
    templates = sorted((engine.themes["ledger"].folder / "templates").rglob("*.html"))
    assert len(templates) == 2
