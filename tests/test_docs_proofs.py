"""The pages on receipts, cosignatures, trust and witnesses: their examples verify as the pages say."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from api.witness import load_witness
from audit.proofs import canonical, handwritten, mldsa, receipt, trust_file, witness
from audit.proofs.contradiction import parse_contradiction, verify_contradiction
from audit.proofs.cosignature import cosignature_message
from audit.proofs.errors import AuditError
from audit.proofs.head import open_head
from audit.proofs.keys import DEMO_ORIGIN, PublicKey, is_demo_key
from audit.proofs.note import MAX_NOTE, open_note, parse_vkey, unverified_text
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.receipt import parse_receipt, verify_receipt
from audit.proofs.trust import advance, check_head
from audit.proofs.trust_file import parse_trust
from audit.proofs.witness import STATUS, check_growth, open_request, parse_request
from tests.page_proofs import LOG_VKEY, OPERATOR, POLICY, RECORD_BLOCK, TIME, WITNESS_KEYS
from tests.pages import code
from tests.test_docs import AT, page, table, words


def shown(name: str, block: str) -> bytes:
    """Return the bytes of an example."""
    return code(name, block).encode()


ENVELOPE = shown("statement.md", "envelope").strip()
RECEIPT = shown("receipt.md", "receipt")


def test_the_receipt_on_the_page_proves_the_statement_on_the_other_page() -> None:
    """Envelope and receipt of two pages verify together, with the two witnesses and without."""
    for policy in (NO_WITNESSES, POLICY):
        verify_receipt(RECEIPT, envelope=ENVELOPE, vkeys=[LOG_VKEY], policy=policy)


def test_the_receipt_on_the_page_proves_no_other_statement() -> None:
    """It is not accepted by accident: the council's statement has another receipt."""
    other = shown("statement.md", "joint envelope").strip()
    with pytest.raises(AuditError, match=r"proof\.other_root"):
        verify_receipt(RECEIPT, envelope=other, vkeys=[LOG_VKEY])


def test_the_times_on_the_page_are_those_of_the_entry() -> None:
    """The receipt repeats what the entry says, and the page shows it."""
    entry, found = json.loads(code("entry.md", "entry")), parse_receipt(RECEIPT)
    times = canonical.decode(shown("receipt.md", "times of the receipt").strip(), limit=1000)
    assert times == {"arrived_at": found.arrived_at, "received_at": found.received_at}
    assert times.items() <= entry.items()
    assert found.index == AT["evidence"]


def test_the_cosignatures_on_the_page_are_over_the_bytes_on_the_page() -> None:
    """Two witnesses signed the checkpoint of the other page; the first one's bytes are written out."""
    note = shown("cosignature.md", "cosigned checkpoint")
    assert note.startswith(shown("checkpoint.md", "checkpoint"))
    key = code("cosignature.md", "key of a witness").strip()
    (found,) = open_note(note, [key]).signatures
    assert found.time == TIME
    signed = shown("cosignature.md", "signed bytes of a witness")
    assert signed == cosignature_message("", TIME, unverified_text(note))
    raw = base64.b64decode(found.line.split()[2])
    WITNESS_KEYS["thanh-tra"].public_key.verify(raw[4 + 8 :], signed)


def test_the_checkpoint_of_record_on_the_page_bears_both_signatures() -> None:
    """Under both verifier keys of the log, and under each alone."""
    note, record = shown("cosignature.md", RECORD_BLOCK), code("cosignature.md", "record key").strip()
    assert open_head(note, vkeys=[LOG_VKEY, record], of_record=True).of_record
    assert not open_head(note, vkeys=[LOG_VKEY]).of_record
    assert note.startswith(shown("checkpoint.md", "checkpoint"))


def test_the_trust_file_on_the_page_is_read_and_met() -> None:
    """It knows the checkpoint of the other page, and the cosigned one satisfies it and moves it on."""
    trust = parse_trust(shown("trust.md", "trust file"))
    note = shown("cosignature.md", "cosigned checkpoint")
    assert trust.logs[0].newest == shown("checkpoint.md", "checkpoint")
    head = check_head(trust, note)
    assert {one.witness.operator for one in head.independent_of(OPERATOR)} == {
        "Thanh tra thành phố",
        "Kiểm toán Nhà nước",
    }
    assert advance(trust, note).logs[0].newest == note


