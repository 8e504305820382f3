"""`AsyncClient`: the client for asyncio, on a bounded number of threads; cancelling closes the connection."""

from dynzuora.aio.client import AsyncClient
from dynzuora.aio.results import AsyncJob, AsyncMap, AsyncRows

__all__ = ["AsyncClient", "AsyncJob", "AsyncMap", "AsyncRows"]
