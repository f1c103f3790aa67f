"""Compares accord validate with two other validators, object by object.

usage: validators.py --accord BINARY --cache FOLDER [--sample N] [--others] DATA
DATA is a folder of STIX files. Exits 1 when there is a kind of disagreement that
validators-explained.json does not settle: one validator accepts what the other
refuses, or both refuse it and one says what the other does not.
"""

import argparse
import collections
import os
import random
import sys
import time
from dataclasses import dataclass, field
from importlib.metadata import version

import validators_accord
import validators_data
from validators_accord import Verdict, rule
from validators_explained import Explanations, same
from validators_others import JUDGES, STOPS_AT_FIRST, Others, kind

EXPLAINED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "validators-explained.json")
VERDICTS = ("both accept", "both refuse", "only the other refuses", "only accord refuses")
BOTH, ONLY_OTHER, ONLY_ACCORD = "both say", "only the other says", "only accord says"
UNEXPLAINED = "UNEXPLAINED"


@dataclass
class Kind:
    """How often something was said, and where it was said first."""

    count: int = 0
    example: str = ""

    def add(self, example):
        self.count += 1
        self.example = self.example or example


@dataclass
class Comparison:
    """What came out for one of the other validators; kinds by who says it, text and who is right."""

    name: str
    verdicts: collections.Counter = field(default_factory=collections.Counter)
    kinds: dict = field(
        default_factory=lambda: {who: collections.defaultdict(Kind) for who in (ONLY_OTHER, ONLY_ACCORD, BOTH)})

    def add(self, example, ours, theirs, explained):
        """ours is the verdict of accord and theirs the other's pairs of kind and message, of one object."""
        self.verdicts[_verdict(ours.errors, theirs)] += 1
        rules = {rule(text) for text, _ in ours.errors}
        for said in sorted(theirs):
            answers = sorted(name for name in rules if same(name, said[0]))
            if answers:
                self.kinds[BOTH][f"{' '.join(answers)} | {said[0]}", "agreed"].add(example)
            else:
                self._only(ONLY_OTHER, said, ours, example, explained)
        if theirs and self.name in STOPS_AT_FIRST:
            return
        for said in ours.errors:
            if not any(same(rule(said[0]), text) for text, _ in theirs):
                self._only(ONLY_ACCORD, said, ours, example, explained)

    def _only(self, who, said, ours, example, explained):
        entry = explained.settle(self.name, said, ours.reported)
        settled = f"{entry['right']} is right, {entry['rule']}" if entry else UNEXPLAINED
        self.kinds[who][said[0], settled].add(example)

    def unexplained(self):
        return sum(settled == UNEXPLAINED for kinds in self.kinds.values() for _, settled in kinds)


def _verdict(ours, theirs):
    if ours:
        return VERDICTS[1] if theirs else VERDICTS[3]
    return VERDICTS[2] if theirs else VERDICTS[0]


class Progress:
    """A line on stderr: rewritten on a terminal, else one every 30 seconds."""

    def __init__(self):
        self.done = 0
        self.terminal = sys.stderr.isatty()
        self.last = time.monotonic()

    def advance(self, count):
        self.done += count
        if time.monotonic() - self.last < (0.2 if self.terminal else 30):
            return
        self.last = time.monotonic()
        print(f"{self.done:,} verdicts of the others", end="\r" if self.terminal else "\n", file=sys.stderr, flush=True)


def sample(file, size):
    """At most size objects of file, the same ones in every run; all when size is 0."""
    if not size or len(file.objects) <= size:
        return file.objects
    return {index: file.objects[index] for index in random.Random(file.digest).sample(sorted(file.objects), size)}


def compare(args, explained):
    """The comparison for each other validator, and what was left out, as lines."""
    others, progress = Others(args.cache), Progress()
    comparisons, left_out = [Comparison(name) for name in JUDGES], []
    for file in validators_data.files(args.data):
        if file.reason:
            left_out.append(f"{file.name}: {file.reason}")
        if file.others:
            left_out.append(f"{file.name}: {file.others:,} of its objects, STIX 2.0")
        if file.objects:
            compare_file(file, args, others, progress, comparisons, explained)
    return comparisons, left_out


def compare_file(file, args, others, progress, comparisons, explained):
    objects = sample(file, args.sample)
    ours = collections.defaultdict(Verdict) if args.others else validators_accord.verdicts(args.accord, file)
    for comparison in comparisons:
        theirs = others.refusals(comparison.name, file.digest, objects, progress.advance)
        for index, obj in sorted(objects.items()):
            if not args.others and index not in ours:
                sys.exit(f"{file.name}: accord gave no verdict for object {index}")
            example = f"{file.name} {index} {obj.get('id') if isinstance(obj, dict) else ''}"
            said = {(kind(message), message) for message in theirs.get(index, ())}
            comparison.add(example, ours[index], said, explained)


def report_kinds(comparison):
    """Prints every kind of one validator, the most frequent first."""
    for who, kinds in comparison.kinds.items():
        print(f"\n{comparison.name} {version(comparison.name)}, {who}: {len(kinds)} kinds")
        for (text, settled), seen in most_frequent(kinds):
            print(f"{seen.count:7,}  {settled}: {text}\n         {seen.example}")


def most_frequent(kinds):
    return sorted(kinds.items(), key=lambda item: (-item[1].count, item[0]))


def report_table(comparisons):
    print(f"\n{'':24}{'objects':>9}" + "".join(f"{verdict:>24}" for verdict in VERDICTS))
    for comparison in comparisons:
        counts = [comparison.verdicts[verdict] for verdict in VERDICTS]
        name = f"{comparison.name} {version(comparison.name)}"
        print(f"{name:24}{sum(counts):>9,}" + "".join(f"{count:>24,}" for count in counts))


def report_others(comparisons):
    """What the others refuse, without a word of ours."""
    for comparison in comparisons:
        kinds = comparison.kinds[ONLY_OTHER]
        refused, total = comparison.verdicts[VERDICTS[2]], comparison.verdicts.total()
        name = f"{comparison.name} {version(comparison.name)}"
        print(f"\n{name}: refuses {refused:,} of {total:,} objects, {len(kinds)} kinds")
        for (text, _), seen in most_frequent(kinds):
            print(f"{seen.count:7,}  {text}\n         {seen.example}")


def arguments():
    parser = argparse.ArgumentParser(prog="validators")
    parser.add_argument("--accord", required=True, help="the accord binary")
    parser.add_argument("--cache", required=True, help="folder for the others' results")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="judge N objects of each file, not all")
    parser.add_argument("--others", action="store_true", help="print only what the others refuse")
    parser.add_argument("data", help="folder of STIX files")
    return parser.parse_args()


def main():
    args = arguments()
    explained = Explanations(EXPLAINED, JUDGES)
    comparisons, left_out = compare(args, explained)
    print("left out:", *left_out, sep="\n  ")
    if args.others:
        report_others(comparisons)
        return 0
    for comparison in comparisons:
        report_kinds(comparison)
    if not args.sample:
        for entry in explained.unmet():
            print(f"explained but not met, {entry['validator']}: {entry['kind']}")
    report_table(comparisons)
    unexplained = sum(comparison.unexplained() for comparison in comparisons)
    print(f"\n{unexplained} kinds of disagreement without an explanation in validators-explained.json")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
