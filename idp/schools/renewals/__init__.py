"""New passwords for one or many pupils: proposed, shown, saved in steps, printed.

What is kept is a seed and never a password: whoever shows, saves or prints makes the same passwords from it anew.
"""
