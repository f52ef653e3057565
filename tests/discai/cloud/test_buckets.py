"""Threads share a client of Cloud Storage, which keeps the connection of each."""

import pytest
import yaml

from discai.cloud.buckets import connect_buckets
from infrastructure.local.topology import TOPOLOGY


@pytest.mark.parametrize("host", ["http://127.0.0.1:1", "https://storage.example"])
def test_each_call_of_a_function_keeps_its_connection(monkeypatch, caplog, host):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", host)
    adapter = connect_buckets("project")._http.get_adapter(host)
    pool = adapter.poolmanager.connection_from_url(host)
    calls = yaml.safe_load(TOPOLOGY.read_text())["services"]["functions"]["concurrency"]
    connections = [pool._get_conn() for _ in range(calls)]
    for connection in connections:
        pool._put_conn(connection)
    assert [pool._get_conn() for _ in range(calls)] == connections[::-1]
    assert not caplog.records
