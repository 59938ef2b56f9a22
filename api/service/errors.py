"""Why a request is answered with a problem: one base, with the rule that its words are found under."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from audit.proofs.errors import CanonicalError
from domain.refusals import Fact


class RequestRefused(Exception):
    """The base: what is asked for is not done; `rule` has words, `status` is the HTTP status."""

    status = 400
    headers: Mapping[str, str] = MappingProxyType({})
    """What the answer says besides."""

    def __init__(self, rule: str, **facts: Fact) -> None:
        super().__init__(rule)
        self.rule = rule
        self.facts: Mapping[str, Fact] = facts


class BodyTooLarge(RequestRefused):
    """A body is longer than anything that makes sense here."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__("request.too_long", limit=limit)
        self.headers = {"Connection": "close"}  # what else is sent is not read either


class Broken(RequestRefused):
    """Something went wrong here; the id finds it in the service's own log."""

    status = 500

    def __init__(self, id: str) -> None:  # noqa: A002 - as the answer calls it
        super().__init__("request.broken", id=id)


class BodyMalformed(RequestRefused):
    """A body is not what is read here."""

    def __init__(self, part: str) -> None:
        super().__init__("request.malformed", part=part)


class TextUnwelcome(RequestRefused):
    """A name hides something, or has another spelling that looks the same."""

    status = 422

    def __init__(self, wrong: CanonicalError) -> None:
        super().__init__(wrong.rule, **wrong.facts)


class NotThere(RequestRefused):
    """There is no such thing, or none that whoever asks may see."""

    status = 404

    def __init__(self, what: str) -> None:
        super().__init__("request.not_there", what=what)


class OtherMethod(RequestRefused):
    """There is such a thing, and it does not answer this method."""

    status = 405

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        super().__init__("request.method", method=method)
        self.headers = {"Allow": ", ".join(allowed)}


class Busy(RequestRefused):
    """More is waiting than can be taken in; what was sent was not looked at and can be sent again."""

    status = 503

    def __init__(self) -> None:
        super().__init__("request.busy")


class Stopped(RequestRefused):
    """The log stopped, and stays so until somebody has looked."""

    status = 503

    def __init__(self) -> None:
        super().__init__("request.stopped")


class MayNotUpload(RequestRefused):
    """Nobody who may says that this file may come in."""

    status = 401

    def __init__(self, part: str) -> None:
        super().__init__("upload.not_authorised", part=part)


class OtherOffset(RequestRefused):
    """A body begins somewhere else than where the file goes on."""

    status = 409

    def __init__(self, offset: int) -> None:
        super().__init__("upload.other_offset", offset=offset)
        self.headers = {"Upload-Offset": str(offset)}


class UnderWay(RequestRefused):
    """The same sender sends the same file over another connection."""

    status = 409

    def __init__(self) -> None:
        super().__init__("upload.under_way")


class OverQuota(RequestRefused):
    """A key has brought as much today as it may."""

    status = 429

    def __init__(self, limit: int) -> None:
        super().__init__("upload.over_quota", limit=limit)


class OtherContent(RequestRefused):
    """A file is whole, and another than the one that was named."""

    status = 422

    def __init__(self, sha256: str) -> None:
        super().__init__("upload.other_content", sha256=sha256)


class UnwelcomeType(RequestRefused):
    """A file is of no type that is taken as evidence."""

    status = 415

    def __init__(self) -> None:
        super().__init__("upload.type")


class NotSignedIn(RequestRefused):
    """Nobody is told this who has not signed in, or whose session or token is over."""

    status = 401

    def __init__(self) -> None:
        super().__init__("access.not_signed_in")


class SignInRefused(RequestRefused):
    """The base: somebody is not signed in by what was sent."""

    status = 401


class ChallengeOver(SignInRefused):
    """A challenge that is over, was used, or was not made here."""

    def __init__(self) -> None:
        super().__init__("access.challenge_over")


class SignatureWrong(SignInRefused):
    """No signature of a key that may sign now."""

    def __init__(self) -> None:
        super().__init__("access.signature_wrong")


class FromElsewhere(RequestRefused):
    """An act by a session that does not come from the service's own pages."""

    status = 403

    def __init__(self, site: str) -> None:
        super().__init__("access.from_elsewhere", site=site)


class NotForThat(RequestRefused):
    """A token that is for something else."""

    status = 403

    def __init__(self, scope: str) -> None:
        super().__init__("access.token_scope", scope=scope)


class Undecided(RequestRefused):
    """What a member of the council is not told while something is undecided before it."""

    status = 422

    def __init__(self, code: str) -> None:
        super().__init__("access.undecided", round=code)
