"""Every text that a flow, an error or an issue shows must be there in English, with its placeholders."""

from collections.abc import Generator, Sequence
import json
from pathlib import Path
import re
from typing import Any
from unittest.mock import patch

from homeassistant.data_entry_flow import FlowManager, FlowResult, FlowResultType, section
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.issue_registry import IssueEntry
import pytest

from custom_components.websocket_tts.const import DOMAIN

TRANSLATIONS = Path(__file__).parents[1] / "custom_components" / DOMAIN / "translations"


def english(*path: str) -> Any:
    """Return an English text, or the object of several. Raises KeyError where there is none."""
    texts = json.loads((TRANSLATIONS / "en.json").read_text(encoding="utf-8"))
    for key in path:
        texts = texts[key]
    return texts


def placeholders(text: str) -> set[str]:
    """Return the names in braces of a text."""
    return set(re.findall(r"{(\w+)}", text))


def check_flow_result(path: Sequence[str], result: FlowResult[Any, Any]) -> None:
    """Assert that all that a step shows has its text, below a path."""
    shown = result.get("description_placeholders") or {}
    if result["type"] is FlowResultType.ABORT:
        assert english(*path, "abort", result["reason"])
    if result["type"] is FlowResultType.MENU:
        texts = english(*path, "step", result["step_id"])
        options = set(map(str, iter(result["menu_options"])))  # type: ignore[call-overload]
        assert set(texts["menu_options"]) == set(texts["menu_option_descriptions"]) == options
    if result["type"] is FlowResultType.FORM:
        texts = english(*path, "step", result["step_id"])
        for text in ("title", "description"):
            assert placeholders(texts[text]) <= set(shown)
        schema = result["data_schema"]
        assert schema
        _check_fields(texts, schema.schema)
        for error in (result["errors"] or {}).values():
            assert placeholders(english(*path, "error", error)) <= set(shown)


def check_issue(key: str, issue: IssueEntry) -> None:
    """Assert that an issue has its texts: either a description or those of a flow."""
    texts = english("issues", key)
    shown = set(issue.translation_placeholders or {})
    assert placeholders(texts["title"]) <= shown
    assert ("fix_flow" in texts) is issue.is_fixable is ("description" not in texts)
    assert placeholders(texts.get("description", "")) <= shown


def _path_of(manager: FlowManager[Any, Any, Any], flow: Any) -> Sequence[str]:
    """Return where the texts of a flow are."""
    match type(manager).__name__:
        case "ConfigSubentryFlowManager":
            return ("config_subentries", flow.handler[1])
        case "RepairsFlowManager":
            return ("issues", flow.data["issue"], "fix_flow")
        case _:
            return ("config",)


def _check_fields(texts: dict[str, Any], schema: dict[Any, Any]) -> None:
    for key, value in schema.items():
        if isinstance(value, section):
            assert texts["sections"][str(key)]["name"]
            _check_fields(texts["sections"][str(key)], value.schema.schema)
        else:
            assert texts["data"][str(key)]
            assert texts["data_description"][str(key)]


@pytest.fixture(autouse=True)
def check_translations(request: pytest.FixtureRequest) -> Generator[None]:
    """Check all texts that show up in a test."""
    if "hass" not in request.fixturenames:
        yield
        return
    handle = FlowManager._async_handle_step  # noqa: SLF001
    make_error = HomeAssistantError.__init__
    make_issue = ir.IssueRegistry.async_get_or_create

    async def checked_step(manager: Any, flow: Any, *args: Any, **kwargs: Any) -> Any:
        path = _path_of(manager, flow)
        result = await handle(manager, flow, *args, **kwargs)
        check_flow_result(path, result)
        return result

    def checked_error(error: HomeAssistantError, *args: Any, **kwargs: Any) -> None:
        make_error(error, *args, **kwargs)
        if error.translation_domain == DOMAIN:
            text = english("exceptions", str(error.translation_key), "message")
            assert placeholders(text) <= set(error.translation_placeholders or {})
            assert not args

    def checked_issue(registry: Any, domain: str, *args: Any, **kwargs: Any) -> IssueEntry:
        issue: IssueEntry = make_issue(registry, domain, *args, **kwargs)
        if domain == DOMAIN:
            check_issue(str(issue.translation_key), issue)
        return issue

    with (
        patch.object(ir.IssueRegistry, "async_get_or_create", checked_issue),
        patch.object(FlowManager, "_async_handle_step", checked_step),
        patch.object(HomeAssistantError, "__init__", checked_error),
    ):
        yield
