"""The demonstration: example schools and pupils, and five servers on this machine to try everything with.

Owns the example data and the pages that only a demonstration may have. Nothing else imports it, and a provider that
isn't a demonstration never loads it.
"""
