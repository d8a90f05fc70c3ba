"""Apache with mod_auth_openidc, as a supplier would run it: a configuration file and nothing of ours."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.interop.foreign import SHOWN_TO_SUPPLIERS, surroundings
from tests.interop.waiting import wait_for
from tests.support.https import SecureProvider

MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "ssl", "auth_openidc", "dir", "mime")

CONFIGURATION = """
ServerName https://127.0.0.1:{port}
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
SSLEngine on
SSLCertificateFile {certificate}
SSLCertificateKeyFile {key}
OIDCCABundlePath {root}/authority.pem
OIDCInfoHook iat access_token refresh_token id_token userinfo
Include {shown}
"""


def is_there() -> bool:
    return shutil.which("apache2") is not None and (MODULES / "mod_auth_openidc.so").exists()


@contextmanager
def apache(house: SecureProvider, client_id: str, client_secret: str, port: int) -> Iterator[str]:
    """A running Apache whose /protected needs a sign-in; gives its origin."""
    root = Path(tempfile.mkdtemp(prefix="apache-"))
    root.chmod(0o755)
    for page, words in {"protected/index.html": "You are in.", "bye.html": "Bye."}.items():
        (root / "www" / page).parent.mkdir(parents=True, exist_ok=True)
        (root / "www" / page).write_text(f"<!doctype html><title>Apache</title><p>{words}</p>")
    shutil.copy(house.authority.file, root)  # to where Apache's own user may read
    certificate, key = house.authority.certificate_files
    (root / "apache.conf").write_text(
        CONFIGURATION.format(
            root=root,
            port=port,
            modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED),
            certificate=certificate,
            key=key,
            shown=SHOWN_TO_SUPPLIERS / "mod_auth_openidc.conf",
        )
    )
    origin = f"https://127.0.0.1:{port}"
    environment = {
        **surroundings(house),
        "LANG": "C",
        "ISSUER": house.issuer,
        "CLIENT_ID": client_id,
        "CLIENT_SECRET": client_secret,
        "ORIGIN": origin,
        "COOKIE_KEY": "a-passphrase-for-this-test-only",
    }
    server = subprocess.Popen(
        ["apache2", "-f", str(root / "apache.conf"), "-D", "FOREGROUND"], env=environment
    )
    try:
        wait_for(port, server, root / "error.log")
        yield origin
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
        shutil.rmtree(root, ignore_errors=True)
