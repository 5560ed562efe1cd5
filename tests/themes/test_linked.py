"""Every page of every theme, put together and in parts."""

import dataclasses

import pytest
from portico.themes.engine import ThemeEngine
from portico.themes.samples import Samples
from structlog.testing import capture_logs


@pytest.mark.parametrize(("theme", "locale"), [("default", "en"), ("ledger", "de")])
def test_a_page_put_together_is_the_same_to_the_byte(theme: str, locale: str) -> None:
    linked = ThemeEngine.load()
    in_parts = dataclasses.replace(linked, linking=False, _editions={})
    with capture_logs() as logs:
        for case in Samples(theme, locale).cases():
            pages = [
                engine.render_page(case.store, case.page, case.frame, {})
                for engine in (linked, in_parts)
            ]
            assert pages[0] == pages[1], case.name
    assert logs == [], "none was rendered in parts instead"
    templates = [each for edition in linked._editions.values() for each in edition._linked.items()]
    assert len(templates) > 15
    # What the sign-in page includes is told by a plugin when it is shown; the page about deletion
    # asks its parents for their parts, or does without, by what it shows.
    in_one_piece_never = {name for name, template in templates if template is None}
    assert in_one_piece_never == {"portal/sign_in.html", "portal/data_erase.html"}
