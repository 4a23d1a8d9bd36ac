#!/usr/bin/env python3
"""Second, independent verifier of Relay evidence bundles, written from src/OpenOva.Relay.Evidence/README.md alone.

    verify.py BUNDLE [--trust FINGERPRINT] [--known-head FILE]... [--json]

Exit code by section 5.3: 1 if any check failed, 2 if a required one is missing, 0 otherwise; 64 for a wrong command line.

What a check needs is in the README's table. In one check, failed goes before missing, and missing before not-made.
"""

import argparse
import json
import sys

sys.dont_write_bytecode = True  # no caches beside the sources

from container import Container  # noqa: E402
from jose import Jws, KeyHistory  # noqa: E402
from ledger import MAX_CHECKPOINT_BYTES, MAX_LEAF_BYTES, MAX_RANGE_BYTES, Ledger, checkpoint  # noqa: E402
from outcomes import Checks, exit_code, integrity, strength  # noqa: E402
from recording import Recording  # noqa: E402
from recording_checks import RecordingChecks  # noqa: E402
from shapes import Refused, count, digest, list_of, record, show, text, versioned  # noqa: E402

# Limits of this verifier; the README states none.
MAX_OUTER_BYTES = 64 << 20
MAX_HISTORY_BYTES = 16 << 20
MAX_KNOWN_HEADS_BYTES = 16 << 20

_OUTER = versioned({
    "organisation": text, "created_us": count, "report": text,
    "head": record({"size": count, "root": digest, "sha256": digest}),
    "files": list_of(record({"path": text, "bytes": count, "sha256": digest}))})

_AFTER_CONTAINER = ("files", "keys", "trust", "bundle-signature", "checkpoint", "ledger", "known-head", "timestamps")


