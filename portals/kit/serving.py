"""Serving a desk in production: gunicorn, configured by the desk's own table."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from portals.kit import logs
from portals.kit.deadlines import DeadlineWorker
from portals.kit.settings import PortalSettings, SettingsError, load


def main(table: str, create_app: Callable[[PortalSettings], Flask]) -> None:
    """`python -m portals.<desk> --config FILE`."""
    parser = argparse.ArgumentParser(prog=f"python -m portals.{table}")
    parser.add_argument("--config", type=Path, required=True, help="the configuration file (TOML)")
    try:
        settings = load(parser.parse_args().config, table)
        logs.to_stderr(settings.log_level)
        app = create_app(settings)
    except SettingsError as error:
        raise SystemExit(str(error)) from None
    Gunicorn(app, settings).run()


class Gunicorn(BaseApplication):  # type: ignore[misc]
    """One WSGI application under gunicorn's threads."""

    def __init__(self, app: Flask, settings: PortalSettings) -> None:
        self.application = app
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        chosen: dict[str, Any] = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.workers,
            "threads": self.settings.threads,
            "worker_class": DeadlineWorker,
            "keepalive": 30,
            "control_socket_disable": True,
            # Who is behind a proxy is decided in one place only: `trusted_proxies`, in new_desk.
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "logger_class": JsonLogger,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
        }
        for key, value in chosen.items():
            self.cfg.set(key, value)

    def load(self) -> Flask:
        return self.application


class JsonLogger(Logger):  # type: ignore[misc]
    """What gunicorn has to say goes where everything goes; its own access log would hold addresses with codes in them."""

    def setup(self, cfg: Config) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.handlers.clear()
        self.error_log.propagate = True
