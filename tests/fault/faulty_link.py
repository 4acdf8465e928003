"""A link between programs and a server that can be disturbed: it passes on TCP, and on command delays
it, makes it slow, holds it back, tears it, swallows one direction of it, or refuses it.

What TCP promises stays true: bytes come in their order, or the connection does not last. So a direction
whose bytes were once swallowed gets none any more, until one of the two ends gives up."""

import asyncio
import contextlib
import socket
import struct
import threading

UP, DOWN = "up", "down"  # to the server, from it
READ_BYTES_MAX = 65536
SLOW_PIECES_PER_SECOND = 50
COMMAND_SECONDS_MAX = 10
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: what is not sent is forgotten


class FaultyLink:
    """`address` is what to connect to instead of `target`; both are HOST:PORT. Commands take effect
    before they return, for all that is connected and, but for swallow, reset and tear, for whoever
    connects later."""

    def __init__(self, target):
        self._target = target.rpartition(":")[::2]
        self._connections = set()
        self._delay = 0.0
        self._rate = None  # bytes per second and direction; None: as fast as it goes
        self._server = None
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._open.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._port = 0
        self._do(self._listen())
        self.address = f"127.0.0.1:{self._port}"

    # --- Commands, from any one thread -------------------------------------------------------

    def delay(self, seconds):
        """Whatever comes is passed on so much later."""
        self._set(_delay=seconds)

    def throttle(self, bytes_per_second):
        """So many in each direction of a connection, in small pieces."""
        self._set(_rate=bytes_per_second)

    def cut(self):
        """Nothing passes, and nobody is told; what is sent meanwhile comes once that is over."""
        self._call(self._open.clear)

    def swallow(self, direction):
        """What the present connections carry in that direction is lost, and nobody is told."""
        self._call(lambda: [connection.swallowed.add(direction)
                            for connection in self._connections])

    def tear(self):
        """The present connections are reset in the middle of what they carry next."""
        self._call(lambda: [setattr(connection, "is_to_tear", True)
                            for connection in self._connections])

    def reset(self):
        """The present connections are."""
        self._call(self._reset_all)

    def refuse(self):
        """Nobody listens any more, and all connections are reset."""
        self._do(self._stop_listening())
        self.reset()

    def heal(self):
        """What can be undone is."""
        self._set(_delay=0.0, _rate=None)
        self._call(self._open.set)
        if self._server is None:
            self._do(self._listen())

    def close(self):
        self.refuse()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # --- In the loop's thread ----------------------------------------------------------------

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(COMMAND_SECONDS_MAX)

    def _call(self, function):
        async def call():
            function()
        self._do(call())

    def _set(self, **values):
        self._call(lambda: self.__dict__.update(values))

    async def _listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self):
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _end(self):
        served = asyncio.all_tasks() - {asyncio.current_task()}
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)

    def _reset_all(self):
        for connection in list(self._connections):
            connection.reset()

    async def _serve(self, reader, writer):
        connection = Connection(writer)
        self._connections.add(connection)
        try:
            await self._open.wait()
            to_server = await asyncio.open_connection(*self._target)
            connection.writers.append(to_server[1])
            await asyncio.gather(self._pass_on(connection, UP, reader, to_server[1]),
                                 self._pass_on(connection, DOWN, to_server[0], writer))
        except OSError:
            connection.reset()  # as the end that failed would have it
        finally:
            self._connections.discard(connection)
            for end in connection.writers:
                end.close()

    async def _pass_on(self, connection, direction, reader, writer):
        while data := await reader.read(READ_BYTES_MAX):
            if connection.is_to_tear:
                writer.write(data[:len(data) // 2])
                return connection.reset()
            await asyncio.sleep(self._delay)
            for piece in self._pieces(data):
                await self._open.wait()
                if direction not in connection.swallowed:
                    writer.write(piece)
                    await writer.drain()
                if self._rate is not None:
                    await asyncio.sleep(len(piece) / self._rate)
        if writer.can_write_eof() and direction not in connection.swallowed:
            writer.write_eof()

    def _pieces(self, data):
        while data:
            size = len(data) if self._rate is None else \
                max(1, int(self._rate / SLOW_PIECES_PER_SECOND))
            yield data[:size]
            data = data[size:]


class Connection:
    """Its two ends, and what was done to it."""

    def __init__(self, writer):
        self.writers = [writer]
        self.swallowed = set()  # directions
        self.is_to_tear = False

    def reset(self):
        for writer in self.writers:
            with contextlib.suppress(OSError):
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            writer.transport.abort()
