"""Real HTTPS for tests: an authority that issues certificates, and doors that stand before plain servers as a proxy does.

The provider is `https://localhost:<port>` and applications are `https://127.0.0.1:<port>`: two sites, without a name server.
Both names are in every certificate. Doors speak TLS 1.3 and nothing older. Who must trust the authority gets its file:
`requests` as `verify`, other programs by `Authority.environment`, Chromium's context by `ignore_https_errors`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from idp.settings import Settings
from tests.support.browser import Visitor
from tests.support.provider import Provider, merged
from tests.support.relying_party import RelyingParty
from tests.support.server import Port

NAMES = ("localhost",)
ADDRESSES = ("127.0.0.1", "::1")
CHUNK = 65_536


# Certificates


class Authority:
    """An authority of this test run's own; nobody trusts it who wasn't given `file`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self.sign("Tests", self.key.public_key(), authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(pem(self.certificate))

    @property
    def environment(self) -> dict[str, str]:
        """What makes Python, OpenSSL, curl and Node trust it."""
        file = str(self.file)
        names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
        return dict.fromkeys(names, file)

    @cached_property
    def certificate_files(self) -> tuple[Path, Path]:
        """A server's certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate, secret = self.folder / "server.pem", self.folder / "server.key"
        certificate.write_bytes(pem(self.sign("Server", key.public_key(), authority=False)))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, secret

    @cached_property
    def server_side(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(*self.certificate_files)
        return context

    @cached_property
    def client_side(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.file))

    def sign(self, name: str, key: ec.EllipticCurvePublicKey, *, authority: bool) -> x509.Certificate:
        now = dt.datetime.now(dt.UTC)
        subject, issuer = named(name), named("Tests")
        builder = (
            x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
            .add_extension(usage(authority=authority), critical=True)
        )
        if not authority:
            here: list[x509.GeneralName] = [x509.DNSName(each) for each in NAMES]
            here += [x509.IPAddress(ipaddress.ip_address(each)) for each in ADDRESSES]
            builder = builder.add_extension(x509.SubjectAlternativeName(here), critical=False)
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
            )
        return builder.sign(self.key, hashes.SHA256())


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


# Doors


class Door:
    """A port with TLS, ours before there is a server behind it; `open_to` then lets everything through to that one.

    `origin` is where applications are; `origin_by_name` is the same door under another site's name.
    """

    def __init__(self, authority: Authority) -> None:
        self.authority = authority
        self.sockets = [listening_on("127.0.0.1", socket.AF_INET, 0)]
        self.port: int = self.sockets[0].getsockname()[1]
        with suppress(OSError):  # a machine without IPv6
            self.sockets.append(listening_on("::1", socket.AF_INET6, self.port))
        self.versions: list[str] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def origin_by_name(self) -> str:
        return f"https://localhost:{self.port}"

    def open_to(self, port: int) -> None:
        """Everything that comes in goes to this port of 127.0.0.1, decrypted."""
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run, args=(self.loop, port), daemon=True)
        self.thread.start()

    def run(self, loop: asyncio.AbstractEventLoop, port: int) -> None:
        async def come_in(inside: asyncio.StreamReader, outside: asyncio.StreamWriter) -> None:
            self.versions.append(str(outside.get_extra_info("ssl_object").version()))
            await between(inside, outside, port)

        asyncio.set_event_loop(loop)
        for each in self.sockets:
            loop.run_until_complete(asyncio.start_server(come_in, sock=each, ssl=self.authority.server_side))
        loop.set_exception_handler(lambda *_: None)  # who hangs up in the middle is nobody's fault
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    def close(self) -> None:
        if self.loop is not None and self.thread is not None:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()
        for each in self.sockets:
            each.close()


def listening_on(address: str, family: socket.AddressFamily, port: int) -> socket.socket:
    # Only of a socket that says it is TCP, asyncio sends small pieces at once.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


async def between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Carries bytes both ways until either side has had enough."""
    with closing(writer), suppress(OSError):
        answers, questions = await asyncio.open_connection("127.0.0.1", port)
        with closing(questions):
            ways = [
                asyncio.ensure_future(carry(reader, questions)),
                asyncio.ensure_future(carry(answers, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, ssl.SSLError):
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()


# What is behind them


class SecureProvider(Provider):
    """A provider that the world reaches by HTTPS only, set up as in production.

    `visitor()` makes a browser without JavaScript that trusts it; `relying_party()` makes applications that do.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        keys_directory: Path,
        tables: Mapping[str, Any],
        authority: Authority,
    ) -> None:
        self.authority = authority
        self.door = Door(authority)
        self.visitors: list[Visitor] = []
        super().__init__(folder, database_url, keys_directory, tables, "localhost")
        self.origin = self.issuer

    def configure(self, database_url: str, keys_directory: Path, tables: Mapping[str, Any]) -> Settings:
        secure: dict[str, Any] = {
            "issuer": self.door.origin_by_name,
            "server": {"insecure_http": False},
            "clients": {
                "ca_bundle_file": str(self.authority.file),
                "allowed_hosts": " ".join((*NAMES, *ADDRESSES)),
            },
        }
        return super().configure(database_url, keys_directory, merged(secure, tables))

    def start(self) -> None:
        super().start()
        self.door.open_to(self.ports[0].socket.getsockname()[1])

    def stop(self) -> None:
        for each in self.visitors:
            each.close()
        self.door.close()
        super().stop()

    def relying_party(self, client_id: str = "oefenapp", **registration: Any) -> RelyingParty:
        return trusting(super().relying_party(client_id, **registration), self.authority)

    def visitor(self, *also_there: str) -> Visitor:
        """Another browser, with its own cookies. `also_there` are origins besides the provider's that exist."""
        made = Visitor(self.issuer, *also_there)
        made.http.verify = str(self.authority.file)
        self.visitors.append(made)
        return made


def trusting(rp: RelyingParty, authority: Authority) -> RelyingParty:
    rp.http.verify = str(authority.file)
    return rp


class SecureSite:
    """Any WSGI application over HTTPS, as a supplier's own site: `with SecureSite(authority, app) as origin`."""

    def __init__(self, authority: Authority, app: Any) -> None:
        self.door, self.plain = Door(authority), Port()
        self.app = app

    @property
    def origin(self) -> str:
        return self.door.origin

    def __enter__(self) -> str:
        self.plain.serve(self.app)
        self.door.open_to(self.plain.socket.getsockname()[1])
        return self.origin

    def __exit__(self, *_: object) -> None:
        self.door.close()
        self.plain.close()
