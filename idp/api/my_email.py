"""A pupil's own e-mail address: link, change, send the mail again, take it away (R67-R74)."""
