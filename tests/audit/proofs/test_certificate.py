"""Certificates bound to keys: a chain to an anchor at the log's time and possession, or a refusal."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding

from audit.proofs.certificate import Certified, describe, possession, read_chain, verify_binding, write_chain
from audit.proofs.commitment import Opening
from audit.proofs.entry import read_time, write_time
from audit.proofs.errors import AuditError, CertificateError
from audit.proofs.keyring import BOUND, GENESIS, LOG_ACTOR, Bound, Keyring
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.statement import Envelope, parse_statement
from audit.proofs.verifier import verify_log
from tests.audit.proofs.chains import (
    FROM,
    ISSUES,
    PERSON,
    ROOT,
    SUB,
    UNTIL,
    Draft,
    but,
    chain_of,
    digest,
    dsa_key,
    ec_key,
    issued,
    prove,
    rsa_key,
)
from tests.audit.proofs.logs import KEYS, REGISTRARS, SALT, SPARE_KEY, Journal, cell, genesis_body
from tests.audit.proofs.test_keyring import SCORE, admit, given, opening, refusal

HEAD = KEYS["head-snv"]
KEY = HEAD.public_key.id
AT = "2017-01-16T01:30:00.000000Z"
ANCHORS = (digest(issued(ROOT)),)
Chain = Sequence[x509.Certificate]


def proof_of(signed: x509.Certificate, by: Any, **changes: Any) -> str:
    """Sign for the head's key, enrolled at position 1, or for something else."""
    what = {
        "log": DEMO_ORIGIN,
        "key": KEY,
        "actor": "head-snv",
        "enrolled_at": 1,
        "certificate": digest(signed),
    }
    return prove(by, possession(**{**what, **changes}))


def bound(chain: Chain, key: Any = None, **changes: Any) -> Certified:
    """Bind a chain's first certificate to the head's key, with a proof by `key`, and verify it."""
    journal = Journal()
    keyring = given(*opening(journal))
    proof = changes.pop("proof", proof_of(chain[0], key or PERSON.key))
    text = changes.pop("text", None) or write_chain(chain)
    envelope, opened = journal.binding("head-snv", text, changes.pop("certificate", digest(chain[0])), proof)
    statement = parse_statement(envelope.payload)
    admit(keyring, envelope, 3)
    return verify_binding(
        statement, opened.value, keyring, changes.pop("at", AT), changes.pop("anchors", ANCHORS)
    )


def rule_of(*args: Any, **changes: Any) -> str:
    """Return the rule by which a binding is refused; `bound` when it is not."""
    try:
        bound(*args, **changes)
    except CertificateError as wrong:
        return wrong.rule
    return "bound"


# --- what is bound --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        rsa_key(2048),
        rsa_key(3072, 1),
        ec_key("secp256r1"),
        ec_key("secp384r1", 1),
        ec_key("secp521r1"),
        ed25519.Ed25519PrivateKey.from_private_bytes(b"\7" * 32),
    ],
    ids=["RSA-2048", "RSA-3072", "P-256", "P-384", "P-521", "another Ed25519 key"],
)
def test_a_certificate_is_bound_by_a_proof_of_its_key(key: Any) -> None:
    """The chain leads to an anchor, its key signed for the head's: whom it names is what is said of it."""
    chain = chain_of(but(key=key))
    found = bound(chain, key)
    assert (found.subject, found.issuer) == ("CN=Nguyễn Thị Bình", "CN=CA cơ quan nhà nước")
    assert (found.certificate, found.anchor) == (digest(chain[0]), ANCHORS[0])
    assert (found.valid_from, found.valid_until) == (write_time(FROM), write_time(UNTIL))
    assert describe(write_chain(chain)) == found


def _key_itself() -> ed25519.Ed25519PrivateKey:
    return HEAD._private


def test_a_certificate_of_the_key_itself_needs_no_other_proof() -> None:
    """Where the certificate's key is the key, the statement's signature is the proof; a second is refused."""
    chain = chain_of(but(key=_key_itself()))
    assert rule_of(chain, proof=None) == "bound"
    assert rule_of(chain, _key_itself()) == "certificate.no_possession"


@pytest.mark.parametrize("shorter", [SUB, ROOT])
def test_any_certificate_of_the_chain_may_be_the_anchor(shorter: Draft) -> None:
    """Whoever trusts the issuing authority alone needs no root."""
    chain = chain_of(PERSON)
    end = chain.index(issued(shorter)) + 1
    assert rule_of(chain[:end], anchors=[digest(issued(shorter))]) == "bound"


