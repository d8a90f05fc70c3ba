"""Mail: a row in the transaction that caused it, and the worker that delivers it.

Owns the outbox. Knows Flask-Mail; must not know who writes the mails.
"""
