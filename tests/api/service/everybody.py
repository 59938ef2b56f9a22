"""A small log that is served, with everybody signed in: what attacks and the table of policy are tried on."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.following import bring_up
from api.service.doors import DOORS, Door, Who
from api.settings import Settings
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import Client, serving
from tests.furnished import COUNCIL
from tests.worlds import KEYS, World, reopen

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
FILLED = {
    "code": COUNCIL, "agency": "STC", "criterion": "A1.1", "position": "1", "sha256": "0" * 64,
    "name": "0" * 16, "path": "0/000", "digest": "0" * 16,
}  # fmt: skip
"""What the parts of an address are filled with."""


@dataclass(frozen=True, slots=True)
class Served:
    """A service, its log and settings, and everybody signed in."""

    world: World
    settings: Settings
    client: Client
    people: Mapping[str, Person]


@contextmanager
def served_to(actors: Iterable[str], small_log: Path, folder: Path) -> Iterator[Served]:
    """Serve a copy of the small log, indexed, in which ct-4 is an auditor; these people are signed in."""
    data = folder / "data"
    shutil.copytree(small_log, data)
    world = reopen(data)
    world.state("RoleGranted", "dk-2", body={"officer": "ct-4", "role": "AUDITOR"})
    world.close()
    assert list(bring_up(Settings(data))) == []
    world = reopen(data)
    with serving(world, Settings(data)) as client:
        yield Served(world, Settings(data), client, {actor: sign_in(client, KEYS[actor]) for actor in actors})
    world.close()


def address(route: str, /, **otherwise: str) -> str:
    """Fill the parts of a route's address in."""
    for name, value in (FILLED | otherwise).items():
        route = route.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
    return route


def doors(*who: Who, methods: Iterable[str] = ("GET", "HEAD", *UNSAFE)) -> dict[tuple[str, str], Door]:
    """Return the rows of some routes; of all, where nobody is named."""
    return {
        (method, path): row
        for (method, path), row in DOORS.items()
        if method in methods and (not who or row.who in who)
    }
