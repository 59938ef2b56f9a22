"""Evidence in a bucket, against a server that speaks S3: the same promises as in a directory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from audit.ledger.errors import EvidenceError, LogStopped
from audit.ledger.evidence import Evidence
from audit.ledger.sealing import Vault
from audit.ledger.shelf_s3 import s3_shelf

VAULT = Vault([bytes(32)])
ABSENT = "0" * 64
LARGE = os.urandom(9 * 1024 * 1024)
"""More than what the client sends as one part."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server on this machine."""
    running = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket there, which the environment leads to."""
    names = {
        "AWS_ENDPOINT_URL_S3": server,
        "AWS_ACCESS_KEY_ID": "minhchung",
        "AWS_SECRET_ACCESS_KEY": "minhchung",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="evidence")
    yield client
    for found in client.list_objects_v2(Bucket="evidence").get("Contents", ()):
        client.delete_object(Bucket="evidence", Key=found["Key"])
    client.delete_bucket(Bucket="evidence")


@pytest.fixture
def store(bucket: Any) -> Evidence:
    """The store of evidence in that bucket."""
    return Evidence(s3_shelf("s3://evidence/danang"), lambda: VAULT)


def test_files_come_back_as_they_were(store: Evidence, bucket: Any) -> None:
    """Small ones and one in parts; in the bucket they are sealed, under their digests."""
    digests = store.put(b"", b"K\xe1\xba\xbf ho\xe1\xba\xa1ch", LARGE)
    assert [store.size(sha256) for sha256 in digests] == [0, 12, len(LARGE)]
    assert store.read(digests[2]) == LARGE
    assert store.names() == sorted(digests)
    lies = bucket.get_object(Bucket="evidence", Key=f"danang/{digests[1]}")["Body"].read()
    assert b"ho\xe1\xba\xa1ch" not in lies


def test_what_never_came_is_missing(store: Evidence) -> None:
    """No size, and reading it is an error with its rule."""
    assert store.size(ABSENT) is None
    with pytest.raises(EvidenceError) as wrong:
        store.read(ABSENT)
    assert wrong.value.rule == "evidence.missing"


def test_another_file_than_was_named_does_not_appear(store: Evidence) -> None:
    """Its upload is given up when its digest turns out to be another."""
    with pytest.raises(EvidenceError) as wrong:
        store.take(ABSENT, len(LARGE), iter([LARGE]))
    assert wrong.value.rule == "evidence.altered"
    assert store.names() == []


def test_a_file_that_was_altered_is_set_aside_when_it_comes_again(store: Evidence, bucket: Any) -> None:
    """The good one takes its place, the other stays as evidence of what happened."""
    (sha256,) = store.put(b"evidence")
    bucket.put_object(Bucket="evidence", Key=f"danang/{sha256}", Body=b"something else")
    store.take(sha256, 8, [b"evidence"])
    assert store.read(sha256) == b"evidence"
    assert store.set_aside() == [sha256]


def test_sealed_files_are_copied_out(store: Evidence, tmp_path: Any) -> None:
    """A backup of a bucket is a directory of the same files."""
    (sha256,) = store.put(b"evidence")
    store.copy_to(Evidence.at(tmp_path), sha256)
    assert Evidence.at(tmp_path, lambda: VAULT).read(sha256) == b"evidence"
    assert hashlib.sha256(b"evidence").hexdigest() == sha256


@pytest.mark.parametrize("address", ["evidence", "file:///evidence", "s3:///folder"])
def test_an_address_names_a_bucket(address: str) -> None:
    """Anything else is said to be none, before anything is asked."""
    with pytest.raises(LogStopped, match="names no bucket"):
        s3_shelf(address)
