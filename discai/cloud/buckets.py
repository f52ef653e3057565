"""Cloud Storage's client, with a connection for each thread that shares it."""

from typing import Any, Final

from google.cloud import storage

#: More than any process of ours has threads that talk to Cloud Storage: a function's instance has
#: 16, an ASGI server 40. Connections beyond a session's own ten are closed after each request, and
#: the log says so each time.
CONNECTIONS: Final = 64


def connect_buckets(project: str) -> storage.Client:
    """The client for a project's buckets, by Google's default credentials; it may be shared."""
    client = storage.Client(project=project)
    session: Any = client._http
    for adapter in session.adapters.values():
        adapter.init_poolmanager(CONNECTIONS, CONNECTIONS)
    return client
