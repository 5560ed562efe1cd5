"""A contract suite finds what it is for, and nobody weakens it by subclassing."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from portico.testing.contracts import FileStorageHooksContract, LicenseHooksContract

from .plugins import Menu

BROKEN = """
    import hashlib
    from portico.api import *
    from portico.testing.contracts import LicenseHooksContract

    class SameKey(Plugin, LicenseHooks):
        name, title = "same_key", "Same key"

        @hookimpl
        async def issue_license(self, ctx, grant):
            return IssuedLicense("ABC")

        @hookimpl
        async def disable_license(self, ctx, license):
            pass

    class TestSameKey(LicenseHooksContract):
        plugin = SameKey()
"""


def test_a_contracts_test_cannot_be_replaced() -> None:
    with pytest.raises(TypeError, match="replaces test_a_replacement_is_another_key"):

        class Weak(LicenseHooksContract):
            plugin = Menu("weak")

            async def test_a_replacement_is_another_key(self, shop: object) -> None: ...

    with pytest.raises(TypeError, match="replaces test_an_empty_file_is_a_file"):

        class Without(FileStorageHooksContract):
            plugin = Menu("without")
            test_an_empty_file_is_a_file = None

    class Further(LicenseHooksContract):
        plugin = Menu("further")

        async def test_something_of_its_own(self) -> None: ...

    with pytest.raises(TypeError, match="replaces"):

        class Below(Further):
            async def test_a_replacement_is_another_key(self, shop: object) -> None: ...


def test_a_broken_plugin_fails_its_suite(tmp_path: Path) -> None:
    """In a folder of its own, where nothing is set up for pytest-asyncio."""
    (tmp_path / "test_broken.py").write_text(textwrap.dedent(BROKEN), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "sqlite",
         str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    failed = {line.split("::")[-1].split("[")[0] for line in run.stdout.splitlines()
              if line.startswith("FAILED")}  # fmt: skip
    assert failed == {
        "test_a_thousand_keys_are_all_different",
        "test_asked_again_for_the_same_key_it_gives_one",
        "test_a_replacement_is_another_key",
    }, run.stdout
