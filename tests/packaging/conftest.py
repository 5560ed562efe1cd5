"""Every distribution's wheel, built once per process."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.support.wheels import Wheel, build


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Wheel]:
    """Builds the wheel of a distribution's folder; asked again, it is the same one."""
    folder = tmp_path_factory.mktemp("wheels")

    @cache
    def made(source: Path) -> Wheel:
        return build(source, folder)

    return made
