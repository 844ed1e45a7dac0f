"""Assets as the answers tell of them."""

from datetime import UTC, datetime

from .account import Account
from .library import Asset
from .signatures import address_signatures, answer_signature, escaped


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def address(base: str, account: Account, asset: Asset, transformation: str = "", extension: str | None = None) -> str:
    """Where it is delivered. What is not public has the signature in it."""
    extension = extension or asset.content.format
    source = escaped(asset.public_id) + (f".{extension}" if extension and asset.resource_type != "raw" else "")
    parts = [base, account.cloud, asset.resource_type, asset.type]
    if asset.type != "upload":
        to_sign = "/".join(filter(None, [transformation, source]))
        parts.append(f"s--{next(address_signatures(account, to_sign))}--")
    return "/".join(filter(None, [*parts, transformation, f"v{asset.version}", source]))


def details(base: str, account: Account, asset: Asset) -> dict:
    """What every answer tells."""
    url = address(base, account, asset)
    told = {
        "asset_id": asset.asset_id,
        "public_id": asset.public_id,
        "format": asset.content.format,
        "version": asset.version,
        "resource_type": asset.resource_type,
        "type": asset.type,
        "created_at": moment(asset.created),
        "bytes": asset.content.size,
        "tags": asset.tags,
        "url": url,
        "secure_url": url,
    }
    if asset.resource_type == "video":
        told |= {"duration": asset.content.seconds, "is_audio": asset.content.format not in ("mp4", "webm", "3gp")}
    if asset.context:
        told["context"] = {"custom": asset.context}
    return {name: value for name, value in told.items() if value is not None}


def upload_answer(base: str, account: Account, asset: Asset, algorithm: str) -> dict:
    return details(base, account, asset) | {
        "signature": answer_signature(account, asset.public_id, asset.version, algorithm),
        "etag": asset.content.md5,
        "placeholder": False,
        "original_filename": asset.content.original,
        "api_key": account.key,
    }


def eager(base: str, account: Account, asset: Asset, wanted: str, is_later: bool) -> list[dict]:
    """The derived assets of `transformation[/extension]|…`, made at once or later."""
    answers = []
    for one in filter(None, wanted.split("|")):
        transformation, slash, extension = one.rpartition("/") if "/" in one else (one, "", "")
        url = address(base, account, asset, transformation, extension)
        state = {"status": "processing"} if is_later else {"bytes": asset.content.size}
        answers.append({"transformation": transformation, "url": url, "secure_url": url} | state)
        if slash:
            answers[-1]["format"] = extension
    return answers
