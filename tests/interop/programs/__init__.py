"""Applications as their suppliers would write them, each with a library that we did not write."""
