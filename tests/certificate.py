"""Certificates: one that nobody has signed, with a server; and one of an authority of our own."""

import asyncio
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
import ssl
from tempfile import TemporaryDirectory
import threading

from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from simulator import Simulator

from .clock import running

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

type Key = ec.EllipticCurvePrivateKey


def _certificate(name: str, key: Key, issuer: str, signed_by: Key, *, authority: bool) -> x509.Certificate:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    # Python checks strictly that a certificate says what it is for.
    usage = dict.fromkeys(_USAGES, False) | {
        "digital_signature": True,
        "key_cert_sign": authority,
        "crl_sign": authority,
    }
    addresses = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(addresses, critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()), critical=False
        )
        .sign(signed_by, hashes.SHA256())
    )


def _pem(certificate: x509.Certificate, key: Key | None = None) -> bytes:
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    if key:
        form = serialization.PrivateFormat.PKCS8
        pem += key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return pem


def write_certificates(folder: Path) -> tuple[Path, Path]:
    """Write the certificate of an authority of our own, and one with its key for 127.0.0.1; return both."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority, server = folder / "authority.pem", folder / "server.pem"
    signed = _certificate("127.0.0.1", key, "Authority", authority_key, authority=False)
    authority.write_bytes(
        _pem(_certificate("Authority", authority_key, "Authority", authority_key, authority=True))
    )
    server.write_bytes(_pem(signed, key))
    return authority, server


def self_signed() -> ssl.SSLContext:
    """Return the context of a server at 127.0.0.1 that has signed its certificate itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate("127.0.0.1", key, "127.0.0.1", key, authority=False)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.write_bytes(_pem(certificate, key))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
    return context


@contextmanager
def tls_server(simulator: Simulator) -> Generator[int]:
    """Run both services with such a certificate; return the port.

    They have an event loop of their own, which may complain about clients that break off the handshake.
    """
    port: Future[int] = Future()
    end = threading.Event()

    async def serve() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        server = TestServer(simulator.app(), host="127.0.0.1")
        await server.start_server(ssl=self_signed())
        port.set_result(server.port or 0)
        await asyncio.to_thread(end.wait)
        await server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        with running().beside():
            yield port.result(timeout=10)
    finally:
        end.set()
        thread.join()
