"""Stored files in a bucket that speaks S3, by the client library of the extra `s3`."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from audit.ledger.errors import EvidenceError, LogStopped
from audit.ledger.shelves import ALTERED, CHUNK, SYNCS

_ABSENT = ("404", "NoSuchKey")


def s3_shelf(address: str) -> S3Shelf:
    """Return the shelf at `s3://bucket/folder`; raises LogStopped for an address that is none.

    Endpoint, region and credentials are those of the environment or the machine, as the library reads them
    (`AWS_ENDPOINT_URL_S3`, `AWS_ACCESS_KEY_ID` and so on).
    """
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise LogStopped(f"{address} names no bucket; one is named like s3://bucket/folder")
    try:
        import boto3
    except ImportError:
        raise LogStopped("evidence lies in a bucket: pip install minhchung[s3]") from None
    return S3Shelf(boto3.client("s3"), parts.netloc, parts.path.strip("/"))


class S3Shelf:
    """Files under a folder of a bucket; an object appears whole or not at all, and then it is durable."""

    def __init__(self, client: Any, bucket: str, folder: str) -> None:
        self._client = client
        self._bucket = bucket
        self._folder = f"{folder}/" if folder else ""

    def size(self, name: str) -> int | None:
        """Return how many bytes are stored, or nothing when there is no such object."""
        from botocore.exceptions import ClientError

        try:
            return int(self._client.head_object(**self._object(name))["ContentLength"])
        except ClientError as wrong:
            if wrong.response["Error"]["Code"] in _ABSENT:
                return None
            raise

    def chunks(self, sha256: str, most: int = CHUNK) -> Iterator[bytes]:
        """Yield an object's bytes; raises EvidenceError `evidence.missing`."""
        from botocore.exceptions import ClientError

        try:
            body = self._client.get_object(**self._object(sha256))["Body"]
        except ClientError as wrong:
            if wrong.response["Error"]["Code"] in _ABSENT:
                raise EvidenceError("evidence.missing", sha256) from None
            raise
        with body:
            while chunk := body.read(most):
                yield chunk

    def keep(self, files: Mapping[str, Iterable[bytes]]) -> None:
        """Upload files, the large ones in parts; one whose bytes cannot be made does not appear."""
        with ThreadPoolExecutor(SYNCS) as pool:
            list(pool.map(self._keep, files.keys(), files.values()))

    def _keep(self, name: str, content: Iterable[bytes]) -> None:
        self._client.upload_fileobj(_Stream(iter(content)), self._bucket, self._folder + name)

    def set_aside(self, name: str) -> None:
        """Keep an object that was altered under another name."""
        beside = self._object(f"{name}{ALTERED}")
        self._client.copy_object(**beside, CopySource=self._object(name))
        self._client.delete_object(**self._object(name))

    def aside(self) -> Iterable[str]:
        """Return the names of objects that were set aside."""
        return (name.removesuffix(ALTERED) for name in self.names() if name.endswith(ALTERED))

    def names(self) -> Iterable[str]:
        """Return all names, whatever lies there."""
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._folder):
            for found in page.get("Contents", ()):
                yield found["Key"].removeprefix(self._folder)

    def _object(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._folder + name}


class _Stream(io.RawIOBase):
    """What is made chunk by chunk, read as a file; there is no way back in it."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content = content
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        found = bytearray(self._left)
        while size < 0 or len(found) < size:
            chunk = next(self._content, None)
            if chunk is None:
                break
            found += chunk
        cut = len(found) if size < 0 else size
        self._left = bytes(found[cut:])
        return bytes(found[:cut])
