"""The OpenID Foundation's certification profiles for providers: every module is a test of its own name, over real HTTPS."""
