"""Where I am signed in, ending it there, and "Dit was ik niet"."""
