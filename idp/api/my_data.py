"""All that is kept about one pupil, as JSON and as a PDF to read (PR-13)."""
