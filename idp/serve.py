"""The provider in production: gunicorn with threads, embedded, so that config.toml stays the only configuration."""

from __future__ import annotations

import os
import socket
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from idp import database_upgrade
from idp.app import create_app
from idp.database import flask_database
from idp.deadlines import DeadlineWorker
from idp.settings import Settings
from idp.web import logs
from idp.web.host import is_loopback
from idp.worker import BackgroundWork

KEEP_ALIVE_SECONDS = 30
FINISH_WITHIN_SECONDS = 20
LONGEST_REQUEST_LINE = 8190  # an authorization request with claims and a signed request is long


class CannotServe(Exception):
    """Why this process can't serve; said in one sentence."""


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT; requests that have begun are finished first."""
    refuse_a_public_demonstration(settings)
    refuse_an_old_database(settings.database.url)
    refuse_a_busy_port(settings.server.host, settings.server.port)
    logs.to_stderr(settings.logging.level)
    app = create_app(settings)
    if settings.demo.enabled:
        show_demo_pages(app)
    Embedded(app, settings).run()


def show_demo_pages(app: Flask) -> None:
    from idp.demo import views  # noqa: PLC0415 - a real provider never loads it

    views.install(app)


class Embedded(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings, instead of its own files, arguments and environment."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.choices().items():
            self.cfg.set(name, value)

    def choices(self) -> dict[str, Any]:
        server = self.settings.server
        return {
            "bind": f"{server.host}:{server.port}",
            "workers": server.workers,
            "worker_class": DeadlineWorker,
            "threads": server.threads,
            "keepalive": KEEP_ALIVE_SECONDS,
            "graceful_timeout": FINISH_WITHIN_SECONDS,
            "limit_request_line": LONGEST_REQUEST_LINE,
            # Workers say that they are alive by touching a file: in memory, because a slow disk would look like death.
            "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
            "control_socket_disable": True,
            # Who is behind a proxy is decided in one place only: `server.trusted_proxies`, in create_app.
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "logger_class": JsonLogger,
            "proc_name": "leerid",
            "post_fork": self.leave_parents_connections,
            "post_worker_init": self.start_background_work,
            "worker_exit": self.end_background_work,
        }

    def load(self) -> Flask:
        return self.app

    def leave_parents_connections(self, _arbiter: Any, _worker: Worker) -> None:
        """A connection that two processes share would mix up their answers."""
        with self.app.app_context():
            flask_database.engine.dispose(close=False)

    def start_background_work(self, worker: Worker) -> None:
        if self.settings.server.run_worker:
            worker.background_work = BackgroundWork(self.app)
            worker.background_work.start()

    def end_background_work(self, _arbiter: Any, worker: Worker) -> None:
        work = getattr(worker, "background_work", None)
        if work is not None:
            work.stop()


class JsonLogger(Logger):  # type: ignore[misc]
    """What gunicorn has to say goes where everything goes; its own access log would hold addresses with codes in them."""

    def setup(self, cfg: Config) -> None:
        self.cfg = cfg
        self._access_log_enabled = False
        self.error_log.handlers.clear()
        self.error_log.propagate = True


def refuse_a_public_demonstration(settings: Settings) -> None:
    """Its pages show everybody's password, so nobody but this machine may ever reach them (FT-23)."""
    on_this_machine = settings.server.insecure_http and is_loopback(settings.issuer)
    if settings.demo.enabled and not on_this_machine:
        raise CannotServe(
            "demo.enabled shows everybody's password: only with server.insecure_http and an issuer on 127.0.0.1"
        )


def refuse_an_old_database(url: str) -> None:
    found, expected = database_upgrade.current(url), database_upgrade.newest()
    if found != expected:
        raise CannotServe(
            f"the database is at revision {found or 'none'}, not {expected}: run `leerid db upgrade` first"
        )


def refuse_a_busy_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise CannotServe(f"port {port} of {host} can't be used: {error.strerror}") from error