class Verification:
    """All checks of one bundle, in the order of the README's table."""

    def __init__(self, path, trust=None, known_heads=()):
        self._path, self._trust, self._known_paths = path, trust, known_heads
        self.checks = Checks()
        self._container = self._outer = self._history = self._checkpoint = self._ledger = None
        self._sessions, self._wrong_crc = [], []
        self._heads = []  # (where, checkpoint or the refusal)

    @property
    def fingerprint(self):
        """Thumbprint of the root key, or None when `keys` does not hold."""
        return self._history.root if self.checks.held("keys") else None

    @property
    def completeness(self):
        """(verdict, list of what is open)."""
        if not self.checks.held("ledger"):
            return "NOT_EVIDENCED", []
        found = self._ledger.completeness.open()
        return ("OPEN" if found else "COMPLETE"), found

    def run(self):
        """Makes every check that can be made."""
        self.checks.make("container", self._container_check)
        if self._container is None:
            for name in _AFTER_CONTAINER:
                self.checks.make(name, lambda findings: self.checks.require(findings, "container"),
                                 required=self._required(name))
            return
        try:
            self._run_contents()
        finally:
            self._container.close()

    def _required(self, name):
        return name != "timestamps" and (name != "known-head" or bool(self._known_paths))

    def _run_contents(self):
        steps = {"files": (self._files_check, ()), "keys": (self._keys_check, ()), "trust": (self._trust_check, ("keys",)),
                 "bundle-signature": (self._signature_check, ("keys",)), "checkpoint": (self._checkpoint_check, ("keys",)),
                 "ledger": (self._ledger_check, ("checkpoint",)), "known-head": (self._known_head_check, ("ledger",) if self._known_paths else ()),
                 "timestamps": (self._timestamps_check, ())}
        for name in _AFTER_CONTAINER:
            step, needs = steps[name]
            self.checks.make(name, step, required=self._required(name), needs=needs)
        for session in self._sessions:
            recording = Recording(self._container, session)
            recording.read_index(self._container)
            RecordingChecks(self.checks, self._container, self._history, self._ledger, recording).make()

    # ---- container and files ------------------------------------------------------------------

    def _container_check(self, _):
        """5.1, but for the CRC-32s."""
        self._container = container = Container(self._path)
        self._wrong_crc = container.digest()
        self._sessions = sorted({name.split("/")[1] for name in container.entries if name.startswith("recordings/") and name.count("/") >= 2})

    def _files_check(self, findings):
        """5.2: the outer manifest and what it lists."""
        for name in self._wrong_crc:
            findings.fail(f"{name}: its CRC-32 is wrong")
        entry = self._container.entries.get("bundle.jws")
        if entry is None:
            return findings.fail("bundle.jws is absent")
        self._outer = findings.attempt("bundle.jws", self._read_outer, entry)
        if self._outer is not None:
            self._compare_files(findings, self._outer.payload["files"])

    def _read_outer(self, entry):
        return Jws(self._container.read(entry, MAX_OUTER_BYTES), "relay-bundle+jws", _OUTER)

    def _compare_files(self, findings, files):
        present = [name for name in self._container.entries if name != "bundle.jws"]
        listed = [file["path"] for file in files]
        for file in files:
            entry = self._container.entries.get(file["path"]) if file["path"] != "bundle.jws" else None
            if entry is None:
                findings.fail(f"{show(file['path'])} is listed but not present")
                continue
            findings.demand(entry.size == file["bytes"], f"{entry.name} has {entry.size} bytes, {file['bytes']} are listed")
            findings.demand(entry.sha256 == file["sha256"], f"{entry.name} has another SHA-256 than listed")
        for name in sorted(set(present) - set(listed)):
            findings.fail(f"{name} is present but not listed")
        if findings.clean:
            findings.demand(listed == present, "the list is not sorted like the entries, or has an entry twice")

    # ---- keys, trust, signature ---------------------------------------------------------------

    def _keys_check(self, findings):
        """Section 2, and the organisation is the bundle's."""
        entry = self._container.entries.get("keys/history.jws")
        if entry is None:
            return findings.miss("keys/history.jws is absent")
        self._history = findings.attempt(entry.name, lambda: KeyHistory(self._container.read(entry, MAX_HISTORY_BYTES)))
        if self._history is None:
            return None
        if self._outer is not None:
            findings.demand(self._history.organisation == self._outer.payload["organisation"],
                            f"{entry.name}: organisation {show(self._history.organisation)} is not the bundle's")

    def _trust_check(self, findings):
        """The fingerprint given is the root key's."""
        if self._trust is None:
            findings.miss("no fingerprint was given")
        elif self._trust != self._history.root:
            findings.miss(f"the root key is {self._history.root}, not {show(self._trust)}")

    def _signature_check(self, findings):
        """The outer manifest is signed by the organisation at created_us."""
        if self._outer is None:
            findings.unmade("bundle.jws is absent or was refused by `files`")
        else:
            findings.attempt("bundle.jws", self._history.verify, self._outer, self._outer.payload["created_us"])

    # ---- ledger -------------------------------------------------------------------------------

    def _checkpoint_check(self, findings):
        """4.3, same organisation, and `head` of the outer manifest agrees."""
        entry = self._container.entries.get("ledger/checkpoint.jws")
        if entry is None:
            return findings.miss("ledger/checkpoint.jws is absent")
        self._checkpoint = findings.attempt(entry.name, lambda: checkpoint(self._container.read(entry, MAX_CHECKPOINT_BYTES)))
        if self._checkpoint is not None:
            self._check_head(findings, entry.name, self._checkpoint)
            if self._outer is not None:
                stated, payload = self._outer.payload["head"], self._checkpoint.payload
                agrees = (stated["size"], stated["root"], stated["sha256"]) == (payload["size"], payload["root"], self._checkpoint.digest)
                findings.demand(agrees, "bundle.jws: head is not this checkpoint")

    def _check_head(self, findings, where, head):
        organisation = head.payload["organisation"]
        findings.demand(organisation == self._history.organisation, f"{where}: organisation {show(organisation)} is not that of the keys")
        findings.attempt(where, self._history.verify, head, head.payload["time_us"])

    def _ledger_check(self, findings):
        """range.json and every leaf, and the root at N."""
        entries = self._container.entries
        absent = [name for name in ("ledger/range.json", "ledger/leaves.jsonl") if name not in entries]
        if absent:
            return findings.miss(" and ".join(absent) + (" is absent" if len(absent) == 1 else " are absent"))
        self._read_known_heads()
        sizes = {head.payload["size"] for _, head in self._heads if not isinstance(head, Refused)}
        wanted = {identity for session in self._sessions for identity in Recording(self._container, session).wanted_ids()}
        self._ledger = Ledger(self._history.organisation, wanted, set(self._sessions), sizes)
        self._ledger.read(findings, self._container.read(entries["ledger/range.json"], MAX_RANGE_BYTES),
                          self._container.lines(entries["ledger/leaves.jsonl"], MAX_LEAF_BYTES))
        if not findings.failing:
            self._compare_root(findings)

    def _compare_root(self, findings):
        size, root = self._checkpoint.payload["size"], self._checkpoint.payload["root"]
        findings.demand(self._ledger.size == size, f"range.json: size {self._ledger.size}, the checkpoint's is {size}")
        findings.demand(self._ledger.roots[self._ledger.size] == root, f"the root over {self._ledger.size} leaves is not the checkpoint's")

    def _read_known_heads(self):
        for path in self._known_paths:
            try:
                self._heads += _known_heads(path)
            except Refused as refusal:
                self._heads.append((show(path), refusal))

    def _known_head_check(self, findings):
        """Every known head is the organisation's, and its root is the root at its size."""
        if not self._known_paths:
            return findings.unmade("no known head was given")
        for where, head in self._heads:
            if isinstance(head, Refused):
                findings.fail(f"{where}: {head}")
            else:
                self._check_head(findings, where, head)
                self._compare_known(findings, where, head.payload)

    def _compare_known(self, findings, where, head):
        size = head["size"]
        if size < self._ledger.first:
            findings.miss(f"{where}: size {size} is before the range, which begins at leaf {self._ledger.first}")
        elif size > self._ledger.size:
            findings.fail(f"{where}: size {size} is above the bundle's {self._ledger.size}")
        else:
            findings.demand(self._ledger.roots[size] == head["root"], f"{where}: its root is not the root at size {size}")

    @staticmethod
    def _timestamps_check(findings):
        findings.unmade("this verifier does not read RFC 3161 stamps")


