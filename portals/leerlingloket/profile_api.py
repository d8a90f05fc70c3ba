"""What a pupil asks the provider about the own e-mail address."""

from __future__ import annotations

from dataclasses import dataclass

from portals.kit.idp_api import IdpApi, read

PATH = "/api/me/email"


@dataclass(frozen=True)
class EmailApi:
    api: IdpApi
    token: str

    def begin(self) -> None:
        """Before anything is typed. Raises StepUpNeeded when it is long ago that somebody showed who they are."""
        self.api.get(PATH, self.token)

    def link(self, typed: str) -> str | None:
        """Where the mail with the link went; None when this address was proven before. Raises Refusal."""
        return read(sent_to, self.api.put(PATH, self.token, {"email": typed}))

    def send_again(self) -> None:
        """Raises Refusal (409) when nothing waits to be proven."""
        self.api.post(f"{PATH}/resend", self.token)

    def take_away(self) -> None:
        self.api.delete(PATH, self.token)


def sent_to(answer: dict[str, str | None]) -> str | None:
    return answer["sent_to"]
