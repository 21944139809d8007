"""The login against a server that speaks PostgreSQL's protocol over TLS, and the verifier that the database keeps."""

import base64
import datetime
import hashlib
import hmac
import socket
import ssl
import struct
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

sys.path.insert(0, str(Path(__file__).parent.parent / "rotation"))
import login  # noqa: E402
import schema  # noqa: E402

USER, PASSWORD = "payments_app", "hidden-word"


def certificate(folder):
    """A certificate and its key, as one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
    made = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    kept = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = Path(folder) / "server.pem"
    path.write_bytes(made + key.private_bytes(*kept))
    return path


class Server:
    """A server for one login; `way` is how it asks for the password."""

    def __init__(self, test, way):
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate(folder.name))
        self.way, self.heard = way, []
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        thread = threading.Thread(target=self.serve, daemon=True)
        thread.start()
        test.addCleanup(lambda: (thread.join(10), self.door.close()))

    def serve(self):
        plain, _ = self.door.accept()
        with plain:
            plain.settimeout(10)
            plain.recv(8)
            plain.sendall(b"N" if self.way == "plain" else b"S")
            if self.way == "plain":
                return
            with self.context.wrap_socket(plain, server_side=True) as self.peer:
                try:
                    self.take(struct.unpack("!i", login._take(self.peer, 4))[0] - 4)
                    self.say(b"N", b"SNOTICE\0Mhello\0\0")
                    getattr(self, self.way)()
                except (OSError, EOFError):
                    pass  # The other side has had enough.

    def take(self, length):
        self.heard.append(login._take(self.peer, length))
        return self.heard[-1]

    def hear(self):
        return self.take(struct.unpack("!i", login._take(self.peer, 5)[1:])[0] - 4)

    def say(self, kind, body):
        self.peer.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def ask(self, how, body=b""):
        self.say(b"R", struct.pack("!i", how) + body)

    def refuse(self):
        self.say(b"E", b"SFATAL\0C28P01\0Mpassword authentication failed\0\0")

    def md5(self):
        self.ask(5, b"salt")
        inner = hashlib.md5((PASSWORD + USER).encode()).hexdigest().encode()
        right = b"md5" + hashlib.md5(inner + b"salt").hexdigest().encode() + b"\0"
        self.ask(0) if self.hear() == right else self.refuse()

    def clear(self):
        self.ask(3)
        self.hear()

    def everybody(self):
        self.ask(0)

    def scram(self, lie=b"", rounds=4096, broken_nonce=False):
        kept = schema.verifier(PASSWORD, b"0123456789abcdef", 4096)
        rest = kept.removeprefix("SCRAM-SHA-256$4096:")
        salt, keys = rest.split("$")
        stored, server_key = (base64.b64decode(part) for part in keys.split(":"))
        self.ask(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")
        opening = self.hear()[len(b"SCRAM-SHA-256\0") + 4 :].decode()
        first = opening.removeprefix("n,,")
        nonce = "" if broken_nonce else first.split("r=")[1]
        asked = f"r={nonce}more,s={salt},i={rounds}"
        self.ask(11, asked.encode())
        last, proof = self.hear().decode().rsplit(",p=", 1)
        whole = f"{first},{asked},{last}".encode()
        signature = hmac.digest(stored, whole, "sha256")
        client_key = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
        if hashlib.sha256(client_key).digest() != stored:
            return self.refuse()
        own = base64.b64encode(hmac.digest(server_key, whole, "sha256"))
        self.ask(12, b"v=" + (lie or own))
        self.ask(0)

    def liar(self):
        self.scram(lie=base64.b64encode(b"x" * 32))

    def replay(self):
        self.scram(broken_nonce=True)

    def slow(self):
        self.scram(rounds=2_000_000_000)

    def silent(self):
        self.peer.close()


class Login(unittest.TestCase):
    def log_in(self, way, password=PASSWORD):
        self.server = Server(self, way)
        login.log_in("127.0.0.1", self.server.port, "payments", USER, password)

    def test_the_right_password_is_let_in(self):
        for way in ("scram", "md5"):
            with self.subTest(way):
                self.log_in(way)
                self.assertIn(b"user\0payments_app\0database\0payments\0\0", self.server.heard[0])

    def test_another_password_is_not(self):
        for way in ("scram", "md5"):
            with self.subTest(way), self.assertRaisesRegex(login.Refused, "password authentication failed"):
                self.log_in(way, "another-word")

    def test_the_password_is_not_told_to_whom_does_not_prove_to_know_it(self):
        for way in ("clear", "everybody", "liar", "replay", "slow", "plain"):
            with self.subTest(way):
                with self.assertRaises(login.Refused):
                    self.log_in(way)
                self.assertNotIn(PASSWORD.encode(), b"".join(self.server.heard))

    def test_a_server_that_goes_away_is_no_refusal(self):
        with self.assertRaises(OSError):
            self.log_in("silent")
        with self.assertRaises(OSError):
            login.log_in("127.0.0.1", 1, "payments", USER, PASSWORD)


if __name__ == "__main__":
    unittest.main()
