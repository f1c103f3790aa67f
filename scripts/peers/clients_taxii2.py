"""taxii2-client, the client that most platforms are built on: everything it can do."""

import json
import os

import requests
from taxii2client.common import TokenAuth
from taxii2client.exceptions import ValidationError
from taxii2client.v21 import Collection, Server, as_pages

from clients_exchange import PARTY, Moved, key, made_up, read_objects, same

# What goes into each collection, each file in one push.
PUSHES = {
    "enterprise": ["attack/enterprise-attack-18.1.json.gz"],
    "ics": [f"attack/ics-attack-{v}.json.gz" for v in ("8.2", "12.1", "16.1", "18.1")],
    "indicators": ["feeds/unit42-stix21.json.gz"],
    "report": ["reports/apt1-full-cjk.json"],
}


def taxii2_client(exchange, data):
    """Basic and Token, discovery, push, pages, filters, versions, status, delete."""
    moved = Moved()
    with Server(exchange.discovery, auth=TokenAuth(exchange.short_token)) as by_token:
        assert by_token.title == "Accord" and by_token.default.title == "Tools"
    with Server(exchange.discovery, user=PARTY, password=exchange.token) as server:
        root = server.default
        assert root.url == exchange.root and [r.url for r in server.api_roots] == [root.url]
        assert root.versions == ["application/taxii+json;version=2.1"] and root.max_content_length > 0
        collections = {c.alias: c for c in root.collections}
        for alias in PUSHES:
            collection = collections[alias]
            assert collection.can_read and collection.can_write
            for objects in _contents(exchange, data, alias):
                moved.pushed += _push(exchange, root, alias, collection, objects)
            moved.polled += _poll(exchange, alias, collection)
        _delete(exchange, collections["report"])
        moved.notes.append(_alias(exchange))
    return moved


def _contents(exchange, data, alias):
    """What each push holds: made-up versions where there is no real data."""
    if not os.path.isdir(data):
        n = exchange.made
        exchange.made += 300
        return [[made_up(i, day) for i in range(n, n + 300)] for day in (1, 2)]
    return [read_objects(data, name) for name in PUSHES[alias]]


def _push(exchange, root, alias, collection, objects):
    """Posts objects in one envelope, and remembers which were taken; returns how many."""
    content = json.dumps({"objects": objects}, ensure_ascii=False)
    status = collection.add_objects(content, wait_for_completion=True, poll_interval=1, timeout=120)
    assert status.status == "complete", status
    assert status.total_count == len(objects) == status.success_count + status.failure_count, status
    assert all(f["message"] for f in status.failures), status.failures
    again = root.get_status(status.id)
    assert (again.successes, again.failures) == (status.successes, status.failures)
    refused = {(f["id"], f["version"]) for f in status.failures}
    exchange.hold(alias, (o for o in objects if key(o) not in refused))
    return status.success_count


def _poll(exchange, alias, collection):
    """Walks objects and manifest page by page, and compares; returns how many objects."""
    got = [o for page in as_pages(collection.get_objects, per_request=1000, version="all") for o in page.get("objects", [])]
    same(got, exchange.all(alias))
    listed = [r for page in as_pages(collection.get_manifest, per_request=1000, version="all") for r in page.get("objects", [])]
    assert [(r["id"], r["version"]) for r in listed] == [key(o) for o in got]
    dates = [r["date_added"] for r in listed]
    assert dates == sorted(set(dates)), "date_added must increase strictly"
    same((o for page in as_pages(collection.get_objects, per_request=700) for o in page["objects"]), exchange.latest(alias))
    _filters(collection, got, listed)
    return len(got)


def _filters(collection, got, listed):
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


def _delete(exchange, collection):
    """Deletes one version, then the object, and finds the rest as it was."""
    before = exchange.all("report")
    made = exchange.make(1)[0]
    for day in (1, 2, 3):
        collection.add_objects({"objects": [{**made, "modified": f"2025-01-0{day}T00:00:00.000Z"}]})
    collection.delete_object(made["id"], version="2025-01-03T00:00:00.000Z")
    assert collection.object_versions(made["id"])["versions"] == ["2025-01-01T00:00:00.000Z", "2025-01-02T00:00:00.000Z"]
    collection.delete_object(made["id"])
    try:
        collection.get_object(made["id"])
        raise AssertionError("a deleted object is there")
    except requests.HTTPError as gone:
        assert gone.response.status_code == 404
    same((o for page in as_pages(collection.get_objects, per_request=100, version="all") for o in page["objects"]), before)


def _alias(exchange):
    """The client wants the collection's id in its address, so it knows no aliases."""
    by_alias = Collection(f"{exchange.root}collections/report/", user=PARTY, password=exchange.token)
    try:
        assert by_alias.title
    except ValidationError:
        return "refuses an alias in the address of a collection by itself; the id is needed"
    raise AssertionError("taxii2-client takes aliases now, so the recipes can say so")
