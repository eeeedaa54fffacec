"""One-time codes by which another browser gets a visitor's token: `ABCD-EFGH-JKMN`, typed from one screen to the other.

A token is kept only sealed: whoever reads what is kept has neither it nor the code. The first group of a code is the
name under which it is kept, and is no secret; the rest, 40 random bits, is stretched by scrypt (RFC 7914) into the keys
that seal the token. That is enough for something that lives ten minutes and is gone after five wrong tries.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from chat.owner import is_token, visitor_of

LIFE = timedelta(minutes=10)
"""From when a code is made until it is good for nothing."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (https://www.crockford.com/base32.html): without I, L, O, which are read as 1 and 0, and U."""
_READ_AS = str.maketrans(
    {"O": "0", "I": "1", "L": "1", " ": None, "-": None, "\u2010": None, "\u2011": None, "\u2013": None}
)
_GROUP, _GROUPS = 4, 3
_TAG = 32


@dataclass(frozen=True, slots=True)
class Sealed:
    """A token that only its code opens."""

    name: str
    """The first group of the code."""
    owner: str
    """The visitor whose token it is."""
    salt: bytes
    box: bytes
    """The token under its key, and what tells that it was opened by the right one."""


def new_code() -> str:
    """Return a new code: 60 random bits as three groups of four."""
    return _grouped("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP * _GROUPS)))


def read_code(typed: str) -> str | None:
    """Return the code that somebody typed, as `new_code` writes it; None where it can be none.

    Small letters, spaces and missing hyphens make no difference, nor O for 0, I or L for 1.
    """
    letters = "".join(typed.split()).upper().translate(_READ_AS)
    if len(letters) != _GROUP * _GROUPS or not set(letters) <= set(_ALPHABET):
        return None
    return _grouped(letters)


def name_of(code: str) -> str:
    """Return the name under which what this code opens is kept."""
    return code[:_GROUP]


def seal(token: str, code: str) -> Sealed:
    """Seal a visitor's token so that this code opens it. Raises ValueError for what is no token or no code."""
    if not is_token(token):
        raise ValueError("only a token is sealed")
    if read_code(code) != code:
        raise ValueError("a token is sealed by a code of new_code")
    salt = secrets.token_bytes(16)
    key, tag_key = _keys(code, salt, len(token))
    words = _xor(token.encode(), key)
    return Sealed(name_of(code), visitor_of(token).id, salt, words + _tag(tag_key, words))


def opened(sealed: Sealed, code: str) -> str | None:
    """Return the token; None where this is not the code that it was sealed by. Takes some 50 ms, whatever the code."""
    words, tag = sealed.box[:-_TAG], sealed.box[-_TAG:]
    key, tag_key = _keys(code, sealed.salt, len(words))
    if not hmac.compare_digest(_tag(tag_key, words), tag):
        return None
    return _xor(words, key).decode()


def _grouped(letters: str) -> str:
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))


def _keys(code: str, salt: bytes, length: int) -> tuple[bytes, bytes]:
    # A new salt each time, so the first key is used for one token only, and as long as that.
    both = hashlib.scrypt(code.encode(), salt=salt, n=2**14, r=8, p=1, dklen=length + _TAG)
    return both[:length], both[length:]


def _tag(key: bytes, words: bytes) -> bytes:
    return hmac.digest(key, words, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
