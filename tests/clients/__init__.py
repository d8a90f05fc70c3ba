"""The sample application and the registrations that come with the repository."""
