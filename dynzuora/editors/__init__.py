"""Completion in IPython, and stubs for editors and type checkers."""
