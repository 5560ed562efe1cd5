"""What makes Jinja's compiled templates quick: shorter ways for what a page does by hundreds.

They change no result. Only functions that ask for Jinja's context (``pass_context``) cannot be
called by name; none is in reach of a template, and filters are another matter.
"""

from collections.abc import Callable
from functools import partial
from keyword import iskeyword

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.runtime import Macro
from jinja2.utils import missing
from markupsafe import Markup, escape
from typing_extensions import override

safe: Callable[[str], Markup] = partial(str.__new__, Markup)
"""``Markup(text)`` for what is known to be a ``str``, without asking it for ``__html__``."""


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


class PageMacro(Macro):
    """A macro that is called straight with what the template gives, where that is all it takes."""

    @override
    def __call__(self, *args: object, **kwargs: object) -> str:
        lacking = len(self.arguments) - len(args)
        special = self.caller or self.catch_kwargs or self.catch_varargs
        if kwargs or special or lacking < 0 or not self._default_autoescape:
            return super().__call__(*args, **kwargs)
        if lacking:
            args += (missing,) * lacking  # the body puts the defaults in
        return safe(self._func(*args))


class PageGenerator(CodeGenerator):
    """Escapes what a template puts out with ``escaped``, and calls functions without a detour.

    Jinja's own ``context.call`` looks at each function for what it wants, each time.
    """

    @override
    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        unusual = node.dyn_args or node.dyn_kwargs or any(iskeyword(one.key) for one in node.kwargs)
        if unusual or forward_caller:
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        self.visit(node.node, frame)
        self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    @override
    def macro_def(self, macro_ref: MacroRef, frame: Frame) -> None:
        self.write("environment.")
        super().macro_def(macro_ref, frame)

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

    code_generator_class = PageGenerator
    escaped = staticmethod(escaped)
    Macro = PageMacro
