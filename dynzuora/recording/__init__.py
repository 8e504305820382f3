"""Recordings: the calls of a client in a file, played again without a server, or held against a document.

::

    with Client(profile="test", record="calls.jsonl") as client: ...   # calls and their responses
    with Client(replay="calls.jsonl") as client: ...                   # the same, without a network

    from dynzuora.recording import read
    from dynzuora.recording.judging import refused
    refused(read("calls.jsonl"), load("2021-08-20"))                   # what a new version refuses

A recording is JSON lines, one for each try, with secrets as ``***``: what is secret is decided
where it is for everything that people read (`dynzuora._redaction`). Logins are not recorded.
"""

from dynzuora.recording.tries import Try, read

__all__ = ["Try", "read"]
