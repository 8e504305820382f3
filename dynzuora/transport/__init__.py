"""The only room that opens a connection: credentials, the retry policy, limits.

A `Transport` belongs to one base URL and sends nothing elsewhere but a pre-signed URL,
over https and without credentials: every URL is parsed again just before it leaves
and its origin compared. Redirects are not followed, ``.netrc`` is never read, cookies
are not kept.
"""

from dynzuora.transport.concurrency import Concurrency
from dynzuora.transport.credentials import Bearer, Credentials, KeyPair, OAuth
from dynzuora.transport.retries import Policy
from dynzuora.transport.sending import Limits, Receiver, Transport

__all__ = [
    "Bearer",
    "Concurrency",
    "Credentials",
    "KeyPair",
    "Limits",
    "OAuth",
    "Policy",
    "Receiver",
    "Transport",
]
