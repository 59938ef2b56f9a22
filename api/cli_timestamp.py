"""The commands about time tokens: `timestamp request|query|add|list`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.answers import Answer
from api.cli_options import AsJson, Data, Lang, print_json, refusals
from api.errors import UnknownSubject
from api.nearest import listed, nearest_of, unreadable
from api.runtime import reading, writing
from api.settings import settings
from api.terms import term
from api.timestamping import add_token, checkpoint_text, stamp_now
from api.timing import read_stamps
from api.trusting import read_trust
from api.wording import Language
from audit.ledger.stamping import kept_tokens, make_request
from audit.proofs.entry import write_time
from audit.proofs.timestamp import Source, TimeAuthority, Told
from domain.refusals import refuse

app = typer.Typer(no_args_is_help=True, help="Time tokens (RFC 3161) over checkpoints.")

TrustFile = Annotated[Path, typer.Option("--trust", help="The trust file that names the authorities.")]
OfWhom = Annotated[
    str | None,
    typer.Option("--authority", help="Which authority; else the only one there is.", show_default=False),
]
OfSize = Annotated[
    int | None, typer.Option("--size", help="Of which checkpoint; else the newest.", show_default=False)
]


@app.command()
def request(
    trust: TrustFile,
    authority: OfWhom = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Have the newest checkpoint stamped by a time authority, and keep its token."""
    asked = _authority(trust, authority)
    with refusals(lang), writing(settings(data)) as runtime:
        size, told = stamp_now(runtime.log.database, asked)
    _say(size, asked, told, lang, as_json=as_json)


@app.command()
def query(
    into: Annotated[Path, typer.Argument(metavar="FILE", help="The file for the request (.tsq).")],
    size: OfSize = None,
    data: Data = None,
    lang: Lang = Language.VI,
) -> None:
    """Write a request to a file, to be sent from another machine."""
    with refusals(lang), reading(settings(data)) as log, log.database.read() as connection:
        of, text = checkpoint_text(connection, size)
        into.write_bytes(make_request(text).data)
    sys.stdout.write(term("stamping", "query", lang).format(size=of, path=into) + "\n")


@app.command()
def add(
    token: Annotated[Path, typer.Argument(metavar="FILE", help="The answer of an authority (.tsr).")],
    trust: TrustFile,
    authority: OfWhom = None,
    size: OfSize = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Keep a token that was fetched elsewhere, once it is verified."""
    asked = _authority(trust, authority)
    try:
        response = token.read_bytes()
    except OSError as wrong:
        raise unreadable(token, wrong) from None
    with refusals(lang), writing(settings(data)) as runtime:
        of, told = add_token(runtime.log.database, asked, size, response)
    _say(of, asked, told, lang, as_json=as_json)


@app.command(name="list")
def list_tokens(
    trust: Annotated[
        Path | None, typer.Option("--trust", help="Verify them by a trust file.", show_default=False)
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """List the tokens that are kept, and what they say once verified."""
    believed = None if trust is None else read_trust(trust)
    with reading(settings(data)) as log, log.database.read() as connection:
        tokens = list(kept_tokens(connection))
        stamps = read_stamps(connection, believed).stamps
    times = {(s.size, s.by): write_time(s.at) for s in stamps if s.source is Source.TIMESTAMP}
    told: list[Answer] = [
        {
            "size": one.size,
            "authority": one.authority,
            "not_after": times.get((one.size, one.authority)),
            "bytes": len(one.response),
        }
        for one in tokens
    ]
    if as_json:
        print_json({"tokens": told})
        return
    for one in told:
        said = "listed" if one["not_after"] else "unchecked"
        sys.stdout.write(term("stamping", said, lang).format(**one) + "\n")
    if not told:
        sys.stdout.write(term("stamping", "none", lang) + "\n")


def _authority(trust: Path, name: str | None) -> TimeAuthority:
    known = {one.name: one for one in read_trust(trust).authorities}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name is None:
        raise UnknownSubject(refuse("asked.which_authority", file=str(trust), there=listed(known)))
    if name not in known:
        near, there = nearest_of(name, known), listed(known)
        raise UnknownSubject(
            refuse("asked.no_authority", file=str(trust), stated=name, nearest=near, there=there)
        )
    return known[name]


def _say(size: int, authority: TimeAuthority, told: Told, lang: Language, *, as_json: bool) -> None:
    answer = {
        "size": size,
        "authority": authority.name,
        "time": write_time(told.time),
        "accuracy_seconds": str(told.accuracy.total_seconds()),
    }
    if as_json:
        print_json(answer)
    else:
        sys.stdout.write(term("stamping", "stamped", lang).format(**answer) + "\n")
