"""What accord validate says of the objects of a file."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field


@dataclass
class Verdict:
    """Of one object: errors are pairs of kind and message, reported the rules of all findings."""

    errors: list = field(default_factory=list)
    reported: set = field(default_factory=set)


def verdicts(accord, file):
    """The verdicts of accord by index; ends the program where they contradict themselves."""
    run = subprocess.run(
        [accord, "validate", "-o", "json", "--profile", "standard", file.path], stdout=subprocess.PIPE, check=False)
    if run.returncode not in (0, 1) or not run.stdout:
        sys.exit(f"accord validate failed on {file.name} with exit code {run.returncode}")
    found = {}
    for verdict in json.loads(run.stdout)["verdicts"]:
        errors = [finding for finding in verdict["findings"] if finding["level"] == "error"]
        if verdict["accepted"] == bool(errors):
            sys.exit(f"{file.name}: accord's verdict {verdict['index']} does not follow from its findings")
        obj = file.objects.get(verdict["index"])
        if isinstance(obj, dict) and isinstance(obj.get("id"), str) and obj["id"] != verdict["id"]:
            sys.exit(f"{file.name}: accord's verdict {verdict['index']} is for {verdict['id']}, not {obj['id']}")
        found[verdict["index"]] = Verdict(
            [(kind(error), error["message"]) for error in errors], {finding["rule"] for finding in verdict["findings"]})
    return found


# What differs from object to object in a pointer, and what stands for it.
_REPLACEMENTS = [(re.compile(pattern), place) for pattern, place in (
    (r"/\d+(?=/|$)", "/n"),
    (r"^/x_\w+", "/<custom property>"),
    (r"/[a-z0-9-]+--[0-9a-fA-F-]{36}", "/<id>"),
    (r"/(additional_header_fields|request_header)/.*", r"/\1/<key>"),
)]


def kind(finding):
    """The rule of a finding and its place, without what is particular to one object."""
    place = finding["pointer"]
    for pattern, stands_for in _REPLACEMENTS:
        place = pattern.sub(stands_for, place)
    return f"{finding['rule']} {place}".strip()


def rule(kind_of_ours):
    return kind_of_ours.split(" ")[0]
