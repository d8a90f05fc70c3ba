"""Schools, who is enrolled in them, and who may do what there.

Owns schools, enrolments and appointments. May ask `accounts`; must not know Flask, sign-in or the protocol.
"""
