#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Keys and tokens for the tests of JwtVerifier, made by a signer that is not ours (PyJWT over
# cryptography; where even that one refuses to sign such a thing, by hand). Prints a name and a
# value in hexadecimal per line.
import base64
import hashlib
import hmac
import json
import sys

try:
    import jwt
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
except ImportError as missing:
    print(missing, file=sys.stderr)
    sys.exit(77)

NOW = 1_700_000_000
BASE = {"sub": "ann", "iss": "https://issuer.example", "aud": "chat", "exp": NOW + 3600}
SECRET = "a secret of more than thirty-two bytes"


def show(name, value):
    print(name, (value if isinstance(value, bytes) else value.encode()).hex())


def public(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo)


def private(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def by_hand(header, claims, secret=SECRET.encode()):
    """A token whose header says what it likes, signed with HMAC-SHA-256."""
    signed = part(header) + b"." + part(claims)
    return signed + b"." + part(hmac.new(secret, signed, hashlib.sha256).digest())


def change(token, index, to):
    parts = token.split(".")
    parts[index] = to.decode() if isinstance(to, bytes) else to
    return ".".join(parts)


rsa_key = rsa.generate_private_key(65537, 2048)
other_rsa = rsa.generate_private_key(65537, 2048)
weak_rsa = rsa.generate_private_key(65537, 1024)
p256 = ec.generate_private_key(ec.SECP256R1())
p384 = ec.generate_private_key(ec.SECP384R1())
keys = {"HS256": SECRET, "RS256": rsa_key, "ES256": p256}

show("secret", SECRET)
show("rsa", public(rsa_key))
show("rsa_private", private(rsa_key))
show("other_rsa", public(other_rsa))
show("weak_rsa", public(weak_rsa))
show("p256", public(p256))
show("p384", public(p384))

for algorithm, key in keys.items():
    show(f"good_{algorithm}", jwt.encode(BASE, key, algorithm))


def hs(label, headers=None, **claims):
    merged = {k: v for k, v in {**BASE, **claims}.items() if v is not None}
    show(label, jwt.encode(merged, SECRET, "HS256", headers=headers))


hs("expired", exp=NOW - 31)
hs("just_expired", exp=NOW - 29)
hs("at_leeway", exp=NOW - 30)
hs("no_exp", exp=None)
hs("far_exp", exp=99_999_999_999_999)
hs("negative_exp", exp=-1)
hs("fraction_exp", exp=NOW + 0.5)
show("text_exp", by_hand({"alg": "HS256"}, {**BASE, "exp": str(NOW + 3600)}))
show("null_exp", by_hand({"alg": "HS256"}, {**BASE, "exp": None}))
show("huge_exp", by_hand({"alg": "HS256"}, json.dumps(BASE).replace(str(NOW + 3600),
                                                                      "1e308").encode()))
hs("not_yet", nbf=NOW + 31)
hs("just_now", nbf=NOW + 29)
show("text_nbf", by_hand({"alg": "HS256"}, {**BASE, "nbf": "soon"}))
hs("other_issuer", iss="https://evil.example")
hs("no_issuer", iss=None)
hs("other_audience", aud="mail")
hs("no_audience", aud=None)
hs("audiences", aud=["mail", "chat"])
hs("other_audiences", aud=["mail", "news"])
hs("no_user", sub=None)
show("number_user", by_hand({"alg": "HS256"}, {**BASE, "sub": 42}))
hs("other_claim", name="bob")
hs("kid_one", headers={"kid": "one"})
hs("kid_two", headers={"kid": "two"})
hs("kid_path", headers={"kid": "../../dev/null"})
show("number_kid", by_hand({"alg": "HS256", "kid": 1}, BASE))
show("critical", by_hand({"alg": "HS256", "crit": ["b64"], "b64": False}, BASE))

# Confusions of algorithms.
for spelling in ("none", "None", "NONE", "nOnE", ""):
    show(f"alg_{spelling or 'empty'}", part({"alg": spelling}) + b"." + part(BASE) + b".")
    show(f"alg_{spelling or 'empty'}_signed", by_hand({"alg": spelling}, BASE))
show("alg_missing", by_hand({"typ": "JWT"}, BASE))
show("alg_number", by_hand({"alg": 256}, BASE))
show("alg_lower", by_hand({"alg": "hs256"}, BASE))
show("alg_hs384", by_hand({"alg": "HS384"}, BASE))
show("hs_with_rsa_key", by_hand({"alg": "HS256"}, BASE, public(rsa_key)))
show("hs_with_rsa_key_stripped", by_hand({"alg": "HS256"}, BASE, public(rsa_key).strip()))
show("hs_with_p256_key", by_hand({"alg": "HS256"}, BASE, public(p256)))
show("hs_with_no_key", by_hand({"alg": "HS256"}, BASE, b""))
show("rs_of_another", jwt.encode(BASE, other_rsa, "RS256"))
show("rs512", jwt.encode(BASE, rsa_key, "RS512"))
show("es384", jwt.encode(BASE, p384, "ES384"))
show("rs_says_es", change(jwt.encode(BASE, rsa_key, "RS256"), 0, part({"alg": "ES256"})))

# Forms.
good = jwt.encode(BASE, SECRET, "HS256")
show("other_claims", change(good, 1, part({**BASE, "sub": "root"})))
show("other_signature", change(good, 2, part(bytes(32))))
show("no_signature", change(good, 2, ""))
show("key_in_header", by_hand({"alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}}, BASE,
                              base64.urlsafe_b64decode("AAAA")))
deep = b'{"sub":"ann","exp":%d,"aud":"chat","x":' % (NOW + 3600)
show("deep", by_hand({"alg": "HS256"}, deep + b"[" * 2900 + b"]" * 2900 + b"}"))
show("deep_header", by_hand(b'{"alg":"HS256","x":' + b"[" * 2900 + b"]" * 2900 + b"}", BASE))
show("no_json", by_hand({"alg": "HS256"}, b"sub=ann"))
show("list_claims", by_hand({"alg": "HS256"}, ["ann"]))
show("nul_user", by_hand({"alg": "HS256"}, {**BASE, "sub": "ann\0root"}))
show("bad_utf8", by_hand({"alg": "HS256"}, json.dumps(BASE).encode().replace(b"ann", b"a\xff")))
