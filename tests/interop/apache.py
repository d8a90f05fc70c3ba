"""Apache with mod_auth_openidc, as a supplier would run it: a configuration file and nothing of ours."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "dir", "mime")

CONFIGURATION = """
ServerName 127.0.0.1
ServerRoot {root}
PidFile {root}/apache.pid
Listen 127.0.0.1:{port}
ErrorLog {root}/error.log
LogLevel warn auth_openidc:info
{modules}
User www-data
Group www-data
DocumentRoot {root}/www
TypesConfig /etc/mime.types
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret "{client_secret}"
OIDCRedirectURI {origin}/protected/callback
OIDCDefaultLoggedOutURL {origin}/bye.html
OIDCCryptoPassphrase a-passphrase-for-this-test-only
OIDCScope "openid profile offline_access"
OIDCPKCEMethod S256
OIDCInfoHook iat access_token refresh_token id_token userinfo
<Location /protected>
  AuthType openid-connect
  Require valid-user
</Location>
"""


def is_there() -> bool:
    return shutil.which("apache2") is not None and (MODULES / "mod_auth_openidc.so").exists()


@contextmanager
def apache(issuer: str, client_id: str, client_secret: str, port: int) -> Iterator[str]:
    """A running Apache whose /protected needs a sign-in; gives its origin."""
    root = Path(tempfile.mkdtemp(prefix="apache-"))
    root.chmod(0o755)
    for page, words in {"protected/index.html": "You are in.", "bye.html": "Bye."}.items():
        (root / "www" / page).parent.mkdir(parents=True, exist_ok=True)
        (root / "www" / page).write_text(f"<!doctype html><title>Apache</title><p>{words}</p>")
    origin = f"http://127.0.0.1:{port}"
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED)
    (root / "apache.conf").write_text(
        CONFIGURATION.format(
            root=root,
            port=port,
            origin=origin,
            modules=modules,
            issuer=issuer,
            client_id=client_id,
            client_secret=client_secret,
        )
    )
    environment = {"PATH": os.environ["PATH"], "LANG": "C"}
    server = subprocess.Popen(
        ["apache2", "-f", str(root / "apache.conf"), "-D", "FOREGROUND"], env=environment
    )
    try:
        wait_for(port)
        yield origin
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
        shutil.rmtree(root, ignore_errors=True)


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("Apache did not start")
