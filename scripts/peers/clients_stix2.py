"""python-stix2's TAXIICollectionStore, as source and as sink."""

import json
import os

import stix2
from taxii2client.v21 import Collection, as_pages

from clients_exchange import PARTY, Moved, made_up, read_objects, same

FILES = ["feeds/vxvault.json", "reports/poisonivy.json"]


def python_stix2(exchange, data):
    """Pushes what it parsed, and gets the same by id, by version and by query.

    It writes objects anew, so what it sent is what it would write, and objects
    are compared as parsed. What was refused is asked by a second push.
    """
    objects = [_parsed(o) for o in _contents(exchange, data)]
    collection = Collection(exchange.collection("stix2"), user=PARTY, password=exchange.token)
    store = stix2.TAXIICollectionStore(collection, allow_custom=True, items_per_page=50)
    bundle = stix2.Bundle(objects, allow_custom=True)
    store.add(bundle)
    refused = {f["id"] for f in collection.add_objects(bundle.serialize()).failures}
    objects = [o for o in objects if o.id not in refused]
    exchange.hold("stix2", map(_written, objects))
    raw = [o for page in as_pages(collection.get_objects, per_request=50) for o in page["objects"]]
    polled = same(raw, exchange.all("stix2"))

    for obj in objects[::20]:
        assert _written(store.get(obj.id)) == _written(obj), obj.id
    assert store.get("indicator--00000000-0000-4000-8000-000000000000") is None
    for kind in {o.type for o in objects}:
        found = store.query([stix2.Filter("type", "=", kind)])
        polled += same(map(_written, found), [_written(o) for o in objects if o.type == kind])
    note = f"its sink drops the status, so it told nobody of the {len(refused)} that was refused"
    return Moved(len(objects) + _versions(exchange, store), polled, [note])


def _versions(exchange, store):
    """Three versions of one indicator, pushed one by one; returns how many."""
    versions = [_parsed(exchange.make(1)[0])]
    for day in (2, 3):
        versions.append(versions[-1].new_version(modified=f"2025-01-0{day}T00:00:00.000Z", name=f"Day {day}"))
    store.add(versions)
    exchange.hold("stix2", map(_written, versions))
    identifier = versions[0].id
    assert [_written(v) for v in store.all_versions(identifier)] == [_written(v) for v in versions]
    assert _written(store.get(identifier)) == _written(versions[-1])
    assert [v.name for v in store.query([stix2.Filter("name", "=", "Day 3"), stix2.Filter("type", "=", "indicator")])] == ["Day 3"]
    return len(versions)


def _contents(exchange, data):
    if not os.path.isdir(data):
        return [made_up(n) for n in range(100)]
    return [o for name in FILES for o in read_objects(data, name)]


def _parsed(obj):
    return stix2.parse(obj, allow_custom=True, version="2.1")


def _written(obj):
    return json.loads(obj.serialize())
