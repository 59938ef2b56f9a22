"""One verification of a log, in a process of its own: `python -m benchmarks.verification DIR CHECK`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter

from api.log_copy import copy_of
from api.runtime import reading
from api.settings import Settings
from api.uncollected import uncollected
from api.verification import examine
from audit.ledger.fast import check_with_sodium
from audit.proofs.keys import Check, PublicKey
from audit.proofs.verifier import Verdict, verify_log

CHECKS: Mapping[str, Check | None] = {
    "PyNaCl": check_with_sodium if find_spec("nacl") else None,
    "cryptography": PublicKey.verify,
}


def verified(data: Path, check: Check) -> Verdict:
    """Check everything but rules and fold."""
    with uncollected(), reading(Settings(data)) as log, log.database.read() as connection:
        return verify_log(copy_of(connection), check=check)


def main(data: Path, name: str) -> None:
    """Print what it took, as JSON; `fold` is the whole examination."""
    started, check = perf_counter(), CHECKS.get(name)
    verdict = examine(data).verdict if check is None else verified(data, check)
    own, readers = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    told = {
        "ok": verdict.ok,
        "size": verdict.size,
        "signatures": verdict.signatures,
        "seconds": perf_counter() - started,
        "busy": own.ru_utime + own.ru_stime + readers.ru_utime + readers.ru_stime,
        "peak": own.ru_maxrss // 1024,
        "peak_of_a_reader": readers.ru_maxrss // 1024,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
