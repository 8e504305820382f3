"""A document as one HTML file: ``browse.page(document)`` returns it as text.

::

    from dynzuora import diff, load
    from dynzuora.pages import browse

    text = browse.page(load("2021-08-20"), changes=diff("2020-12-10", "2021-08-20"))
"""
