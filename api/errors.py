"""Why a command ends without an answer: one base."""

from __future__ import annotations

from api.wording import Language, word
from domain.refusals import Refusal


class CommandError(Exception):
    """What was asked for cannot be done; the message says what to do instead."""


class UnknownSubject(CommandError):
    """What was asked for is not in the log; says what there is instead, in both languages."""

    def __init__(self, refused: Refusal) -> None:
        self.refused = refused
        super().__init__(_told(refused, Language.EN))

    def told(self) -> str:
        """Say it in Vietnamese, and below in English."""
        return f"{_told(self.refused, Language.VI)} ({self.refused.rule})\n  {self}"


def _told(refused: Refusal, language: Language) -> str:
    words = word(refused.rule, refused.facts, language)
    return f"{words.what} {words.todo}".strip()


class NotPossible(CommandError):
    """A question that has no answer, by a rule; carries the refusal, which names what can be asked."""

    def __init__(self, refused: Refusal) -> None:
        super().__init__(f"{refused.rule} {dict(refused.facts)}")
        self.refused = refused


class ExampleError(CommandError):
    """A file of the example is missing or says something it cannot."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"{file}: {what}; mend it there and run the command again")


class LogInTheWay(CommandError):
    """There is a log already that a demo must not take the place of."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where} holds a log already, and not a demo's; `--data DIR` names another directory"
        )


class DemoRefused(CommandError):
    """An act of the example was not admitted: the example contradicts the rules."""

    def __init__(self, act: str, rule: str) -> None:
        super().__init__(f"{act}: {rule}")


class AttestationsDiffer(CommandError):
    """An auditor's fold comes to another state than the log attested."""

    def __init__(self, attested: str, folded: str) -> None:
        super().__init__(
            f"the log attested the state {attested}, and folded again it is {folded}: nothing was confirmed"
        )


class UnfitShape(CommandError):
    """A made-up log cannot have this size; the message says what can be."""


class SynthRefused(CommandError):
    """A made-up statement was not admitted: the script contradicts the rules."""

    def __init__(self, rule: str, facts: str) -> None:
        super().__init__(f"a made-up statement was refused: {rule} {facts}")


class RebuildRunning(CommandError):
    """Another process is rebuilding the tables of this log."""

    def __init__(self) -> None:
        super().__init__("another process is rebuilding these tables; wait until it has ended")


class RebuildStopped(CommandError):
    """A rebuild ended without new tables; the message says why, and that the old ones are served on."""


class DossierUnreadable(CommandError):
    """A file that should hold a dossier is not there, or is a page without one."""
