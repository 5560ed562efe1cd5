"""The docs and the code say the same."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from portico.hooks.specs import SPECS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs/generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_hooks_is_what_the_code_says(generator: ModuleType) -> None:
    assert (ROOT / "docs/hooks.md").read_text() == generator.render(), "run `make docs`"


def test_every_hook_stands_on_the_page_with_its_exact_signature(generator: ModuleType) -> None:
    page = (ROOT / "docs/hooks.md").read_text()
    for spec in SPECS:
        for name, function in generator.hooks_of(spec).items():
            assert f"### `{name}`" in page
            assert generator.signature(function) in page
            assert function.__doc__, f"{spec.__name__}.{name} has no docstring"


def test_every_hook_is_answered_by_a_plugin_or_an_example(generator: ModuleType) -> None:
    sources = [
        path.read_text()
        for folder in ("plugins", "examples")
        for path in (ROOT / folder).glob("*/src/**/*.py")
    ]
    for spec in SPECS:
        for name in generator.hooks_of(spec):
            answered = any(
                f"def {name}(" in text.split("@hookimpl", 1)[1]
                for text in sources
                if "@hookimpl" in text
            )
            assert answered, f"no plugin or example answers {name}"


def test_every_hook_is_named_in_a_test(generator: ModuleType) -> None:
    tests = [
        path.read_text()
        for pattern in ("core/tests/**/*.py", "core/src/portico/testing/**/*.py",
                        "plugins/*/tests/**/*.py", "examples/*/tests/**/*.py", "tests/**/*.py")
        for path in ROOT.glob(pattern)
    ]  # fmt: skip
    for spec in SPECS:
        for name in generator.hooks_of(spec):
            assert any(name in text for text in tests), f"no test names the hook {name}"
