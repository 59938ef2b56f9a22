"""The demo's witnesses: two offices that cosign what is of record, and the trust file of who asks them.

They are real witnesses with demo keys, each in its own folder: `minhchung witness --config` runs them on.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

from api.runtime import Runtime
from api.settings import Settings
from api.witness import FORMAT, Witness, load_witness
from audit.ledger.cosignatures import cosigned_note, keep_cosignatures, newest_cosigned
from audit.ledger.files import create_whole, write_whole
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.startup import prover
from audit.proofs.cosignature import cosigner_vkey
from audit.proofs.keys import DEMO_KEYS, DEMO_ORIGIN, SigningKey, demo_signing_key
from audit.proofs.mldsa import MlDsaSigningKey
from audit.proofs.note import vkey
from audit.proofs.policy import Group, Policy
from audit.proofs.policy import Witness as Known
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust
from audit.proofs.witness import AddCheckpoint, format_request

OPERATOR = "Sở Nội vụ thành phố Đà Nẵng (minh họa)"
OFFICES = {
    "thanh-tra": "Thanh tra thành phố (minh họa)",
    "kiem-toan": "Kiểm toán nhà nước khu vực (minh họa)",
}
"""Who runs each witness: neither is the operator of the log."""
RECORD_KEY = MlDsaSigningKey.from_seed(hashlib.sha256(b"minhchung demo record key").digest())
QUORUM = "hai-nơi"


class DemoWitnesses:
    """Two witnesses that stand beside the demo while it is told, and cosign at its moments."""

    def __init__(self, settings: Settings, runtime: Runtime, log_key: SigningKey) -> None:
        self._runtime = runtime
        self._trust = settings.trust
        self._moment = 0
        self._log_vkeys = (
            vkey(DEMO_ORIGIN, log_key.public_key),
            cosigner_vkey(DEMO_ORIGIN, RECORD_KEY.public_key),
        )
        self._witnesses = [
            self._install(settings.data / "witnesses" / name, name, demo_signing_key(DEMO_KEYS - 2 - number))
            for number, name in enumerate(OFFICES)
        ]

    def _install(self, folder: Path, name: str, key: SigningKey) -> Witness:
        folder.mkdir(parents=True)
        create_whole(folder / "cosigning.key", key.to_pem())
        config = {
            "format": FORMAT,
            "name": f"witness.example/{name}",
            "operator": OFFICES[name],
            "keys": ["cosigning.key"],
            "directory": "state",
            "logs": [{"origin": DEMO_ORIGIN, "vkeys": list(self._log_vkeys)}],
        }
        written = json.dumps(config, ensure_ascii=False, indent=2) + "\n"
        write_whole(folder / "witness.json", written.encode())
        witness = load_witness(folder / "witness.json", clock=lambda: self._moment)
        witness.begin()
        return witness

    def cosign(self, at: datetime) -> None:
        """Have both cosign the newest checkpoint, and keep their lines."""
        self._moment = int(at.timestamp())
        database = self._runtime.log.database
        with database.read() as connection:
            newest = latest_checkpoint(connection)
            seen = {w.name: newest_cosigned(connection, w.vkeys[0]) for w in self._witnesses}
        if newest is None or newest[0] in seen.values():
            return
        size, _, note = newest
        lines = b""
        for witness in self._witnesses:
            old = seen[witness.name]
            proof = tuple(prover(database)(old, size)) if old else ()
            lines += witness.add_checkpoint(format_request(AddCheckpoint(old, proof, note)))
        vkeys = [w.vkeys[0] for w in self._witnesses]
        with database.begin() as connection:
            keep_cosignatures(connection, note + lines, vkeys, size)

    def write_trust(self) -> None:
        """Write what somebody would keep apart from the log who had asked both: keys, policy, newest head."""
        with self._runtime.log.database.read() as connection:
            newest = latest_checkpoint(connection)
            note = None if newest is None else cosigned_note(connection, newest[0])
        known = tuple(
            Known(name, witness.vkeys[0], OFFICES[name])
            for name, witness in zip(OFFICES, self._witnesses, strict=True)
        )
        policy = Policy(known, (Group(QUORUM, len(known), tuple(OFFICES)),), QUORUM)
        log = TrustedLog(DEMO_ORIGIN, OPERATOR, self._log_vkeys, note)
        write_whole(self._trust, format_trust(Trust((log,), policy)))
