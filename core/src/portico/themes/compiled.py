"""What makes Jinja's compiled templates quick: shorter ways for what a page does by hundreds.

They change no result. Only functions that ask for Jinja's context (``pass_context``) cannot be
called by name; none is in reach of a template, and filters are another matter.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from io import StringIO
from keyword import iskeyword
from typing import Any, TextIO

import markupsafe
import structlog
from jinja2 import Environment, Template, nodes
from jinja2.compiler import CodeGenerator, Frame, MacroRef
from jinja2.idtracking import VAR_LOAD_RESOLVE
from jinja2.runtime import Macro, markup_join
from jinja2.utils import missing
from markupsafe import Markup, escape
from typing_extensions import override

from portico.i18n import (
    country_name,
    format_date,
    format_datetime,
    format_filesize,
    format_money,
    format_number,
)
from portico.themes.linked import LINKED, Constants, NotLinked, link, stored

_log = structlog.get_logger(__name__)

READER_FILTERS: Mapping[str, tuple[Callable[..., str], tuple[str, ...]]] = {
    "money": (format_money, ("locale",)),
    "date": (format_date, ("locale", "timezone")),
    "datetime": (format_datetime, ("locale", "timezone")),
    "filesize": (format_filesize, ("locale",)),
    "number": (format_number, ("locale",)),
    "country": (country_name, ("locale",)),
}
"""The filters that depend on who reads: their function, and what it gets of the page at last."""

safe: Callable[[str], Markup] = partial(str.__new__, Markup)
"""``Markup(text)`` for what is known to be a ``str``, without asking it for ``__html__``."""


# What markupsafe escapes with, in C. Its public function makes a Markup around each text, which
# takes ten times as long and is undone at once when the page is put together.
escaped_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", escape)


def escaped(value: object) -> str:
    """``value`` as text for HTML, as markupsafe escapes it."""
    if type(value) is Markup:
        return value
    if type(value) is str:
        return escaped_text(value)
    return str(value) if type(value) is int else escape(value)


def joined(parts: tuple[object, ...]) -> str:
    """``a ~ b``: plain text unless one of them is markup."""
    for part in parts:
        if type(part) is not str:
            return markup_join(parts)
    return "".join(parts)  # type: ignore[arg-type]  # every one is a str


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
    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        self.writeline(f"from {__name__} import escaped, escaped_text, joined, safe")
        super().visit_Template(node, frame)

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
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super().visit_Concat(node, frame)
            return
        self.write("joined((")
        for each in node.nodes:
            self.visit(each, frame)
            self.write(", ")
        self.write("))")

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
            self.write("(escaped_text(v) if type(v := ")

    @override
    def _output_child_post(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if finalize.src is not None or frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_post(node, frame, finalize)
        else:
            self.write(") is str else escaped(v))")

    @override
    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        """``a.b.c``: attributes at once; items and what is undefined only where those fail."""
        path = [node.attr]
        base = node.node
        while isinstance(base, nodes.Getattr):
            path.insert(0, base.attr)
            base = base.node
        if not isinstance(base, nodes.Name):
            super().visit_Getattr(node, frame)
            return
        found = ref = frame.symbols.ref(base.name)
        for name in path:
            found = f"getattr({found}, {name!r}, missing)"
        rest = f"environment.dig({ref}, {base.name!r}, {path})"
        self.write(f"(v if (v := {found}) is not missing else {rest})")


class LinkedGenerator(PageGenerator):
    """Compiles what ``link`` has put together: blocks in their place, macros as plain functions."""

    def __init__(self, environment: Environment, name: str, stream: TextIO) -> None:
        super().__init__(environment, name, None, stream)
        self._constants: dict[str, str] = {}
        self._bare: nodes.Node | None = None
        self._fixed: set[str] = set()

    @override
    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:
        read = {name.name for name in node.find_all(nodes.Name) if name.ctx == "load"}
        self._fixed = (read | {"locale", "timezone"}) - stored(node)
        for function, _ in READER_FILTERS.values():
            self.writeline(f"from {function.__module__} import {function.__name__}")
        super().visit_Template(node, frame)
        for text, name in self._constants.items():
            self.writeline(f"{name} = Markup({text!r})")

    @override
    def enter_frame(self, frame: Frame) -> None:
        """What no part of the page sets is looked up once, at its beginning."""
        if frame.toplevel:
            for name in sorted(self._fixed):
                self.writeline(f"g_{name} = resolve({name!r})")
        symbols = frame.symbols
        for target, (action, name) in list(symbols.loads.items()):
            if action == VAR_LOAD_RESOLVE and name in self._fixed:
                del symbols.loads[target]
                symbols.refs[name] = f"g_{name}"
        super().enter_frame(frame)

    @override
    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        """The page itself is collected in a list, too, instead of a piece at a time."""
        if not frame.rootlevel:
            super().blockvisit(nodes, frame)
            return
        self.buffer(frame)
        super().blockvisit(nodes, frame)
        self.writeline(f"yield concat({frame.buffer})")

    @override
    def visit_Filter(self, node: nodes.Filter, frame: Frame) -> None:
        reader = READER_FILTERS.get(node.name)
        if reader is None or node.node is None or node.kwargs or not self._fixed >= set(reader[1]):
            super().visit_Filter(node, frame)
            return
        self.write(f"{reader[0].__name__}(")
        for argument in (node.node, *node.args):
            self.visit(argument, frame)
            self.write(", ")
        self.write(", ".join(f"g_{name}" for name in reader[1]) + ")")

    @override
    def visit_Scope(self, node: nodes.Scope, frame: Frame) -> None:
        inner = frame.inner(isolated=True)
        inner.buffer = frame.buffer
        inner.symbols.analyze_node(node)
        self.enter_frame(inner)
        self.blockvisit(node.body, inner)

    @override
    def visit_Macro(self, node: nodes.Macro, frame: Frame) -> None:
        if node.name.startswith(LINKED):
            self.macro_body(node, frame.inner(isolated=True))
            self.writeline(f"{node.name} = macro")
        else:
            super().visit_Macro(node, frame)

    @override
    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:
        if isinstance(node.value, Markup):
            text = str(node.value)
            if text not in self._constants:
                self._constants[text] = f"c_{len(self._constants)}"
            self.write(self._constants[text])
        else:
            super().visit_Const(node, frame)

    @override
    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        linked = _calls_linked(node) and node is not self._bare
        self.write("safe(" if linked else "")
        super().visit_Call(node, frame, forward_caller)
        self.write(")" if linked else "")

    @override
    def _output_child_pre(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if _calls_linked(node):
            self._bare = node
        else:
            super()._output_child_pre(node, frame, finalize)

    @override
    def _output_child_post(
        self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo
    ) -> None:
        if not _calls_linked(node):
            super()._output_child_post(node, frame, finalize)


def _calls_linked(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.InternalName)


class PageEnvironment(Environment):
    """Jinja's environment with the above."""

    code_generator_class = PageGenerator
    Macro = PageMacro

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.trees: dict[str, bytes] = {}
        """What ``link`` has parsed."""

    def dig(self, value: object, name: str, path: Sequence[str]) -> object:
        """``name.a.b`` as Jinja finds it: attributes, then items, else undefined."""
        if value is missing:
            value = self.undefined(name=name)
        for each in path:
            value = self.getattr(value, each)
        return value


def linked_template(
    environment: PageEnvironment, name: str, constants: Constants
) -> Template | None:
    """The template as one function; None where it has to stay in parts."""
    try:
        tree = link(environment, name, constants, environment.trees)
    except NotLinked as reason:
        _log.debug("template_not_linked", template=name, reason=str(reason))
        return None
    source = StringIO()
    LinkedGenerator(environment, name, source).visit(tree)
    code = compile(source.getvalue(), f"<{name}>", "exec")
    return environment.template_class.from_code(environment, code, environment.make_globals(None))
