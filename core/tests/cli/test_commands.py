"""What an operator types, and what happens."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from portico.cli import main, serve
from portico.cli.demo import _links
from portico.cli.program import app
from typer.testing import CliRunner

KEY = "k" * 40
Run = Callable[..., str]


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command that is expected to succeed; returns what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTICO_DATABASE_URL", database_url)
    monkeypatch.setenv("PORTICO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PORTICO_SECRET_KEYS", KEY)
    monkeypatch.setenv(
        "PORTICO_PLUGINS", "auth_email_link,payments_sandbox,files_local,licenses,email_smtp"
    )
    monkeypatch.setenv("PORTICO_SMTP_URL", "smtp://127.0.0.1:9")

    def invoke(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == status, result.output
        return result.output

    invoke("db", "upgrade")
    return invoke


def open_store(run: Run) -> None:
    run("store", "create", "acme", "--name", "Acme", "--currency", "USD")


def test_a_database_is_brought_up_to_date_once(run: Run) -> None:
    assert run("db", "upgrade").strip() == "The database is up to date."
    assert "up to date" in run("db", "status")


def test_a_store_is_created_and_listed_with_its_portal_link(run: Run) -> None:
    printed = run("store", "create", "acme", "--name", "Acme")
    assert "http://127.0.0.1:8000/p/acme/" in printed
    assert "acme\tAcme\ttest\thttp://127.0.0.1:8000/p/acme/" in run("store", "list")


def test_a_seller_is_invited(run: Run) -> None:
    open_store(run)
    printed = run("seller", "invite", "kim@example.com", "--store", "acme", "--role", "owner")
    assert "kim@example.com is owner of Acme" in printed


def test_a_product_gets_a_price_and_a_file_with_versions(run: Run, tmp_path: Path) -> None:
    open_store(run)
    first, second = tmp_path / "font.zip", tmp_path / "font2.zip"
    first.write_bytes(b"one" * 100)
    second.write_bytes(b"two" * 100)
    assert "/p/acme/buy/font" in run(
        "product", "create", "font", "--name", "Font", "--store", "acme", "--licenses", "licenses"
    )
    run("product", "price", "font", "8900", "--store", "acme")
    added = run("file", "add", "font", str(first), "--store", "acme", "--label", "1.0")
    match = re.search(r"Added as file (\w+)", added)
    assert match is not None
    assert "SHA-256" in run(
        "file", "replace", match[1], str(second), "--store", "acme", "--label", "2.0"
    )
    assert f"font\tFont\tactive\tfont.zip\t2.0\t{match[1]}" in run(
        "product", "list", "--store", "acme"
    )
    run("file", "remove", match[1], "--store", "acme")
    assert match[1] not in run("product", "list", "--store", "acme")


def test_a_plugin_is_switched_per_store(run: Run) -> None:
    open_store(run)
    run("store", "create", "other", "--name", "Other")
    assert re.search(r"^licenses\t.*\ton$", run("plugin", "list", "--store", "acme"), re.M)
    run("plugin", "retire", "licenses", "--store", "acme")
    assert re.search(r"^licenses\t.*\tretiring$", run("plugin", "list", "--store", "acme"), re.M)
    run("plugin", "disable", "licenses", "--store", "acme")
    assert re.search(r"^licenses\t.*\toff$", run("plugin", "list", "--store", "acme"), re.M)
    assert re.search(r"^licenses\t.*\ton$", run("plugin", "list", "--store", "other"), re.M)
    run("plugin", "enable", "licenses", "--store", "acme")
    assert re.search(r"^licenses\t.*\ton$", run("plugin", "list", "--store", "acme"), re.M)


def test_secrets_are_rotated_to_the_first_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_SECRET_KEYS", f"{'n' * 40},{KEY}")
    assert "0 stored secrets" in run("secrets", "rotate")
    assert re.fullmatch(r"[0-9a-f]{64}", run("secrets", "generate").strip())


def test_doctor_says_what_is_wrong_and_how_to_mend_it(run: Run) -> None:
    open_store(run)
    report = run("doctor", status=1)
    assert "ok  database schema is up to date" in report
    assert "ok  acme: sign in through auth_email_link" in report
    assert re.search(r"BAD acme: email_smtp: .*\n    \S+", report), report


def test_a_port_that_is_taken_is_said_before_anything_is_done(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "PATIENCE", 0)
    for name in ("DEMO", "BASE_URL"):
        monkeypatch.setenv(f"PORTICO_{name}", "")  # put back when the test is over
        monkeypatch.delenv(f"PORTICO_{name}")
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            said = run(command, "--port", str(port), status=1)
            assert f"Cannot listen on port {port}" in said and "--port" in said


def test_the_link_that_sets_up_leads_to_the_port_we_listen_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTICO_BASE_URL", "")  # put back when the test is over
    monkeypatch.delenv("PORTICO_BASE_URL")
    monkeypatch.setattr(serve, "listen", lambda *where: None)
    assert re.search(
        r"http://127.0.0.1:8765/dashboard/set-up\?token=\S+", run("serve", "--port", "8765")
    )


def test_the_demo_prints_its_links_as_json() -> None:
    links = json.loads(json.dumps(_links("http://127.0.0.1:8000")))
    assert list(links) == ["base", "portal", "dashboard", "mailbox", "customer", "seller"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["product", "list", "--store", "nope"], "There is no store 'nope'. Stores: acme."),
        (["file", "add", "nope", "x", "--store", "acme"], "Acme has no product 'nope'."),
        (["store", "create", "acme", "--name", "Again"], "There is a store 'acme' already."),
        (["store", "create", "A B", "--name", "Bad"], "A slug has lower-case letters"),
        (["seller", "invite", "nobody", "--store", "acme"], "e-mail address"),
        (["plugin", "enable", "nope", "--store", "acme"], "not installed"),
    ],
)
def test_a_mistake_gets_one_line_that_says_what_to_do(
    run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    arguments: list[str], message: str,
) -> None:  # fmt: skip
    open_store(run)
    monkeypatch.setattr("sys.argv", ["portico", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    printed = capfd.readouterr().err
    lines = [line for line in printed.splitlines() if not line.startswith("{")]
    assert stopped.value.code == 1
    assert len(lines) == 1
    assert lines[0].startswith("portico: ")
    assert message in lines[0]


def test_a_command_loads_nothing_of_the_web() -> None:
    code = "import sys, portico.cli.program; sys.exit('quart' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_database_that_nobody_has_set_up_is_said_to_be_new(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTICO_DATABASE_URL", database_url)
    monkeypatch.setenv("PORTICO_SECRET_KEYS", KEY)
    monkeypatch.setattr("sys.argv", ["portico", "store", "list"])
    with pytest.raises(SystemExit):
        main()
    assert "Run `portico db upgrade`." in capfd.readouterr().err
