"""`python -m infrastructure.local up`: start the cloud on this machine and stay until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from infrastructure.local.cloud import LocalCloud
from infrastructure.local.demo import draw, read_phantom
from infrastructure.local.errors import SetupError
from infrastructure.local.orthanc import how_to_send
from infrastructure.local.plan import ROOT
from infrastructure.local.supervision.lock import only_one


def main() -> int:
    """Parse the command line and run; the exit status says whether everything was right."""
    parser = argparse.ArgumentParser(prog="python -m infrastructure.local", description=__doc__)
    parser.add_argument("command", choices=["up"])
    parser.add_argument("--once", action="store_true", help="exit after the phantom's result")
    parser.add_argument("--empty", action="store_true", help="upload no phantom")
    parser.add_argument(
        "--without-retraining", action="store_true", help="labels are counted, and start no run"
    )
    parser.add_argument(
        "--pacs", action="store_true", help="have an archive (Orthanc), to send studies to"
    )
    parser.add_argument("--folder", type=Path, default=ROOT / ".local", help="where data is kept")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    try:
        return asyncio.run(
            up(
                folder,
                once=arguments.once,
                empty=arguments.empty,
                retraining=not arguments.without_retraining,
                pacs=arguments.pacs,
            )
        )
    except SetupError as error:
        print(f"DiscAI: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130 if arguments.once else 0


async def up(folder: Path, *, once: bool, empty: bool, retraining: bool, pacs: bool) -> int:
    """Start the cloud, read the phantom, and stay; leaves no process behind."""
    stop_on_signals()
    with only_one(folder) as lock:
        drawing = None if empty else asyncio.create_task(asyncio.to_thread(draw, folder))
        async with (
            LocalCloud(folder, lock, say, retraining=retraining, pacs=pacs) as cloud,
            watched(cloud) as watching,
        ):
            say(f"Ready in {max(cloud.seconds.values()):.1f} s: {cloud.timetable()}")
            if drawing:
                reading = asyncio.create_task(read_phantom(cloud, await drawing))
                await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
                if watching.done():
                    watching.result()
                right = reading.result()
                if once:
                    return 0 if right else 1
            if pacs:
                say(how_to_send(cloud.plan))
            say(f"DiscAI is at {cloud.plan.url('web')} - Ctrl-C stops it.")
            await watching
    return 0


@asynccontextmanager
async def watched(cloud: LocalCloud) -> AsyncIterator[asyncio.Task[None]]:
    """Watch the cloud's processes, but not while they are being stopped."""
    watching = asyncio.create_task(cloud.watch())
    try:
        yield watching
    finally:
        watching.cancel()
        await asyncio.wait({watching})


def stop_on_signals() -> None:
    """SIGTERM and SIGHUP end the cloud as Ctrl-C does; asked twice it still ends in order."""
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    asked: list[int] = []

    def stop(number: int) -> None:
        if task and not asked:
            task.cancel()
        asked.append(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop, number)


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
