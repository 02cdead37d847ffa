#!/usr/bin/env python3
"""A client of the Condock daemon in Python's standard library, written from docs/protocol.md alone.

Lists the packages of an environment:  condock_client.py PATH
Needs a daemon that runs (condock daemon start); Unix only, because it talks to a Unix socket.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import socket
import stat
import sys
import tempfile

MAX_SOCKET_PATH = 103
MAX_RESPONSE = 16 * 1024 * 1024


class CondockError(Exception):
    """What the daemon answered, or why it could not be asked."""

    def __init__(self, code, message, hint=None):
        super().__init__(message)
        self.code = code
        self.hint = hint


def runtime_directory(env=os.environ):
    """Where daemons register (docs/protocol.md, "Finding the daemon")."""
    home = env.get("CONDOCK_HOME", "")
    user = env.get("HOME") or os.path.expanduser("~")
    if home.startswith("/"):
        path = home.rstrip("/") + "/run"
    elif sys.platform == "darwin":
        path = user + "/Library/Caches/condock/run"
    elif env.get("XDG_RUNTIME_DIR", "").startswith("/"):
        path = env["XDG_RUNTIME_DIR"].rstrip("/") + "/condock"
    else:
        cache = env.get("XDG_CACHE_HOME", "")
        cache = cache.rstrip("/") if cache.startswith("/") else user + "/.cache"
        path = cache + "/condock/run"
    if fits(path):
        return path
    name = "condock-%d-%s" % (os.getuid(), hashlib.sha256(path.encode()).hexdigest()[:12])
    short = os.path.join(tempfile.gettempdir(), name)
    return short if fits(short) else "/tmp/" + name


def fits(directory):
    return len(os.fsencode(directory + "/d.0123456789abcdef.sock")) <= MAX_SOCKET_PATH


def find_registration(directory):
    """The registration with the highest number, from a directory that is ours alone."""
    try:
        facts = os.lstat(directory)
        names = os.listdir(directory)
    except OSError as error:
        raise CondockError("daemon-unavailable", "no daemon: %s" % error)
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise CondockError("insecure", "%s is not a directory of ours alone" % directory)
    numbers = [int(m.group(1)) for m in (re.fullmatch(r"daemon\.(\d{1,15})\.json", n) for n in names) if m]
    if not numbers:
        raise CondockError("daemon-unavailable", "no daemon is registered in %s" % directory)
    with open("%s/daemon.%d.json" % (directory, max(numbers)), encoding="utf-8") as file:
        return json.load(file)


class Client:
    """One connection; a context manager."""

    def __init__(self, registration):
        self._token = registration["token"]
        self._next_id = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(5)
            self._socket.connect(registration["address"])
            self._file = self._socket.makefile("rb")
            self._greet()
            self._socket.settimeout(None)
        except OSError as error:
            self._socket.close()
            raise CondockError("daemon-unavailable", "the daemon does not answer: %s" % error)
        except CondockError:
            self._socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()

    def _proof(self, text):
        return hmac.new(self._token.encode("ascii"), text.encode("ascii"), hashlib.sha256).hexdigest()

    def _greet(self):
        nonce = secrets.token_hex(32)
        hello = self.request(
            "initialize",
            {
                "protocol": {"major": 1, "minor": 0},
                "client": {"name": "condock_client.py", "version": "1"},
                "nonce": nonce,
            },
        )
        if hello["protocol"]["major"] != 1:
            raise CondockError("protocol-mismatch", "the daemon speaks protocol %s" % hello["protocol"]["major"])
        expected = self._proof("condock-daemon:%s:%s" % (nonce, hello["nonce"]))
        if not hmac.compare_digest(hello["proof"], expected):
            raise CondockError("insecure", "what answers does not know the daemon's secret")
        self.request("authenticate", {"proof": self._proof("condock-client:%s:%s" % (hello["nonce"], nonce))})

    def request(self, method, params, on_progress=None):
        """The result of a method. Raises CondockError for what the daemon refuses."""
        self._next_id += 1
        number = self._next_id
        if on_progress is not None:
            params = dict(params, workDoneToken=number)
        self._send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("method") == "$/progress" and message["params"]["token"] == number and on_progress:
                on_progress(message["params"]["value"])
            if message.get("id") != number:
                continue
            if "error" in message:
                error = message["error"]
                data = error.get("data", {})
                raise CondockError(data.get("code", "internal"), error["message"], data.get("hint"))
            return message["result"]

    def _send(self, message):
        body = json.dumps(message).encode("utf-8")
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def _receive(self):
        length = None
        while True:
            line = self._file.readline(1024)
            if not line.endswith(b"\r\n"):
                raise CondockError("daemon-unavailable", "the daemon hung up")
            if line == b"\r\n":
                break
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length is None or length > MAX_RESPONSE:
            raise CondockError("internal", "the daemon sent a message without a fit length")
        body = self._file.read(length)
        if len(body) < length:
            raise CondockError("daemon-unavailable", "the daemon hung up in the middle of a message")
        return json.loads(body)

    def show_environment(self, path, on_progress=None):
        """All packages of an environment, as (environment, platform, package), pages put together."""
        cursor = None
        while True:
            params = {"path": path}
            if cursor is not None:
                params["cursor"] = cursor
            page = self.request("env/show", params, on_progress)
            for environment in page["environments"]:
                for package in environment["packages"]:
                    yield environment["name"], environment["platform"], package
            cursor = page.get("nextCursor")
            if cursor is None:
                return


def main(arguments):
    if len(arguments) != 1:
        print("usage: condock_client.py PATH", file=sys.stderr)
        return 2
    try:
        with Client(find_registration(runtime_directory())) as client:
            for _, _, package in client.show_environment(os.path.abspath(arguments[0])):
                place = package["reference"] or package["url"] or "-"
                print(package["name"], package["version"], package["build"], package["state"], place)
    except CondockError as error:
        print("%s: %s" % (error.code, error), file=sys.stderr)
        if error.hint:
            print(error.hint, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
