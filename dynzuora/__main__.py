"""``python -m dynzuora`` is the ``dynzuora`` command."""

from dynzuora.shell import main

main()
