"""What these tests meet: a mail server, and a provider that sends its mails there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.mail.letters import mail_to
from tests.support.mail_server import MailServer
from tests.support.ports import free_port
from tests.support.provider import Provider


@pytest.fixture
def mail_server() -> MailServer:
    """It doesn't run yet."""
    return MailServer(free_port())


@pytest.fixture
def post(open_provider: Callable[..., Provider], mail_server: MailServer) -> Provider:
    """A provider with a mail server that doesn't run yet."""
    return open_provider(mail=mail_to(mail_server))


@pytest.fixture
def running(mail_server: MailServer) -> Iterator[MailServer]:
    with mail_server.running():
        yield mail_server
