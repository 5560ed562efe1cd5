"""Sellers' text: Liquid with limits, in which a value can never become markup.

Liquid's own syntax is https://shopify.github.io/liquid/. Every value that is output is *protected*:
its punctuation is exchanged for private-use characters, which mean nothing to Markdown, and
changed back when the markup is done (``reveal``). So a customer named ``[click](http://evil)``
stays a name, and a license key keeps its underscores.
"""

import html
import re
import string
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import Any, TextIO

from liquid import Environment, RenderContext, StrictUndefined, Undefined
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import LiquidError, ResourceLimitError
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.token import TOKEN_CONTENT, TOKEN_ILLEGAL, TOKEN_OUTPUT
from typing_extensions import override

from portico.emails.rendering import MAX_SOURCE, TextError, Use, Uses

MAX_WORK = 200_000
"""Characters that one filter may be about to make: `replace` multiplies what it is given."""
_TAGS = frozenset(
    {
        "if",
        "unless",
        "case",
        "for",
        "assign",
        "capture",
        "comment",
        "break",
        "continue",
        TOKEN_CONTENT,
        TOKEN_OUTPUT,
        TOKEN_ILLEGAL,
        "#",
    }
)
_LOOP = re.compile(r"{%-?\s*for\s+(\w+)\s+in\s+([A-Za-z_]\w*)?")
_BASE = 0xE000  # the private use area of Unicode's basic plane
_HIDE = {ord(char): _BASE + ord(char) for char in string.punctuation + "\n\r"}
_PLAIN = {hidden: chr(char) for char, hidden in _HIDE.items()}
_HTML = {hidden: html.escape(chr(char)) for char, hidden in _HIDE.items()}
_HTML[_BASE + ord("\n")] = "<br>"


def protect(value: str) -> str:
    """``value`` as a text that no markup is found in."""
    return value.translate(_HIDE)


def reveal(text: str) -> str:
    """Undo ``protect`` in plain text."""
    return text.translate(_PLAIN)


def reveal_html(markup: str) -> str:
    """Undo ``protect`` in HTML: what was protected comes back escaped."""
    return markup.translate(_HTML)


class _ProtectedNode(OutputNode):
    """``{{ ... }}``, protected."""

    __slots__ = ()

    @override
    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(protect(to_liquid_string(self.expression.evaluate(context), False)))


class _ProtectedOutput(Output):
    node_class = _ProtectedNode


class _Environment(Environment):
    block_nesting_limit = 20
    context_depth_limit = 20
    loop_iteration_limit = 2_000
    local_namespace_limit = 20_000
    output_stream_limit = 100_000

    @override
    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=False)
        output = _ProtectedOutput(self)
        # What is not listed either reads other templates or writes values past `protect`.
        self.tags = {
            name: output if isinstance(tag, Output) else tag
            for name, tag in self.tags.items()
            if name in _TAGS
        }
        self.filters = {name: _limited(one) for name, one in self.filters.items()}


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def limited(*args: Any, **kwargs: Any) -> Any:
        work = 1
        for one in args:
            if isinstance(one, str | list | tuple):
                work *= max(len(one), 1)
        if work > MAX_WORK:
            raise TextError("A filter was given too much text.", limit=True)
        return function(*args, **kwargs)

    return limited


_lenient = _Environment(undefined=Undefined)
_strict = _Environment(undefined=StrictUndefined)


@lru_cache(maxsize=512)
def _parsed(source: str, strict: bool) -> BoundTemplate:
    if len(source) > MAX_SOURCE:
        raise TextError(f"The text is longer than {MAX_SOURCE} characters.", limit=True)
    return (_strict if strict else _lenient).from_string(source)


def render_liquid(source: str, values: Mapping[str, Any], *, strict: bool = False) -> str:
    """The text with its values, protected. ``strict`` refuses variables that are not there.

    Raises TextError, also where the text loops or grows beyond what a mail needs.
    """
    try:
        return _parsed(source, strict).render(**_nil(values))
    except (LiquidError, ArithmeticError, ValueError, RecursionError) as error:
        raise _text_error(error) from None


def _text_error(error: Exception) -> TextError:
    if not isinstance(error, LiquidError):
        limit = isinstance(error, RecursionError)
        return TextError(f"{type(error).__name__}: {error}", limit=limit)
    place = error.context() if error.token is not None and error.token.start_index >= 0 else None
    return TextError(
        str(error).split("\n", 1)[0],
        place[0] if place else None,
        limit=isinstance(error, ResourceLimitError),
    )


def uses(source: str) -> Uses:
    """The variables of a text, without rendering it. Raises TextError for one that is wrong."""
    try:
        found = _parsed(source, False).analyze(include_partials=False)
    except (LiquidError, RecursionError) as error:
        raise _text_error(error) from None
    loops = {match[1]: match[2] or "" for match in _LOOP.finditer(source)}
    variables = tuple(
        Use(_flat(one.segments), source.count("\n", 0, one.span.index) + 1)
        for many in found.variables.values()
        for one in many
    )
    return Uses(variables, loops, frozenset(found.locals))


def _flat(segments: Sequence[Any]) -> tuple[str | int, ...]:
    """A path; what stands in brackets and is itself a variable counts as any index."""
    return tuple(one if isinstance(one, str | int) else 0 for one in segments)


def _nil(value: Any) -> Any:
    """Empty texts as nil: to Liquid an empty text is true, to a seller it is nothing."""
    if isinstance(value, Mapping):
        return {name: _nil(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_nil(one) for one in value]
    return None if value == "" else value
