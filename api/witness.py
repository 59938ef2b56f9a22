"""A witness that runs: one configuration file, one directory, one call (C2SP tlog-witness add-checkpoint).

The rules are those of `audit.proofs.witness`; here is what surrounds them: keys, memory, clock and HTTP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from api.witness_store import Memory, WitnessStopped, WitnessStore
from audit.proofs.contradiction import from_refused
from audit.proofs.cosignature import Cosigner, cosign, cosigner_vkey
from audit.proofs.errors import TrustError, UnsafeKey, WitnessRefusal
from audit.proofs.handwritten import check_list, check_object, read_json
from audit.proofs.head import Head
from audit.proofs.keys import SigningKey
from audit.proofs.lines import NAME
from audit.proofs.mldsa import MlDsaSigningKey
from audit.proofs.trust import check_log_key
from audit.proofs.witness import (
    MAX_REQUEST,
    STATUS,
    AddCheckpoint,
    check_growth,
    open_request,
    parse_request,
)

FORMAT = "minhchung.witness/v1"
MAX_CONFIG = 1_000_000
FILE = {"format": str, "name": str, "operator": str, "keys": list, "directory": str, "logs": list}
LOG = {"origin": str, "vkeys": list}

Seconds = Callable[[], int]


def posix_time() -> int:
    """Return the time of the machine in whole seconds."""
    return int(time.time())


class Witness:
    """Answers add-checkpoint requests. `logs` has the verifier keys of each log it knows, by origin."""

    def __init__(
        self,
        name: str,
        keys: tuple[Cosigner, ...],
        logs: Mapping[str, tuple[str, ...]],
        directory: Path,
        clock: Seconds = posix_time,
    ) -> None:
        self.name = name
        self.vkeys = tuple(cosigner_vkey(name, key.public_key) for key in keys)
        self.store = WitnessStore(directory, self.vkeys)
        self._keys = keys
        self._logs = logs
        self._clock = clock
        self._broken: str | None = None

    def begin(self) -> None:
        """Start to remember every log of which nothing is remembered yet."""
        for origin in self._logs:
            self.store.begin(origin)

    def check(self) -> None:
        """Raise WitnessStopped unless all that should be remembered is there."""
        for origin in self._logs:
            self.store.check(origin)

    def add_checkpoint(self, body: bytes) -> bytes:
        """Return the cosignature lines for a request's checkpoint, once it is remembered.

        Raises WitnessRefusal; WitnessStopped after any error of the disk, until somebody has looked.
        """
        if self._broken is not None:
            raise WitnessStopped(self._broken)
        request = parse_request(body)
        head = open_request(request, self._logs.get(request.checkpoint.origin, ()))
        try:
            with self.store.memory(head.checkpoint.origin) as memory:
                return self._cosign(request, head, memory)
        except OSError as wrong:
            self._broken = f"the disk failed, and what is on it is not known: {wrong}"
            raise WitnessStopped(self._broken) from wrong

    def _cosign(self, request: AddCheckpoint, head: Head, memory: Memory) -> bytes:
        try:
            check_growth(request, head, memory.checkpoint)
        except WitnessRefusal:
            self._keep_evidence(request, head, memory)
            raise
        text = head.note.text
        lines = b"".join(cosign(text, self.name, key, self._clock()) for key in self._keys)
        if head.checkpoint != memory.checkpoint:
            memory.replace(_signed(head) + lines)
        return lines

    def _keep_evidence(self, request: AddCheckpoint, head: Head, memory: Memory) -> None:
        if memory.note is not None:
            found = from_refused(memory.note, _signed(head), request.proof)
            if found is not None:
                self.store.keep(found)


def _signed(head: Head) -> bytes:
    """The note with the signatures that verified, and nothing that anybody else put under it."""
    return head.note.text + b"\n" + b"".join(signed.line for signed in head.note.signatures)


# --- the configuration file -----------------------------------------------------------------------------


def load_witness(config: Path, clock: Seconds = posix_time) -> Witness:
    """Make a witness as its file says (docs/formats/witness.md); paths in it start at the file's folder.

    Raises CanonicalError, TrustError, NoteError, UnsafeKey for what is wrong in it, WitnessStopped for a key
    file that others can read.
    """
    read = check_object(read_json(config.read_bytes(), MAX_CONFIG), "file", FILE)
    if read["format"] != FORMAT:
        raise TrustError("trust.malformed", field="format")
    if not NAME.fullmatch(read["name"]):
        raise TrustError("trust.malformed", field="name")
    names = check_list(read["keys"], "keys", str)
    keys = tuple(_load_key(config.parent / name) for name in names)
    logs = dict(map(_log, read["logs"]))
    if not keys or len(logs) < len(read["logs"]):
        raise TrustError("trust.malformed", field="logs" if keys else "keys")
    return Witness(read["name"], keys, logs, config.parent / read["directory"], clock)


def _log(stated: object) -> tuple[str, tuple[str, ...]]:
    read = check_object(stated, "logs", LOG)
    vkeys = check_list(read["vkeys"], "vkeys", str)
    for vkey in vkeys:
        check_log_key(vkey, read["origin"])
    return read["origin"], tuple(vkeys)


def _load_key(path: Path) -> Cosigner:
    try:
        if path.stat().st_mode & 0o077:
            raise WitnessStopped(f"{path} can be read by others; `chmod 600` it first")
        return _read_key(path.read_bytes())
    except (OSError, ValueError, TypeError) as wrong:
        raise WitnessStopped(f"{path} holds no key that can be used: {wrong}") from None


def _read_key(pem: bytes) -> Cosigner:
    try:
        return SigningKey.from_pem(pem)
    except UnsafeKey:
        return MlDsaSigningKey.from_pem(pem)


# --- HTTP -----------------------------------------------------------------------------------------------


def witness_app(witness: Witness) -> FastAPI:
    """Return the HTTP side of a witness: `POST /add-checkpoint`, and nothing else."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/add-checkpoint")
    async def add_checkpoint(request: Request) -> Response:
        """Cosign a checkpoint, or say why not."""
        try:
            body = await _body(request)
            lines = await run_in_threadpool(witness.add_checkpoint, body)
        except WitnessRefusal as refused:
            return _refused(refused)
        except WitnessStopped:
            return Response("the witness has stopped\n", 503, media_type="text/plain")
        return Response(lines, media_type="text/plain")

    return app


async def _body(request: Request) -> bytes:
    """Read a body up to the largest that makes sense."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_REQUEST:
            raise WitnessRefusal("witness.malformed", line="too long")
    return body


def _refused(refused: WitnessRefusal) -> Response:
    """Answer with the status of the rule; a conflict tells the size that is remembered, and only that."""
    status = STATUS[refused.rule]
    if status == 409:
        return Response(f"{refused.facts['size']}\n", status, {"Content-Type": "text/x.tlog.size"})
    return Response(f"{refused}\n", status, media_type="text/plain")


def run_witness(config: Path, port: int, *, host: str = "127.0.0.1", begin: bool = False) -> None:
    """Run a witness until it is told to stop.

    `begin` starts to remember logs of which nothing is remembered; without it such a log stops the witness,
    because a lost memory would cosign a rollback. Raises WitnessStopped, and what `load_witness` raises.
    """
    import uvicorn

    witness = load_witness(config)
    if begin:
        witness.begin()
    witness.check()
    uvicorn.run(witness_app(witness), host=host, port=port, log_level="warning", access_log=False)
