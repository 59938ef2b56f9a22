"""Running witnesses for tests: a folder with keys and a configuration, and an HTTP server on loopback."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from api.witness import FORMAT, Witness, load_witness, witness_app
from audit.proofs.keys import DEMO_ORIGIN, SigningKey
from audit.proofs.mldsa import MlDsaSigningKey
from audit.proofs.policy import Witness as Known
from tests.audit.proofs.witnessed import LOG_VKEY, TIME


def install(
    folder: Path, name: str = "w1", operator: str = "Thanh tra tỉnh", *, ml_dsa: bool = False
) -> Path:
    """Write a witness's keys and configuration file; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = {"ed25519.key": SigningKey.generate().to_pem()}
    if ml_dsa:
        keys["ml-dsa.key"] = MlDsaSigningKey.generate().to_pem()
    for file, pem in keys.items():
        (folder / file).touch(mode=0o600)
        (folder / file).write_bytes(pem)
    config = {
        "format": FORMAT,
        "name": f"witness.example/{name}",
        "operator": operator,
        "keys": list(keys),
        "directory": "state",
        "logs": [{"origin": DEMO_ORIGIN, "vkeys": [LOG_VKEY]}],
    }
    (folder / "witness.json").write_text(json.dumps(config), "utf-8")
    return folder / "witness.json"


def begun(config: Path) -> Witness:
    """Return a witness that has begun to remember its logs."""
    witness = load_witness(config, clock=lambda: TIME)
    witness.begin()
    return witness


@contextmanager
def serving(witness: Witness) -> Iterator[str]:
    """Run the witness's HTTP side on a free port; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(witness_app(witness), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def known(witness: Witness, operator: str = "Thanh tra tỉnh", url: str | None = None) -> Known:
    """Return what a policy says of a running witness, by its first key."""
    return Known(witness.name.rpartition("/")[2], witness.vkeys[0], operator, url)
