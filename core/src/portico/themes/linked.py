"""A page as one function: what it extends, its blocks and the macros it imports, put together.

Jinja looks blocks up and makes a module of each imported template again for every page, because
they could differ each time. Where they cannot, since all names are written in the templates, the
choice is made once, when the page is compiled. Words, icons and static files that a template names
outright are put in at the same time, so that a page is linked for one language of one theme.

A template that does anything else (a name worked out while it runs, ``include``, ``self``, scoped
blocks...) is left to Jinja as it is: ``link`` then raises ``NotLinked``.
"""

import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from jinja2 import Environment, nodes
from jinja2.compiler import find_undeclared
from jinja2.visitor import NodeTransformer, NodeVisitor

LINKED = "__linked_"
"""What the names of the functions begin with that a page's macros become."""
_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Constants:
    """What a template's functions answer to constants, and its messages as translated."""

    functions: Mapping[str, Callable[..., str]]
    message: Callable[[str], str]


class NotLinked(Exception):
    """The template does something that is decided only when it runs."""


@dataclass(slots=True, eq=False)
class LinkedMacro:
    """A macro that is a plain function of the page, which calls it by ``name``."""

    name: str
    node: nodes.Macro
    module: "Module"

    def special(self) -> set[str]:
        """Which of ``caller``, ``kwargs`` and ``varargs`` it reads."""
        return find_undeclared(self.node.body, ("caller", "kwargs", "varargs"))


@dataclass(slots=True)
class Module:
    """An imported template: its macros, and what it imports itself."""

    macros: dict[str, LinkedMacro] = field(default_factory=dict)
    imports: dict[str, "Module"] = field(default_factory=dict)


def link(
    environment: Environment, name: str, constants: Constants, trees: dict[str, bytes]
) -> nodes.Template:
    """Put the template ``name`` together.

    ``trees`` keeps what has been parsed, since most pages share most of it (a copy by pickle takes
    a fiftieth of the time). Raises NotLinked, and what Jinja raises for a template that is missing
    or broken.
    """
    return _Linker(environment, constants, trees).page(name)


