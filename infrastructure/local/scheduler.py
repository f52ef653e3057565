"""Cloud Scheduler on one machine: calls functions every few seconds."""

import asyncio
import logging
from collections.abc import Mapping

import httpx

CALL_SECONDS = 180.0  # as long as Cloud Scheduler waits unless told otherwise

log = logging.getLogger("scheduler")


async def call_forever(every_seconds: Mapping[str, float]) -> None:
    """POST to each URL again and again, until cancelled; a failed call waits for the next."""
    async with httpx.AsyncClient(timeout=CALL_SECONDS) as client:
        await asyncio.gather(*(call(client, *schedule) for schedule in every_seconds.items()))


async def call(client: httpx.AsyncClient, url: str, every_seconds: float) -> None:
    """One schedule."""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            (await client.post(url, content=b"")).raise_for_status()
        except httpx.HTTPError as error:
            log.warning("%s: %r", url, error)
