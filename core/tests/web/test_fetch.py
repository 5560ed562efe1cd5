"""Fetching from a server that a seller has named: its certificate, its address, how much."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from portico.net import PrivateAddress, fetch

HERE = "127.0.0.1"


def certificate(folder, name):
    """A certificate for ``name`` that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )  # fmt: skip
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return file


@asynccontextmanager
async def server(answer, *, tls=None, waits=False):
    """A web server that says ``answer`` to everything; gives its port and what it was asked."""
    asked = []

    async def handle(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if waits:
            await asyncio.sleep(5)
        writer.write(answer)
        writer.close()

    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
    running = await asyncio.start_server(handle, HERE, 0, ssl=context)
    yield running.sockets[0].getsockname()[1], asked
    running.close()


def page(text, extra=""):
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n{extra}\r\n{text}".encode()


async def test_the_host_is_asked_for_at_the_given_address_with_its_certificate(
    tmp_path, monkeypatch
):
    pem = certificate(tmp_path, "shop.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    async with server(page("hello"), tls=pem) as (port, asked):
        found = await fetch(f"https://shop.test:{port}/x?y=1", HERE, timeout=5, own=(HERE,))
        assert (found.status, found.text) == (200, "hello")
        assert asked[0].startswith("GET /x?y=1 HTTP/1.1\r\n")
        assert f"\r\nhost: shop.test:{port}\r\n" in asked[0].lower()
        with pytest.raises(ssl.SSLError):
            await fetch(f"https://other.test:{port}/", HERE, timeout=5, own=(HERE,))
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, "nobody.test")))
        with pytest.raises(ssl.SSLError):
            await fetch(f"https://shop.test:{port}/", HERE, timeout=5, own=(HERE,))


@pytest.mark.parametrize("address", [HERE, "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"])
async def test_a_private_address_is_refused_before_anything_is_sent(address):
    with pytest.raises(PrivateAddress):
        await fetch("http://shop.test/", address, timeout=1)


async def test_no_redirect_is_followed_and_no_more_is_read_than_wanted():
    away = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    async with server(away) as (port, asked):
        found = await fetch(f"http://shop.test:{port}/", HERE, timeout=5, own=(HERE,))
        assert (found.status, len(asked)) == (302, 1)
    async with server(page("x" * 1_000_000)) as (port, _):
        found = await fetch(f"http://shop.test:{port}/", HERE, timeout=5, limit=10, own=(HERE,))
        assert found.text == "x" * 10


async def test_who_does_not_answer_is_not_waited_for():
    async with server(b"", waits=True) as (port, _):
        with pytest.raises(TimeoutError):
            await fetch(f"http://shop.test:{port}/", HERE, timeout=0.2, own=(HERE,))
    with pytest.raises(OSError, match=""):
        await fetch("http://shop.test:1/", HERE, timeout=2, own=(HERE,))
