"""cytaxii2: knows the discovery URL only, and takes its default root as it stands there."""

import json

from cytaxii2.cytaxii2 import cytaxii2 as Client

from clients_exchange import PARTY, Moved, same

PAGE = 1000


def cytaxii2(exchange, _data):
    """Discovery, collections, inbox, and polling page by page."""
    # Without the final slash, as people type it.
    taxii = Client(exchange.discovery.rstrip("/"), PARTY, exchange.token)
    assert _result(taxii.discovery_request())["default"] == exchange.root
    assert _result(taxii.root_discovery())["title"] == "Tools"
    listed = _result(taxii.collection_request())["collections"]
    assert listed == sorted(exchange.collections.values(), key=lambda c: c["id"])
    ids = {c["alias"]: c["id"] for c in listed}
    assert _result(taxii.collection_data_request(ids["cytaxii2"])) == exchange.collections["cytaxii2"]

    objects = exchange.make(2 * PAGE + 1)
    status = _result(taxii.inbox_request(ids["cytaxii2"], json.dumps({"objects": objects})))
    assert status["success_count"] == len(objects), status
    exchange.hold("cytaxii2", objects)

    polled = 0
    for alias in ("cytaxii2", "indicators"):
        polled += same(_pages(taxii, ids[alias]), exchange.latest(alias))
    one = _result(taxii.poll_request(ids["cytaxii2"], object_id=objects[7]["id"], object_type="indicator"))
    assert one["objects"] == [objects[7]]
    assert _result(taxii.poll_request(ids["cytaxii2"], added_after="2999-01-01T00:00:00.000000Z")) == {}
    wrong = taxii.poll_request(ids["cytaxii2"], added_after="yesterday")
    assert wrong["status_code"] == 400 and "added_after" in wrong["response"]["description"], wrong
    return Moved(len(objects), polled, [
        "shows no headers, so a later poll can't go on by X-TAXII-Date-Added-Last"])


def _pages(taxii, collection):
    token = None
    while True:
        page = _result(taxii.poll_request(collection, limit=PAGE, next=token))
        yield from page["objects"]
        if not page.get("more"):
            return
        token = page["next"]


def _result(answer):
    assert answer["status"], answer
    return answer["response"]
