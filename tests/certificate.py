"""A server with a certificate that nobody has signed."""

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


def self_signed() -> ssl.SSLContext:
    """Return the context of a server at 127.0.0.1 that has signed its certificate itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    addresses = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=3650))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
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
        yield port.result(timeout=10)
    finally:
        end.set()
        thread.join()
