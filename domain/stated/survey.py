"""What is stated about the survey: waves, batches of ballots, tallies (R08-R11, R42, R49, R50)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.visibility import council, public


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyWaveOpened:
    """One respondent group may answer: so many ballots, one for each token under this root.

    `tokens` is the RFC 6962 root (hex) over the sorted hashes of the tokens; `upward` marks the rating of
    superiors by those below them.
    """

    group: str = public()
    issued: int = public()
    tokens: str = public()
    upward: bool = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class BallotsRecorded:
    """A shuffled batch of ballots that lies outside the log: how many, and the root (hex) over them."""

    group: str = public()
    ballots: int = public()
    root: str = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyWaveClosed:
    """The control totals of one respondent group."""

    group: str = public()
    returned: int = public()
    valid: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTallied:
    """The valid answers for this cell: group -> answer -> how many.

    Where a group has fewer than five, all are counted together under `POOLED`; where fewer than five answered
    at all, only their number is stated, as `withheld`.
    """

    counts: Mapping[str, Mapping[str, int]] = council()
    withheld: int = council(default=0)
