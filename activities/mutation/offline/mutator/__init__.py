"""Offline mutator: generic edits of a program's evolve blocks, decided by one seed string alone."""
