"""The trust file: JSON that people write, in which every key and checkpoint is checked as it is read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from audit.proofs.errors import TrustError
from audit.proofs.handwritten import check_list, check_object, read_json, write_json
from audit.proofs.policy import Group, Policy, Witness
from audit.proofs.timestamp import TimeAuthority
from audit.proofs.trust import Trust, TrustedLog

FORMAT = "minhchung.trust/v1"
MAX_TRUST = 1_000_000
FILE = {"format": str, "logs": list, "witnesses": list, "groups": list, "authorities": list, "quorum": str}
LOG = {"origin": str, "operator": str, "vkeys": list, "newest": list, "certificate_anchors": list}
WITNESS = {"name": str, "operator": str, "vkey": str, "url": str}
AUTHORITY = {"name": str, "operator": str, "certificate": str, "url": str}
GROUP = {"name": str, "threshold": int, "members": list}


def parse_trust(data: bytes) -> Trust:
    """Read a trust file.

    Raises CanonicalError, TrustError `trust.malformed` (with the field), and what is wrong with the keys,
    checkpoints and policy in it: TrustError, NoteError, UnsafeKey, BadSignature, CheckpointError.
    """
    stated = check_object(read_json(data, MAX_TRUST), "file", FILE, ("witnesses", "groups", "authorities"))
    if stated["format"] != FORMAT:
        raise TrustError("trust.malformed", field="format")
    logs = tuple(map(_log, stated["logs"]))
    witnesses = tuple(map(_witness, stated.get("witnesses", ())))
    groups = tuple(map(_group, stated.get("groups", ())))
    authorities = tuple(map(_authority, stated.get("authorities", ())))
    return Trust(logs, Policy(witnesses, groups, stated["quorum"]), authorities)


def _log(stated: object) -> TrustedLog:
    read = check_object(stated, "logs", LOG, ("newest", "certificate_anchors"))
    anchors = tuple(_texts(read, "certificate_anchors")) if "certificate_anchors" in read else ()
    return TrustedLog(read["origin"], read["operator"], tuple(_texts(read, "vkeys")), _newest(read), anchors)


def _newest(read: Mapping[str, Any]) -> bytes | None:
    """A note stands in JSON as its lines, so that no line feed hides in a string."""
    if "newest" not in read:
        return None
    return "".join(f"{line}\n" for line in _texts(read, "newest")).encode()


def _witness(stated: object) -> Witness:
    read = check_object(stated, "witnesses", WITNESS, ("url",))
    return Witness(read["name"], read["vkey"], read["operator"], read.get("url"))


def _group(stated: object) -> Group:
    read = check_object(stated, "groups", GROUP)
    return Group(read["name"], read["threshold"], tuple(_texts(read, "members")))


def _authority(stated: object) -> TimeAuthority:
    read = check_object(stated, "authorities", AUTHORITY, ("url",))
    return TimeAuthority(read["name"], read["operator"], _der(read["certificate"]), read.get("url"))


def _der(stated: str) -> bytes:
    """A certificate stands in JSON as the base64 of its DER, in the one spelling of both."""
    try:
        der = base64.b64decode(stated, validate=True)
    except ValueError:
        der = b""
    if base64.b64encode(der).decode() != stated:
        raise TrustError("trust.malformed", field="certificate")
    return der


def _texts(read: Mapping[str, Any], field: str) -> list[str]:
    return check_list(read[field], field, str)


def format_trust(trust: Trust) -> bytes:
    """Write a trust file."""
    stated: dict[str, object] = {"format": FORMAT, "logs": list(map(_write_log, trust.logs))}
    if trust.policy.witnesses:
        stated["witnesses"] = list(map(_write_witness, trust.policy.witnesses))
    if trust.policy.groups:
        stated["groups"] = list(map(_write_group, trust.policy.groups))
    if trust.authorities:
        stated["authorities"] = list(map(_write_authority, trust.authorities))
    return write_json({**stated, "quorum": trust.policy.quorum})


def _write_log(log: TrustedLog) -> dict[str, object]:
    written: dict[str, object] = {"origin": log.origin, "operator": log.operator, "vkeys": list(log.vkeys)}
    if log.newest is not None:
        written["newest"] = log.newest.decode().removesuffix("\n").split("\n")
    if log.certificate_anchors:
        written["certificate_anchors"] = list(log.certificate_anchors)
    return written


def _write_witness(witness: Witness) -> dict[str, object]:
    written: dict[str, object] = {"name": witness.name, "operator": witness.operator, "vkey": witness.vkey}
    if witness.url is not None:
        written["url"] = witness.url
    return written


def _write_group(group: Group) -> dict[str, object]:
    return {"name": group.name, "threshold": group.threshold, "members": list(group.members)}


def _write_authority(authority: TimeAuthority) -> dict[str, object]:
    certificate = base64.b64encode(authority.certificate).decode()
    written: dict[str, object] = {"name": authority.name, "operator": authority.operator}
    written["certificate"] = certificate
    if authority.url is not None:
        written["url"] = authority.url
    return written
