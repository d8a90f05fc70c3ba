"""Which applications a school uses, and in which order (requirements, section 5.11)."""
