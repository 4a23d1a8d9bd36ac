"""Canonical JSON (README section 1) and the shapes of the objects that are written in it."""

import json
import re

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64
# The README states no limit on the number of values. This one keeps the parsed form of a document within a few hundred megabytes.
MAX_VALUES = 1_000_000


class Refused(Exception):
    """Something that a check must not accept. The text says what, and where."""


def show(value):
    """A hostile value as short printable ASCII, for use in a detail."""
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."


# ---- section 1, canonical JSON ----------------------------------------------------------------


def _integer(digits):
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise Refused("an integer is outside -(2^53-1) to 2^53-1")
    return int(digits)


def _not_an_integer(token):
    raise Refused(f"the number {show(token)} is not an integer")


def _utf16(name):
    return name.encode("utf-16-be", "surrogatepass")


def _members(pairs):
    """Members in strictly rising order of UTF-16 code units, so that none can stand twice."""
    for (before, _), (after, _) in zip(pairs, pairs[1:]):
        if before == after:
            raise Refused(f"the member {show(after)} stands twice")
        rising = before < after if before.isascii() and after.isascii() else _utf16(before) < _utf16(after)
        if not rising:
            raise Refused(f"the member {show(after)} is out of order")
    return dict(pairs)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_not_an_integer, parse_constant=_not_an_integer)
# The standard encoder without ASCII escaping writes exactly the escapes of RFC 8785; members keep the order that _members has checked.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


def _refuse_depth(data):
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(data):
        first = data[token.start()]
        if first in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Refused(f"JSON is more than {MAX_DEPTH} levels deep")
        elif first in b"]}":
            depth -= 1


def encode(value):
    """Canonical form of a value that `parse` has returned (members are already in order)."""
    return _ENCODER.encode(value).encode("utf-8")


def parse(data):
    """Reads canonical JSON; bytes that differ from the canonical form of what they say are refused."""
    _refuse_depth(data)
    if data.count(b",") > MAX_VALUES:
        raise Refused(f"JSON has more than {MAX_VALUES} values")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
        canonical = encode(value)
    except UnicodeDecodeError:
        raise Refused("JSON is not valid UTF-8") from None
    except UnicodeEncodeError:
        raise Refused("JSON holds a lone surrogate") from None
    except (ValueError, RecursionError) as error:
        raise Refused(f"not JSON: {show(str(error))}") from None
    if canonical != data:
        at = next((i for i, (a, b) in enumerate(zip(canonical, data)) if a != b), min(len(canonical), len(data)))
        raise Refused(f"JSON is not in canonical form at byte {at}")
    return value


# ---- shapes: each is a function (value, where) that refuses what does not fit -------------------

_HEX = re.compile(r"[0-9a-f]{64}")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def _plain(what, fits):
    def shape(value, where):
        if not fits(value):
            raise Refused(f"{where} is not {what}")
    return shape


text = _plain("a string", lambda v: type(v) is str)
integer = _plain("an integer", lambda v: type(v) is int)
count = _plain("an integer from 0", lambda v: type(v) is int and v >= 0)
boolean = _plain("true or false", lambda v: type(v) is bool)
an_object = _plain("an object", lambda v: type(v) is dict)
digest = _plain("64 lower-case hexadecimal digits", lambda v: type(v) is str and _HEX.fullmatch(v) is not None)
uuid7 = _plain("a UUIDv7", lambda v: type(v) is str and _UUID7.fullmatch(v) is not None)


def one_of(*values):
    """Exactly one of the given values, of the same type."""
    return _plain("one of " + ", ".join(map(str, values)), lambda v: any(type(v) is type(w) and v == w for w in values))


def nullable(shape):
    """null, or what the shape says."""
    def either(value, where):
        if value is not None:
            shape(value, where)
    return either


def list_of(shape):
    """An array of which each item fits the shape."""
    def items(value, where):
        if type(value) is not list:
            raise Refused(f"{where} is not an array")
        for number, item in enumerate(value):
            shape(item, f"{where}[{number}]")
    return items


def map_of(shape):
    """An object of which each member's value fits the shape."""
    def values(value, where):
        an_object(value, where)
        for name, item in value.items():
            shape(item, f"{where}.{show(name)}")
    return values


def record(members, exactly=False):
    """An object with these members; others are refused only where the README says "exactly"."""
    def fits(value, where):
        an_object(value, where)
        for name, shape in members.items():
            if name not in value:
                raise Refused(f"{where} has no member {name}")
            shape(value[name], f"{where}.{name}")
        if exactly and len(value) != len(members):
            extra = next(name for name in value if name not in members)
            raise Refused(f"{where} has the member {show(extra)} that is not allowed")
    return fits


def versioned(members, exactly=False):
    """A record with `"v":1`; an unknown version is refused before anything else is judged."""
    body = record({"v": one_of(1), **members}, exactly)

    def fits(value, where):
        an_object(value, where)
        one_of(1)(value.get("v"), f"{where}.v")
        body(value, where)
    return fits
