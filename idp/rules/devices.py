"""Roughly what somebody signs in on, from what the browser says of itself: enough to tell one's own devices apart."""

from enum import StrEnum


class Device(StrEnum):
    CHROMEBOOK = "chromebook"
    IPAD = "ipad"
    IPHONE = "iphone"
    ANDROID_PHONE = "android-phone"
    ANDROID_TABLET = "android-tablet"
    WINDOWS = "windows"
    MAC = "mac"  # and an iPad whose browser asks for pages as a computer does: they say the very same
    LINUX = "linux"
    OTHER = "other"


# The first that fits: what runs Android also says Linux, and an old telephone with Windows says all three.
_SIGNS = (
    ("CrOS", Device.CHROMEBOOK),
    ("iPad", Device.IPAD),
    ("iPhone", Device.IPHONE),
    ("iPod", Device.IPHONE),
    ("Windows", Device.WINDOWS),
    ("Android", Device.ANDROID_TABLET),
    ("Macintosh", Device.MAC),
    ("Linux", Device.LINUX),
)


def rough_device(user_agent: str) -> Device:
    """Never the browser or a version: those would make it a fingerprint."""
    found = next((device for sign, device in _SIGNS if sign in user_agent), Device.OTHER)
    if found is Device.ANDROID_TABLET and "Mobile" in user_agent:
        return Device.ANDROID_PHONE
    return found
