"""A server of our own, and what its collections must hold.

Clients move objects in and out of it; what came out is compared with what went
in, by content and not by count.
"""

import contextlib
import datetime
import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid
from dataclasses import dataclass, field

import requests

T21 = "application/taxii+json;version=2.1"
PARTY = "cert-us"


@dataclass
class Moved:
    """How many objects a client pushed and polled, and what was found out about it."""

    pushed: int = 0
    polled: int = 0
    notes: list = field(default_factory=list)


def key(obj):
    return obj["id"], obj.get("modified", obj.get("created", ""))


def instant(obj):
    return datetime.datetime.fromisoformat(key(obj)[1])


def same(got, expected):
    """Every object of expected once, equal, and no other."""
    got, expected = list(got), {key(obj): obj for obj in expected}
    assert len(got) == len(expected), f"{len(got)} objects; want {len(expected)}"
    assert len({key(obj) for obj in got}) == len(got), "objects came twice"
    for obj in got:
        assert obj == expected.get(key(obj)), f"{key(obj)} came as {obj}"
    return len(got)


class Exchange:
    """One running server with one token; held is what each collection holds, by alias and version."""

    def __init__(self, url, folder, accord):
        self.url = url
        self.discovery = f"{url}/taxii2/"
        self.root = f"{url}/taxii2/tools/"
        self.token = _issue(accord, folder)
        self.short_token = _issue(accord, folder, "--short")
        answer = requests.get(f"{self.root}collections/", auth=(PARTY, self.token))
        self.collections = {c["alias"]: c for c in answer.json()["collections"]}
        self.held = {alias: {} for alias in self.collections}
        self.made = 0

    def collection(self, alias):
        return f"{self.root}collections/{self.collections[alias]['id']}/"

    def objects(self, alias):
        return self.collection(alias) + "objects/"

    def bearer(self):
        """A session as a plain HTTP client has it: no Accept of its own."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.token}"
        return session

    def hold(self, alias, objects):
        """Remembers what a collection took; of equal versions the first stays."""
        for obj in objects:
            self.held[alias].setdefault(key(obj), obj)

    def add(self, alias, n):
        """New objects in a collection, from another client than the one that is looked at."""
        objects = self.make(n)
        answer = self.bearer().post(self.objects(alias), json={"objects": objects}, headers={"Content-Type": T21})
        assert answer.status_code == 202 and answer.json()["success_count"] == n, answer.text
        self.hold(alias, objects)
        return objects

    def make(self, n):
        """New indicators, which nobody has posted yet."""
        self.made += n
        return [made_up(i) for i in range(self.made - n, self.made)]

    def all(self, alias):
        return list(self.held[alias].values())

    def latest(self, alias, types=None):
        """What the collection shows who does not ask for versions."""
        newest = {}
        for obj in self.all(alias):
            if types and obj["type"] not in types:
                continue
            if obj["id"] not in newest or instant(obj) > instant(newest[obj["id"]]):
                newest[obj["id"]] = obj
        return list(newest.values())


def made_up(n, day=1):
    return {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--7d9a1c5e-0000-4000-8000-{n:012d}",
        "created": "2025-01-01T00:00:00.000Z", "modified": f"2025-01-{day:02d}T00:00:00.000Z",
        "name": f"指标 {n}", "pattern": f"[ipv4-addr:value = '192.0.2.{n % 256}']", "pattern_type": "stix",
        "valid_from": "2025-01-01T00:00:00Z",
    }


def read_objects(data, name):
    """The objects of a file of real data."""
    path = os.path.join(data, name)
    with (gzip.open if name.endswith(".gz") else open)(path, "rb") as f:
        return json.load(f)["objects"]


def _issue(accord, folder, *flags):
    return subprocess.run(
        [accord, "token", "issue", "--data", folder, "--party", PARTY, "--scope", "read:*/* write:*/*", *flags],
        check=True, capture_output=True, text=True,
    ).stdout.strip()


def _free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(accord, agreement, *flags, tls=False):
    """An exchange on a free port, in a folder that goes with it. With tls it has
    a certificate of its own, which requests, and so every client, trusts. Where
    ACCORD_TEST_STORE is mongodb, its store is a new database of the deployment that
    ACCORD_TEST_MONGODB_URI names."""
    if os.environ.get("ACCORD_TEST_STORE") == "mongodb":
        deployment = urllib.parse.urlsplit(os.environ["ACCORD_TEST_MONGODB_URI"])
        os.environ["ACCORD_STORE"] = deployment._replace(path=f"/accord-clients-{uuid.uuid4().hex[:12]}").geturl()
    address = f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as log:
        if tls:
            os.environ["REQUESTS_CA_BUNDLE"] = f"{folder}/tls/certificate.pem"
            flags += ("--tls-self-signed",)
        url = f"{'https' if tls else 'http'}://{address}"
        server = subprocess.Popen([
            accord, "serve", "--data", folder, "--agreement", agreement,
            "--listen", address, "--metrics-listen", "off", "--log-level", "error", *flags,
        ], stderr=log)
        try:
            _wait(server, f"{url}/readyz")
            yield Exchange(url, folder, accord)
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read())
            raise
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
                raise


def _wait(server, ready):
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError):  # no connection, or no certificate yet
            if requests.get(ready).ok:
                return
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the server does not answer")
        time.sleep(0.05)
