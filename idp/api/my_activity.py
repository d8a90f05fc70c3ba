"""Who did what with my LeerID: sign-ins, applications, the school's renewals, changes; twelve months of it (PR-12)."""
