"""Only statements and tables talk SQL; the import contracts in pyproject.toml hold the rest."""

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "src" / "portico"
SQL_FILES = {"queries.py", "tables.py"}
EXCEPTIONS = {
    "library/parts.py": "the pieces that library/queries.py is put together from",
    "hooks/lifecycle.py": "a plugin hands over its MetaData",
    "lending/database.py": "reads a plugin's statements to keep them to the plugin's own tables",
}
MODULES = sorted(
    path.relative_to(CORE).as_posix()
    for path in CORE.rglob("*.py")
    if path.relative_to(CORE).parts[0] not in ("db", "testing")
)


def imports_of(path: Path) -> set[str]:
    """Everything a module imports, by its full name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{one.name}" for one in node.names}
    return found


def uses_sqlalchemy(path: Path) -> bool:
    return any(name.partition(".")[0] == "sqlalchemy" for name in imports_of(path))


@pytest.mark.parametrize("module", MODULES)
def test_only_statements_and_tables_talk_sql(module: str) -> None:
    if Path(module).name in SQL_FILES or module in EXCEPTIONS:
        return
    assert not uses_sqlalchemy(CORE / module), f"{module}: move the statement to queries.py"


def test_the_exceptions_are_real() -> None:
    assert all(uses_sqlalchemy(CORE / module) for module in EXCEPTIONS)


def test_every_feature_is_in_the_layers_contract() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [one["layers"] for one in config["contracts"] if one["type"] == "layers"]
    assert [layers[0], layers[1], layers[-1]] == ["portico.app", "portico.web", "portico.db"]
    features = {path.parent.name for path in CORE.glob("*/queries.py")}
    assert len(features) > 10
    assert features <= {name.strip().removeprefix("portico.") for name in layers[2].split(":")}
