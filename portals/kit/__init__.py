"""What both desks are made of: signing in, the sealed session, the provider's API, and the frame around a page.

Knows how to speak to the provider; must not know what a desk shows.
"""
