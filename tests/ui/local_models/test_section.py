"""The section of Settings about models on this machine, against a small hub: finding, getting, refusals, removing."""

import html
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from chat.owner import PERSONAL, Owner
from chat.providers.local import machine
from chat.providers.local.hub import download
from chat.providers.local.hub.catalog import SUGGESTED
from chat.providers.local.machine import Memory
from chat.providers.offers import offered
from tests.support.fakes.fake_hub import FakeHub
from tests.support.pages import ROOT, app, page, said  # noqa: F401
from tests.support.processes import wait_for
from ui.identity.identify import Identity
from ui.local_models.section import may_get_models
from ui.services import services
from ui.visit import Visit

SETTINGS = "pages/4_Settings.py"
GGUF = random.Random(1).randbytes(1_500_000)
SMALL, SECOND, THIRD = SUGGESTED
FILE = "Qwen3.5-0.8B-Q8_0.gguf"
NAME = f"{SMALL}/{FILE}"
FACTS = "2 MB · apache-2.0 · English, Chinese · needs about 252 MB of memory"


@pytest.fixture(autouse=True)
def hub(app: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:  # noqa: F811
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(download, "WAITS", (0.0,) * 5)
    monkeypatch.setattr(machine, "memory", lambda: Memory(8_000_000_000, 4_000_000_000))
    with FakeHub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.add(SMALL, {FILE: GGUF}, licence="apache-2.0", languages=("en", "zh"))
        hub.add(SECOND, {"Qwen3.5-2B-Q4_K_M.gguf": GGUF[:-1]}, licence="apache-2.0", languages=("en",))
        yield hub


def opened(find: bool = False) -> AppTest:
    at = page(SETTINGS)
    assert not at.exception
    return at.button(key="find_models").click().run() if find else at


def end(at: AppTest) -> AppTest:
    """Return the page once nothing is on its way."""
    wait_for(lambda: not any(each.is_running for each in services().downloads.progress()), "the downloads to end")
    return at.run()


def has(at: AppTest, key: str) -> bool:
    return any(each.key == key for each in at.button)


def errors(at: AppTest) -> list[str]:
    return [html.unescape(each.value) for each in at.error]


def test_nobody_is_asked_until_somebody_wants_to_know(hub: FakeHub) -> None:
    at = opened()
    memory = "This machine has 8.0 GB of memory, 4.0 GB of it free."
    assert f"They answer without a key, and no word leaves this machine. {memory}" in said(at)
    assert "Demo model, often wrong · English only · comes with Chatkeep" in said(at)
    assert hub.requests == []


def test_what_the_hub_has_is_listed_with_what_it_needs(hub: FakeHub) -> None:
    at = opened(find=True)
    words = said(at)
    assert "**Qwen3.5-0.8B-Q8_0**" in [text.replace("\\", "") for text in words]
    assert FACTS in [text.replace("\\", "") for text in words]
    assert at.button(key=f"get-{SMALL}").label == "Get it (2 MB)"
    assert has(at, f"get-{SECOND}")
    assert not has(at, f"get-{THIRD}"), "the hub does not know it"
    assert any(f"Hugging Face does not know {THIRD}" in text.replace("\\", "") for text in words)


def test_without_a_network_it_is_said_once_and_can_be_tried_again(hub: FakeHub) -> None:
    hub.status = 503
    at = opened(find=True)
    told = "Hugging Face has trouble of its own (status 503). Try again in a few minutes."
    assert len([text for text in said(at) if told in text.replace("\\", "")]) == 1
    hub.status = None
    assert has(at.button(key="find_models").click().run(), f"get-{SMALL}")


def test_one_click_gets_a_model_and_another_removes_it_and_says_what_that_frees(hub: FakeHub) -> None:
    at = opened(find=True)
    at = end(at.button(key=f"get-{SMALL}").click().run())
    assert not has(at, f"get-{SMALL}"), "what is here is not offered"
    assert has(at, f"chat-with-{NAME}")
    (model,) = services().downloads.kept.models()
    at.button(key=f"remove-{NAME}").click().run()
    assert "Remove Qwen3.5-0.8B-Q8_0 from this machine? That frees 2 MB; it can be had again." in [
        text.replace("\\", "") for text in said(at)
    ]
    at.button(key="remove_model").click().run()
    assert "Removed Qwen3.5-0.8B-Q8_0: 2 MB freed." in [text.replace("\\", "") for text in said(at)]
    assert not Path(model.path or "").exists()
    assert has(at, f"get-{SMALL}")


def test_a_chat_with_it_begins_with_one_click() -> None:
    at = opened(find=True)
    at = end(at.button(key=f"get-{SMALL}").click().run())
    at.button(key=f"chat-with-{NAME}").click().run()
    assert not at.exception
    assert at.session_state["draft_conversation"].settings.model == f"local/{NAME}"


def test_what_broke_off_says_how_far_it_came_and_goes_on(hub: FakeHub) -> None:
    at = opened(find=True)
    hub.cut_after = [1_000_000, *[0] * 6]
    at = end(at.button(key=f"get-{SMALL}").click().run())
    assert errors(at) == [
        "The connection to Hugging Face broke off. What has arrived is kept, and trying again goes on from there."
    ]
    assert "1 MB of 2 MB are here." in said(at)
    at = end(at.button(key=f"go-on-{NAME}").click().run())
    assert errors(at) == []
    assert has(at, f"chat-with-{NAME}")


def test_what_is_on_its_way_survives_the_page_and_can_be_stopped(hub: FakeHub) -> None:
    hub.hold_at = 1_000_000
    at = opened(find=True)
    at.button(key=f"get-{SMALL}").click().run()
    wait_for(hub.held.is_set, "bytes to be sent")
    page("Home.py")
    other = opened()
    other.button(key=f"stop-{NAME}").click().run()
    hub.go_on()
    other = end(other)
    assert has(other, f"go-on-{NAME}")
    assert has(other, f"remove-{NAME}")
    assert errors(other) == []


@pytest.mark.parametrize(
    ("typed", "file"),
    [
        (SECOND, "Qwen3.5-2B-Q4_K_M.gguf"),
        (f"https://huggingface.co/{SECOND}", "Qwen3.5-2B-Q4_K_M.gguf"),
        (f"{SECOND}:f16", "Qwen3.5-2B-F16.gguf"),
        (f"{SECOND}/Qwen3.5-2B-F16.gguf", "Qwen3.5-2B-F16.gguf"),
    ],
)
def test_any_other_model_is_looked_up_by_its_name(hub: FakeHub, typed: str, file: str) -> None:
    hub.repositories[SECOND].files["Qwen3.5-2B-F16.gguf"] = GGUF
    at = opened()
    at.text_input(key="wanted_model").set_value(typed)
    at.button(key="look_up_model").click().run()
    assert at.selectbox(key="wanted_file").value == file
    end(at.button(key="get_looked_up").click().run())
    assert [model.name for model in services().downloads.kept.models()] == [f"{SECOND}/{file}"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            "nonsense",
            "This is no model at Hugging Face. Type it as owner/repository, or as owner/repository/file.gguf.",
        ),
        (f"{SECOND}:Q2_K", f"{SECOND} has no file Q2_K. Look it up again, or choose another."),
        (
            "owner/gone",
            "Hugging Face does not know owner/gone, or it is not open to all. Check the name; where it is yours, "
            "put a token into HF_TOKEN and start Chatkeep again.",
        ),
    ],
)
def test_what_cannot_be_looked_up_is_said(typed: str, told: str) -> None:
    at = opened()
    at.text_input(key="wanted_model").set_value(typed)
    at.button(key="look_up_model").click().run()
    assert [text.replace("\\", "") for text in errors(at)] == [told]
    assert not has(at, "get_looked_up")


