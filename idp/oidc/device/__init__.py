"""Signing in on a device without a keyboard: a classroom board, a kiosk (RFC 8628).

The device asks for two codes, shows one of them, and asks again and again with the other; a person types the shown code in
their own browser and says yes. What this room must prevent is that somebody says yes to a stranger's device.
"""
