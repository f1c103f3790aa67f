"""What the OASIS stix2-validator and python-stix2 say of one STIX 2.1 object.

A judge takes an object and gives the messages of its refusal, none when it
accepts. Both judge as a user who asks for the standard and no more: only MUSTs,
custom content allowed. They read no network, and results are kept on disk.
"""

import hashlib
import json
import logging
import multiprocessing
import os
import re
from importlib.metadata import version

import requests
import stix2
from stix2.exceptions import STIXError
from stix2validator import ValidationOptions, validate_instance
from stix2validator.errors import ValidationError

CHUNK = 25  # objects in one task: a task of a slow judge stays below a second

KIND_LENGTH = 240  # some messages carry a whole object or a paragraph of advice


def _no_network(*_args, **_kwargs):
    raise RuntimeError("a validator asked for the network")


def _start_worker():
    requests.get = _no_network
    logging.disable()


def _oasis(obj):
    options = ValidationOptions(version="2.1", silent=True)
    try:
        return [error.message for error in validate_instance(obj, options).errors]
    except ValidationError as error:  # not an object with type and id
        return [str(error)]


def _python_stix2(obj):
    try:
        stix2.parse(obj, allow_custom=True, version="2.1")
    except (STIXError, ValueError) as error:
        return [f"{type(error).__name__}: {error}"]
    return []


JUDGES = {"stix2-validator": _oasis, "stix2": _python_stix2}
STOPS_AT_FIRST = {"stix2"}  # names one fault of an object, not all


def _judge(task):
    name, objects = task
    return [_refusal(JUDGES[name], obj) for obj in objects]


def _refusal(judge, obj):
    try:
        return judge(obj)
    except Exception as error:  # a crash: both parse long patterns by recursion
        return [f"crash: {type(error).__name__}: {error}"]


class Others:
    """Both judges on all cores, with their results kept in a folder."""

    def __init__(self, cache):
        self.cache = cache
        self.pool = multiprocessing.Pool(initializer=_start_worker)

    def refusals(self, name, digest, objects, progress):
        """The messages of judge name by index, for the objects it refuses.

        objects maps index to object; digest is the SHA-256 of their file.
        """
        path = self._path(name, digest, objects)
        if os.path.exists(path):
            with open(path) as kept:
                return {int(index): messages for index, messages in json.load(kept).items()}
        found = self._run(name, objects, progress)
        os.makedirs(self.cache, exist_ok=True)
        with open(path + ".new", "w") as kept:
            json.dump(found, kept)
        os.replace(path + ".new", path)
        return found

    def _path(self, name, digest, objects):
        sample = hashlib.sha256(repr(sorted(objects)).encode()).hexdigest()
        return os.path.join(self.cache, f"{name}-{version(name)}-{digest[:16]}-{sample[:16]}.json")

    def _run(self, name, objects, progress):
        indexes = sorted(objects)
        chunks = [indexes[i:i + CHUNK] for i in range(0, len(indexes), CHUNK)]
        tasks = ((name, [objects[index] for index in chunk]) for chunk in chunks)
        found = {}
        for chunk, results in zip(chunks, self.pool.imap(_judge, tasks)):
            found.update({index: messages for index, messages in zip(chunk, results) if messages})
            progress(len(chunk))
        return found


# What differs from object to object in a message, and what stands for it in the
# message's kind. Applied in this order.
_REPLACEMENTS = [(re.compile(pattern, re.DOTALL), kind) for pattern, kind in (
    (r"[a-z0-9-]+--[0-9a-fA-F-]{36}", "<id>"),
    (r"^<id>: ", ""),
    (r"must match <object-type>--<UUID>: .*", "must match <object-type>--<UUID>: <value>"),
    (r"\[\d+\]", "[n]"),
    (r"line \d+:\d+", "line n:n"),
    (r"mismatched input '.*' expecting", "mismatched input <value> expecting"),
    (r"\(\d{4}-\d\d-\d\dT[^)]*\)", "(<time>)"),
    (r"^x_\w+", "<custom property>"),
    (r"(request_header)\.[\w-]+", r"\1.<key>"),
    (r"""(^|: )['"{\[].*['"}\]] (is not|does not|should|must be|contains) """, r"\1<value> \2 "),
    (r"Invalid key '.*' in", "Invalid key <value> in"),
    (r"property: \{.*", "property: <object>"),
    (r"valid types for this property: .*", "valid types for this property: <types>"),  # in any order
)]


def kind(message):
    """The message without what is particular to one object."""
    for pattern, stands_for in _REPLACEMENTS:
        message = pattern.sub(stands_for, message)
    return message if len(message) <= KIND_LENGTH else message[:KIND_LENGTH] + "…"