def test_a_gated_model_says_so_before_and_after(hub: FakeHub) -> None:
    hub.repositories[SMALL].is_gated = True
    at = opened(find=True)
    assert "Only for people who accepted its terms at Hugging Face." in said(at)
    at = end(at.button(key=f"get-{SMALL}").click().run())
    assert "is only for people who accepted its terms" in errors(at)[0]


def test_who_comes_to_get_a_model_finds_the_list(hub: FakeHub) -> None:
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20).switch_page(SETTINGS)
    at.query_params["show"] = "models"
    assert has(at.run(), f"get-{SMALL}")


def test_visitors_get_no_models_here(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKEEP_MODE", "visitors")
    at = opened()
    assert not has(at, "find_models")
    assert "Models on this machine" not in [each.value for each in at.header]


@pytest.mark.parametrize(
    ("owner", "is_admin", "may"),
    [
        (PERSONAL, True, True),
        (Owner("a" * 32, "account"), True, True),
        (Owner("a" * 32, "account"), False, False),
        (Owner("v" * 32, "visitor"), False, False),
    ],
)
def test_the_personal_owner_and_admins_may_get_models(owner: Owner, is_admin: bool, may: bool) -> None:
    shared = services()
    specs = offered(shared.settings, {})
    visit = Visit(owner, shared, specs, Identity(owner, "account", is_admin=is_admin))
    assert may_get_models(visit) is may
    without = tuple(spec for spec in specs if not spec.is_here)
    assert not may_get_models(Visit(owner, shared, without, visit.identity))
