"""A small issuer of the tests' own, for tokens that numgate-lab would not make: discovery and keys over HTTPS, and a signer."""
import base64
import http.server
import json
import ssl
import threading
import time
import uuid

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


def sign_rs256(key, data):
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def sign_ps256(key, data):
    return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def sign_es256(key, data):
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sign_hs256(secret, data):
    mac = hmac.HMAC(secret, hashes.SHA256())
    mac.update(data)
    return mac.finalize()


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


class Issuer:
    """Keys: rsa, ec and weak (RSA 1024) are published under these names as kid; stranger is not."""

    AUDIENCE = "api://numgate-tests"

    def __init__(self, directory, port):
        self.keys = {"rsa": rsa.generate_private_key(65537, 2048), "ec": ec.generate_private_key(ec.SECP256R1()),
                     "weak": rsa.generate_private_key(65537, 1024)}
        self.stranger = rsa.generate_private_key(65537, 2048)
        self.url = f"https://localhost:{port}/tenant/v2.0"
        self.tenant, self.client_id = str(uuid.uuid4()), str(uuid.uuid4())
        self.fetches, self.failing = [], False
        self.more = {}  # further members of the discovery document
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "tls" / "server.crt", directory / "tls" / "server.key")
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), self.handler())
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def handler(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                issuer.fetches.append(self.path)
                body = json.dumps(issuer.document(self.path)).encode()
                self.send_response(500 if issuer.failing else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass
        return Handler

    def document(self, path):
        if path.endswith("/.well-known/openid-configuration"):
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", "id_token_signing_alg_values_supported": ["RS256"],
                    **self.more}
        return {"keys": [self.jwk(kid, key) for kid, key in self.keys.items()]}

    @staticmethod
    def jwk(kid, key):
        numbers = key.public_key().public_numbers()
        if isinstance(key, rsa.RSAPrivateKey):
            return {"kid": kid, "use": "sig", "kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        return {"kid": kid, "use": "sig", "kty": "EC", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32)}

    def config(self, ca_file):
        return f"[issuer.own]\nauthority = {self.url}\naudience = {self.AUDIENCE}\nca_file = {ca_file}\n"

    def claims(self, **more):
        """Good claims; None takes one away."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.AUDIENCE, "iat": now, "nbf": now, "exp": now + 600, "tid": self.tenant,
                  "azp": self.client_id, "oid": str(uuid.uuid4()), "sub": "s", "roles": ["ProvisioningAPI.Admin"], **more}
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, claims=None, header=None, key=None, sign=sign_rs256):
        """`claims` and `header` are dicts, or bytes as they shall stand in the token."""
        header = {"alg": "RS256", "kid": "rsa", "typ": "JWT"} if header is None else header
        claims = self.claims() if claims is None else claims
        parts = [b64(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, claims)]
        data = ".".join(parts).encode()
        signature = sign(key or self.keys["rsa"], data)
        return ".".join([*parts, b64(signature)])

    def close(self):
        self.server.shutdown()
        self.server.server_close()
