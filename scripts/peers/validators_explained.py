"""Which disagreements are settled, and what counts as agreement.

validators-explained.json is a list of
  {"validator": …, "kind": …, "right": "accord" | "other" | "policy", "rule": …, "reason": …}
where kind is what was said without what is particular to one object: the
other's message when accord says nothing like it, else our rule and its place.
An entry is as narrow as it can be:
  "message", if there, is a regular expression that the whole message contains;
  "policy" holds only where accord reports the rule, be it as a warning.
"""

import collections
import json
import re

RIGHT = ("accord", "other", "policy")
NEEDED = {"validator", "kind", "right", "rule", "reason"}


class Explanations:
    """The entries of a file; met are those that explained something."""

    def __init__(self, path, validators):
        with open(path) as file:
            self.all = json.load(file)
        self.met = []
        self.entries = collections.defaultdict(list)
        for entry in self.all:
            known = entry.get("validator") in validators and entry.get("right") in RIGHT
            if not known or not NEEDED <= entry.keys() <= NEEDED | {"message"}:
                raise ValueError(f"{path}: not a complete entry: {entry}")
            self.entries[entry["validator"], entry["kind"]].append(entry)

    def settle(self, validator, said, reported):
        """The entry that explains what was said, or None.

        said is a kind and its message, reported the rules that accord names for
        the object, as errors or as warnings.
        """
        kind, message = said
        for entry in self.entries[validator, kind]:
            if entry["right"] == "policy" and entry["rule"] not in reported:
                continue
            if re.search(entry.get("message", ""), message, re.DOTALL):
                if entry not in self.met:
                    self.met.append(entry)
                return entry
        return None

    def unmet(self):
        return [entry for entry in self.all if entry not in self.met]


# Messages of the others, and our rules that say the same.
_SAME = [(re.compile(pattern), rules.split()) for pattern, rules in (
    (r"required propert|object with 'id' and 'type'|no 'type' property", "GEN-02 COM-02"),
    (r"empty arrays are not allowed|should be non-empty", "GEN-04"),
    (r"does not match the id format|must match <object-type>--<UUID>", "IDN-01 IDN-03"),
    (r"^external_references\[n\]\.url: .* is not a 'uri'", "TYP-15"),
    (r"^value: .* is not a 'uri'", "OBJ-URL-1"),
    (r"is not of type 'string'", "TYP-16"),
    (r"is not of type 'array'", "TYP-13"),
    (r"must be a base64-encoded string", "TYP-01"),
    (r"the timestamp format|must be a datetime object", "TSP-02"),
    (r"'source_name' must be 'capec'", "OBJ-ATTACK-PATTERN-1"),
    (r"^'modified' .* 'created'", "COM-05"),
    (r"'last_seen' must be .* 'first_seen'|^'last_seen' .* 'first_seen'", "OBJ-CAMPAIGN-1"),
    (r"'valid_until' must be .* 'valid_from'|^'valid_until' .* 'valid_from'", "OBJ-INDICATOR-1"),
    (r"no circular references", "COM-13"),
    (r"TLP marking definitions must match|does not match spec marking", "MRK-04"),
    (r"^key: .*HKLM", "OBJ-WINDOWS-REGISTRY-KEY-2"),
    (r"^value: <value> does not match '\^\(\[0-9a-f\]\{2\}\[:\]\)\{5\}", "OBJ-MAC-ADDR-1"),
    (r"'src_ref' or 'dst_ref'|\(dst_ref, src_ref\)", "OBJ-NETWORK-TRAFFIC-1"),
    (r"type-specifying prefix .* not one of the valid types", "REF-01"),
    (r"attern.* FAIL: Error found", "PAT-SYN-1"),
)]


def same(rule, kind):
    """Whether our rule and a kind of the others' messages say the same."""
    return any(rule in rules and pattern.search(kind) for pattern, rules in _SAME)
