"""Serves a Python program's `app` behind a proxy with HTTPS: `python serving.py PROGRAM`, on the port in PORT."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from werkzeug.serving import run_simple

program = Path(sys.argv[1])
sys.path[0] = str(program.parent)
app = import_module(program.stem).app


def behind_https(environ: dict[str, Any], start_response: Any) -> Any:
    """What a proxy would say in a header that the server believes."""
    environ["wsgi.url_scheme"] = "https"
    return app(environ, start_response)


run_simple("127.0.0.1", int(os.environ["PORT"]), behind_https, threaded=True)
