"""The oldest Home Assistant that is supported, as it is installed: set up, speak, change the options."""

import json
from pathlib import Path

from harness.assist import CONFIGURATION, INTEGRATION, add_assistant, hear_answer
from harness.demo import DOMAIN, SERVICES, TOKEN
from harness.home_assistant import WAV_HEADER_SIZE, home_assistant
from harness.simulator_process import simulator
from simulator import tones

from . import without_silence

ROOT = Path(__file__).parents[2]
PROGRAM = (str(ROOT / ".venv-oldest" / "bin" / "python"), "-m", "homeassistant")
TEXT = "I want a coffee."
TOOL_SECONDS = 4.0


async def test_set_up_speak_and_change(tmp_path: Path) -> None:
    """Both services can be set up, speak, and speak otherwise after a change of their options."""
    oldest = json.loads((ROOT / "hacs.json").read_text("utf-8"))["homeassistant"].removesuffix(".0")
    async with (
        simulator(tmp_path / "simulator.log", "--tones", "--token", TOKEN) as port,
        home_assistant(tmp_path, program=PROGRAM) as home,
    ):
        await home.onboard()
        version = (await home.call("GET", "/api/config"))["version"]
        assert version.startswith(f"{oldest}.")
        for service in SERVICES:
            entry = await home.add_entry(DOMAIN, *service.answers(port))
            entity_id = await home.entity_of(entry)
            options = {"preferred_format": "wav"}
            before = await home.fetch_speech(entity_id, TEXT, options)
            rate = int.from_bytes(before.data[24:28], "little")
            assert before.data[WAV_HEADER_SIZE:] == tones.pcm(TEXT, rate)
            assert len((await home.fetch_speech(entity_id, TEXT, {})).data) > 5000
            entry_id, path = entry["entry_id"], "/api/config/config_entries/subentries/flow"
            (profile,) = await home.command(type="config_entries/subentries/list", entry_id=entry_id)
            begin = {"handler": [entry_id, "voice"], "subentry_id": profile["subentry_id"]}
            step = await home.call("POST", path, begin)
            answer = {"voice": service.voice, "advanced": {"lead_in": 100}}
            heard = await home.call("POST", f"{path}/{step['flow_id']}", answer)
            assert heard["step_id"] == "listen"
            done = await home.call("POST", f"{path}/{step['flow_id']}", {"next_step_id": "use_voice"})
            assert done["reason"] == "reconfigure_successful"
            await home.wait_until_loaded(entry_id)
            after = await home.fetch_speech(entity_id, TEXT, options)
            assert after.data[WAV_HEADER_SIZE:] == bytes(rate // 10 * 2) + tones.pcm(TEXT, rate)


async def test_tool_call(tmp_path: Path) -> None:
    """What stands before the call of a tool is heard while the tool works."""
    async with (
        simulator(tmp_path / "simulator.log", "--tones", "--token", TOKEN) as port,
        home_assistant(tmp_path, more=CONFIGURATION, integrations=[INTEGRATION], program=PROGRAM) as home,
    ):
        await home.onboard()
        for service in SERVICES:
            *connection, voice = service.answers(port)
            entry = await home.add_entry(DOMAIN, *connection, {**voice, "advanced": {"audio_format": "wav"}})
            assistant = await add_assistant(home, service.kind, await home.entity_of(entry), "en-US")
            heard = await hear_answer(
                home,
                assistant,
                text="Let me check.",
                words_per_second=200,
                tool_seconds=TOOL_SECONDS,
                answer="It is sunny.",
            )
            assert heard.speech_after_text < TOOL_SECONDS / 2
            rate = int.from_bytes(heard.audio.data[24:28], "little")
            is_same = without_silence(heard.audio.data[WAV_HEADER_SIZE:]) == tones.pcm(
                "Let me check. It is sunny.", rate
            )
            assert is_same
