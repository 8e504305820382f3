"""Commands that run for long: `python -m tests.long`, described in docs/testing.md."""