@pytest.mark.parametrize(
    "purposes",
    [
        ["1.3.6.1.5.5.7.3.2"],
        ["1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.1"],
        ["1.3.6.1.5.5.7.3.36"],
        ["2.5.29.37.0"],
    ],
)
def test_certificates_for_people_are_taken(purposes: list[str]) -> None:
    """For authentication, mail, documents or any purpose; one that fits is enough."""
    assert rule_of(chain_of(but(purposes=purposes))) == "bound"


@pytest.mark.parametrize("usage", [("digital_signature",), ("content_commitment",)])
@pytest.mark.parametrize("ca", [False, None])
def test_one_way_of_signing_is_enough(usage: tuple[str, ...], ca: bool | None) -> None:
    """Signatures or non-repudiation; a person's certificate may leave out that it is no authority's."""
    assert rule_of(chain_of(but(usage=usage, ca=ca))) == "bound"


# --- what is not ----------------------------------------------------------------------------------------


def _issued_by(**changes: Any) -> Chain:
    return chain_of(but(issuer=but(SUB, **changes)))


DEEPER = but(SUB, subject="CA con", key=ec_key("secp256r1", 7), issuer=SUB)

CHAINS: dict[str, tuple[Callable[[], Chain], str]] = {
    "RSA of 1024 bits": (lambda: chain_of(but(key=rsa_key(1024))), "certificate.weak_key"),
    "RSA of 2047 bits": (lambda: chain_of(but(key=rsa_key(2047))), "certificate.weak_key"),
    "an issuer with RSA of 1024 bits": (lambda: _issued_by(key=rsa_key(1024)), "certificate.weak_key"),
    "P-224": (lambda: chain_of(but(key=ec_key("secp224r1"))), "certificate.weak_key"),
    "DSA": (lambda: chain_of(but(key=dsa_key())), "certificate.weak_key"),
    "a server's": (lambda: chain_of(but(purposes=["1.3.6.1.5.5.7.3.1"])), "certificate.other_purpose"),
    "one for time stamps": (
        lambda: chain_of(but(purposes=["1.3.6.1.5.5.7.3.8"])),
        "certificate.other_purpose",
    ),
    "one for encryption": (lambda: chain_of(but(usage=["key_encipherment"])), "certificate.other_purpose"),
    "one that says no usage": (lambda: chain_of(but(usage=None)), "certificate.other_purpose"),
    "an authority's own": (
        lambda: chain_of(but(ca=True, usage=("digital_signature", *ISSUES))),
        "certificate.other_purpose",
    ),
    "issued by a person": (lambda: _issued_by(ca=False, path_length=None), "certificate.not_an_issuer"),
    "issued by one that says nothing of it": (
        lambda: _issued_by(ca=None, path_length=None),
        "certificate.not_an_issuer",
    ),
    "issued with a key for something else": (
        lambda: _issued_by(usage=["digital_signature"]),
        "certificate.not_an_issuer",
    ),
    "issued without a usage": (lambda: _issued_by(usage=None), "certificate.not_an_issuer"),
    "deeper than an issuer allows": (lambda: chain_of(but(issuer=DEEPER)), "certificate.not_an_issuer"),
    "with something critical that is not understood": (
        lambda: chain_of(but(critical=x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"))),
        "certificate.not_understood",
    ),
    "with name constraints of the issuer": (
        lambda: _issued_by(critical=x509.NameConstraints([x509.DNSName("vn")], None)),
        "certificate.not_understood",
    ),
    "expired": (
        lambda: chain_of(but(until=datetime.fromisoformat("2017-01-16T01:29:59Z"))),
        "certificate.expired",
    ),
    "not valid yet": (
        lambda: chain_of(but(since=datetime.fromisoformat("2017-01-16T01:30:01Z"))),
        "certificate.not_yet_valid",
    ),
    "an issuer that had expired": (
        lambda: _issued_by(until=datetime.fromisoformat("2016-12-31T00:00:00Z")),
        "certificate.expired",
    ),
    "signed by another key of that name": (
        lambda: (chain_of(but(issuer=but(SUB, key=ec_key("secp384r1", 9))))[0], issued(SUB), issued(ROOT)),
        "certificate.broken_chain",
    ),
    "naming another issuer": (lambda: chain_of(but(issuer_name="CA khác")), "certificate.broken_chain"),
    "without the link between": (lambda: (PERSON.issue(), issued(ROOT)), "certificate.broken_chain"),
    "in another order": (
        lambda: (PERSON.issue(), issued(ROOT), issued(SUB), issued(ROOT)),
        "certificate.broken_chain",
    ),
    "to a root of the same name": (
        lambda: chain_of(but(issuer=but(SUB, issuer=but(ROOT, key=rsa_key(3072, 1))))),
        "certificate.not_anchored",
    ),
    "without its anchor": (lambda: chain_of(PERSON)[:2], "certificate.not_anchored"),
    "alone": (lambda: (PERSON.issue(),), "certificate.malformed"),
    "longer than anybody needs": (lambda: (*chain_of(PERSON), *[issued(ROOT)] * 4), "certificate.malformed"),
}


@pytest.mark.parametrize("case", CHAINS)
def test_refuses_a_chain(case: str) -> None:
    """Too weak, for another purpose, not by an issuer, out of time, broken or to nowhere: by its rule."""
    make, rule = CHAINS[case]
    assert rule_of(make()) == rule


def _with_sha1(certificate: x509.Certificate) -> x509.Certificate:
    """The same, but that it says to be signed over SHA-1: nothing here signs that way any more."""
    sha256_rsa, sha1_rsa = (bytes.fromhex(f"2a864886f70d0101{last}") for last in ("0b", "05"))
    der = certificate.public_bytes(Encoding.DER)
    assert der.count(sha256_rsa) == 2
    return x509.load_der_x509_certificate(der.replace(sha256_rsa, sha1_rsa))


def test_a_hash_that_was_broken_is_refused() -> None:
    """A signature over SHA-1 vouches for nothing; the anchor's own is not asked for."""
    person, sub, root = chain_of(PERSON)
    assert rule_of((person, _with_sha1(sub), root)) == "certificate.weak_hash"
    old = _with_sha1(root)
    assert rule_of((person, sub, old), anchors=[digest(old)]) == "bound"


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        (FROM, "bound"),
        (FROM - timedelta(microseconds=1), "certificate.not_yet_valid"),
        (UNTIL, "bound"),
        (UNTIL + timedelta(microseconds=1), "certificate.expired"),
    ],
)
def test_validity_is_that_of_the_logs_time(at: datetime, rule: str) -> None:
    """Both ends belong to the time of validity, and the entry's own time is what counts, not today's."""
    assert rule_of(chain_of(PERSON), at=write_time(at)) == rule


