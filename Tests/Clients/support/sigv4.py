"""Amazon's Signature Version 4 for S3, by hand: for requests that no client would send, and as a second opinion."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
EMPTY = hashlib.sha256(b"").hexdigest()


def escaped(text, safe=""):
    return quote(text, safe=f"-_.~{safe}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Signer:
    """Signs for one key. `at` is the moment to sign for; None is now."""

    def __init__(self, key, secret, region="us-east-1", at=None):
        self.key, self.secret, self.region, self.at = key, secret, region, at

    def now(self):
        return (self.at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")

    def scope(self, date):
        return f"{date[:8]}/{self.region}/s3/aws4_request"

    def sign(self, date, text):
        """The signature of a string to sign."""
        key = f"AWS4{self.secret}".encode()
        for part in self.scope(date).split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()

    def of_request(self, date, method, path, query, headers, payload):
        """`query` is pairs, not escaped; `path` is escaped already."""
        pairs = sorted((escaped(name), escaped(value)) for name, value in query)
        fields = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
        lines = [method, path, "&".join(f"{name}={value}" for name, value in pairs)]
        lines += [f"{name}:{value}" for name, value in fields]
        canonical = "\n".join([*lines, "", ";".join(name for name, _ in fields), payload])
        text = "\n".join([ALGORITHM, date, self.scope(date), sha256(canonical.encode())])
        return self.sign(date, text)

    def headers(self, method, url, payload, query=(), **others):
        """The headers of a request, signature and all. `payload` is the digest that is claimed, or one of its names."""
        parts, date = urlsplit(url), self.now()
        headers = {"host": parts.netloc, "x-amz-date": date, "x-amz-content-sha256": payload} | {
            name.replace("_", "-").lower(): value for name, value in others.items()
        }
        signature = self.of_request(date, method, parts.path, query, headers, payload)
        named = ";".join(sorted(headers))
        credential = f"Credential={self.key}/{self.scope(date)}"
        headers["authorization"] = f"{ALGORITHM} {credential},SignedHeaders={named},Signature={signature}"
        return headers

    def presigned(self, method, url, seconds, **query):
        """An address that anybody may use until then."""
        parts, date = urlsplit(url), self.now()
        query = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.key}/{self.scope(date)}",
            "X-Amz-Date": date,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
        } | {name.replace("_", "-"): value for name, value in query.items()}
        signature = self.of_request(date, method, parts.path, query.items(), {"host": parts.netloc}, UNSIGNED)
        pairs = [*query.items(), ("X-Amz-Signature", signature)]
        return f"{url}?" + "&".join(f"{escaped(name)}={escaped(value)}" for name, value in pairs)

    def chunks(self, date, seed, data, size):
        """The signatures of a streamed body's chunks, the empty last one with them. `seed` is the request's own."""
        pieces = [data[start : start + size] for start in range(0, len(data), size)] + [b""]
        for piece in pieces:
            parts = [f"{ALGORITHM}-PAYLOAD", date, self.scope(date), seed, EMPTY, sha256(piece)]
            seed = self.sign(date, "\n".join(parts))
            yield seed, piece

    def streamed(self, method, url, data, size=1 << 16, **others):
        """Headers and body of a request whose body is signed piece by piece."""
        headers = self.headers(method, url, STREAMING, x_amz_decoded_content_length=str(len(data)), **others)
        seed = headers["authorization"].rsplit("=", 1)[1]
        framed = (
            f"{len(piece):x};chunk-signature={signature}\r\n".encode() + piece + b"\r\n"
            for signature, piece in self.chunks(headers["x-amz-date"], seed, data, size)
        )
        return headers, b"".join(framed)
