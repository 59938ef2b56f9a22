"""Notices: what is told when, once, to whom; over real mail and real webhooks, tried again where it fails."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import icalendar
import pytest
from aiosmtpd.controller import Controller
from standardwebhooks.webhooks import Webhook

from api.notices import Level, near_of, notices
from api.service.notice_store import RETRY, Channel, NoticeStore
from api.service.notifying import Notifying, going_on
from api.service.post import Post, post
from api.settings import Settings
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import Client, serving
from tests.furnished import PUBLISHED
from tests.worlds import KEYS, World, reopen

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SITE = "http://localhost:8000"


@pytest.fixture(scope="module")
def data(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small log with rounds in every phase."""
    return Path(shutil.copytree(small_log, tmp_path_factory.mktemp("notices") / "data"))


@pytest.fixture(scope="module")
def world(data: Path) -> Iterator[World]:
    """The log, open."""
    opened = reopen(data)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(world: World, data: Path, smtp: Inbox) -> Iterator[Client]:
    """Its service, which has a server for mails."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINHCHUNG_MAIL", smtp.address)
        patch.setenv("MINHCHUNG_MAIL_FROM", "minhchung@danang.example")
        with serving(world, Settings(data), notices_every=86400) as asks:
            yield asks


@dataclass
class Inbox:
    """A server for mails on this machine, and what came; while `full` it takes nothing."""

    address: str = ""
    mails: list[Any] = field(default_factory=list)
    full: bool = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        """Take a mail."""
        if self.full:
            return "452 no room"
        self.mails.append(envelope)
        return "250 taken"


@pytest.fixture(scope="module")
def smtp() -> Iterator[Inbox]:
    """A real server."""
    inbox = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = Controller(inbox, hostname="127.0.0.1", port=port)
    running.start()
    inbox.address = f"smtp://127.0.0.1:{port}"
    yield inbox
    running.stop()


@dataclass
class Receiver:
    """A server that webhooks go to, what came, and what it answers."""

    address: str
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    arrived: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real server."""
    told = Receiver("")

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.came.append(({name.lower(): its for name, its in self.headers.items()}, body))
            self.send_response(told.status)
            self.end_headers()
            told.arrived.set()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever).start()
    told.address = f"http://127.0.0.1:{server.server_port}/hook"
    yield told
    server.shutdown()
    server.server_close()


@dataclass
class Moment:
    """A clock that is set by hand."""

    now: datetime = NOW


@dataclass
class Hands:
    """Who looks at a moment of the machine's clock, without the thread that looks by itself."""

    notifying: Notifying
    clock: Moment

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.now += timedelta(seconds=seconds)


@pytest.fixture
def hands(world: World, smtp: Inbox) -> Hands:
    """Somebody who looks when told."""
    store = NoticeStore(world.runtime.log.database)
    out = post(SITE, {"MINHCHUNG_MAIL": smtp.address, "MINHCHUNG_MAIL_FROM": "minhchung@danang.example"})
    moment = Moment()
    return Hands(Notifying(world.runtime, store, out, lambda: moment.now), moment)


def _add(person: Person, kind: str, target: str, language: str = "vi") -> Any:
    body = {"kind": kind, "target": target, "language": language}
    told = person.ask("POST", "/v1/notices/destinations", body)
    assert told.status == 201, told.json
    return told.json


# --- what is told when ----------------------------------------------------------------------------------

DUE = datetime(2026, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (timedelta(days=8), None), (timedelta(days=7, seconds=1), None), (timedelta(days=7), Level.SEVEN),
        (timedelta(days=3, seconds=1), Level.SEVEN), (timedelta(days=3), Level.THREE),
        (timedelta(days=1), Level.ONE), (timedelta(seconds=1), Level.ONE), (timedelta(0), Level.OVERDUE),
        (timedelta(days=-9), Level.OVERDUE),
    ],
)  # fmt: skip
def test_a_deadline_is_near_at_seven_three_one(left: timedelta, level: Level | None) -> None:
    """And once its moment is there, it is over."""
    assert near_of(DUE, DUE - left) is level


def _pending(**otherwise: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "act": "SelfAssessmentSubmitted.v1", "agency": "STC", "criteria": (), "matter": None, "since": 7,
        "due": DUE.isoformat(), "owed": True, "actors": [{"actor": "stc-1"}],
    }  # fmt: skip
    return usual | otherwise


def _levels(now: datetime, **otherwise: Any) -> list[Level]:
    return [one.level for one in notices("2016", [_pending(**otherwise)], now)]


def test_what_is_asked_anew_is_told_at_once() -> None:
    """An explanation, a step of a dispute; other things when their deadline is near, if they are owed."""
    early = DUE - timedelta(days=20)
    assert _levels(early) == []
    assert _levels(early, act="ExplanationSubmitted.v1") == [Level.ASKED]
    assert _levels(early, matter="dispute-1", due=None) == [Level.ASKED]
    assert _levels(DUE, act="ExplanationSubmitted.v1") == [Level.ASKED, Level.OVERDUE]
    assert _levels(DUE, owed=False) == []


