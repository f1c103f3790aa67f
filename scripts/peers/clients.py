"""Runs TAXII clients against our server, and compares every object that they move.

usage: clients.py ACCORD AGREEMENT DATA
ACCORD is the binary, AGREEMENT the file it serves, DATA a folder of real STIX
files; without it made-up objects go through. Clients that can be installed are
the real ones; the others are functions that send what those tools send.
"""

import sys
import time

from clients_cytaxii2 import cytaxii2
from clients_exchange import serving
from clients_opencti import opencti_connector, opencti_ingester, opencti_taxii_post
from clients_sharing import eclecticiq, misp_browse, misp_push, taxii_20
from clients_siems import sentinel, splunk_ctis, sumo_logic, xsoar
from clients_stix2 import python_stix2
from clients_taxii2 import taxii2_client

# The first one fills the collections that the others poll.
CLIENTS = [
    taxii2_client, python_stix2, cytaxii2,
    opencti_ingester, opencti_connector, opencti_taxii_post, misp_browse, eclecticiq,
    xsoar, sentinel, splunk_ctis, sumo_logic, taxii_20,
]

SMALL = ["--max-content-length", "20000"]

# Those run on a small server, which speaks TLS.
SMALL_CLIENTS = [misp_push, opencti_taxii_post, sentinel]


def run(client, exchange, data):
    began = time.monotonic()
    moved = client(exchange, data)
    took = time.monotonic() - began
    print(f"{client.__name__:20} pushed {moved.pushed:7,}  polled {moved.polled:8,}  all equal, {took:.1f} s", flush=True)
    for note in moved.notes:
        print(f"{'':20} {note}")


def main(accord, agreement, data):
    with serving(accord, agreement) as exchange:
        for client in CLIENTS:
            run(client, exchange, data)
    print("over TLS, with a small max_content_length:")
    with serving(accord, agreement, *SMALL, tls=True) as exchange:
        for client in SMALL_CLIENTS:
            run(client, exchange, data)


if __name__ == "__main__":
    main(*sys.argv[1:])
