"""The tour that a demo ends with: six addresses, each of them worth opening."""

from __future__ import annotations

from collections.abc import Mapping

from api.terms import term
from api.wording import Language

STOPS: Mapping[str, str] = {
    "result": "/rounds/2016",
    "story": "/rounds/2016/agencies/SNV/criteria/A3.2",
    "difference": "/rounds/2016/ranking?as_of=published-v2&since=inspected",
    "dispute": "/rounds/2016/disputes/dispute-1",
    "findings": "/rounds/2016/findings",
    "check": "/check?round=2016",
}
"""What is shown -> where: of the Da Nang demo."""


def tour(site: str, language: Language) -> str:
    """Say where to look, and how to be somebody who may; an address stands on a line of its own."""
    stops = [f"  {term('tour', name, language)}\n    {site}{path}" for name, path in STOPS.items()]
    return "\n".join((term("tour", "lead", language), *stops, term("tour", "people", language), ""))