def test_a_deadline_that_was_extended_is_told_anew() -> None:
    """It is another notice; the same one again has the same key."""
    one, same = (next(notices("2016", [_pending()], DUE)).key for _ in range(2))
    later = next(notices("2016", [_pending(due=(DUE + timedelta(days=1)).isoformat())], DUE)).key
    assert one == same != later


def test_rounds_that_are_over_are_not_looked_at(world: World) -> None:
    """But for the last of them, and those with a dispute that goes on: however many years a log has."""
    standing = world.intake.standing
    found = standing.rounds[PUBLISHED]
    earlier = {str(year): replace(found, code=str(year), position=-year) for year in range(1950, 1960)}
    many = SimpleNamespace(rounds={**standing.rounds, **earlier}, disputes=standing.disputes)
    assert sorted(going_on(many)) == sorted(going_on(standing))  # type: ignore[arg-type]
    assert PUBLISHED in going_on(standing)


# --- over the service -----------------------------------------------------------------------------------


def test_everybody_reads_their_own_notices(client: Client, hands: Hands) -> None:
    """In both languages, each once; of others, nothing."""
    assert hands.notifying.look() > 0
    assert hands.notifying.look() == 0
    told = sign_in(client, KEYS["stc-1"]).get("/v1/notices").json
    assert told["notices"]
    assert all(one["agency"] in ("STC", None) or one["matter"] for one in told["notices"])
    assert all(one["vi"] != one["en"] for one in told["notices"])
    assert sign_in(client, KEYS["snv-4"]).get("/v1/notices").json == {"notices": [], "next": None}
    after = sign_in(client, KEYS["stc-1"]).get(f"/v1/notices?after={told['next']}").json
    assert after == {"notices": [], "next": None}
    assert client.ask("GET", "/v1/notices").status == 401


def _news(world: World, hands: Hands) -> None:
    """Let something happen that the head of an agency is told of: notices of before were told before."""
    with world.runtime.log.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM notices")
    assert hands.notifying.look() > 0


def test_a_mail_comes_with_all_that_is_new(world: World, client: Client, hands: Hands, smtp: Inbox) -> None:
    """One mail, in the language that was asked for; what became of it stands in the log of deliveries."""
    person = sign_in(client, KEYS["stc-1"])
    made = _add(person, "EMAIL", "stc-1@danang.example")
    assert made["secret"] is None
    smtp.mails.clear()
    _news(world, hands)
    assert hands.notifying.deliver() == 1
    assert hands.notifying.deliver() == 0
    (mail,) = smtp.mails
    assert mail.rcpt_tos == ["stc-1@danang.example"]
    text = mail.content.decode()
    assert "Auto-Submitted: auto-generated" in text
    (told,) = person.get("/v1/notices/deliveries").json["deliveries"]
    assert (told["state"], told["tries"], told["kind"]) == ("DELIVERED", 1, "EMAIL")
    assert len(told["notices"]) == len(person.get("/v1/notices").json["notices"])
    assert person.ask("DELETE", f"/v1/notices/destinations/{made['id']}").status == 204
    assert person.get("/v1/notices/destinations").json == {"destinations": []}


def test_what_does_not_arrive_is_tried_again(world: World, client: Client, hands: Hands, smtp: Inbox) -> None:
    """After a while, and not before; what the other side said is written down."""
    person = sign_in(client, KEYS["nhs-1"])
    made = _add(person, "EMAIL", "nhs-1@danang.example")
    _news(world, hands)
    smtp.full = True
    assert hands.notifying.deliver() == 0
    smtp.full = False
    (told,) = person.get("/v1/notices/deliveries").json["deliveries"]
    assert (told["state"], told["tries"]) == ("WAITING", 1)
    assert "452" in told["last"]
    hands.later(RETRY[0] - 1)
    assert hands.notifying.deliver() == 0
    hands.later(1)
    assert hands.notifying.deliver() == 1
    person.ask("DELETE", f"/v1/notices/destinations/{made['id']}")


def test_a_webhook_is_signed_and_the_same_at_every_try(
    world: World, client: Client, hands: Hands, receiver: Receiver
) -> None:
    """Whoever receives it checks it with the secret; its id says that it is the same one."""
    person = sign_in(client, KEYS["stc-1"])
    made = _add(person, "WEBHOOK", receiver.address, "en")
    hands.clock.now = datetime.now(UTC)  # what is signed is not taken when it is old
    _news(world, hands)
    receiver.status = 500
    assert hands.notifying.deliver() == 0
    receiver.status = 204
    hands.later(RETRY[0])
    assert hands.notifying.deliver() == 1
    (first, body), (second, again) = receiver.came
    assert (first["webhook-id"], body.partition(b'"data"')[2]) == (
        second["webhook-id"],
        again.partition(b'"data"')[2],
    )
    told = Webhook(made["secret"]).verify(body, first)
    assert told["type"] == "notices"
    assert {one["level"] for one in told["data"]["notices"]} <= {level.value for level in Level}
    person.ask("DELETE", f"/v1/notices/destinations/{made['id']}")


