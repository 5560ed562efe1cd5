"""What makes Jinja's compiled templates quick: shorter ways for the calls a page makes by hundreds.

They change no result, and Jinja's own ways remain for everything else.
"""

from functools import partial
from types import FunctionType, MethodType
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape
from typing_extensions import override

_FUNCTIONS = frozenset({FunctionType, MethodType, partial})


def escaped(value: object) -> str:
    """``value`` as text for HTML, as markupsafe escapes it, but no object is made around it."""
    if type(value) is Markup:
        return value
    if type(value) is str:
        return (
            value.replace("&", "&amp;")
            .replace(">", "&gt;")
            .replace("<", "&lt;")
            .replace("'", "&#39;")
            .replace('"', "&#34;")
        )
    return escape(value)


class PageContext(Context):
    """Calls macros and functions that want no context without looking for what they want."""

    @override
    def call(
        self,
        called: Any,
        /,
        *args: Any,
        _loop_vars: Any = None,
        _block_vars: Any = None,
        **kwargs: Any,
    ) -> Any:
        kind = type(called)
        if kind is Macro:
            return called(self.eval_ctx, *args, **kwargs)
        if kind in _FUNCTIONS and not hasattr(called, "jinja_pass_arg"):
            return called(*args, **kwargs)
        return super().call(called, *args, _loop_vars=_loop_vars, _block_vars=_block_vars, **kwargs)


class PageGenerator(CodeGenerator):
    """Has what a template puts out escaped by ``escaped``."""

    @override
    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if finalize.src is not None or frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("environment.escaped(")


class PageEnvironment(Environment):
    """Jinja's environment with the above."""

    context_class = PageContext
    code_generator_class = PageGenerator
    escaped = staticmethod(escaped)
