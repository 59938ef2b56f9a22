"""The pages of those signed in: a round's ranking at any moment, an agency, one score's story."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages.agency import agency_pages
from api.pages.ranking import ranking_pages
from api.pages.reader import Record
from api.pages.score import score_pages
from api.runtime import Runtime
from api.service.guard import Guard


def record_pages(runtime: Runtime, guard: Guard) -> APIRouter:
    """Return the routes; each is limited by what its row grants to whoever asks."""
    router, record = APIRouter(include_in_schema=False), Record(runtime, guard)
    for pages in (ranking_pages, score_pages, agency_pages):
        router.include_router(pages(record))
    return router
