"""Several answers to one question, as preference data has them: the better one is shown, the others are beside it.

Source: TRL 1.16 (`prompt`, `chosen`, `rejected`, `completion`, `label`), OpenAI's and Azure's guides to DPO (`input`,
`preferred_output`, `non_preferred_output`), LLaMA-Factory (`conversations` with `chosen` and `rejected`), and the cards
of UltraFeedback (`completions` with a score each), hh-rlhf, PKU-SafeRLHF and chatbot_arena_conversations.
"""

from __future__ import annotations

from typing import Any

from formats.imports.records.containers import as_messages, message, messages_in
from formats.imports.records.messages import is_message
from formats.imports.records.speakers import NAMES, speaker_of
from formats.imports.values import field, items, number, text

CHOSEN = ("chosen", "preferred_output", "chosen_response", "response_chosen", "accepted")
REJECTED = ("rejected", "non_preferred_output", "rejected_response", "response_rejected")
MANY = ("choices", "completions", "responses", "candidates", "generations", "outputs", "answers")
TWO = (
    ("conversation_a", "conversation_b"),
    ("response_a", "response_b"),
    ("answer_a", "answer_b"),
    ("response_0", "response_1"),
    ("response_1", "response_2"),
    ("response1", "response2"),
)
WINNER = ("winner", "better_response_id", "preference", "preferred")
SCORE_LISTS = ("ratings", "scores", "rewards")
SCORES = ("overall_score", "fine-grained_score", "score", "rating", "reward")
QUESTIONS = ("prompt", "instruction", "question", "query", "problem", "input")
MORE_OF_A_QUESTION = ("input", "context")
ANSWERS = ("completion", "response", "output", "answer", "solution", "reply", "ideal", "target")
LABELS = ("label", "kto_tag")


def paths_of(value: Any) -> list[list[Any]]:
    """Return the lines of messages of one conversation, the one that is shown first; an empty list where none are."""
    if isinstance(value, list):
        return [found] if (found := as_messages(value)) else []
    if not isinstance(value, dict):
        return []
    said = messages_in({key: each for key, each in value.items() if key not in _NO_CONTAINER})
    question = said or _question(value)
    answers = _answers(value)
    is_whole = bool(said) and NAMES.get(speaker_of(said[-1])) == "assistant"
    if answers and is_whole:
        # The messages have an answer already: it is the chosen one, or one of these once more.
        others = [_joined(_question(value) or said[:-1], answer) for answer in answers]
        return [*others, said] if any(key in value for key in CHOSEN) else [said, *others]
    if answers:
        return [_joined(question, answer) for answer in answers]
    if is_whole:
        return [_rated(said, value)]
    answer = next((found for key in ANSWERS if (found := _answer(field(value, key)))), [])
    if question and answer:
        return [_rated(_joined(question, answer), value)]
    found = said or messages_in({"history": value.get("history")})
    if found:
        return [found]
    lower = {key.lower(): each for key, each in value.items()}
    return [] if lower.keys() == value.keys() else paths_of(lower)


def _rated(messages: list[Any], value: dict[str, Any]) -> list[Any]:
    """Return the messages with the last one rated, where the record says whether it is a good one."""
    label = next((value[key] for key in LABELS if isinstance(value.get(key), bool)), None)
    if label is None or not isinstance(messages[-1], dict):
        return messages
    return [*messages[:-1], messages[-1] | {"rating": 1 if label else -1}]


def _answers(value: dict[str, Any]) -> list[list[Any]]:
    """Return the answers that stand side by side, the best one first."""
    if _SIDE_BY_SIDE.isdisjoint(value):  # nearly all conversations
        return []
    chosen = [found for key in CHOSEN if (found := _answer(field(value, key)))]
    rejected = [found for key in REJECTED if (found := _answer(field(value, key)))]
    if rejected and not chosen:
        chosen = [found for key in ANSWERS if (found := _answer(field(value, key)))][:1]
    if chosen or rejected:
        return [*chosen, *rejected]
    for key in MANY:
        scores = next((found for each in SCORE_LISTS if (found := items(value, each))), [])
        scored = [
            (_score(each, scores[place] if place < len(scores) else None), _answer(each))
            for place, each in enumerate(items(value, key))
        ]
        found = [answer for _, answer in sorted(scored, key=lambda pair: -pair[0]) if answer]
        if found:
            return found
    for pair in TWO:
        both = [_answer(field(value, key), _model(value, key)) for key in pair]
        if all(both):
            return both[::-1] if _is_second(value, pair) else both
    return []


def _answer(value: Any, model: str = "") -> list[Any]:
    """Return the messages that an answer is: a text, a message, or a list of them."""
    if isinstance(value, dict) and is_message(value.get("message")):
        return [value["message"]]
    if isinstance(value, dict) and not is_message(value):
        words = next((text(value, key) for key in (*ANSWERS, "text", "content") if text(value, key).strip()), "")
        return [message("assistant", words) | {"model": text(value, "model")}] if words else []
    found = [each for each in as_messages(value) if isinstance(each, dict)]
    if not found and isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
        found = [message("assistant", value)]
    return [each | {"model": model} for each in found] if model else found


def _question(value: dict[str, Any]) -> list[Any]:
    """Return the messages before the answer."""
    for key in QUESTIONS:
        asked = field(value, key)
        if isinstance(asked, str) and asked.strip():
            more = [text(value, each) for each in MORE_OF_A_QUESTION if each != key]
            before = messages_in({"history": field(value, "history")})
            return [*before, *(as_messages(asked) or [message("user", "\n\n".join([asked, *filter(str.strip, more)]))])]
        if found := messages_in(asked):
            return found
    return []


def _joined(question: list[Any], answer: list[Any]) -> list[Any]:
    """Return one line; an answer that begins with a question has the whole line in it already."""
    is_whole = bool(answer) and NAMES.get(speaker_of(answer[0])) in ("user", "system")
    if not is_whole:
        return [*question, *answer]
    asked = {_words(each) for each in answer}
    return answer if all(_words(each) in asked for each in question) else [*question, *answer]


def _words(said: Any) -> str:
    return " ".join((text(said, "content") or text(said, "value") or text(said, "text")).split())


def _score(answer: Any, beside: Any) -> float:
    """Return how good an answer is, by what stands in it or beside it."""
    rank = number(answer, "rank")
    if rank is not None:
        return -rank
    found = (*(number(answer, key) for key in SCORES), number({"beside": beside}, "beside"))
    return next((score for score in found if score is not None), 0.0)


def _model(value: dict[str, Any], key: str) -> str:
    return text(value, f"model_{key[-1]}")


def _is_second(value: dict[str, Any], pair: tuple[str, str]) -> bool:
    """Whether the second of two answers won."""
    if (by := number(value, "overall_preference")) is not None:  # HelpSteer3: from -3, the first, to 3, the second
        return by > 0
    for key in WINNER:
        winner = field(value, key)
        if isinstance(winner, str | int) and not isinstance(winner, bool):
            name = str(winner).lower()
            return name in (pair[1], f"model_{pair[1][-1]}") or name == pair[1][-1]
    return False


_SIDE_BY_SIDE = {*CHOSEN, *REJECTED, *MANY, *(key for pair in TWO for key in pair)}
_NO_CONTAINER = {*_SIDE_BY_SIDE, "history"}
