"""The two desks, over real HTTP against a real provider."""