def test_the_witness_on_the_page_would_cosign_the_request_on_the_page() -> None:
    """Request, what is remembered and answer belong together."""
    asked = parse_request(shown("witness.md", "request to cosign"))
    remembered = open_head(shown("checkpoint.md", "older checkpoint"), vkeys=[LOG_VKEY]).checkpoint
    check_growth(asked, open_request(asked, [LOG_VKEY]), remembered)
    answer = shown("witness.md", "answer of a witness")
    key = code("cosignature.md", "key of a witness").strip()
    assert open_note(asked.note + answer, [key]).signatures[0].time == TIME


def test_the_configuration_on_the_page_runs(tmp_path: Path) -> None:
    """With a key beside it, a witness of that name starts from it and cosigns."""
    (tmp_path / "witness.json").write_bytes(shown("witness.md", "configuration"))
    (tmp_path / "thanh-tra.key").touch(mode=0o600)
    (tmp_path / "thanh-tra.key").write_bytes(WITNESS_KEYS["thanh-tra"].to_pem())
    running = load_witness(tmp_path / "witness.json")
    running.begin()
    running.check()
    first = b"old 0\n\n" + shown("checkpoint.md", "older checkpoint")
    assert running.add_checkpoint(first)
    assert running.add_checkpoint(shown("witness.md", "request to cosign"))
    assert running.vkeys == (code("cosignature.md", "key of a witness").strip(),)
    assert (tmp_path / "state" / "lock").exists()


def test_the_evidence_on_the_page_convicts() -> None:
    """The two heads on the page exclude each other, and the page says of what sizes they are."""
    data = shown("witness.md", "contradiction")
    verify_contradiction(data, vkeys=[LOG_VKEY])
    found = parse_contradiction(data)
    assert found.older == shown("checkpoint.md", "checkpoint")


def test_every_status_of_a_refusal_is_on_the_page() -> None:
    """The table of answers has the statuses of the code, and those around them."""
    listed = {int(row[0]) for row in table(page("witness.md"), "status")}
    assert listed == {*STATUS.values(), 200, 503}


@pytest.mark.parametrize(
    ("where", "head", "fields"),
    [
        ("trust.md", "field", trust_file.FILE),
        ("trust.md", "of a log", trust_file.LOG),
        ("trust.md", "of a witness", trust_file.WITNESS),
        ("trust.md", "of a group", trust_file.GROUP),
        ("trust.md", "of a time authority", trust_file.AUTHORITY),
    ],
)
def test_the_trust_page_names_every_field(where: str, head: str, fields: dict[str, type]) -> None:
    """The tables are the closed sets of fields."""
    assert {words(row[0])[0] for row in table(page(where), head)} == fields.keys()


@pytest.mark.parametrize(
    ("where", "limit"),
    [
        ("receipt.md", receipt.MAX_PROOF),
        ("receipt.md", receipt.MAX_EXTRA),
        ("receipt.md", receipt.MAX_HASHES),
        ("witness.md", witness.MAX_REQUEST),
        ("witness.md", witness.MAX_HASHES),
        ("trust.md", trust_file.MAX_TRUST),
        ("cosignature.md", mldsa.KEY_SIZE),
        ("cosignature.md", mldsa.SIGNATURE_SIZE),
        ("checkpoint.md", MAX_NOTE),
    ],
)
def test_limits_on_the_pages_are_those_of_the_code(where: str, limit: int) -> None:
    """A limit is written out on the page of its format."""
    assert re.search(rf"(?<![0-9,]){limit:,}(?![0-9,])", page(where))


@pytest.mark.parametrize("wrong", [lambda text: text[:-4], lambda text: text.replace("none", "")])
def test_handwritten_files_are_read_strictly(wrong: Callable[[str], str]) -> None:
    """A trust file that was cut, or whose quorum is empty, is refused like any other."""
    text = code("trust.md", "trust file").replace('"quorum": "hai-nơi"', '"quorum": "none"')
    assert handwritten.read_json(text.encode(), 1_000_000)["quorum"] == "none"
    with pytest.raises(AuditError):
        parse_trust(wrong(text).encode())


def test_verifier_keys_of_the_pages_are_demo_keys() -> None:
    """No page shows an Ed25519 key that could be taken for a real one."""
    pages = "".join(map(page, ("receipt.md", "cosignature.md", "trust.md", "witness.md", "checkpoint.md")))
    shown_keys = {
        parse_vkey(text) for text in re.findall(r"[^\s\"`]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{44,}", pages)
    }
    assert len(shown_keys) >= 5
    for one in shown_keys:
        assert not isinstance(one.key, PublicKey) or is_demo_key(one.key)
        assert one.name == DEMO_ORIGIN or one.name.startswith("witness.example/")
