"""What the hub says of models: files, sizes, licence and languages, and which file is taken."""

import re

import pytest

from chat.errors import ModelUnavailable
from chat.providers.local.hub import catalog
from chat.providers.local.hub.catalog import File, Hub, Repository, look_up, look_up_all
from tests.support.fakes.fake_hub import FakeHub

NAME = "owner/model-GGUF"


def test_what_the_hub_says_is_all_that_is_known(fake: FakeHub, hub: Hub) -> None:
    files = {
        "model-Q8_0.gguf": b"GGUF" * 30,
        "model-Q4_K_M.gguf": b"GGUF" * 10,
        "mmproj-model.gguf": b"GGUF",
        "big/model-BF16-00001-of-00002.gguf": b"GGUF",
        "README.md": b"words",
    }
    fake.add(NAME, files, licence="apache-2.0", languages=("en", "de"))
    assert look_up(hub, NAME) == Repository(
        NAME, (File("model-Q4_K_M.gguf", 40), File("model-Q8_0.gguf", 120)), "apache-2.0", ("en", "de")
    )


def test_what_a_card_does_not_say_is_looked_for_in_that_of_the_model_it_was_made_of(fake: FakeHub, hub: Hub) -> None:
    fake.add(NAME, {"model.gguf": b"GGUF"}, base_model=["owner/model"])
    fake.add("owner/model", {}, licence="gemma", languages=("en",))
    assert look_up(hub, NAME) == Repository(NAME, (File("model.gguf", 4),), "gemma", ("en",))


def test_what_nobody_says_is_not_made_up(fake: FakeHub, hub: Hub) -> None:
    fake.add(NAME, {"model.gguf": b"GGUF"}, base_model="owner/gone").is_gated = True
    assert look_up(hub, NAME) == Repository(NAME, (File("model.gguf", 4),), is_gated=True)


def test_a_name_of_its_own_goes_before_the_licence_other(fake: FakeHub, hub: Hub) -> None:
    fake.add(NAME, {"model.gguf": b"GGUF"}, licence="other", languages=("en",), license_name="model-licence")
    assert look_up(hub, NAME).licence == "model-licence"


def test_of_several_each_comes_or_says_why_not(fake: FakeHub, hub: Hub) -> None:
    fake.add(NAME, {"model.gguf": b"GGUF"}, licence="mit", languages=("en",))
    there, gone = look_up_all(hub, (NAME, "owner/gone"))
    assert there == Repository(NAME, (File("model.gguf", 4),), "mit", ("en",))
    assert str(gone) == (
        "Hugging Face does not know owner/gone, or it is not open to all. Check the name; where it is yours, "
        "put a token into HF_TOKEN and start Chatkeep again."
    )


def test_the_mirror_of_the_environment_is_asked(fake: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", fake.url + "/")
    fake.add(NAME, {"model.gguf": b"GGUF"}, licence="mit", languages=("en",))
    assert look_up(Hub(), NAME).files == (File("model.gguf", 4),)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "gives this only to those who may have it"),
        (403, "gives this only to those who may have it"),
        (404, "What answers there is not Hugging Face."),
        (429, "asks for patience"),
        (503, "Hugging Face has trouble of its own (status 503). Try again in a few minutes."),
    ],
)
def test_a_hub_that_refuses_is_said(fake: FakeHub, hub: Hub, status: int, says: str) -> None:
    fake.status = status
    with pytest.raises(ModelUnavailable, match=re.escape(says)):
        look_up(hub, NAME)


def test_a_hub_that_is_away_is_said(hub: Hub) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        look_up(Hub(endpoint="http://127.0.0.1:9", cache=hub.cache), NAME)
    assert str(caught.value) == (
        "Hugging Face does not answer. Check the connection, and HF_ENDPOINT where a mirror is used, then try again."
    )


def test_a_repository_without_a_model_is_said(fake: FakeHub, hub: Hub) -> None:
    fake.add(NAME, {"README.md": b"words"})
    with pytest.raises(ModelUnavailable) as caught:
        look_up(hub, NAME)
    assert str(caught.value) == f"{NAME} has no GGUF file that is a model by itself. Choose another."


def test_without_the_library_it_is_said_how_to_get_it(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(self: Hub) -> None:
        raise ImportError("No module named 'huggingface_hub'")

    monkeypatch.setattr(catalog.Hub, "api", property(missing))
    with pytest.raises(ModelUnavailable) as caught:
        look_up(hub, NAME)
    assert str(caught.value) == (
        "huggingface_hub is not installed. Install it (pip install huggingface_hub) and try again."
    )


def of(*files: tuple[str, int]) -> Repository:
    return Repository(NAME, tuple(sorted((File(f"m-{kind}.gguf", size) for kind, size in files), key=lambda f: f.size)))


GB = 1_000_000_000


@pytest.mark.parametrize(
    ("repository", "best"),
    [
        (of(("Q2_K", GB // 4), ("Q4_K_M", GB // 2), ("Q8_0", GB), ("F16", 2 * GB)), "m-Q8_0"),
        (of(("Q4_K_M", GB), ("Q6_K", 8 * GB // 5), ("Q8_0", 2 * GB)), "m-Q4_K_M"),
        (of(("Q4_K_M", 4 * GB), ("Q8_0", 8 * GB)), "m-Q4_K_M"),
        (of(("F16", 2 * GB), ("BF16", 3 * GB)), "m-F16"),
        (of(("q8_0", GB)), "m-q8_0"),
    ],
)
def test_the_most_exact_file_that_is_quick_is_taken(repository: Repository, best: str) -> None:
    assert repository.best().label == best


def test_a_file_is_found_by_name_or_kind() -> None:
    repository = of(("Q4_K_M", GB), ("Q8_0", 2 * GB))
    assert repository.named(None) == repository.best() == File("m-Q4_K_M.gguf", GB)
    assert repository.named("m-Q8_0.gguf") == repository.named(None, "q8_0") == File("m-Q8_0.gguf", 2 * GB)
    with pytest.raises(ModelUnavailable) as caught:
        repository.named(None, "Q2_K")
    assert str(caught.value) == f"{NAME} has no file Q2_K. Look it up again, or choose another."
