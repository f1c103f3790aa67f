"""What OpenCTI's parts send: the ingester, the taxii2 connector, taxii-post."""

import uuid

import requests
from taxii2client.v21 import Server

from clients_exchange import PARTY, T21, Moved, key, same

# Until 5.10 the ingester sent what its HTTP library does.
ACCEPTS = (T21, "application/json, text/plain, */*")


def opencti_ingester(exchange, _data):
    """Polls three times, with next and the old added_after together.

    Its cursor is the header, rounded down to milliseconds, so it gets the last
    objects again each time, and nothing else twice.
    """
    moved = Moved()
    for accept in ACCEPTS:
        for moves_on in (False, True):  # earlier versions moved added_after on while paging
            ingester = _Ingester(exchange, accept, moves_on)
            got = ingester.poll()
            moved.polled += same(got, exchange.latest("indicators"))
            repeated = ingester.poll()
            assert 0 < len(repeated) <= 1000, "a millisecond has room for 1,000 dates"
            assert repeated == got[-len(repeated):], "the last millisecond comes again"
            added = exchange.add("indicators", 5)
            third = ingester.poll()
            assert third == repeated + added, "what is new comes after what is repeated"
            moved.polled += len(added)
    moved.notes.append("rounds its cursor down, so the last millisecond comes again at each poll")
    return moved


class _Ingester:
    def __init__(self, exchange, accept, moves_on):
        self.session = exchange.bearer()
        self.session.headers["Accept"] = accept
        self.url = exchange.objects("indicators")
        self.moves_on = moves_on
        self.cursor = None

    def poll(self):
        params, got = {"added_after": self.cursor}, []
        while True:
            answer = self.session.get(self.url, params=params)
            assert answer.status_code == 200 and answer.headers["Content-Type"] == T21, answer.text
            page, last = answer.json(), answer.headers["X-TAXII-Date-Added-Last"]
            got += page["objects"]
            if not page.get("more"):
                self.cursor = last[:23] + "Z"
                return got
            params["next"] = page["next"]
            if self.moves_on:
                params["added_after"] = last


def opencti_connector(exchange, _data):
    """Finds the root by its last segment and collections by title, and takes a
    next along to the next collection, which must be told and not served."""
    moved = Moved()
    server = Server(exchange.discovery, user=PARTY, password=exchange.token)
    root = next(r for r in server.api_roots if r.url.split("/")[-2] == "tools")
    titles = {c.title: c for c in root.collections}
    assert len(titles) == len(exchange.collections), "titles are unique"
    filters = {}
    for alias in ("ics", "enterprise"):
        collection = titles[exchange.collections[alias]["title"]]
        if "next" in filters:
            moved.notes.append(_foreign(collection, filters))
        filters = {"added_after": "2000-01-01T00:00:00Z", "limit": 500 if len(exchange.latest(alias)) > 500 else 100}
        moved.polled += same(_connector_pages(collection, filters), exchange.latest(alias))
    return moved


def _connector_pages(collection, filters):
    while True:
        page = collection.get_objects(**filters)
        yield from page["objects"]
        if not page.get("more"):
            return
        filters["next"] = page["next"]
        filters.pop("added_after", None)


def _foreign(collection, filters):
    try:
        collection.get_objects(**filters)
    except requests.HTTPError as refused:
        assert refused.response.status_code == 400 and "next" in refused.response.json()["description"]
        return "takes the next of one collection to another, which is answered 400"
    raise AssertionError("a next of another collection was taken")


def opencti_taxii_post(exchange, _data):
    """Posts bundles as application/stix+json."""
    session = exchange.bearer()
    objects = exchange.make(700)
    for part in (objects[:1], objects[1:]):
        bundle = {"type": "bundle", "id": f"bundle--{uuid.uuid4()}", "objects": part}
        answer = session.post(
            exchange.objects("opencti"), json=bundle,
            headers={"Content-Type": "application/stix+json;version=2.1", "Accept": T21})
        assert answer.status_code == 202 and answer.json()["success_count"] == len(part), answer.text
    exchange.hold("opencti", objects)
    got = session.get(exchange.objects("opencti")).json()["objects"]
    assert [key(o) for o in got] == [key(o) for o in objects]
    return Moved(len(objects), same(got, exchange.all("opencti")))
