"""The checks of one recording (README section 5.3, `recording/<session>/...`)."""

from jose import sha256_hex
from merkle import Tree
from raw import RawScan
from recording import tallies
from shapes import Refused, show


class RecordingChecks:
    """Makes the seven checks of one recording in the order of the table."""

    def __init__(self, checks, container, organisation, history, ledger, recording):
        self._checks, self._container = checks, container
        self._organisation, self._history, self._ledger = organisation, history, ledger
        self._recording = recording
        self._manifest = recording.manifest.payload if recording.manifest else None
        self._prefix = f"recording/{recording.session}/"
        self._layout_right = False   # index members cover object and raw
        self._headers_hold = False   # every segment header holds, whatever the ledger says of them
        self._scan = None

    def make(self):
        """Makes them all."""
        for name in ("manifest", "ledgered", "object", "index", "chain", "raw", "balance"):
            self._checks.make(self._prefix + name, getattr(self, "_" + name + "_check"))

    def _require(self, findings, *names):
        return self._checks.require(findings, *(n if n in ("keys", "ledger") else self._prefix + n for n in names))

    def _same_session(self, findings, payload, where):
        if self._organisation is None:
            findings.unmade(f"{where}: the bundle's organisation is unknown")
        else:
            findings.demand(payload["organisation"] == self._organisation,
                            f"{where}: organisation {show(payload['organisation'])} is not the bundle's")
        findings.demand(payload["session"] == self._recording.session, f"{where}: session {show(payload['session'])} is not the path's")

    # ---- manifest -----------------------------------------------------------------------------

    def _manifest_check(self, findings):
        """3.3: structure, signature, organisation, session."""
        if self._recording.manifest_entry is None:
            return findings.miss(f"recordings/{self._recording.session}/manifest.jws is absent")
        name = self._recording.manifest_entry.name
        if self._manifest is None:
            return findings.fail(f"{name}: {self._recording.manifest_refusal}")
        if self._require(findings, "keys"):
            findings.attempt(name, self._history.verify, self._recording.manifest, self._manifest["sealed_us"])
            self._same_session(findings, self._manifest, name)

    # ---- ledgered -----------------------------------------------------------------------------

    def _ledgered_check(self, findings):
        """The manifest's digest, its opening and its decision are in the ledger."""
        if self._require(findings, "manifest", "ledger"):
            self._find_seal(findings)
            self._find_event(findings, "decision", "access.decided")
            opening = self._find_event(findings, "opening", "recording.opened")
            if opening is not None:
                self._compare_opening(findings, opening)

    def _absent(self, findings, what):
        """Not in the range: it may stand before leaf a, if there is anything before it."""
        if self._ledger.first > 0:
            findings.miss(f"{what} is not among leaves {self._ledger.first} and on; it may stand before them")
        else:
            findings.fail(f"{what} is not in the ledger")

    def _find_seal(self, findings):
        events = [e for e in self._ledger.sealed.get(self._recording.session, ()) if e.data["epoch"] == self._manifest["epoch"]]
        if any(e.data["manifest_sha256"] == self._recording.manifest.digest for e in events):
            return
        if events:
            findings.fail(f"leaf {events[-1].seq}: recording.sealed of this session and epoch has another manifest_sha256")
        else:
            self._absent(findings, f"a recording.sealed event of session {self._recording.session} with the manifest's digest")

    def _find_event(self, findings, name, kind):
        reference = self._manifest[name]
        events = self._ledger.events.get(reference["id"], ())
        if not events:
            self._absent(findings, f"{name} {show(reference['id'])} ({kind})")
        for event in events:
            if event.type == kind and event.data_sha256 == reference["sha256"]:
                return event
        if events:
            findings.fail(f"leaf {events[0].seq}: {name} {show(reference['id'])} is not {kind} with the digest that the manifest states")
        return None

    def _compare_opening(self, findings, event):
        where = f"leaf {event.seq}: recording.opened"
        findings.demand(event.data["session"] == self._recording.session, f"{where} is of another session")
        findings.demand(event.data["epoch"] == self._manifest["epoch"], f"{where} is of another epoch")
        findings.demand(event.data["session_key"] == self._manifest["session_key"], f"{where} has another session_key than the manifest")

    # ---- object and index ---------------------------------------------------------------------

    def _object_check(self, findings):
        """Length and digest as in the manifest and the index."""
        entry = self._recording.object_entry
        if entry is None:
            return findings.miss(f"recordings/{self._recording.session}/recording.guac.gz is absent")
        if self._require(findings, "manifest"):
            self._compare_stored(findings, entry, self._manifest["recording"]["bytes"], self._manifest["recording"]["sha256"], "the manifest")
        index = self._recording.index
        if index is None:
            findings.unmade("the index is absent or cannot be read, so the object is not compared with it")
        else:
            self._compare_stored(findings, entry, index["object_bytes"], index["object_sha256"], "the index")

    @staticmethod
    def _compare_stored(findings, entry, size, sha256, by):
        findings.demand(entry.size == size, f"{entry.name} has {entry.size} bytes, {by} states {size}")
        findings.demand(entry.sha256 == sha256, f"{entry.name} has another SHA-256 than {by} states")

    def _index_check(self, findings):
        """Length and digest as in the manifest, structure as in 3.2, organisation and session."""
        entry, index = self._recording.index_entry, self._recording.index
        if entry is None:
            return findings.miss(f"recordings/{self._recording.session}/index.json is absent")
        if index is None:
            findings.fail(f"{entry.name}: {self._recording.index_refusal}")
        else:
            self._same_session(findings, index, entry.name)
            self._check_members(findings, index)
        if self._require(findings, "manifest"):
            self._compare_stored(findings, entry, self._manifest["index"]["bytes"], self._manifest["index"]["sha256"], "the manifest")

    def _check_members(self, findings, index):
        offset = raw_offset = 0
        self._layout_right = bool(index["members"])
        findings.demand(index["members"], "there is no member")
        findings.demand(index["segments"], "there is no segment")
        for number, member in enumerate(index["members"]):
            if (member["offset"], member["raw_offset"]) != (offset, raw_offset):
                findings.fail(f"member {number}: a gap or an overlap before it")
                self._layout_right = False
            offset, raw_offset = member["offset"] + member["bytes"], member["raw_offset"] + member["raw_bytes"]
        if (offset, raw_offset) != (index["object_bytes"], index["raw_bytes"]):
            findings.fail("the members do not cover the object and raw")
            self._layout_right = False
        self._check_member_starts(findings, index)

    def _check_member_starts(self, findings, index):
        unreadable = [h for h in self._recording.headers if isinstance(h, Refused)]
        for refusal in unreadable:
            findings.fail(str(refusal))
        starts = {h.payload["raw_offset"] for h in self._recording.headers if not isinstance(h, Refused)}
        for number, member in enumerate(index["members"]):
            if member["raw_offset"] not in starts and not unreadable:
                findings.fail(f"member {number}: its raw_offset is not that of a segment")
                self._layout_right = False

    # ---- chain --------------------------------------------------------------------------------

    def _chain_check(self, findings):
        """Numbers, offsets, `previous`, signer and signature of each segment header, head and root, and the ledger's recording.chain events."""
        if self._recording.index is None:
            findings.unmade("the index is absent or cannot be read")
        if not self._require(findings, "manifest") or self._recording.index is None:
            return
        tree, previous, offset = Tree(), self._manifest["opening"]["sha256"], 0
        for number, header in enumerate(self._recording.headers):
            tree.append(self._recording.index["segments"][number].encode("utf-8"))
            if isinstance(header, Refused):
                findings.fail(str(header))
                previous = offset = None
                continue
            self._check_header(findings, number, header, previous, offset)
            previous, offset = header.digest, header.payload["raw_offset"] + header.payload["raw_bytes"]
        self._check_ends(findings, tree, offset)
        self._headers_hold = findings.clean
        if self._require(findings, "ledger"):
            self._check_chain_events(findings)

    def _check_header(self, findings, number, header, previous, offset):
        where, payload = f"segment {number}", header.payload
        self._same_session(findings, payload, where)
        findings.demand(payload["epoch"] == self._manifest["epoch"], f"{where}: epoch {payload['epoch']} is not the manifest's")
        findings.demand(payload["number"] == number, f"{where}: number {payload['number']}")
        findings.demand(offset in (None, payload["raw_offset"]), f"{where}: raw_offset {payload['raw_offset']}, {offset} was due")
        findings.demand(previous in (None, payload["previous"]), f"{where}: previous is not the digest of what stands before it")
        findings.attempt(where, self._verify_header, number, header)

    def _verify_header(self, number, header):
        """3.1: the session key, or the service key from recovered.from_segment on, to the end."""
        recovered = self._manifest["recovered"]
        signer = "service" if recovered is not None and number >= recovered["from_segment"] else "session"
        if header.payload["signer"] != signer:
            raise Refused(f"signer is {header.payload['signer']}, must be {signer}")
        if signer == "session":
            header.verify(self._manifest["session_key"])
        else:
            self._history.verify(header, self._manifest["sealed_us"])

    def _check_ends(self, findings, tree, offset):
        stated, headers = self._manifest["segments"], self._recording.headers
        findings.demand(len(headers) == stated["count"], f"{len(headers)} segments, the manifest states {stated['count']}")
        findings.demand(tree.root() == stated["root"], "the Merkle root over the segment headers is not the manifest's")
        last = self._recording.index["segments"][-1:]
        findings.demand(last and sha256_hex(last[0].encode("utf-8")) == stated["head"], "the last segment header is not the manifest's head")
        findings.demand(offset in (None, self._manifest["recording"]["raw_bytes"]),
                        f"the segments cover {offset} bytes of raw, the manifest states {self._manifest['recording']['raw_bytes']}")

    def _check_chain_events(self, findings):
        headers = self._recording.headers
        for event in self._ledger.chain.get(self._recording.session, ()):
            number = event.data["number"]
            if event.data["epoch"] != self._manifest["epoch"]:
                continue
            if number >= len(headers):
                findings.fail(f"leaf {event.seq}: recording.chain names segment {number}, which is not there")
            elif isinstance(headers[number], Refused) or headers[number].digest != event.data["head"]:
                findings.fail(f"leaf {event.seq}: recording.chain has another digest of segment {number}")

    # ---- raw ----------------------------------------------------------------------------------

    def _raw_check(self, findings):
        """Members decompress as stated; digest of raw and of each segment."""
        entry, index = self._recording.object_entry, self._recording.index
        if entry is None:
            findings.unmade("recording.guac.gz is absent")
        if index is None or not self._layout_right:
            findings.unmade("the index is absent, cannot be read, or its members do not cover the object")
        if not findings.clean:
            return
        self._scan = RawScan(self._container, entry, index["members"], self._recording.readable_headers)
        for problem in self._scan.problems:
            findings.fail(problem)
        if not self._scan.problems:
            self._compare_raw(findings, index["raw_bytes"], index["raw_sha256"], "the index")
            if self._require(findings, "manifest"):
                stated = self._manifest["recording"]
                self._compare_raw(findings, stated["raw_bytes"], stated["raw_sha256"], "the manifest")
        for segment in self._scan.segments:
            stated = self._recording.headers[segment.number].payload["raw_sha256"]
            findings.demand(segment.sha256 in (None, stated), f"segment {segment.number}: its bytes have another SHA-256 than its header states")
        if not self._headers_hold:
            findings.unmade("`chain` did not accept the segment headers, so the segments' digests prove nothing")

    def _compare_raw(self, findings, size, sha256, by):
        findings.demand(self._scan.size == size, f"raw has {self._scan.size} bytes, {by} states {size}")
        findings.demand(self._scan.sha256 == sha256, f"raw has another SHA-256 than {by} states")

    # ---- balance ------------------------------------------------------------------------------

    def _balance_check(self, findings):
        """3.3 Balance: the manifest's totals, the segments' cumulative counts, and the instructions counted in raw."""
        if not self._require(findings, "manifest"):
            return
        _check_totals(findings, self._manifest)
        if not self._headers_hold:
            findings.unmade("`chain` did not accept the segment headers")
        headers = self._recording.readable_headers if self._recording.index else None
        if headers is not None:
            self._check_cumulative(findings, headers)
            self._check_counted(findings, headers)

    def _check_cumulative(self, findings, headers):
        before = {}
        for number, header in enumerate(headers):
            now = {f"class {show(name)}": (c["count"], c["bytes"]) for name, c in header["classes"].items()}
            now["synthesised"] = (header["synthesised"]["count"], header["synthesised"]["bytes"])
            for name, (count, size) in before.items():
                later = now.get(name, (0, 0))
                findings.demand(later[0] >= count and later[1] >= size, f"segment {number}: {name} falls")
            before = now
        totals = self._manifest["totals"]
        last = f"segment {len(headers) - 1}"
        findings.demand(tallies(headers[-1]["classes"]) == tallies(totals["classes"]), f"{last}: classes are not the manifest's")
        findings.demand(tallies({"": headers[-1]["synthesised"]}) == tallies({"": totals["synthesised"]}),
                        f"{last}: synthesised is not the manifest's")
        stated = self._manifest["recording"]["instructions"]
        total = sum(header["instructions"] for header in headers)
        findings.demand(total == stated, f"the segments state {total} instructions, the manifest {stated}")

    def _check_counted(self, findings, headers):
        if self._scan is None or self._scan.problems:
            findings.unmade(f"needs `{self._prefix}raw`: the instructions in raw are not counted")
        counted = 0
        for segment in self._scan.segments if self._scan else ():
            stated = headers[segment.number]["instructions"]
            if segment.syntax is not None:
                findings.fail(f"segment {segment.number}: {segment.syntax}")
            elif segment.instructions is not None:
                counted += segment.instructions
                findings.demand(segment.instructions == stated, f"segment {segment.number}: {segment.instructions} instructions, its header states {stated}")
        if findings.clean:
            stated = self._manifest["recording"]["instructions"]
            findings.demand(counted == stated, f"raw has {counted} instructions, the manifest states {stated}")


def _check_totals(findings, manifest):
    totals, recording = manifest["totals"], manifest["recording"]
    for unit in ("count", "bytes"):
        received, left_out, synthesised, recorded = (totals[n][unit] for n in ("received", "left_out", "synthesised", "recorded"))
        classes = totals["classes"].values()
        findings.demand(received == sum(c[unit] for c in classes), f"totals: received {unit} is not the sum over the classes")
        findings.demand(left_out == sum(c[unit] for c in classes if not c["recorded"]),
                        f"totals: left_out {unit} is not the sum over the classes that are not recorded")
        findings.demand(recorded == received - left_out + synthesised, f"totals: recorded {unit} is not received - left_out + synthesised")
    findings.demand(totals["recorded"]["bytes"] == recording["raw_bytes"], "totals: recorded bytes are not recording.raw_bytes")
    findings.demand(totals["recorded"]["count"] == recording["instructions"], "totals: recorded count is not recording.instructions")
