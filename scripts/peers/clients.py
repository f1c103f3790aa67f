"""Pushes with and polls with taxii2-client, and compares every object.

usage: clients.py ACCORD AGREEMENT DATA
ACCORD is the binary, AGREEMENT the file it serves, DATA a folder of real STIX
files; without it only a few made-up objects go through.
"""

import contextlib
import gzip
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from taxii2client.common import TokenAuth
from taxii2client.v21 import Server, as_pages

# What goes into each collection, each file in one push.
PUSHES = {
    "enterprise": ["attack/enterprise-attack-18.1.json.gz"],
    "ics": [f"attack/ics-attack-{v}.json.gz" for v in ("8.2", "12.1", "16.1", "18.1")],
    "indicators": ["feeds/unit42-stix21.json.gz"],
    "report": ["reports/apt1-full-cjk.json"],
}

MADE_UP = [
    {
        "type": "indicator", "spec_version": "2.1", "id": f"indicator--7d9a1c5e-0000-4000-8000-{n:012d}",
        "created": "2025-01-01T00:00:00.000Z", "modified": f"2025-01-0{n}T00:00:00.000Z",
        "name": "指标", "pattern": f"[ipv4-addr:value = '192.0.2.{n}']", "pattern_type": "stix",
        "valid_from": "2025-01-01T00:00:00Z",
    }
    for n in range(1, 6)
]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(accord, agreement, data):
    """A server on a free port; gives its address."""
    address = f"127.0.0.1:{free_port()}"
    server = subprocess.Popen([
        accord, "serve", "--data", data, "--agreement", agreement,
        "--listen", address, "--metrics-listen", "off", "--log-level", "error",
    ])
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"http://{address}/readyz").close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the server does not answer")
                time.sleep(0.05)
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(15)


def contents(data, files):
    """The bytes of each push."""
    if not os.path.isdir(data):
        yield json.dumps({"objects": MADE_UP}).encode()
        return
    for name in files:
        path = os.path.join(data, name)
        with (gzip.open if name.endswith(".gz") else open)(path, "rb") as f:
            yield f.read()


def key(o):
    return o["id"], o.get("modified", o.get("created", ""))


def push(collection, data, files):
    """Posts each content whole; returns what must come back, by version."""
    expected = {}
    for content in contents(data, files):
        objects = json.loads(content)["objects"]
        status = collection.add_objects(content, wait_for_completion=True, poll_interval=1, timeout=120)
        assert status.status == "complete", status
        assert status.total_count == len(objects) == status.success_count + status.failure_count, status
        refused = {(f["id"], f["version"]) for f in status.failures}
        for f in status.failures:
            assert f["message"], f
        for o in objects:
            if key(o) not in refused:
                expected.setdefault(key(o), o)
        print(f"  pushed {len(objects)}, {len(refused)} refused")
    return expected


def poll(collection, expected):
    """Walks objects and manifest page by page, and compares."""
    got = [o for page in as_pages(collection.get_objects, per_request=1000, version="all") for o in page.get("objects", [])]
    assert len(got) == len(expected), (len(got), len(expected))
    for o in got:
        assert o == expected[key(o)], o["id"]
    listed = [r for page in as_pages(collection.get_manifest, per_request=1000, version="all") for r in page.get("objects", [])]
    assert [(r["id"], r["version"]) for r in listed] == [key(o) for o in got]
    dates = [r["date_added"] for r in listed]
    assert dates == sorted(set(dates)), "date_added must increase strictly"
    print(f"  polled {len(got)} objects and records, all equal")
    return got, listed


def filters(collection, got, listed):
    """What tools ask for besides everything."""
    some = got[len(got) // 2]
    one = collection.get_objects(id=some["id"], version=key(some)[1])["objects"]
    assert one == [some], some["id"]
    assert some in collection.get_object(some["id"], version="all")["objects"]
    of_type = {o["id"] for page in as_pages(collection.get_objects, per_request=500, type=some["type"]) for o in page["objects"]}
    assert of_type == {o["id"] for o in got if o["type"] == some["type"]}
    after = listed[-min(5, len(listed))]["date_added"]
    newer = collection.get_objects(added_after=after, version="all").get("objects", [])
    assert newer == got[len(got) - min(5, len(listed)) + 1:], "added_after is strict"
    assert collection.get_objects(added_after="2999-01-01T00:00:00Z") == {}
    versions = [key(o)[1] for o in got if o["id"] == some["id"]]
    assert collection.object_versions(some["id"])["versions"] == versions


def main(accord, agreement, data):
    with tempfile.TemporaryDirectory() as folder, serving(accord, agreement, folder) as url:
        token = subprocess.run(
            [accord, "token", "issue", "--data", folder, "--party", "cert-us", "--scope", "read:*/* write:*/*"],
            check=True, capture_output=True, text=True,
        ).stdout.strip()
        with Server(f"{url}/taxii2/", auth=TokenAuth(token)) as by_token:
            assert by_token.title == "Accord"
        with Server(f"{url}/taxii2/", user="cert-us", password=token) as server:
            root = server.default
            assert root.url == f"{url}/taxii2/real/", root.url
            collections = {c.alias: c for c in root.collections}
            assert set(collections) == set(PUSHES), set(collections)
            for alias, files in PUSHES.items():
                print(f"taxii2-client, {alias}:", flush=True)
                collection = collections[alias]
                assert collection.can_read and collection.can_write
                filters(collection, *poll(collection, push(collection, data, files)))
    print("taxii2-client: all equal")


if __name__ == "__main__":
    main(*sys.argv[1:])
