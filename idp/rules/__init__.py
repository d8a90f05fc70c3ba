"""What the customer decided, as plain Python.

This room owns the rules: kinds of account, their life, passwords, usernames, throttling, masking. It must not
know Flask, SQLAlchemy or any other library, nor the clock or a source of randomness: `now` and `below` are
handed in.
"""
