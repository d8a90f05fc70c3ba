"""What a browser says of itself, and what we take it for."""

from __future__ import annotations

import pytest

from idp.rules.devices import Device, rough_device

APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
GOOGLE = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"


@pytest.mark.parametrize(
    ("says", "device"),
    [
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {GOOGLE} Safari/537.36", Device.CHROMEBOOK),
        (f"Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) {APPLE} Version/12.1 Mobile/15E148", Device.IPAD),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {APPLE} Mobile/15E148", Device.IPHONE),
        (f"Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5 like Mac OS X) {APPLE}", Device.IPHONE),
        (f"Mozilla/5.0 (Linux; Android 10; K) {GOOGLE} Mobile Safari/537.36", Device.ANDROID_PHONE),
        (f"Mozilla/5.0 (Linux; Android 10; K) {GOOGLE} Safari/537.36", Device.ANDROID_TABLET),
        ("Mozilla/5.0 (Android 13; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0", Device.ANDROID_TABLET),
        ("Mozilla/5.0 (Android 13; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", Device.ANDROID_PHONE),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {GOOGLE} Safari/537.36 Edg/126.0.0.0", Device.WINDOWS),
        ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Lumia 950) Mobile", Device.WINDOWS),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/17.5 Safari", Device.MAC),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", Device.LINUX),
        ("curl/8.7.1", Device.OTHER),
        ("", Device.OTHER),
        ("\u0000'; DROP TABLE devices; --" * 200, Device.OTHER),
    ],
)
def test_a_device_is_told_roughly(says: str, device: Device) -> None:
    assert rough_device(says) is device


def test_every_device_fits_in_its_column() -> None:
    assert all(len(device) <= 20 for device in Device)