class _Linker:
    def __init__(
        self, environment: Environment, constants: Constants, trees: dict[str, bytes]
    ) -> None:
        self._environment = environment
        self._trees = trees
        self._constants = constants
        self._modules: dict[str, Module] = {}
        self._count = 0
        self._used: list[LinkedMacro] = []

    def page(self, name: str) -> nodes.Template:
        """The page with everything in its place."""
        chain = list(self._chain(name))
        imports: dict[str, Module] = {}
        before: list[nodes.Node] = []
        blocks: dict[str, list[nodes.Block]] = {}
        for tree in chain:
            for node in list(tree.body):
                imported = _imported(node)
                if imported is not None:
                    imports[imported[0]] = self._module(imported[1])
                    tree.body.remove(node)
            if tree is not chain[-1]:
                before += _statements(tree)
            for block in tree.find_all(nodes.Block):
                if block.scoped or block.required:
                    raise NotLinked("a scoped or required block")
                blocks.setdefault(block.name, []).append(block)
        root = chain[-1]
        page = nodes.Template([*before, *root.body], lineno=1)
        _Blocks(blocks).visit(page)
        scope = Module(imports=imports)
        self._finish(page, scope, frozenset())
        for macro in self._used:  # grows: a macro may call others
            shadowed = frozenset(argument.name for argument in macro.node.args)
            self._finish(macro.node, macro.module, shadowed)
            page.body.insert(0, macro.node)
            macro.node.name = macro.name
        _merge(page)
        page.set_environment(self._environment)
        return page

    def _parse(self, name: str) -> nodes.Template:
        """A tree of its own, to be changed at will."""
        kept = self._trees.get(name)
        if kept is None:
            loader = self._environment.loader
            if loader is None:
                raise NotLinked("there is nothing to load templates with")
            source, file, _ = loader.get_source(self._environment, name)
            tree = self._environment._parse(source, name, file)  # parse() would hide the line
            tree.set_environment(None)  # type: ignore[arg-type]  # until the page is complete
            kept = self._trees[name] = pickle.dumps(tree)
        copy: nodes.Template = pickle.loads(kept)  # noqa: S301  made above, by ourselves
        return copy

    def _chain(self, name: str) -> Iterator[nodes.Template]:
        """The template, what it extends, and so on."""
        seen: set[str] = set()
        current: str | None = name
        while current is not None:
            if current in seen:
                raise NotLinked("it extends itself")
            seen.add(current)
            tree = self._parse(current)
            found = list(tree.find_all(nodes.Extends))
            current = None
            if found:
                if len(found) > 1 or found[0] not in tree.body:
                    raise NotLinked("it extends now this, now that")
                current = _literal(found[0].template)
                if current is None:
                    raise NotLinked("what it extends is worked out")
            yield tree

    def _module(self, name: str) -> Module:
        if name in self._modules:
            return self._modules[name]
        module = self._modules[name] = Module()
        for node in self._parse(name).body:
            imported = _imported(node)
            if imported is not None:
                module.imports[imported[0]] = self._module(imported[1])
            elif isinstance(node, nodes.Macro):
                self._count += 1
                inside = f"{LINKED}{self._count}"
                module.macros[node.name] = LinkedMacro(inside, node, module)
            elif not _is_blank(node):
                raise NotLinked(f"{name} holds more than macros")
        return module

    def _finish(self, tree: nodes.Node, module: Module, shadowed: frozenset[str]) -> None:
        """Resolve what one function of the page refers to."""
        _Refusals().visit(tree)
        if (stored(tree) - shadowed) & {
            *module.macros,
            *module.imports,
            *self._constants.functions,
        }:
            raise NotLinked("a name means two things")
        _Names(self, module, shadowed).visit(tree)

    def constant(self, node: nodes.Call) -> nodes.Const | None:
        """What a call comes to where only constants are given."""
        if not isinstance(node.node, nodes.Name) or node.kwargs:
            return None
        function = self._constants.functions.get(node.node.name)
        values = [each.value for each in node.args if isinstance(each, nodes.Const)]
        if function is None or len(values) < len(node.args) or node.dyn_args or node.dyn_kwargs:
            return None
        try:
            return nodes.Const(function(*values), lineno=node.lineno)
        except (LookupError, TypeError, ValueError):
            return None  # it fails when the page is rendered, and says where

    def filled(self, node: nodes.Expr) -> list[nodes.Expr]:
        """The parts of a sentence and what is put between them; anything else as it is."""
        if not (
            isinstance(node, nodes.Call)
            and isinstance(node.node, nodes.Name)
            and node.node.name in ("_", "gettext")
            and node.kwargs
            and len(node.args) == 1
            and isinstance(node.args[0], nodes.Const)
            and not (node.dyn_args or node.dyn_kwargs)
        ):
            return [node]
        given = {pair.key: pair.value for pair in node.kwargs}
        *texts, last = _PLACE.split(self._constants.message(node.args[0].value))
        parts: list[nodes.Expr] = []
        for text, name in zip(texts[::2], texts[1::2], strict=True):
            if name not in given:
                return [node]
            parts += [_text(text), given[name]]
        if any("%" in text.replace("%%", "") for text in (*texts[::2], last)):
            return [node]
        return [*parts, _text(last)]

    def call(self, macro: LinkedMacro, node: nodes.Call) -> nodes.Call:
        """The call with every argument in its place, ``missing`` where there is none."""
        special = macro.special()
        if special - {"kwargs"} or macro.node.find(nodes.Block):
            raise NotLinked(f"the macro {macro.node.name} is called in more than one way")
        if node.dyn_args or node.dyn_kwargs or len(node.args) > len(macro.node.args):
            raise NotLinked(f"the macro {macro.node.name} is called with more than it takes")
        if macro not in self._used:
            self._used.append(macro)
        given = {pair.key: pair.value for pair in node.kwargs}
        arguments = list(node.args)
        for argument in macro.node.args[len(arguments) :]:
            arguments.append(given.pop(argument.name, internal("missing")))
        if "kwargs" in special:
            pairs = [nodes.Pair(nodes.Const(key), value) for key, value in given.items()]
            arguments.append(nodes.Dict(pairs))
        elif given:
            raise NotLinked(f"the macro {macro.node.name} does not know {', '.join(given)}")
        return nodes.Call(internal(macro.name), arguments, [], None, None, lineno=node.lineno)


def _text(message: str) -> nodes.Expr:
    return nodes.TemplateData(message.replace("%%", "%"))


def internal(name: str) -> nodes.Expr:
    """A name of the compiled code, as Jinja's parser makes them."""
    node: nodes.InternalName = object.__new__(nodes.InternalName)
    nodes.Node.__init__(node, name)
    return node


class _Refusals(NodeVisitor):
    """Refuses what is decided only when the page runs."""

    def visit_Include(self, node: nodes.Include) -> None:
        raise NotLinked("it includes templates")

    def visit_Name(self, node: nodes.Name) -> None:
        if node.name == "self":
            raise NotLinked("it uses self")


