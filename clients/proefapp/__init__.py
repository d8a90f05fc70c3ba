"""Proefapp: an application that shows a developer every message between LeerID and itself."""
