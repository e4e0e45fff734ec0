"""Access tokens: in which form they are sent, and when another one is fetched."""

import asyncio

from aiohttp.test_utils import TestServer
import pytest

from simulator import Simulator, tones

from .speaking import TEXT, VOICES, MakeService, set_habits, speak


@pytest.mark.parametrize("kind", VOICES)
@pytest.mark.parametrize("given", ["secret", "Bearer secret", " bearer  secret\n"])
async def test_token(kind: str, given: str, simulator: Simulator, make_service: MakeService) -> None:
    """A token is sent with every call."""
    simulator.habits.token = "secret"
    service = make_service(kind, token=given)
    assert await service.voices()
    audio_format, samples = await speak(service, VOICES[kind], TEXT)
    assert samples == tones.pcm(TEXT, audio_format.sample_rate)


@pytest.mark.parametrize("bearer", [True, False])
async def test_knovvu_token_forms(bearer: bool, simulator: Simulator, make_service: MakeService) -> None:
    """The other form is tried once, and what worked is remembered."""
    set_habits(simulator, "knovvu", {"token": "secret"}, {"bearer": bearer})
    service = make_service("knovvu", token="secret")
    await speak(service, VOICES["knovvu"], TEXT)
    assert service.quirks["bearer"] is bearer
    assert simulator.calls.count("socket") == 1 + bearer
    again = make_service("knovvu", token="secret", quirks=service.quirks)
    await speak(again, VOICES["knovvu"], TEXT)
    assert simulator.calls.count("socket") == 2 + bearer


async def test_knovvu_client_credentials(
    simulator: Simulator, make_service: MakeService, server: TestServer
) -> None:
    """A token is fetched once, kept, and renewed when it was refused."""
    simulator.habits.token = "nobody has this one"
    service = make_service(
        "knovvu", client_id="client", client_secret="secret", token_url=str(server.make_url("/connect/token"))
    )
    await service.voices()
    await speak(service, VOICES["knovvu"], TEXT)
    assert simulator.calls.count("token") == 1
    simulator.issued.clear()
    await speak(service, VOICES["knovvu"], TEXT)
    assert simulator.calls.count("token") == 2
    simulator.issued.clear()
    assert await service.voices()
    assert simulator.calls.count("token") == 3


async def test_client_credentials_in_the_other_form(
    simulator: Simulator, make_service: MakeService, server: TestServer
) -> None:
    """A fresh token that is refused is tried in the other form before another one is fetched."""
    simulator.habits.token = "nobody has this one"
    simulator.habits.knovvu.bearer = True
    service = make_service(
        "knovvu", client_id="client", client_secret="secret", token_url=str(server.make_url("/connect/token"))
    )
    await speak(service, VOICES["knovvu"], TEXT)
    assert simulator.calls.count("token") == 1
    assert service.quirks["bearer"] is True


async def test_one_new_token_for_all(
    simulator: Simulator, make_service: MakeService, server: TestServer
) -> None:
    """A token that was refused to many at once is renewed once."""
    simulator.habits.token = "nobody has this one"
    service = make_service(
        "knovvu", client_id="client", client_secret="secret", token_url=str(server.make_url("/connect/token"))
    )
    await speak(service, VOICES["knovvu"], TEXT)
    simulator.issued.clear()
    await asyncio.gather(*(speak(service, VOICES["knovvu"], TEXT) for _ in range(5)))
    assert simulator.calls.count("token") == 2
