"""The daily feed of enrolments: read it, compare it with what is known, and apply the difference.

Knows no Flask and no file format outside this folder. FORMAT.md says what a feed holds.
"""
