"""The completeness verdict of README section 5.3, relative to the ledger range."""

from shapes import show


class _Session:
    __slots__ = ("opened", "required", "ended", "recorded", "unrecorded", "recorders", "sealed", "supplements")

    def __init__(self):
        self.opened = self.ended = self.recorders = self.sealed = self.supplements = 0
        self.required = self.recorded = False
        self.unrecorded = False  # a session.ended with connected and not recorded


class _Decision:
    __slots__ = ("allowed", "denied", "opened")

    def __init__(self):
        self.allowed = self.denied = self.opened = 0


class Completeness:
    """Counts the events of each decision and session while the leaves go by."""

    def __init__(self, first):
        self._first = first
        self._decisions = {}
        self._sessions = {}

    def add(self, leaf):
        """Takes one leaf of a known type, whose data members have been checked."""
        kind, data = leaf["type"], leaf["data"]
        if kind == "access.decided":
            decision = self._decision(data["decision"])
            decision.allowed += data["allowed"]
            decision.denied += not data["allowed"]
        handler = {"session.opened": self._session_opened, "session.ended": self._session_ended,
                   "recording.opened": self._recording_opened, "recording.sealed": self._recording_sealed,
                   "recording.supplemented": self._recording_supplemented}.get(kind)
        if handler is not None:
            handler(self._sessions.setdefault(data["session"], _Session()), data)

    def _decision(self, name):
        return self._decisions.setdefault(name, _Decision())

    def _session_opened(self, session, data):
        session.opened += 1
        session.required |= data["recording_required"]
        self._decision(data["decision"]).opened += 1

    @staticmethod
    def _session_ended(session, data):
        session.ended += 1
        session.recorded |= data["recorded"]
        session.unrecorded |= data["connected"] and not data["recorded"]

    @staticmethod
    def _recording_opened(session, _):
        session.recorders += 1

    @staticmethod
    def _recording_sealed(session, _):
        session.sealed += 1

    @staticmethod
    def _recording_supplemented(session, _):
        session.supplements += 1

    def open(self):
        """The list of what is open, empty when the range is complete."""
        found = []
        for name, decision in self._decisions.items():
            found += [f"decision {show(name)}: {what}" for what in self._open_of_decision(decision)]
        for name, session in self._sessions.items():
            if session.opened or self._first == 0:  # otherwise its session.opened stands before the range
                found += [f"session {show(name)}: {what}" for what in _open_of_session(session)]
        return found

    def _open_of_decision(self, decision):
        if decision.allowed + decision.denied > 1:
            yield "decided twice"
        if decision.allowed and decision.opened != 1:
            yield f"allowed, with {decision.opened} session.opened"
        if decision.opened and not decision.allowed and (decision.denied or self._first == 0):
            yield "session.opened, but it is not allowed"


def _open_of_session(session):
    if session.opened != 1:
        yield f"{session.opened} session.opened"
    if session.ended != 1:
        yield f"{session.ended} session.ended"
    if session.recorders > 1 or session.sealed > 1:
        yield f"{session.recorders} recording.opened, {session.sealed} recording.sealed"
    if session.recorded and not session.sealed:
        yield "session.ended with recorded, without recording.sealed"
    if session.recorders and not session.recorded:
        yield "recording.opened without session.ended with recorded"
    if session.unrecorded and session.required:
        yield "recording required, connected, and not recorded"
    if session.supplements and not session.sealed:
        yield "recording.supplemented without recording.sealed"
    if session.sealed and not session.recorders:
        yield "recording.sealed without recording.opened"
