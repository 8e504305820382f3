"""Editor support: completion in IPython, and type stubs."""