POSSESSION: dict[str, dict[str, Any]] = {
    "over another key": {"key": SPARE_KEY.public_key.id},
    "over another actor": {"actor": "head-stc"},
    "over another enrolment": {"enrolled_at": 2},
    "over another log": {"log": "noi-vu.example/log"},
    "over another certificate": {"certificate": "ab" * 32},
}


@pytest.mark.parametrize("case", POSSESSION)
def test_refuses_a_proof_of_something_else(case: str) -> None:
    """A proof names log, key, actor, enrolment and certificate: it is good for nothing else."""
    chain = chain_of(PERSON)
    proof = proof_of(chain[0], PERSON.key, **POSSESSION[case])
    assert rule_of(chain, proof=proof) == "certificate.no_possession"


@pytest.mark.parametrize("proof", [None, "", "AAAA", "AAA", "é", "=" * 8])
def test_refuses_no_proof_at_all(proof: str | None) -> None:
    """A certificate that anybody can fetch from a directory is not bound without its key."""
    for person in (PERSON, but(key=rsa_key(2048)), but(key=ed25519.Ed25519PrivateKey.generate())):
        assert rule_of(chain_of(person), proof=proof) == "certificate.no_possession"


def test_refuses_a_proof_by_another_key() -> None:
    """Also one of the same kind, and that of the key it is bound to."""
    for key in (ec_key("secp256r1", 3), rsa_key(2048), _key_itself()):
        assert rule_of(chain_of(PERSON), key) == "certificate.no_possession"


def test_refuses_the_certificate_of_another_subject() -> None:
    """The same key under another name is another certificate: a proof made for one fits no other."""
    one, other = chain_of(PERSON), chain_of(but(subject="Trần Văn An"))
    proof = proof_of(one[0], PERSON.key)
    assert rule_of(other, proof=proof) == "certificate.no_possession"
    assert rule_of(other, certificate=digest(one[0]), proof=proof) == "certificate.other"


TEXTS: dict[str, Callable[[str], str]] = {
    "a line too many": lambda text: text + "\n",
    "PEM": lambda text: f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----",
    "no base64": lambda text: "!" + text[1:],
    "not padded": lambda text: text.rstrip("=") + "A",
    "spaces": lambda text: text.replace("\n", "\n "),
    "letters of another script": lambda text: "Ｍ" + text[1:],
    "no certificate": lambda text: "AAAA\n" + text,
    "bytes behind a certificate": lambda text: "\n".join(_longer(line) for line in text.split("\n")),
}


