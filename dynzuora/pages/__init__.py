"""A document as one HTML file: ``browse.page(document)`` returns it as text."""
