"""``python -m dynzuora`` is the ``dynzuora`` command."""

from dynzuora._cli import main

main()
