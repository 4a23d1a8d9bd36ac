"""base64url, JWK and JWS (README section 1) and the key history (section 2)."""

import base64
import functools
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from shapes import Refused, count, encode, list_of, nullable, one_of, parse, record, show, text, versioned

_BASE64URL = re.compile(rb"[A-Za-z0-9_-]*")


def sha256_hex(data):
    """H(x) of section 1, as 64 lower-case digits."""
    return hashlib.sha256(data).hexdigest()


def base64url(data):
    """base64url without padding, as text."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(data, where):
    """Strict reading: the alphabet, no padding, no impossible length, unused bits zero."""
    if _BASE64URL.fullmatch(data) is None or len(data) % 4 == 1:
        raise Refused(f"{where} is not base64url without padding")
    decoded = base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != data:
        raise Refused(f"{where} has unused bits that are not zero")
    return decoded


def _coordinate(value, where):
    text(value, where)
    if not value.isascii() or len(from_base64url(value.encode("ascii"), where)) != 32:
        raise Refused(f"{where} is not 32 bytes")


_JWK_MEMBERS = record({"crv": one_of("P-256"), "kty": one_of("EC"), "x": _coordinate, "y": _coordinate}, exactly=True)


@functools.lru_cache(maxsize=256)
def _public_key(x, y):
    point = [int.from_bytes(from_base64url(c.encode("ascii"), "jwk"), "big") for c in (x, y)]
    return ec.EllipticCurvePublicNumbers(point[0], point[1], ec.SECP256R1()).public_key()


def jwk(value, where):
    """Shape of a JWK: exactly four members, 32-byte coordinates, a point on P-256."""
    _JWK_MEMBERS(value, where)
    try:
        _public_key(value["x"], value["y"])
    except ValueError:
        raise Refused(f"{where} is not a point on P-256") from None


def thumbprint(key):
    """RFC 7638 thumbprint of a JWK."""
    return base64url(hashlib.sha256(encode(key)).digest())


class Jws:
    """A compact JWS whose form is right. Whether its signature is, says only `verify`."""

    def __init__(self, data, typ, payload_shape, own_key=False):
        parts = data.split(b".")
        if len(parts) != 3:
            raise Refused("not a JWS of three parts")
        header = parse(from_base64url(parts[0], "protected header"))
        members = {"alg": one_of("ES256"), "kid": text, "typ": one_of(typ)}
        record(members | {"jwk": jwk} if own_key else members, exactly=True)(header, "protected header")
        self.kid = header["kid"]
        self.jwk = header.get("jwk")
        self.payload = parse(from_base64url(parts[1], "payload"))
        payload_shape(self.payload, "payload")
        self._signature = from_base64url(parts[2], "signature")
        if len(self._signature) != 64:
            raise Refused("the signature is not 64 bytes")
        self._signed = parts[0] + b"." + parts[1]
        self.digest = sha256_hex(data)

    def verify(self, key):
        """Refuses unless the signature is by this JWK and `kid` is its thumbprint."""
        if self.kid != thumbprint(key):
            raise Refused(f"kid {show(self.kid)} is not the thumbprint of the key")
        r, s = (int.from_bytes(half, "big") for half in (self._signature[:32], self._signature[32:]))
        try:
            _public_key(key["x"], key["y"]).verify(encode_dss_signature(r, s), self._signed, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError):
            raise Refused(f"the signature by {self.kid} is wrong") from None


_HISTORY = versioned({
    "organisation": text, "version": count, "issued_us": count,
    "keys": list_of(record({
        "jwk": jwk, "kid": text, "use": text, "from_us": count, "until_us": nullable(count)}))})


class KeyHistory:
    """Section 2: the signing keys of an organisation, signed by its root key."""

    def __init__(self, data):
        history = Jws(data, "relay-key-history+jws", _HISTORY, own_key=True)
        history.verify(history.jwk)
        self.root = history.kid
        self.organisation = history.payload["organisation"]
        self._keys = {}
        for number, entry in enumerate(history.payload["keys"]):
            if entry["kid"] != thumbprint(entry["jwk"]):
                raise Refused(f"keys[{number}].kid is not the thumbprint of its jwk")
            self._keys.setdefault(entry["kid"], []).append(entry)

    def verify(self, jws, time_us):
        """Refuses unless the JWS is signed by the organisation at that time. One fitting entry of the list is enough."""
        entries = self._keys.get(jws.kid)
        if entries is None:
            raise Refused(f"signed by {show(jws.kid)}, which is not in the key history")
        if not any(_signing_at(entry, time_us) for entry in entries):
            raise Refused(f"signed by {jws.kid}, which is no signing key at {time_us}")
        jws.verify(entries[0]["jwk"])


def _signing_at(entry, time_us):
    until = entry["until_us"]
    return entry["use"] == "signing" and entry["from_us"] <= time_us and (until is None or time_us < until)
