"""Other people's relying parties, unmodified."""
