"""A page that is put together once says what Jinja says of its parts."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError
from portico.i18n import Catalog, Translator
from portico.themes.compiled import linked_template
from portico.themes.editions import Edition
from portico.themes.environment import Words, build_environment
from portico.themes.icons import icon, icon_sprite
from portico.themes.linked import Constants
from structlog.testing import capture_logs

UI = """
{% macro state(word, label) %}{{ icon("ok") }}{{ word }}{{ label }}{{ other() }}{% endmacro %}
{% macro other() %}{{ who }} & co{% endmacro %}"""
PARTS = """{% import "ui.html" as ui with context %}
{% macro row(row, mark="") %}{{ ui.state(row.name, _("Paid")) }}{{ mark }}{{ who }}{% endmacro %}
{% macro input(name, type="text") %}
<input name="{{ name }}" type="{{ type }}"{{ {"max": kwargs.max} | xmlattr }}>{% endmacro %}
{% macro wrap() %}<b>{{ caller() }}</b>{% endmacro %}"""
BASE = """{% import "ui.html" as ui with context %}
<title>{% block title %}{{ title | default("none") }}{% endblock %}</title>
{% for n in rows %}{% block each %}[{{ n is defined }}]{% endblock %}{% endfor %}
{% block body %}base {{ who }}{% block inner %} inner{% endblock %}{% endblock %}
{{ static("x.css") }}{{ icon_sprite() }}"""

LINKED = {
    "blocks": "{% block title %}x{% endblock %}{% block inner %}{{ rows | length }}{% endblock %}",
    "super": "{% block body %}{{ super() }}-{{ super() }}{% endblock %}",
    "super of a block in a block": "{% block inner %}{{ super() }}!{% endblock %}",
    "what a block sets": "{% block body %}{% set who = 1 %}{{ who }}{{ super() }}{% endblock %}",
    "what a page sets": "{% set title = _('Paid') %}{% block inner %}{{ title }}{% endblock %}",
    "own macros": """{% macro own(x) %}{{ ui.other() }}{{ x }}{% endmacro %}
        {% block body %}{{ own(who) }}{% endblock %}""",
    "macros": """{% import "parts.html" as parts with context %}{% block body %}
        {% for one in rows %}{{ parts.row(one, mark=who) }}{% endfor %}
        {{ parts.input('a', max=3) }}{{ parts.input(name='<b>') }}{{ ui.state('x') }}
        {% set x = ui.other() %}{{ x }}{{ x | length }}{{ parts.row(rows[0], ui.other()) }}
        {% endblock %}""",
    "words": """{% block body %}{% trans n=rows | length, who=who %}{{ who }} has {{ n }} (100%)
        {% endtrans %}{{ _('Paid') ~ who }}{{ who ~ 1 }}{{ _('%(x)s!', x=who) | upper }}
        {% trans count=rows | length %}one{% pluralize %}{{ count }}{% endtrans %}{% endblock %}""",
    "filters": """{% block body %}{{ 1200 | money('EUR') }}{{ rows[1].size | filesize }}
        {% filter upper %}{{ who }}{% endfilter %}{{ rows | map(attribute='name') | list }}
        {% endblock %}""",
    "attributes": """{% block body %}{{ rows[0].name }}{{ rows[0].gone }}{{ nobody }}
        {% set first = rows[0] %}{{ first.name.upper() }}{{ first.items }}{% endblock %}""",
    "an import of its own": """{% block body %}{% import 'ui.html' as mine %}
        {{ mine.other() }}{% endblock %}""",
    "icons": """{% block body %}{{ icon('key') }}{{ icon(who) }}{{ icon('x', css='big') }}
        {% endblock %}""",
}
IN_PARTS = {
    "include": "{% block body %}{% include 'ui.html' %}{% endblock %}",
    "self": "{% block title %}x{% endblock %}{% block body %}{{ self.title() }}{% endblock %}",
    "scoped": """{% block body %}{% for x in rows %}{% block s scoped %}{{ x.name }}{% endblock %}
        {% endfor %}{% endblock %}""",
    "a macro as a value": "{% block body %}{% set f = ui.other %}{{ f() }}{% endblock %}",
    "a name for two things": "{% block body %}{% set ui = who %}{{ ui }}{% endblock %}",
    "a caller": """{% import "parts.html" as parts with context %}
        {% block body %}{% call parts.wrap() %}x{% endcall %}{% endblock %}""",
    "super as a value": "{% block body %}{{ super() | upper }}{% endblock %}",
    "more than blocks": "{% if rows %}{% set title = 'y' %}{% endif %}",
}
GERMAN = {"Paid": "<b>Bezahlt</b>", "%(who)s has %(n)s (100%%)": "%(n)s (100%%) hat %(who)s"}
VALUES = {
    "who": "A & <b>",
    "rows": [{"name": "one", "items": 1}, {"name": "<two>", "size": 4_200_000}],
    "locale": "de",
    "timezone": "UTC",
}


def edition(folder: Path, child: str, *, linking: bool = True) -> Edition:
    templates = {"ui.html": UI, "parts.html": PARTS, "base.html": BASE}
    for name, text in {**templates, "page.html": '{% extends "base.html" %}' + child}.items():
        (folder / name).write_text(text)
    catalog = Catalog(GERMAN, {"one": ("eins", "%(count)s Stück")}, lambda n: int(n != 1))
    said = Words(Translator("de", (catalog,)))
    functions: dict[str, object] = {
        "_": said.gettext,
        "gettext": said.gettext,
        "ngettext": said.ngettext,
    }
    functions |= {"icon": icon, "icon_sprite": icon_sprite, "static": "/static/{}?a&b".format}
    environment = build_environment([("x", folder)], frozenset())
    return Edition(environment, said, functions, linking)


def linked(made: Edition) -> bool:
    constants = Constants({}, made.words.message)
    return linked_template(made.environment, "page.html", constants) is not None


@pytest.mark.parametrize("child", [*LINKED.values(), *IN_PARTS.values()], ids=[*LINKED, *IN_PARTS])
def test_it_says_what_jinja_says(tmp_path: Path, child: str) -> None:
    made = edition(tmp_path, child)
    plain = edition(tmp_path, child, linking=False)
    with capture_logs() as logs:
        assert made.render("page.html", VALUES) == plain.render("page.html", VALUES)
    assert logs == [], "it was not rendered in parts instead"
    assert linked(made) == (child in LINKED.values())


def test_what_goes_wrong_is_told_with_the_template_and_the_line(tmp_path: Path) -> None:
    made = edition(tmp_path, "{% block body %}\n{{ ui.other() }}{{ rows.gone.gone }}{% endblock %}")
    assert linked(made)
    with pytest.raises(UndefinedError) as raised:
        made.render("page.html", VALUES)
    places = [(Path(place.path).name, place.lineno + 1) for place in raised.traceback]
    assert ("page.html", 2) in places