def _known_heads(path):
    """The checkpoints of a file, one a line; the last line feed may be absent."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_KNOWN_HEADS_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Refused(f"cannot be read: {show(str(error))}") from None
    if len(data) > MAX_KNOWN_HEADS_BYTES:
        raise Refused(f"has more than {MAX_KNOWN_HEADS_BYTES} bytes")
    heads = []
    for number, line in enumerate(data.removesuffix(b"\n").split(b"\n"), 1):
        try:
            heads.append((f"{show(path)} line {number}", checkpoint(line)))
        except Refused as refusal:
            heads.append((f"{show(path)} line {number}", refusal))
    return heads


# ---- output -------------------------------------------------------------------------------------


def summary(path, verification):
    """The result as one object."""
    checks = verification.checks.all
    verdict, found = verification.completeness
    return {
        "bundle": path, "exit": exit_code(checks), "integrity": integrity(checks), "strength": strength(checks),
        "completeness": {"verdict": verdict, "open": found}, "fingerprint": verification.fingerprint,
        "checks": [{"name": c.name, "outcome": c.outcome, "detail": c.detail} for c in checks]}


def table(result):
    """The result for a reader."""
    width = max(len(check["name"]) for check in result["checks"])
    lines = [f"{check['name']:<{width}}  {check['outcome']:<8}  {check['detail']}".rstrip() for check in result["checks"]]
    lines += ["", f"integrity     {result['integrity']}", f"strength      {result['strength']}",
              f"completeness  {result['completeness']['verdict']}"]
    lines += [f"              {item}" for item in result["completeness"]["open"]]
    lines.append(f"root key      {result['fingerprint'] or 'unknown'}")
    return "\n".join(lines)


class _Arguments(argparse.ArgumentParser):
    """A wrong command line must not look like "a required check is missing" (2)."""

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(64, f"{self.prog}: {message}\n")


def main(arguments):
    """The command line."""
    parser = _Arguments(description="Verifies an evidence bundle.")
    parser.add_argument("bundle")
    parser.add_argument("--trust", metavar="FINGERPRINT", help="thumbprint of the organisation's root key, known from elsewhere")
    parser.add_argument("--known-head", metavar="FILE", action="append", default=[], help="checkpoints that somebody else kept")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    verification = Verification(options.bundle, options.trust, options.known_head)
    verification.run()
    result = summary(options.bundle, verification)
    print(json.dumps(result) if options.json else table(result).encode("ascii", "backslashreplace").decode("ascii"))
    return result["exit"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
