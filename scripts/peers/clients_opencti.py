"""What OpenCTI's parts send: the ingester, the taxii2 connector, taxii-post."""

import datetime
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
    """Finds the root by its last segment and collections by title. Its filters
    keep the last next: the next run sends it with a newer added_after, and
    another collection gets it too, which must be told and not served."""
    server = Server(exchange.discovery, user=PARTY, password=exchange.token)
    root = next(r for r in server.api_roots if r.url.split("/")[-2] == "tools")
    titles = {c.title: c for c in root.collections}
    assert len(titles) == len(exchange.collections), "titles are unique"
    ics, enterprise = (titles[exchange.collections[alias]["title"]] for alias in ("ics", "enterprise"))

    filters = {"added_after": "2000-01-01T00:00:00Z", "limit": 100}
    began = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    polled = same(_connector_pages(ics, filters), exchange.latest("ics"))
    for news in (3, 101):
        added = exchange.add("ics", news)
        filters["added_after"] = began.isoformat().replace("+00:00", "Z")
        assert list(_connector_pages(ics, filters))[-news:] == added, "a later run brings what is new"
        polled += news
    note = _foreign(enterprise, filters)
    polled += same(_connector_pages(enterprise, {"limit": 500}), exchange.latest("enterprise"))
    return Moved(0, polled, [note])


def _connector_pages(collection, filters):
    while True:
        page = collection.get_objects(**filters)
        yield from page.get("objects", [])
        if not page.get("more"):
            return
        filters["next"] = page["next"]
        filters.pop("added_after", None)


def _foreign(collection, filters):
    assert "next" in filters
    try:
        collection.get_objects(**filters)
    except requests.HTTPError as refused:
        assert refused.response.status_code == 400 and "next" in refused.response.json()["description"]
        return "takes the next of one collection to another, which is answered 400"
    raise AssertionError("a next of another collection was taken")


def opencti_taxii_post(exchange, _data):
    """Posts each object in a bundle of its own, as application/stix+json."""
    session = exchange.bearer()
    session.headers.update({"Content-Type": "application/stix+json; version=2.1", "Accept": "application/taxii+json; version=2.1"})
    url = f"{exchange.url}/taxii2/tools/collections/{exchange.collections['opencti']['id']}/objects/"
    objects = exchange.make(50)
    for obj in objects:
        bundle = {"type": "bundle", "spec_version": "2.1", "id": f"bundle--{uuid.uuid4()}", "objects": [obj]}
        answer = session.post(url, json=bundle)
        assert answer.status_code == 202 and answer.json()["success_count"] == 1, answer.text
    exchange.hold("opencti", objects)
    got = session.get(url).json()["objects"]
    assert [key(o) for o in got] == [key(o) for o in objects]
    return Moved(len(objects), same(got, exchange.all("opencti")))
