"""What Cortex XSOAR, Microsoft Sentinel, Splunk's CTIS app and Sumo Logic send."""

import json
import uuid

import requests
import stix2
from requests.auth import AuthBase, HTTPBasicAuth
from taxii2client.common import TokenAuth
from taxii2client.v21 import ApiRoot, Server, as_pages

from clients_exchange import PARTY, T21, Moved, same


def xsoar(exchange, _data):
    """100 a request, of chosen types, with a token in one of three ways; ends at
    the first page without objects."""
    moved = Moved()
    for auth in (
        TokenAuth(exchange.token),  # user name _api_token_key
        _Header("Authorization", f"Bearer {exchange.token}"),  # user name _header:Authorization
        HTTPBasicAuth(PARTY, exchange.short_token),
    ):
        root = Server(exchange.discovery, auth=auth).default
        for title, types in (("Indicators", ["indicator", "relationship"]), (exchange.collections["ics"]["title"], ["campaign", "tool"])):
            collection = next(c for c in root.collections if c.title == title)
            got = []
            for page in as_pages(collection.get_objects, per_request=100, type=types, added_after="2000-01-01T00:00:00.000000Z"):
                if not page.get("objects"):
                    break
                got += page["objects"]
            moved.polled += same(got, exchange.latest(collection.alias, types))
    return moved


class _Header(AuthBase):
    """Sends a header of a chosen name."""

    def __init__(self, name, value):
        self.name, self.value = name, value

    def __call__(self, request):
        request.headers[self.name] = self.value
        return request


def sentinel(exchange, _data):
    """Basic, an API root and a collection id, no discovery; a poll each minute."""
    session = requests.Session()
    session.auth = (PARTY, exchange.short_token)
    url = exchange.objects("indicators")
    assert uuid.UUID(exchange.collections["indicators"]["id"]).version == 4
    assert session.get(url, params={"limit": 1}, headers={"Accept": T21}).status_code == 200  # when saved
    moved, cursor = Moved(), None
    for minute, news in enumerate((0, 0, 1, 25, 0)):
        expected = exchange.add("indicators", news) if news else []
        got, cursor = _minute(session, url, cursor)
        moved.polled += same(got, expected if minute else exchange.latest("indicators"))
    return moved


def _minute(session, url, cursor):
    """All pages after a cursor, and the cursor after them."""
    params, got = {"added_after": cursor}, []
    while True:
        answer = session.get(url, params=params, headers={"Accept": T21})
        assert answer.status_code == 200, answer.text
        page, last = answer.json(), answer.headers["X-TAXII-Date-Added-Last"]
        got += page.get("objects", [])
        if not page.get("more"):
            return got, last
        params["next"] = page["next"]


def splunk_ctis(exchange, _data):
    """Asks discovery for its title when it is set up, finds a collection by id,
    and submits a whole bundle as the envelope."""
    assert Server(exchange.discovery, user=PARTY, password=exchange.token).title == "Accord"
    root = ApiRoot(exchange.root, user=PARTY, password=exchange.token)
    collection = {c.id: c for c in root.collections}[exchange.collections["splunk"]["id"]]
    grouped = [stix2.parse(o) for o in exchange.make(40)]
    grouping = stix2.Grouping(name="Submission", context="suspicious-activity", object_refs=[o.id for o in grouped])
    bundle = stix2.Bundle(grouping, *grouped).serialize()
    status = collection.add_objects(bundle)
    assert status.status == "complete" and status.success_count == 41, status.failures
    exchange.hold("splunk", json.loads(bundle)["objects"])
    return Moved(41, same(collection.get_objects()["objects"], exchange.all("splunk")))


def sumo_logic(exchange, _data):
    """Basic with an empty user name, from discovery on, without a limit."""
    session = requests.Session()
    session.auth = ("", exchange.token)
    moved = Moved()
    for root in session.get(exchange.discovery).json()["api_roots"]:
        for collection in session.get(f"{root}collections/").json()["collections"]:
            got, _ = _minute(session, f"{root}collections/{collection['id']}/objects/", None)
            moved.polled += same(got, exchange.latest(collection["alias"]))
    return moved
