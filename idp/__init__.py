"""The identity provider: an OpenID Connect provider that owns every record of LeerID."""
