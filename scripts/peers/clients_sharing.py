"""What MISP, EclecticIQ and left-over TAXII 2.0 clients send."""

import base64
import datetime
import json

import requests
from requests.auth import HTTPBasicAuth
from taxii2client.v21 import ApiRoot, Collection, as_pages

from clients_exchange import PARTY, T21, Moved, same


def misp_push(exchange, _data):
    """Builds addresses with double slashes, and fills envelopes to exactly
    max_content_length; needs a server where that is small."""
    base, api_root = exchange.url + "/", "/taxii2/tools/"
    auth = HTTPBasicAuth(*f"{PARTY}:{exchange.token}".encode().split(b":"))
    root = ApiRoot(f"{base}/{api_root}", auth=auth)
    most = root.max_content_length
    url = f"{base}/{api_root}/collections/{exchange.collections['misp']['id']}"
    collection = Collection(url, auth=auth)
    envelopes = [_filled(exchange.make(n), most) for n in (1, 5, 20)]
    for envelope in envelopes:
        status = collection.add_objects(envelope, wait_for_completion=False)
        assert status.failure_count == 0, status.failures
        exchange.hold("misp", json.loads(envelope)["objects"])
    try:
        collection.add_objects(envelopes[0] + b" ")
        raise AssertionError("more than max_content_length was taken")
    except requests.HTTPError as refused:
        assert refused.response.status_code == 413
    got = [o for page in as_pages(collection.get_objects, per_request=10) for o in page["objects"]]
    return Moved(len(exchange.all("misp")), same(got, exchange.all("misp")), [f"envelopes of exactly {most:,} bytes"])


def misp_browse(exchange, _data):
    """Shows a collection page by page, 50 objects each, with a Content-Type on GET."""
    session = requests.Session()
    credentials = base64.b64encode(f"{PARTY}:{exchange.token}".encode()).decode()
    session.headers.update({"Accept": T21, "Content-type": T21, "Authorization": f"basic {credentials}"})
    collections = session.get(f"{exchange.url}/taxii2/tools//collections/").json()["collections"]
    assert collections == list(exchange.collections.values())
    got, token = [], None
    while token is not None or not got:
        page = session.get(exchange.objects("ics"), params={"limit": 50, "next": token}).json()
        assert page["objects"], "an empty page is an error there"
        got += page["objects"]
        token = page.get("next")
    return Moved(0, same(got, exchange.latest("ics")))


def _filled(objects, size):
    """An envelope of exactly that many bytes."""
    objects[-1]["description"] = ""
    short = size - len(json.dumps({"objects": objects}).encode())
    objects[-1]["description"] = "x" * short
    envelope = json.dumps({"objects": objects}).encode()
    assert short > 0 and len(envelope) == size
    return envelope


def eclecticiq(exchange, _data):
    """100 objects a request from 1970 on, by the date header alone, which it reads strictly."""
    session, got = exchange.bearer(), []
    added_after = "1970-01-01T00:00:00.000000Z"
    while True:
        answer = session.get(
            exchange.objects("indicators"), params={"added_after": added_after, "limit": 100}, headers={"Accept": T21})
        for header in ("X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"):
            datetime.datetime.strptime(answer.headers[header], "%Y-%m-%dT%H:%M:%S.%fZ")
        page = answer.json().get("objects", [])
        if not page:
            assert answer.headers["X-TAXII-Date-Added-Last"] == added_after, "an empty page moves nobody"
            return Moved(0, same(got, exchange.latest("indicators")))
        got += page
        added_after = answer.headers["X-TAXII-Date-Added-Last"]


def taxii_20(exchange, _data):
    """Clients that were never moved to 2.1 are told so in words; a Range is not understood."""
    session = exchange.bearer()
    stix20 = "application/vnd.oasis.stix+json; version=2.0"
    objects = exchange.objects("opencti")
    for method, url, headers, status in (
        ("GET", f"{exchange.url}/taxii/", {}, 404),
        ("GET", exchange.discovery, {"Accept": "application/vnd.oasis.taxii+json; version=2.0"}, 406),
        ("GET", objects, {"Accept": stix20}, 406),
        ("POST", objects, {"Accept": T21, "Content-Type": stix20}, 415),
    ):
        answer = session.request(method, url, headers=headers, json={"objects": exchange.make(1)} if method == "POST" else None)
        assert answer.status_code == status and answer.headers["Content-Type"] == T21, (url, answer.status_code)
        assert answer.json()["description"], answer.text
    answer = session.get(objects, headers={"Accept": T21, "Range": "items 0-99"})
    assert answer.status_code == 200 and "Content-Range" not in answer.headers
    return Moved(0, same(answer.json()["objects"], exchange.all("opencti")))
