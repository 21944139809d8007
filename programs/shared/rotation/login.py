"""Logs in to PostgreSQL, to see whether a password works: TLS, and one of the two ways that Aurora asks for passwords.

Neither of them sends the password: SCRAM-SHA-256 (RFC 5802) and, where the master user's password is kept so, MD5.
With SCRAM the server proves that it knows the password, too. A server that asks for it in clear does not get it.
https://www.postgresql.org/docs/current/protocol-flow.html
"""

import base64
import hashlib
import hmac
import os
import socket
import ssl
import struct

MOST_ROUNDS = 1_000_000


class Refused(Exception):
    """The server does not let this user in with this password."""


def log_in(host, port, database, user, password, timeout=10):
    """Logs in and out again; raises `Refused` when the password does not work, and `OSError` when nobody answers."""
    with socket.create_connection((host, port), timeout) as plain:
        plain.sendall(struct.pack("!ii", 8, 80877103))
        if _take(plain, 1) != b"S":
            raise Refused(f"{host} does not speak TLS")
        # The certificates of RDS are signed by an authority of its own, which functions do not have.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(plain, server_hostname=host) as server:
            words = b"".join(part.encode() + b"\0" for part in ("user", user, "database", database)) + b"\0"
            server.sendall(struct.pack("!ii", len(words) + 8, 196608) + words)
            _prove(server, user, password)
            _send(server, b"X", b"")


def _prove(server, user, password):
    body = _answer(server)
    how, rest = struct.unpack("!i", body[:4])[0], body[4:]
    if how == 5:
        inner = hashlib.md5((password + user).encode()).hexdigest().encode()
        _send(server, b"p", b"md5" + hashlib.md5(inner + rest).hexdigest().encode() + b"\0")
    elif how == 10 and b"SCRAM-SHA-256" in rest.split(b"\0"):
        _scram(server, password)
    elif how != 0:
        raise Refused(f"the server asks for the password in a way that is not known or not safe ({how})")
    else:
        raise Refused("the server lets everybody in: it says nothing about the password")
    if struct.unpack("!i", _answer(server)[:4])[0] != 0:
        raise Refused("the server asks for more than the password")


def _scram(server, password):
    nonce = base64.b64encode(os.urandom(18)).decode()
    first = f"n=,r={nonce}"
    opening = f"n,,{first}".encode()
    _send(server, b"p", b"SCRAM-SHA-256\0" + struct.pack("!i", len(opening)) + opening)
    asked = _sasl(server, 11)
    given = dict(part.split("=", 1) for part in asked.split(","))
    rounds = int(given["i"])
    if not given["r"].startswith(nonce) or not 0 < rounds <= MOST_ROUNDS:
        raise Refused("the server's answer is not one to this login")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(given["s"]), rounds)
    last = f"c=biws,r={given['r']}"
    whole = f"{first},{asked},{last}".encode()
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(client_key).digest(), whole, "sha256")
    proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
    _send(server, b"p", f"{last},p={base64.b64encode(proof).decode()}".encode())
    own = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), whole, "sha256")
    proved = _sasl(server, 12).removeprefix("v=").split(",")[0]
    if not hmac.compare_digest(base64.b64encode(own), proved.encode()):
        raise Refused("the server does not know the password")


def _sasl(server, wanted):
    body = _answer(server)
    if struct.unpack("!i", body[:4])[0] != wanted:
        raise Refused("the server broke off the login")
    return body[4:].decode()


def _answer(server):
    """What the server says about the login; its notices are passed over."""
    while True:
        kind, length = struct.unpack("!ci", _take(server, 5))
        body = _take(server, length - 4)
        if kind == b"E":
            fields = {field[:1]: field[1:] for field in body.split(b"\0")}
            raise Refused(fields.get(b"M", b"no reason").decode(errors="replace"))
        if kind == b"R":
            return body


def _send(server, kind, body):
    server.sendall(kind + struct.pack("!i", len(body) + 4) + body)


def _take(server, count):
    taken = b""
    while len(taken) < count:
        more = server.recv(min(count - len(taken), 65536))
        if not more:
            raise ConnectionError("the server closed the connection")
        taken += more
    return taken
