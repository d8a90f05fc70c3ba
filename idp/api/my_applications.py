"""The tiles of the dashboard: in the school's order, favourites first, and what each application gets."""
