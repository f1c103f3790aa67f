"""The objects of a folder of STIX files, as all validators shall see them."""

import gzip
import hashlib
import json
import os
from dataclasses import dataclass, field

SCOS = {
    "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file",
    "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url",
    "user-account", "windows-registry-key", "x509-certificate",
}


@dataclass
class StixFile:
    """One file: name is relative to the folder, digest the SHA-256 of its unpacked bytes."""

    name: str
    path: str
    digest: str = ""
    objects: dict = field(default_factory=dict)  # STIX 2.1, index in the file to object
    others: int = 0  # objects of STIX 2.0
    reason: str = ""  # why the file has no objects at all


def files(folder):
    """Each file that could hold STIX, in order of name; one at a time, because they are large."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(root, name)
            if name.removesuffix(".gz").endswith((".json", ".ndjson")) and name != "MANIFEST.json":
                yield _read(os.path.relpath(path, folder), path)
            elif name.endswith(".tar.gz"):
                yield StixFile(os.path.relpath(path, folder), path, reason="a tar archive")


def _read(name, path):
    with (gzip.open if name.endswith(".gz") else open)(path, "rb") as packed:
        raw = packed.read()
    file = StixFile(name, path, digest=hashlib.sha256(raw).hexdigest())
    try:
        objects = _objects(raw, lines=".ndjson" in name)
    except ValueError:
        file.reason = "not JSON"
        return file
    if objects is None:
        file.reason = "not STIX"
        return file
    file.objects = {index: obj for index, obj in enumerate(objects) if _is_21(obj)}
    file.others = len(objects) - len(file.objects)
    return file


def _objects(raw, lines):
    """The objects of a bundle, an envelope, a list, one object or lines; None for other JSON."""
    if lines:
        return [json.loads(line) for line in raw.splitlines() if line.strip()]
    value = json.loads(raw)
    if isinstance(value, list):
        return value
    if "objects" in value and value.get("type", "bundle") == "bundle":
        return value["objects"]
    return [value] if "type" in value else None


def _is_21(obj):
    """Whether obj claims to be STIX 2.1; created without spec_version is how 2.0 looks."""
    if not isinstance(obj, dict):
        return True
    if "spec_version" in obj:
        return obj["spec_version"] == "2.1"
    return obj.get("type") in SCOS or "created" not in obj