def test_it_looks_by_itself_while_it_is_served(world: World, data: Path, receiver: Receiver) -> None:
    """Nobody has to ask: what is new goes out by the next look."""
    with serving(world, Settings(data), notices_every=0.05) as asks:
        person = sign_in(asks, KEYS["stc-1"])
        made = _add(person, "WEBHOOK", receiver.address)
        with world.runtime.log.database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM notices WHERE actor = 'stc-1'")
        position = world.state("RoleGranted", "dk-2", body={"officer": "snv-4", "role": "AUDITOR"})
        assert receiver.arrived.wait(30), position
        assert person.ask("DELETE", f"/v1/notices/destinations/{made['id']}").status == 204


def test_what_never_arrives_is_given_up(
    world: World, client: Client, hands: Hands, receiver: Receiver
) -> None:
    """After the last try it is failed, and nobody is asked again."""
    person = sign_in(client, KEYS["stc-1"])
    made = _add(person, "WEBHOOK", receiver.address)
    receiver.status = 503
    _news(world, hands)
    for pause in (*RETRY, 86400):
        hands.notifying.deliver()
        hands.later(pause)
    hands.notifying.deliver()
    assert len(receiver.came) == len(RETRY) + 1
    (told,) = person.get("/v1/notices/deliveries").json["deliveries"]
    assert (told["state"], told["last"]) == ("FAILED", "status 503")
    person.ask("DELETE", f"/v1/notices/destinations/{made['id']}")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "EMAIL", "target": "no address", "language": "vi"},
        {"kind": "EMAIL", "target": "a@b.vn\r\nBcc: c@d.vn", "language": "vi"},
        {"kind": "EMAIL", "target": "a@b.vn", "language": "fr"},
        {"kind": "FAX", "target": "1", "language": "vi"},
        {"kind": "WEBHOOK", "target": "file:///etc/passwd", "language": "vi"},
        {"kind": "WEBHOOK", "target": "http://user@localhost/", "language": "vi"},
        {"kind": "EMAIL", "target": "a@b.vn"},
        [],
    ],
)
def test_odd_destinations_are_not_kept(client: Client, body: Any) -> None:
    """No address, two in one, no such way: 400, and nothing is there."""
    person = sign_in(client, KEYS["hd-1"])
    assert person.ask("POST", "/v1/notices/destinations", body).status == 400
    assert person.get("/v1/notices/destinations").json == {"destinations": []}


def test_nobody_removes_what_is_somebody_elses(client: Client) -> None:
    """To others it is not there."""
    made = _add(sign_in(client, KEYS["stc-1"]), "EMAIL", "stc-1@danang.example")
    path = f"/v1/notices/destinations/{made['id']}"
    assert sign_in(client, KEYS["nhs-1"]).ask("DELETE", path).status == 404
    assert sign_in(client, KEYS["stc-1"]).ask("DELETE", path).status == 204


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://127.0.0.1/", False), ("https://10.1.2.3/", False), ("https://169.254.169.254/", False),
        ("https://[::1]/", False), ("http://93.184.216.34/", False), ("https://93.184.216.34/hook", True),
        ("https://localhost/", False), ("ftp://93.184.216.34/", False), ("https://a:b@93.184.216.34/", False),
    ],
)  # fmt: skip
def test_a_service_on_the_open_network_calls_nobody_behind_it(address: str, may: bool) -> None:
    """Only https, and only addresses that everybody sees."""
    assert Post("https://minhchung.example", None, None).may_call(address) is may


def test_without_a_server_no_mails_are_offered() -> None:
    """Webhooks need none."""
    out = post(SITE, {})
    assert (out.offers(Channel.EMAIL), out.offers(Channel.WEBHOOK)) == (False, True)


# --- the calendar ---------------------------------------------------------------------------------------


def test_deadlines_come_as_a_calendar(world: World, client: Client) -> None:
    """One event for each, at its moment, with reminders; read back by somebody else's library."""
    told = client.ask("GET", "/v1/rounds/2016/deadlines.ics", headers={"Accept-Language": "vi"})
    assert told.headers["content-type"] == "text/calendar; charset=utf-8"
    read = icalendar.Calendar.from_ical(told.body)
    due = world.intake.standing.rounds["2016"].due
    assert [event.start for event in read.events] == sorted(moment.astimezone(UTC) for moment in due.values())
    assert len({event.uid for event in read.events}) == len(due)
    assert all(len(event.alarms.times) == 3 for event in read.events)
    assert all(len(line) <= 75 for line in told.body.split(b"\r\n"))
    english = client.ask("GET", "/v1/rounds/2016/deadlines.ics?lang=en").body
    assert b"Due: " in english
    assert client.ask("GET", "/v1/rounds/1999/deadlines.ics").status == 404
