"""Where dynzuora keeps files, where a client points, and who it is there."""
