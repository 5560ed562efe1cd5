"""A thread that notices when the event loop stands still, and names the plugin that holds it."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import structlog

from portico.hooks.health import Key

LIMIT_SECONDS = 0.5
_log = structlog.get_logger("portico.plugins")


class Watchdog:
    """Pings the event loop; ``running`` says which hook each task is in.

    ``packages`` maps a plugin's import name to its name, for code that runs outside of a hook.
    ``on_block`` is called on the loop, once it moves again, with the hook and what happened.
    """

    def __init__(
        self,
        packages: dict[str, str],
        on_block: Callable[[Key, str], None],
        limit: float = LIMIT_SECONDS,
    ) -> None:
        self.running: dict[asyncio.Task[object] | None, Key] = {}
        self._packages = packages
        self._on_block = on_block
        self._limit = limit
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Watch the running loop from now on."""
        self._stop.clear()
        self._thread = threading.Thread(
            target=self._watch,
            args=(asyncio.get_running_loop(), threading.get_ident()),
            name="portico-watchdog",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(self._limit * 4)
            self._thread = None

    def _watch(self, loop: asyncio.AbstractEventLoop, thread_id: int) -> None:
        while not self._stop.wait(self._limit / 2):
            pong = threading.Event()
            asked = time.monotonic()
            try:
                loop.call_soon_threadsafe(pong.set)
                if pong.wait(self._limit):
                    continue
                key = self._report(loop, thread_id)
                while not pong.wait(0.05) and not self._stop.is_set():
                    pass
                if key is not None:
                    what = f"blocked the event loop for {time.monotonic() - asked:.1f} s"
                    loop.call_soon_threadsafe(self._on_block, key, what)
            except RuntimeError:  # the loop was closed
                return

    def _report(self, loop: asyncio.AbstractEventLoop, thread_id: int) -> Key | None:
        frames = _frames(thread_id)
        key = self.running.get(asyncio.current_task(loop)) or self._by_package(frames)
        plugin, store_id, hook = key or (None, None, None)
        # With no plugin to blame, as at a slow machine's start, nobody has to do anything.
        (_log.error if key else _log.info)(
            "event_loop_blocked",
            plugin=plugin,
            store_id=store_id,
            hook=hook,
            limit_seconds=self._limit,
            where=[
                f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}"
                for frame in frames[:5]
            ],
        )
        return key

    def _by_package(self, frames: list[FrameType]) -> Key | None:
        """The plugin whose code is running, where no hook says so (a task it has started)."""
        for frame in frames:
            package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
            if package in self._packages:
                return self._packages[package], "", frame.f_code.co_name
        return None


def _frames(thread_id: int) -> list[FrameType]:
    """What the thread is doing, innermost first."""
    found: list[FrameType] = []
    frame = sys._current_frames().get(thread_id)
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found
