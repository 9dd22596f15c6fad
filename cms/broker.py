"""The broker: the connection of this process to NATS, made when it is first asked and again when it was lost.

The client is asyncio's and the project is not: one thread runs its loop, and `ask` is the only way across.
The client is imported only when there is something to ask, so that who has no broker need not have it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.conf import settings

if TYPE_CHECKING:
    from nats.aio.client import Client

logger = logging.getLogger(__name__)

PATIENCE: Final = 2.0  # s for an answer, and for a connection
REST: Final = 2.0  # s after a failure in which nothing is asked: an author may have 25 events on their way

Answer = TypeVar("Answer")


class Unreachable(Exception):
    """The broker does not answer."""


class Declined(Exception):
    """The broker answers, and will not do it. `code` is its own number of the reason."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class Missing(Declined):
    """The broker answers that there is no such thing: stream or message."""


class Broker:
    """The connection, and the thread in which it lives."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Have no connection, and know of no failure. In a new process the other's thread does not run."""
        self.lock = threading.Lock()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.thread: threading.Thread | None = None
        self.client: Client | None = None
        self.leaving: asyncio.Future[None] | None = None  # or it could be collected before it is closed
        self.connecting = asyncio.Lock()
        self.failure = ""
        self.rests_until = 0.0

    def ask(self, question: Callable[[Client], Awaitable[Answer]]) -> Answer:
        """Return what comes of asking. Raise Unreachable, Declined or Missing."""
        return asyncio.run_coroutine_threadsafe(self.answer(question), self.running()).result()

    def close(self) -> None:
        """Give the connection back. The next question makes another."""
        with self.lock:
            loop, thread, client = self.loop, self.thread, self.client
            self.loop = self.thread = self.client = None
            self.failure, self.rests_until, self.connecting = "", 0.0, asyncio.Lock()
        if loop and thread:
            if client:
                asyncio.run_coroutine_threadsafe(closed(client), loop).result(PATIENCE)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(2 * PATIENCE)

    def running(self) -> asyncio.AbstractEventLoop:
        """Return the loop, started if it is not."""
        with self.lock:
            if self.loop is None:
                self.loop = asyncio.new_event_loop()
                self.thread = threading.Thread(target=run, args=[self.loop], name="broker", daemon=True)
                self.thread.start()
            return self.loop

    async def answer(self, question: Callable[[Client], Awaitable[Answer]]) -> Answer:
        """Return what comes of asking, with the client's many errors as the three that matter here."""
        from nats import errors
        from nats.js import errors as refusals

        client = await self.connected()
        try:
            return await question(client)
        except (refusals.NotFoundError, refusals.NoStreamResponseError) as error:
            raise Missing(said(error), getattr(error, "err_code", None)) from error
        except refusals.ServiceUnavailableError as error:
            raise self.failed(said(error)) from error
        except refusals.APIError as error:
            raise Declined(said(error), error.err_code) from error
        except (TimeoutError, errors.Error, OSError) as error:
            self.leave(client)
            raise self.failed(said(error)) from error

    async def connected(self) -> Client:
        """Return the client, connected. Raise Unreachable, at once if it has just been tried."""
        async with self.connecting:
            if time.monotonic() < self.rests_until:
                raise Unreachable(self.failure)
            if self.client is None or not self.client.is_connected:
                try:
                    self.client = await asyncio.wait_for(connection(), PATIENCE)
                except Exception as error:
                    raise self.failed(said(error)) from error
            return self.client

    def leave(self, client: Client) -> None:
        """Let the next question go to another server: one that is frozen keeps its connections."""
        if self.client is client:
            self.client = None
        self.leaving = asyncio.ensure_future(closed(client))

    def failed(self, why: str) -> Unreachable:
        """Return what is to be raised now, and to whoever asks in the next moments."""
        self.failure = f"The event stream does not answer ({why}). Is the NATS server at EVENTS_URL up?"
        self.rests_until = time.monotonic() + REST
        return Unreachable(self.failure)


def run(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop until it is stopped; then end what is left in it, so that every connection is closed."""
    try:
        loop.run_forever()
        loop.run_until_complete(end(asyncio.all_tasks(loop)))
    finally:
        loop.close()


async def end(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel these tasks and wait for them; what a closed connection still has to do comes right behind."""
    for task in tasks:
        task.cancel()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), PATIENCE)
    await asyncio.sleep(0)


def said(error: BaseException) -> str:
    """Return what an error says, or at least what it is."""
    description = getattr(error, "description", None)
    return " ".join(str(description or error).split()) or type(error).__name__


async def connection() -> Client:
    """Return a new connection to one of the servers. It is not renewed by itself: who asks next does that."""
    import nats

    options: dict[str, Any] = {}
    if settings.EVENTS_CREDENTIALS:
        options["user_credentials"] = settings.EVENTS_CREDENTIALS
    if settings.EVENTS_CA:
        options["tls"] = ssl.create_default_context(cafile=settings.EVENTS_CA)
    return await nats.connect(
        settings.EVENTS_URL,
        name=f"imprint {os.getpid()}",
        allow_reconnect=False,
        max_reconnect_attempts=1,  # of each server: else one that is down is tried for ever
        reconnect_time_wait=0.1,  # s
        connect_timeout=PATIENCE,
        ping_interval=10,  # s; twice unanswered, the connection is lost
        pending_size=0,  # nothing is kept to be sent later, when it is no longer true
        error_cb=note,
        **options,
    )


async def closed(client: Client) -> None:
    """Close a connection of which nothing is expected any more."""
    with suppress(Exception):
        await client.close()


async def note(error: Exception) -> None:
    """Note an error that the client has nobody to raise it to. Who asks is told by `ask`."""
    logger.debug("NATS: %s", said(error))


broker: Final = Broker()
os.register_at_fork(after_in_child=broker.forget)
