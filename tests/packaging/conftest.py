"""Every distribution's wheel, built once per process."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.support.wheels import CORE, Environment, Wheel, build, make_environment


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Wheel]:
    """Builds the wheel of a distribution's folder; asked again, it is the same one."""
    folder = tmp_path_factory.mktemp("wheels")

    @cache
    def made(source: Path) -> Wheel:
        return build(source, folder)

    return made


@pytest.fixture(scope="session")
def core_alone(
    wheel: Callable[[Path], Wheel], tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """An environment with core's wheel and none of a plugin or theme."""
    return make_environment(tmp_path_factory.mktemp("core"), wheel(CORE))
