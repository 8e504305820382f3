"""Editor support: completion in IPython, and type stubs.

::

    %load_ext dynzuora                                  # in IPython and Jupyter

    from dynzuora import load
    from dynzuora.editors import stubs
    stubs.write(load(), folder)                         # types of ``client.ops`` for mypy and pyright
"""
