"""How themes are found, inherit, and are refused."""

from collections.abc import Callable
from pathlib import Path

import pytest
from markupsafe import Markup
from portico.errors import ConfigurationError
from portico.themes.check import check_theme
from portico.themes.engine import ThemeEngine
from portico.themes.samples import Samples

MakeTheme = Callable[..., Path]

BASE = """{% block head %}{% endblock %}<h1>{{ frame.store.name }}</h1>
{% for url in sheets %}<link href="{{ url }}">{% endfor %}<link href="{{ store_sheet }}">
{% block content %}{% endblock %}{{ slot("overview") }}{{ icon_sprite() }}"""
OVERVIEW = (
    '{% extends "portal/base.html" %}{% block content %}{{ icon("key") }}from a{% endblock %}'
)
ACCENT = '[settings.accent]\ntype = "color"\nlabel = "Colour"\ndefault = "#123456"\n'


@pytest.fixture
def make_theme(tmp_path: Path) -> MakeTheme:
    def make(name: str, manifest: str = "", **files: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        head = f'name = "{name}"\ntitle = "{name}"\napi = 1\n'
        (folder / "theme.toml").write_text(head + manifest)
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return folder

    return make


@pytest.fixture
def parent_and_child(make_theme: MakeTheme) -> None:
    make_theme("a", ACCENT, **{"templates/portal/base.html": BASE,
                               "templates/portal/overview.html": OVERVIEW,
                               "static/theme.css": "/* a */"})  # fmt: skip
    child = """{% extends "a:portal/overview.html" %}
        {% block content %}child, {{ super() }}{% endblock %}"""
    make_theme("b", 'parent = "a"\n', **{"templates/portal/overview.html": child,
                                         "static/theme.css": "/* b */"})  # fmt: skip


def overview(engine: ThemeEngine, theme: str, **settings: str) -> str:
    samples = Samples(theme, **settings)
    case = next(case for case in samples.cases() if case.name == "overview")
    return engine.render_page(case.store, case.page, case.frame, {"overview": [Markup("<i>p</i>")]})


@pytest.mark.usefixtures("parent_and_child")
def test_a_child_fills_a_block_of_the_template_it_overrides(tmp_path: Path) -> None:
    html = overview(ThemeEngine.load(None, tmp_path), "b")
    assert "child, " in html
    assert "from a" in html
    assert "<h1>Northwind Type</h1>" in html, "the frame is the parent's"
    assert html.index("/static/theme/a/") < html.index("/static/theme/b/")
    assert "<i>p</i>" in html, "panels are put in as they are"
    assert html.count('id="i-key"') == 1, "each icon that is used is drawn once"


@pytest.mark.usefixtures("parent_and_child")
def test_a_page_names_the_sheet_of_the_stores_settings(tmp_path: Path) -> None:
    engine = ThemeEngine.load(None, tmp_path)
    store = Samples("b", accent="#a01010").store
    sheet = engine.sheet(store)
    assert "--setting-accent: #a01010;" in engine.stylesheet(store)
    assert f"/static/theme/northwind/{sheet.digest}.css" in overview(engine, "b", accent="#a01010")
    assert engine.sheet_by_digest(sheet.digest) is sheet
    assert engine.sheet(Samples("b").store).digest != sheet.digest


@pytest.mark.usefixtures("parent_and_child")
@pytest.mark.parametrize(
    "bad", ["red;} body{display:none", "url(//evil)", "#12345", "", "var(--x)"]
)
def test_a_colour_that_is_none_never_reaches_the_style_sheet(tmp_path: Path, bad: str) -> None:
    engine = ThemeEngine.load(None, tmp_path)
    assert "accent" in engine.validate_settings("b", {"accent": bad})
    assert "--setting-accent: #123456;" in engine.stylesheet(Samples("b", accent=bad).store)


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ('parent = "gone"\n', "theme x: its parent 'gone' is not installed"),
        ('parent = "x"\n', "theme x: x → x is a circle"),
        ("wings = 2\n", "wings: there is no such key"),
        ('[settings.c]\ntype = "color"\nlabel = "C"\ndefault = "nope"\n', "settings.c.default"),
        ('[settings.c]\ntype = "number"\nlabel = "C"\n', "settings.c.type: one of color"),
        ('[settings.c]\ntype = "select"\nlabel = "C"\n', "a select needs a table of options"),
        ('[settings.c]\ntype = "text"\n', "label is missing"),
        ("[settings", "theme.toml"),
        (
            '[settings.c]\ntype = "select"\nlabel = "C"\ndefault = "a"\n'
            '[settings.c.options]\na = { css = "1px; } body { color: red" }\n',
            "is not a plain CSS value",
        ),
    ],
)
def test_a_theme_that_cannot_work_is_refused_in_one_line(
    make_theme: MakeTheme, tmp_path: Path, manifest: str, says: str
) -> None:
    make_theme("x", manifest)
    with pytest.raises(ConfigurationError) as refused:
        ThemeEngine.load(None, tmp_path)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_theme_for_another_version_is_refused(make_theme: MakeTheme, tmp_path: Path) -> None:
    folder = make_theme("x")
    (folder / "theme.toml").write_text('name = "x"\ntitle = "X"\napi = 2\n')
    with pytest.raises(ConfigurationError, match="this Portico reads api = 1"):
        ThemeEngine.load(None, tmp_path)


def test_two_themes_of_one_name_are_refused(make_theme: MakeTheme, tmp_path: Path) -> None:
    make_theme("x")
    (make_theme("y") / "theme.toml").write_text('name = "x"\ntitle = "X"\napi = 1\n')
    with pytest.raises(ConfigurationError, match="theme x: both"):
        ThemeEngine.load(None, tmp_path)


def test_a_themes_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PORTICO_THEMES_DIR"):
        ThemeEngine.load(None, tmp_path / "none")


def test_without_any_theme_the_page_says_which_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portico.themes.library._packages", lambda: [])
    html = overview(ThemeEngine.load().strict(), "default")
    assert "its theme “default” is not installed" in html


@pytest.mark.usefixtures("parent_and_child")
def test_the_check_tells_what_a_theme_lacks(make_theme: MakeTheme, tmp_path: Path) -> None:
    bare = '<main><h1>x</h1><h3>y</h3><input name="n"><img src="x">{{ nobody }}</main>'
    make_theme("c", 'parent = "a"\n', **{"templates/portal/base.html": bare,
                                         "templates/portal/overview.html": bare})  # fmt: skip
    said = "\n".join(map(str, check_theme(ThemeEngine.load(None, tmp_path), "c")))
    assert "portal/base.html: the block 'content' of a's portal/base.html is missing" in said
    slip = "overview.html line 1: UndefinedError: 'nobody' is undefined"
    assert f"portal/overview.html (overview, en): {slip}" in said


def test_the_check_measures_colours(make_theme: MakeTheme, tmp_path: Path) -> None:
    make_theme("pale", ACCENT, **{"static/theme.css": ":root { --muted: #aaaaaa; }"})
    said = "\n".join(map(str, check_theme(ThemeEngine.load(None, tmp_path), "pale")))
    assert "light colours: --muted on --bg is 2." in said
    assert "dark colours: --muted" not in said
