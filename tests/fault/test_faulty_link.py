"""The faulty link does to a connection what it is told, and nothing else."""

import contextlib
import socket
import threading
import time
import unittest

from faulty_link import DOWN, UP, FaultyLink

SECONDS_MAX = 20  # for what must come
QUIET_SECONDS = 0.3  # for what must not


class Echo:
    """A server that answers what it is told, and knows what it has heard."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        self.heard = b""
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection):
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65536):
                self.heard += data
                connection.sendall(data)


class FaultyLinkTest(unittest.TestCase):

    def setUp(self):
        self.echo = Echo()
        self.addCleanup(self.echo.server.close)
        self.link = FaultyLink(self.echo.address)
        self.addCleanup(self.link.close)
        self.client = self.connect()

    def connect(self):
        host, port = self.link.address.split(":")
        client = socket.create_connection((host, int(port)), SECONDS_MAX)
        self.addCleanup(client.close)
        return client

    def ask(self, text, client=None):
        client = client or self.client
        client.sendall(text)
        return self.receive(len(text), client)

    def receive(self, size, client=None):
        found = b""
        while len(found) < size and (data := (client or self.client).recv(size)):
            found += data
        return found

    def assert_silent(self):
        self.client.settimeout(QUIET_SECONDS)
        with self.assertRaises(TimeoutError):
            self.client.recv(1)
        self.client.settimeout(SECONDS_MAX)

    def assert_ends(self):
        with self.assertRaises(ConnectionError):
            while self.client.recv(65536):
                pass
            raise ConnectionResetError  # an orderly end is one, too

    def test_what_is_said_is_answered(self):
        self.assertEqual(self.ask(b"x" * 300000), b"x" * 300000)

    def test_whoever_has_said_all_is_still_answered(self):
        self.client.sendall(b"all")
        self.client.shutdown(socket.SHUT_WR)

        self.assertEqual(self.receive(9), b"all")

    def test_a_delay_is_one_of_each_direction(self):
        self.link.delay(0.1)
        begin = time.monotonic()

        self.assertEqual(self.ask(b"late"), b"late")

        self.assertGreaterEqual(time.monotonic() - begin, 0.2)

    def test_a_slow_link_takes_its_time_and_changes_nothing(self):
        self.link.throttle(10000)
        begin = time.monotonic()

        self.assertEqual(self.ask(b"slow" * 500), b"slow" * 500)

        self.assertGreaterEqual(time.monotonic() - begin, 0.1)  # 0.2, less what a clock rounds

    def test_what_was_sent_over_a_cut_link_comes_when_it_is_whole_again(self):
        self.ask(b"before")
        self.link.cut()
        self.client.sendall(b"meanwhile")
        self.assert_silent()

        self.link.heal()

        self.assertEqual(self.receive(9), b"meanwhile")

    def test_of_a_half_open_connection_one_direction_is_lost_for_ever(self):
        self.ask(b"before")
        self.link.swallow(DOWN)
        self.client.sendall(b"unanswered")
        self.assert_silent()
        self.link.heal()
        self.client.sendall(b", still")
        self.assert_silent()

        self.assertEqual(self.echo.heard, b"before" b"unanswered, still")
        self.assertEqual(self.ask(b"anew", self.connect()), b"anew")

    def test_what_is_swallowed_on_its_way_to_the_server_is_never_heard(self):
        self.ask(b"before")
        self.link.swallow(UP)
        self.client.sendall(b"unheard")

        self.assert_silent()

        self.assertEqual(self.echo.heard, b"before")

    def test_a_reset_ends_connections_and_the_next_one_is_served(self):
        self.ask(b"before")

        self.link.reset()

        self.assert_ends()
        self.assertEqual(self.ask(b"anew", self.connect()), b"anew")

    def test_a_torn_connection_ends_in_the_middle_of_what_it_carries(self):
        self.ask(b"before")
        self.link.tear()
        self.client.sendall(b"0123456789")

        self.assert_ends()

        self.assertLess(len(self.echo.heard), len(b"before" b"0123456789"))

    def test_nobody_listens_until_the_link_is_healed(self):
        self.ask(b"before")

        self.link.refuse()

        self.assert_ends()
        with self.assertRaises(ConnectionRefusedError):
            self.connect()
        self.link.heal()
        self.assertEqual(self.ask(b"anew", self.connect()), b"anew")


if __name__ == "__main__":
    unittest.main()
