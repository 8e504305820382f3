"""A whole document as one HTML page."""
