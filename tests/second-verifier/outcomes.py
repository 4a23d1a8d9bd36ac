"""Outcomes of checks and the verdicts that follow from them (README section 5.3)."""

from shapes import Refused, show

HELD, FAILED, MISSING, NOT_MADE = "held", "failed", "missing", "not-made"
_SHOWN = 20


class Findings:
    """What one check finds. Failed goes before missing, missing before not-made: a part that cannot be made hides no failure of another."""

    def __init__(self):
        self._found = {FAILED: [], MISSING: [], NOT_MADE: []}  # the first texts of each kind
        self._times = dict.fromkeys(self._found, 0)

    def fail(self, text):
        """Something refused."""
        self._note(FAILED, text)

    def miss(self, text):
        """Something required that is absent."""
        self._note(MISSING, text)

    def unmade(self, text):
        """A part that needs what another check refused or missed."""
        self._note(NOT_MADE, text)

    def _note(self, outcome, text):
        self._times[outcome] += 1
        if len(self._found[outcome]) < _SHOWN:
            self._found[outcome].append(text)

    def demand(self, holds, text):
        """Fails with the text unless the condition holds."""
        if not holds:
            self.fail(text)

    def attempt(self, where, step, *arguments):
        """Runs a step that may refuse; a refusal fails the check, naming the part. Returns the step's result or None."""
        try:
            return step(*arguments)
        except Refused as refusal:
            self.fail(f"{where}: {refusal}" if where else str(refusal))
            return None

    @property
    def clean(self):
        """Whether nothing has been found."""
        return not any(self._found.values())

    @property
    def failing(self):
        """Whether something has failed."""
        return bool(self._found[FAILED])

    def outcome(self):
        """The check's outcome."""
        return next((outcome for outcome, texts in self._found.items() if texts), HELD)

    def detail(self):
        """The first findings of each kind, in words."""
        parts = []
        for outcome, texts in self._found.items():
            if texts:
                hidden = self._times[outcome] - len(texts)
                more = f"; and {hidden} more" if hidden else ""
                prefix = "" if outcome == self.outcome() else f"{outcome}: "
                parts.append(prefix + "; ".join(texts) + more)
        return " | ".join(parts)


class Check:
    """One line of the result."""

    def __init__(self, name, required, outcome, detail):
        self.name, self.required, self.outcome, self.detail = name, required, outcome, detail


class Checks:
    """The checks made so far, in the order of the README's table."""

    def __init__(self):
        self.all = []
        self._outcomes = {}

    def make(self, name, step, *, required=True, needs=()):
        """Makes one check. Whatever goes wrong in it is its failure, never the program's end. Returns whether it held."""
        findings = Findings()
        try:
            if self.require(findings, *needs):
                step(findings)
        except Refused as refusal:
            findings.fail(str(refusal))
        except Exception as error:  # The last guard against hostile input: a fault of this program must not pass for a check that held.
            findings.fail(f"unexpected {type(error).__name__}: {show(str(error))}")
        self.all.append(Check(name, required, findings.outcome(), findings.detail()))
        self._outcomes[name] = findings.outcome()
        return self.held(name)

    def outcome(self, name):
        """The outcome of a check by name, or None when it has not been reached."""
        return self._outcomes.get(name)

    def held(self, name):
        """Whether the check was made and held."""
        return self.outcome(name) == HELD

    def require(self, findings, *names):
        """Notes each of the named checks that did not hold as the reason why this one is not made. Returns whether all held."""
        refused = [name for name in names if not self.held(name)]
        for name in refused:
            findings.unmade(f"needs `{name}`, which is {self.outcome(name)}")
        return not refused


def integrity(checks):
    """FAILED, INCOMPLETE, UNANCHORED or HELD."""
    if any(check.outcome == FAILED for check in checks):
        return "FAILED"
    missing = {check.name for check in checks if check.required and check.outcome == MISSING}
    if missing - {"trust"}:
        return "INCOMPLETE"
    return "UNANCHORED" if missing else "HELD"


def strength(checks):
    """none while integrity is not HELD; witnessed when a known head holds (timestamps do not exist in this version)."""
    if integrity(checks) != "HELD":
        return "none"
    return "witnessed" if any(check.name == "known-head" and check.outcome == HELD for check in checks) else "operator-signed"


def exit_code(checks):
    """1 if any check failed, else 2 if a required one is missing, else 0."""
    return {"FAILED": 1, "INCOMPLETE": 2, "UNANCHORED": 2, "HELD": 0}[integrity(checks)]