def _longer(line: str) -> str:
    return base64.b64encode(base64.b64decode(line) + b"\0").decode()


@pytest.mark.parametrize("case", TEXTS)
def test_refuses_another_spelling_of_a_chain(case: str) -> None:
    """One certificate a line, in standard base64 of its DER, and nothing else."""
    text = TEXTS[case](write_chain(chain_of(PERSON)))
    assert describe(text) is None
    with pytest.raises(CertificateError, match=r"certificate\.malformed"):
        read_chain(text)


# --- the statement --------------------------------------------------------------------------------------


def _binding(journal: Journal, actor: str = "head-snv", **change: Any) -> Envelope:
    body = {"key": KEY, "certificate": "ab" * 32} | change
    commitments = body.pop("commitments", {"certificates": "cd" * 32})
    signers = body.pop("signers", (actor,))
    return journal.several(signers, BOUND, body, commitments=commitments, **body.pop("rest", {}))


BINDINGS: dict[str, tuple[Callable[[Journal], Envelope], str]] = {
    "by another": (lambda j: _binding(j, "head-stc"), "key.not_the_holder"),
    "by registrars": (lambda j: _binding(j, signers=REGISTRARS), "key.not_the_holder"),
    "by its holder and another": (lambda j: _binding(j, signers=("head-snv", "reg-1")), "key.not_the_holder"),
    "to the log's key": (
        lambda j: _binding(j, LOG_ACTOR, key=KEYS[LOG_ACTOR].public_key.id),
        "key.of_the_log",
    ),
    "of a digest that is none": (lambda j: _binding(j, certificate="AB" * 32), "key.malformed"),
    "with a proof that is no text": (lambda j: _binding(j, possession=["x"]), "key.malformed"),
    "without its chain": (lambda j: _binding(j, commitments={}), "key.malformed"),
    "with another text": (lambda j: _binding(j, commitments={"reason": "cd" * 32}), "key.malformed"),
    "with a text more": (
        lambda j: _binding(j, commitments={"certificates": "cd" * 32, "reason": "cd" * 32}),
        "key.malformed",
    ),
    "with a name in the open": (lambda j: _binding(j, subject="Bình"), "key.malformed"),
    "in a round": (lambda j: _binding(j, rest={"round": "2016"}), "key.malformed"),
    "in the form of one signer": (
        lambda j: j.one("head-snv", BOUND, {"key": KEY, "certificate": "ab" * 32}),
        "key.malformed",
    ),
}


@pytest.mark.parametrize("case", BINDINGS)
def test_refuses_a_binding(case: str) -> None:
    """Only the key itself signs, with the digest in the body and the chain committed to."""
    state, rule = BINDINGS[case]
    journal = Journal()
    assert refusal(given(*opening(journal)), state(journal)) == rule


def test_a_suspended_or_revoked_key_gets_no_certificate() -> None:
    """A key that may not sign is not bound to anything either."""
    for end, rule in ((Journal.suspension, "key.suspended"), (Journal.revocation, "key.revoked")):
        journal = Journal()
        keyring = given(*opening(journal), end(journal, "head-snv"))
        assert refusal(keyring, _binding(journal), 4) == rule


def test_a_certificate_is_bound_to_one_actor_alone() -> None:
    """To a key once, after a rotation to the next one, and never to the key of somebody else."""
    journal = Journal()
    keyring = given(*opening(journal))
    fork = keyring.fork()
    admit(fork, _binding(journal), 3)
    assert keyring.records[KEY].certificates == ()
    fork.settle()
    assert keyring.records[KEY].certificates == (Bound(3, "ab" * 32),)
    assert refusal(keyring, _binding(journal), 4) == "certificate.bound_already"
    other = _binding(journal, "head-stc", key=KEYS["head-stc"].public_key.id)
    assert refusal(keyring, other, 4) == "certificate.of_another_actor"
    admit(keyring, journal.rotation("head-snv", SPARE_KEY), 4)
    assert refusal(keyring, _binding(journal, key=SPARE_KEY.public_key.id), 5) == "admitted"