class _Blocks(NodeTransformer):
    """Puts the youngest of each block where the oldest template has it, and in it for ``super()``
    what it replaces. A scope of the compiled page sees the page's variables and no others."""

    def __init__(self, blocks: Mapping[str, list[nodes.Block]]) -> None:
        self._blocks = blocks
        self._older: list[nodes.Block] = []

    def visit_Block(self, node: nodes.Block) -> nodes.Node:
        return self._placed(self._blocks[node.name])

    def visit_Output(self, node: nodes.Output) -> list[nodes.Node]:
        parts: list[nodes.Node] = []
        for child in node.nodes:
            if isinstance(child, nodes.Call) and child.node == nodes.Name("super", "load"):
                parts.append(self._placed(self._older))
            else:
                parts.append(nodes.Output([self.visit(child)], lineno=node.lineno))
        return parts

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        if node.name == "super":
            raise NotLinked("super() is not put out as it is")
        return node

    def _placed(self, line: list[nodes.Block]) -> nodes.Node:
        if not line:
            raise NotLinked("super() of a block that replaces none")
        outer, self._older = self._older, line[1:]
        placed = nodes.Scope(list(line[0].body), lineno=line[0].lineno)
        self.generic_visit(placed)
        self._older = outer
        return placed


class _Names(NodeTransformer):
    """Puts constants, and calls of the page's own functions, in the place of names."""

    def __init__(self, linker: _Linker, module: Module, shadowed: frozenset[str]) -> None:
        self._linker = linker
        self._macros = {k: v for k, v in module.macros.items() if k not in shadowed}
        self._imports = {k: v for k, v in module.imports.items() if k not in shadowed}

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        if node.name in self._macros or node.name in self._imports:
            raise NotLinked(f"{node.name} is not just called")
        return node

    def visit_CallBlock(self, node: nodes.CallBlock) -> nodes.Node:
        if self._macro(node.call.node):
            raise NotLinked("a macro with a caller")
        return self.generic_visit(node)

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        macro = self._macro(node.node)
        if macro is None:
            constant = self._linker.constant(node)
            return self.generic_visit(node) if constant is None else constant
        node.node = internal(macro.name)
        self.generic_visit(node)
        return self._linker.call(macro, node)

    def visit_Output(self, node: nodes.Output) -> nodes.Node:
        node.nodes = [part for child in node.nodes for part in self._linker.filled(child)]
        return self.generic_visit(node)

    def _macro(self, node: nodes.Node) -> LinkedMacro | None:
        if isinstance(node, nodes.Name):
            return self._macros.get(node.name)
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            module = self._imports.get(node.node.name)
            if module is not None:
                return module.macros.get(node.attr)
        return None


def _merge(tree: nodes.Node) -> None:
    """Put neighbouring outputs together, so that what is constant in them becomes one text."""
    for _, value in tree.iter_fields():
        for node in value if isinstance(value, list) else (value,):
            if isinstance(node, nodes.Node):
                _merge(node)
        if isinstance(value, list):
            merged: list[nodes.Node] = []
            for node in value:
                last = merged[-1] if merged else None
                if isinstance(node, nodes.Output) and isinstance(last, nodes.Output):
                    merged[-1] = nodes.Output([*last.nodes, *node.nodes], lineno=last.lineno)
                else:
                    merged.append(node)
            value[:] = merged


def stored(tree: nodes.Node) -> set[str]:
    """Every name that the template sets itself."""
    names: set[str] = set()
    for node in tree.find_all((nodes.Name, nodes.Macro, nodes.Import, nodes.FromImport)):
        if isinstance(node, nodes.Name):
            names |= {node.name} if node.ctx != "load" else set()
        elif isinstance(node, nodes.Macro):
            names.add(node.name)
        elif isinstance(node, nodes.Import):
            names.add(node.target)
        elif isinstance(node, nodes.FromImport):
            names |= {name if isinstance(name, str) else name[1] for name in node.names}
    return names


def _imported(node: nodes.Node) -> tuple[str, str] | None:
    """The name and the template of an import whose macros see what the page sees."""
    if isinstance(node, nodes.Import) and node.with_context:
        template = _literal(node.template)
        return (node.target, template) if template is not None else None
    return None


def _literal(node: nodes.Node) -> str | None:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


def _is_blank(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Output) and all(
        isinstance(part, nodes.TemplateData) for part in node.nodes
    )


def _statements(tree: nodes.Template) -> Iterator[nodes.Node]:
    """What a template that extends another does besides filling its blocks."""
    for node in tree.body:
        if isinstance(node, nodes.Assign | nodes.AssignBlock | nodes.Macro | nodes.FromImport):
            yield node
        elif not isinstance(node, nodes.Extends | nodes.Block | nodes.Output):
            raise NotLinked("a template that extends another does more than filling blocks")
