"""Every kind of event is told in one sentence, in Vietnamese and English, made of facts that it states."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import pytest

from api.sentences import AGENCIES, COUNTED, PERSONS, TYPES, Called, sentence, untold
from api.wording import OPTIONAL, PLACEHOLDER, Language, NoWording, event_text, wording
from audit.proofs.key_events import BODIES
from audit.proofs.keyring import KEY_EVENTS
from domain.events import CATALOGUE

KINDS = [*CATALOGUE, *sorted(KEY_EVENTS)]
SAID_TWICE = {"name_vi", "name_en"}
"""Facts that are a language's own."""


def _stated(kind: str) -> tuple[set[str], set[str]]:
    """Return which facts a kind always states, and which it may."""
    if kind in KEY_EVENTS:
        required, optional = BODIES[kind]
        return set(required), set(optional) | set(required)
    its = fields(CATALOGUE[kind].body)
    always = {f.name for f in its if f.default is MISSING and f.default_factory is MISSING}
    return always, {f.name for f in its}


def test_every_kind_has_a_sentence_and_no_other() -> None:
    """What can be stated, and what has a sentence, are the same."""
    assert sorted(wording()["events"]) == sorted(kind.partition(".")[0] for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_sentences_are_whole_in_both_languages(kind: str) -> None:
    """A sentence ends as one, and says the same facts to whoever reads either language."""
    texts = {language: event_text(kind, language) for language in Language}
    assert all(text.endswith((".", "].")) for text in texts.values())
    assert texts[Language.VI] != texts[Language.EN]
    vi, en = (set(PLACEHOLDER.findall(text)) - SAID_TWICE for text in texts.values())
    assert vi == en


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", KINDS)
def test_sentences_are_made_of_what_is_stated(kind: str, language: Language) -> None:
    """Outside brackets stands what the kind always states, inside what it may: no sentence has a gap."""
    always, sometimes = _stated(kind)
    text = event_text(kind, language)
    assert set(PLACEHOLDER.findall(OPTIONAL.sub("", text))) <= always
    assert set(PLACEHOLDER.findall(text)) <= sometimes


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", KINDS)
def test_without_its_facts_a_sentence_still_tells_what_happened(kind: str, language: Language) -> None:
    """Who may see nothing of a body is told the kind, with a mark where a fact would stand."""
    told = sentence(kind, {}, language)
    assert told[0].isupper() or told.startswith("…")
    assert not PLACEHOLDER.search(told)
    assert "[" not in told


CALLED = Called({"SNV": {Language.VI: "Sở Nội vụ", Language.EN: "Home Affairs"}}, {"snv-2": "Nguyễn Thị Lan"})


@pytest.mark.parametrize(
    ("kind", "body", "vi", "en"),
    [
        (
            "FocalOfficerAssigned.v1",
            {"officer": "snv-2", "deputy": "snv-3"},
            "Phân công Nguyễn Thị Lan làm công chức đầu mối, snv-3 dự phòng.",
            "Named Nguyễn Thị Lan as focal officer, snv-3 as deputy.",
        ),
        (
            "AffectedNotified.v1",
            {"agencies": ["SNV", "STC"]},
            "Thông báo cho các cơ quan có thể thay đổi thứ hạng: Sở Nội vụ, STC.",
            "Told the agencies whose rank could move: Home Affairs, STC.",
        ),
        (
            "QuantitiesDeclared.v1",
            {"quantities": {"issued": "12", "planned": "15"}},
            "Kê khai số liệu: issued 12; planned 15.",
            "Declared quantities: issued 12; planned 15.",
        ),
        (
            "DelegationGranted.v1",
            {"to": "snv-2", "acts": ["EvidenceSubmitted.v1"], "since": "2017-01-01", "until": "2017-01-31"},
            "Ủy quyền cho Nguyễn Thị Lan từ 01/01/2017 đến 31/01/2017: Gửi tài liệu kiểm chứng.",
            "Let Nguyễn Thị Lan act from 2017-01-01 to 2017-01-31: Evidence submitted.",
        ),
        (
            "OpeningsErased.v1",
            {"category": "SUBJECT_REQUEST", "erased": [{"statement": "x", "fields": ["name"]}]},
            "Xóa phần mở của 1 nội dung: người có dữ liệu yêu cầu.",
            "Erased words of 1 statements: the person asked for it.",
        ),
        ("PartyHeard.v1", {"heard": "SNV"}, "Sở Nội vụ trình bày ý kiến.", "Home Affairs was heard."),
        (
            "RoleGranted.v1",
            {"officer": "snv-2", "role": "AGENCY_HEAD", "agency": None},
            "Giao nhiệm vụ thủ trưởng cơ quan cho Nguyễn Thị Lan.",
            "Made Nguyễn Thị Lan agency head.",
        ),
    ],
)
def test_facts_are_told_as_people_read_them(kind: str, body: dict[str, Any], vi: str, en: str) -> None:
    """People and agencies by name, codes in words, days as they are written; lists one after another."""
    assert sentence(kind, body, Language.VI, CALLED) == vi
    assert sentence(kind, body, Language.EN, CALLED) == en


def test_what_is_told_and_what_is_not() -> None:
    """What a sentence leaves out of a body can be told beside it."""
    body = {"points": "0.5", "quality": "SOUND", "shortcomings": ["LATE"]}
    assert untold("InspectionNoteRecorded.v1", body) == {"shortcomings": ["LATE"]}


def test_a_kind_without_words_is_said() -> None:
    """A kind that nobody put into words is an error, not a gap."""
    with pytest.raises(NoWording, match="Nothing has no words"):
        sentence("Nothing.v1", {}, Language.VI)


def test_special_facts_are_facts() -> None:
    """Every field that is told in a way of its own is one that some kind states."""
    stated = {name for kind in KINDS for name in _stated(kind)[1]}
    assert {*PERSONS, *AGENCIES, *COUNTED, *TYPES} <= stated
