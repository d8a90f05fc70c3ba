"""An e-mail address that its owner recognises while another cannot read it."""

# Always five, so that the mask does not tell how long the name is (R98).
_STARS = "*****"


def mask_email(address: str) -> str:
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = domain, ""
    return f"{_masked(local)}{at}{domain}"


def _masked(local: str) -> str:
    # Of one or two characters the mask would show everything, so it keeps the last one back.
    return local[:1] + _STARS + (local[-1] if len(local) > 2 else "")
