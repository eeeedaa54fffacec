"""What somebody types or pastes, and which model that is."""

import pytest

from chat.errors import ModelUnavailable
from chat.providers.local.hub.names import Wanted, is_whole_model, wanted

REPOSITORY = Wanted("ggml-org/Qwen3.5-0.8B-GGUF")
FILE = Wanted("ggml-org/Qwen3.5-0.8B-GGUF", "Qwen3.5-0.8B-Q8_0.gguf")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ggml-org/Qwen3.5-0.8B-GGUF", REPOSITORY),
        ("  'ggml-org/Qwen3.5-0.8B-GGUF/' ", REPOSITORY),
        ("https://huggingface.co/ggml-org/Qwen3.5-0.8B-GGUF", REPOSITORY),
        ("https://huggingface.co/ggml-org/Qwen3.5-0.8B-GGUF?show_file_info=x.gguf#top", REPOSITORY),
        ("https://huggingface.co/ggml-org/Qwen3.5-0.8B-GGUF/tree/main", REPOSITORY),
        ("hf.co/ggml-org/Qwen3.5-0.8B-GGUF", REPOSITORY),
        ("https://a-mirror.example/ggml-org/Qwen3.5-0.8B-GGUF", REPOSITORY),
        ("hf.co/ggml-org/Qwen3.5-0.8B-GGUF:Q8_0", Wanted("ggml-org/Qwen3.5-0.8B-GGUF", None, "Q8_0")),
        ("hf://ggml-org/Qwen3.5-0.8B-GGUF/Qwen3.5-0.8B-Q8_0.gguf", FILE),
        ("ggml-org/Qwen3.5-0.8B-GGUF/Qwen3.5-0.8B-Q8_0.gguf", FILE),
        ("https://huggingface.co/ggml-org/Qwen3.5-0.8B-GGUF/blob/main/Qwen3.5-0.8B-Q8_0.gguf", FILE),
        ("https://huggingface.co/ggml-org/Qwen3.5-0.8B-GGUF/resolve/main/Qwen3.5-0.8B-Q8_0.gguf?download=true", FILE),
        ("owner/name/folder/model.GGUF", Wanted("owner/name", "folder/model.GGUF")),
    ],
)
def test_what_is_typed_names_a_model(typed: str, meant: Wanted) -> None:
    assert wanted(typed) == meant


NO_MODEL = "This is no model at Hugging Face. Type it as owner/repository, or as owner/repository/file.gguf."


@pytest.mark.parametrize(
    "typed", ["", "gemma", "owner/", "/name", "owner/../name", "../../etc/passwd", "owner/na me", "ö/ä", "https://x.y/"]
)
def test_what_names_no_model_is_said(typed: str) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        wanted(typed)
    assert str(caught.value) == NO_MODEL


def test_a_file_of_another_kind_is_said() -> None:
    with pytest.raises(ModelUnavailable) as caught:
        wanted("owner/name/model.safetensors")
    assert str(caught.value) == (
        "model.safetensors is no GGUF file. Type it as owner/repository, or as owner/repository/file.gguf."
    )


@pytest.mark.parametrize(
    ("file", "is_one"),
    [
        ("gemma-3-1b-it-Q8_0.gguf", True),
        ("folder/gemma-3-1b-it-Q8_0.gguf", True),
        ("mmproj-model-f16.gguf", False),
        ("BF16/big-BF16-00001-of-00003.gguf", False),
        ("README.md", False),
    ],
)
def test_a_model_is_told_from_parts_of_one(file: str, is_one: bool) -> None:
    assert is_whole_model(file) == is_one