ANCHORS_OF_GENESIS: dict[str, tuple[object, str]] = {
    "none": ([], "admitted"),
    "two": (["ab" * 32, "cd" * 32], "admitted"),
    "in another order": (["cd" * 32, "ab" * 32], "genesis.malformed"),
    "one twice": (["ab" * 32, "ab" * 32], "genesis.malformed"),
    "no digest": (["AB" * 32], "genesis.malformed"),
    "a number": ([7], "genesis.malformed"),
    "no list": ("ab" * 32, "genesis.malformed"),
    "nothing": (None, "genesis.malformed"),
}


@pytest.mark.parametrize("case", ANCHORS_OF_GENESIS)
def test_genesis_names_anchors(case: str) -> None:
    """Digests in ascending order, none twice, and a log may do without."""
    stated, rule = ANCHORS_OF_GENESIS[case]
    body = genesis_body(KEYS) | {"certificate_anchors": stated}
    keyring = Keyring()
    assert refusal(keyring, Journal().several((LOG_ACTOR, *REGISTRARS), GENESIS, body), 0) == rule
    if rule == "admitted":
        assert list(keyring.genesis.certificate_anchors) == stated


# --- the verifier ---------------------------------------------------------------------------------------


def _log(chain: Chain, *, anchors: Sequence[str] = ANCHORS, keep: bool = True, key: Any = None) -> Journal:
    """Write a log in which the head's key is bound at position 2."""
    journal = Journal()
    body = genesis_body(KEYS) | {"certificate_anchors": list(anchors)}
    journal.enter(journal.several((LOG_ACTOR, *REGISTRARS), GENESIS, body))
    journal.commit()
    journal.enter(journal.enrolment("head-snv"))
    proof = proof_of(chain[0], key or PERSON.key)
    envelope, opened = journal.binding("head-snv", write_chain(chain), digest(chain[0]), proof)
    journal.enter(envelope, *([opened] if keep else []))
    journal.enter(journal.one("head-snv", SCORE, {"points": "1"}, **cell("SNV", 0)))
    journal.commit()
    return journal


@pytest.mark.parametrize(("trusted", "known"), [((), None), (ANCHORS, True), (("ab" * 32,), False)])
def test_verdict_names_who_is_bound(trusted: tuple[str, ...], known: bool | None) -> None:
    """It is told what the certificate says, and whether the verifier's own trust has its anchor."""
    chain = chain_of(PERSON)
    verdict = verify_log(_log(chain).copy(), anchors=trusted)
    assert verdict.ok, verdict.findings
    (found,) = verdict.bindings
    assert (found.position, found.actor, found.key, found.trusted) == (2, "head-snv", KEY, known)
    assert found.certified == describe(write_chain(chain))


def test_an_erased_chain_is_not_a_finding() -> None:
    """Without the words beside the log a binding stays, by its digest, and is said to be unchecked."""
    verdict = verify_log(_log(chain_of(PERSON), keep=False).copy(), anchors=ANCHORS)
    assert verdict.ok, verdict.findings
    assert [(b.certified, b.trusted) for b in verdict.bindings] == [(None, None)]


def test_verifier_names_a_binding_that_was_not_one_to_admit() -> None:
    """Where a log took it all the same, it is found at its position; so is a chain to no anchor."""
    expired = chain_of(but(until=datetime.fromisoformat("2017-01-03T01:00:00Z")))
    for journal, rule in (
        (_log(expired), "certificate.expired"),
        (_log(chain_of(PERSON), anchors=()), "certificate.not_anchored"),
        (_log(chain_of(PERSON), key=ec_key("secp256r1", 4)), "certificate.no_possession"),
    ):
        (found,) = verify_log(journal.copy(), anchors=ANCHORS).findings
        assert (found.layer, found.position, found.rule) == ("registry", 2, rule)


def test_a_chain_that_was_not_committed_to_is_not_looked_at() -> None:
    """An opening that does not fit its commitment is that finding alone, and binds nothing."""
    journal = _log(chain_of(PERSON))
    (statement_id,) = journal.openings
    other = Opening("certificates", SALT, write_chain(chain_of(but(subject="Trần Văn An"))))
    journal.openings[statement_id] = [other]
    verdict = verify_log(journal.copy())
    assert [f.rule for f in verdict.findings] == ["opening.mismatch"]
    assert [b.certified for b in verdict.bindings] == [None]


def test_errors_say_what_was_wrong() -> None:
    """A refusal names the certificate of the chain by its place, and the time that counted."""
    with pytest.raises(AuditError) as caught:
        bound(chain_of(but(until=read_time("2017-01-01T00:00:00.000000Z"))))
    expected = {"index": 0, "until": "2017-01-01T00:00:00.000000Z", "received": AT}
    assert (caught.value.rule, caught.value.facts) == ("certificate.expired", expected)
