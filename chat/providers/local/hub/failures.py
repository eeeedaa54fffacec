"""What it means to a person that a model could not be had from Hugging Face, and what to do next."""

from __future__ import annotations

from chat.errors import ModelUnavailable
from chat.providers.local.weights import DISK_FULL

PACKAGE = "huggingface_hub"
KEPT = "What has arrived is kept, and trying again goes on from there."

_UNREACHABLE = (
    "Hugging Face does not answer. Check the connection, and HF_ENDPOINT where a mirror is used, then try again."
)
_NOT_THE_HUB = "What answers there is not Hugging Face. Check HF_ENDPOINT and the network's proxy, then try again."
_OFFLINE = "HF_HUB_OFFLINE is set here, so nothing is fetched. Take it away, start Chatkeep again and try again."
_DENIED = (
    "Hugging Face gives this only to those who may have it. Put a token of yours into HF_TOKEN, start Chatkeep again "
    "and try again."
)
_NOT_SECURE = "The connection is not secure. Check the network's certificates and try again."
_BUSY = "Hugging Face asks for patience. Try again in a few minutes."


def translated(error: Exception, repository: str, file: str | None = None) -> ModelUnavailable:
    """Return the sentence for what was raised while this model was asked for."""
    if isinstance(error, ModelUnavailable):
        return error
    if isinstance(error, ImportError):
        return ModelUnavailable(f"{PACKAGE} is not installed. Install it (pip install {PACKAGE}) and try again.")
    return ModelUnavailable(_sentence(error, repository, file))


def _sentence(error: Exception, repository: str, file: str | None) -> str:
    import httpx2
    from huggingface_hub import errors

    match error:
        case errors.GatedRepoError():
            return (
                f"{repository} is only for people who accepted its terms. Accept them on its page at Hugging Face, put "
                "a token of yours into HF_TOKEN, start Chatkeep again and try again, or choose another model."
            )
        case errors.EntryNotFoundError() | errors.RevisionNotFoundError():
            return f"{repository} has no file {file}. Look it up again, or choose another."
        case errors.RepositoryNotFoundError() | errors.HFValidationError():
            return (
                f"Hugging Face does not know {repository}, or it is not open to all. Check the name; where it is "
                "yours, put a token into HF_TOKEN and start Chatkeep again."
            )
        case errors.OfflineModeIsEnabled():
            return _OFFLINE
        case errors.HfHubHTTPError():
            return _of_status(error.response.status_code)
        case errors.LocalEntryNotFoundError():
            cause = error.__cause__
            return _UNREACHABLE if not isinstance(cause, Exception) else _sentence(cause, repository, file)
        case errors.FileMetadataError() | ValueError():
            return _NOT_THE_HUB
        case httpx2.ProxyError():
            return "The proxy lets nothing through. Check its settings and try again."
        case httpx2.HTTPError() | httpx2.InvalidURL():
            return _NOT_SECURE if "CERTIFICATE" in str(error).upper() else _UNREACHABLE
        case OSError():
            if error.errno in DISK_FULL:
                return f"The disk is full. Make room and try again. {KEPT}"
            return "The folder for models cannot be written to. Check its rights and try again."
    raise error


def _of_status(status: int) -> str:
    if status in (401, 403):
        return _DENIED
    if status == 429:
        return _BUSY
    if status >= 500:
        return f"Hugging Face has trouble of its own (status {status}). Try again in a few minutes."
    return f"{_NOT_THE_HUB} (status {status})"


def not_as_promised(file: str) -> ModelUnavailable:
    """Return the error for a file whose content is not what the hub said it is."""
    return ModelUnavailable(f"What arrived of {file} is not what Hugging Face promised, and was removed. Try again.")


def no_promise(file: str) -> ModelUnavailable:
    """Return the error for a file of which the hub does not say what it holds."""
    return ModelUnavailable(f"Nothing says what {file} should hold, so it is not fetched. Choose another model.")


def no_room(needed: int, free: int) -> ModelUnavailable:
    """Return the error for a disk without room for the rest of a file; both in bytes."""
    return ModelUnavailable(
        f"The disk has no room: {needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free. "
        "Make room and try again, or choose a smaller model."
    )


def broken_off() -> ModelUnavailable:
    """Return the error for a connection that broke again and again."""
    return ModelUnavailable(f"The connection to Hugging Face broke off. {KEPT}")
