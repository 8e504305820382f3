"""Send requests: credentials, retries, limits. Only this part connects to a tenant.

A `Transport` belongs to one base URL and sends nothing elsewhere but a pre-signed URL,
over https and without credentials: every URL is parsed again just before it leaves
and its origin compared. Redirects are not followed, ``.netrc`` is never read, cookies
are not kept.
"""

from dynzuora.transport.concurrency import Concurrency
from dynzuora.transport.connections import ObservedAdapter
from dynzuora.transport.credentials import Bearer, Credentials, KeyPair, OAuth, Provided
from dynzuora.transport.exchange import Limits, Transport
from dynzuora.transport.retries import Policy
from dynzuora.transport.sending import Receiver

__all__ = [
    "Bearer",
    "Concurrency",
    "Credentials",
    "KeyPair",
    "Limits",
    "OAuth",
    "ObservedAdapter",
    "Policy",
    "Provided",
    "Receiver",
    "Transport",
]
