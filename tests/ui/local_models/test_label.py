"""What stands on an answer of the demo model: only there, with the ways to a better one until that is chosen."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from chat.conversation import Conversation, ConversationSettings, Message, utc_now
from chat.providers.local.hub.kept import Kept, KeptModel
from chat.providers.local.model import SMOLLM2
from chat.providers.local.provider import NOTE
from chat.providers.offers import offered
from formats.exports import EXPORT_FORMATS
from tests.support.pages import ROOT, app, said  # noqa: F401
from ui.local_models.label import LABEL, LIMITS
from ui.services import services


def kept(model: str, chosen: str | None = None) -> Conversation:
    """Keep a conversation that this model has answered twice, and in which that one answers next; return it."""
    now = utc_now()
    messages = []
    for number in (1, 2):
        parent = messages[-1].id if messages else None
        messages.append(Message(f"q{number}", parent, "user", "What is the capital of France?", now))
        messages.append(Message(f"a{number}", f"q{number}", "assistant", "It is Lyon.", now, model=model))
    settings = ConversationSettings(model=chosen or model)
    conversation = Conversation(
        "a" * 32, "personal", "Capitals", now, now, head="a2", settings=settings, messages=tuple(messages)
    )
    services().store.create(conversation)
    return conversation


def opened(conversation: Conversation, *, ways: bool = False) -> AppTest:
    """Open it, and what is offered on its last answer."""
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20)
    at.query_params["c"] = conversation.id
    if ways:
        at.session_state["better-a2"] = True
    at.run()
    assert not at.exception
    return at


def labels(at: AppTest) -> int:
    return sum(LABEL in text for text in said(at))


def uses(at: AppTest) -> list[str]:
    return [each.label.replace("\\", "") for each in at.main.button if str(each.key).startswith("use-")]


@pytest.fixture(autouse=True)
def cache(app: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_each_answer_of_the_demo_model_says_so_and_the_last_one_offers_better_ones() -> None:
    conversation = kept(SMOLLM2.id)
    for spec in offered(services().settings, {}):
        services().providers.known_models(spec, 20)
    at = opened(conversation, ways=True)
    assert labels(at) == 2
    assert LIMITS in said(at)
    assert [use for use in uses(at) if "OpenAI" in use] == uses(at)[:1] != []
    at.button(key="use-0-a2").click().run()
    assert services().store.get("personal", conversation.id).settings.model == "openai/gpt-6-luna"


def test_a_better_model_on_this_machine_is_offered(tmp_path: Path) -> None:
    gguf = tmp_path / "tiny.gguf"
    gguf.write_bytes(b"GGUF")
    Kept().put(KeptModel("owner/name", "tiny-Q8_0.gguf", 4, path=str(gguf)))
    conversation = kept(SMOLLM2.id)
    for spec in offered(services().settings, {}):
        services().providers.known_models(spec, 20)
    at = opened(conversation, ways=True)
    assert "Use tiny-Q8_0 · On this machine" in uses(at)


def test_once_another_model_is_chosen_only_the_label_stays() -> None:
    at = opened(kept(SMOLLM2.id, chosen="openai/echo"), ways=True)
    assert labels(at) == 2
    assert LIMITS not in said(at)
    assert uses(at) == []


def test_answers_of_other_models_have_no_label() -> None:
    assert labels(opened(kept("openai/echo"))) == 0


@pytest.mark.parametrize(
    ("model", "is_said"), [(SMOLLM2.id, True), ("openai/echo", False), ("local/a/b/c.gguf", False)]
)
def test_an_empty_chat_says_it_of_the_demo_model_alone(
    monkeypatch: pytest.MonkeyPatch, model: str, is_said: bool
) -> None:
    monkeypatch.setenv("CHATKEEP_MODEL", model)
    at = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=20).run()
    assert not at.exception
    assert (NOTE in said(at)) is is_said


def test_no_export_carries_the_label() -> None:
    conversation = kept(SMOLLM2.id)
    for form in EXPORT_FORMATS:
        assert b"often wrong" not in form.of_one(conversation)
