"""One node of a provider as a process of its own: `python -m tests.oidc.node SETTINGS.json` prints its address."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idp import settings
from tests.support.provider import Provider
from tests.support.server import Port

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def two_nodes(provider: Provider, folder: Path) -> Iterator[list[str]]:
    """The addresses of two processes that serve what `provider` serves: same database, same keys, same clients."""
    file = folder / "settings.json"
    file.write_text(json.dumps(tables(provider)), encoding="utf-8")
    command = [sys.executable, "-m", "tests.oidc.node", str(file)]
    nodes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    try:
        yield [address_of(node) for node in nodes]
    finally:
        for node in nodes:
            node.terminate()
        for node in nodes:
            node.communicate(timeout=20)


def address_of(node: subprocess.Popen[str]) -> str:
    assert node.stdout is not None
    line = node.stdout.readline().strip()
    assert line.startswith("http://"), f"the node didn't start: {line}"
    return line


def tables(provider: Provider) -> dict[str, object]:
    own = provider.settings
    return {
        "issuer": own.issuer,
        "database": {"url": own.database.url, "pool_size": own.database.pool_size},
        "keys": {"directory": str(own.keys.directory)},
        "server": {"insecure_http": True},
        "clients": {"directory": str(own.clients.directory), "reload_seconds": 0},
        "registration": {"enabled": own.registration.enabled},
    }


def main() -> None:
    from idp.app import create_app

    app = create_app(settings.parse(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    port = Port()
    port.serve(app)
    print(port.origin, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
