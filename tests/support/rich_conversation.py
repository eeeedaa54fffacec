"""One conversation with everything in it that an export can trip over, for the tests of all exports."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chat.conversation import Conversation, ConversationSettings, Message, Usage

MOMENT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FAMILY = "👩‍👩‍👧‍👦"

ANSWER = """# A *size*

It costs $5, not $6, and `a | b` stays. See [the docs](https://example.org/a_(b)) or https://example.org/x_y_z.

| Size | Price |
|:-----|------:|
| S    | \\(a_1 * b_1\\) |

\\[
x_1
= 2 * y * z
\\]

````markdown
```py
print("x")
```
````

```python
def f(x):  # comment
    return "<b>"
```

![a picture](https://example.org/p.png)"""


def rich() -> Conversation:
    """Return two questions, two versions of the first answer with a word each after them, and endings of all kinds."""
    messages = (
        Message("m1", None, "user", "=cmd|' /C calc'!A0\n  \"two\", *lines* | $5 and $6", at(0)),
        Message(
            "m2",
            "m1",
            "assistant",
            "First version",
            at(1),
            model="local/smollm2-135m",
            status="stopped",
            rating=-1,
            rating_note="-too short",
        ),
        Message(
            "m3",
            "m1",
            "assistant",
            ANSWER,
            at(2),
            model="mistral/mistral-small-latest",
            finish_reason="stop",
            usage=Usage(12, 34),
            first_token_ms=120,
            total_ms=2300,
            reasoning="Let me think.\n```\nunclosed",
            rating=1,
        ),
        Message("m4", "m2", "user", "A question in the other branch", at(3)),
        Message("m5", "m3", "user", f"ما هو المقاس؟ {FAMILY}\nزائد سطر", at(4), attachments=("plan.pdf",)),
        Message("m6", "m5", "assistant", "Deleted", at(5), trashed=True),
        Message(
            "m7",
            "m5",
            "assistant",
            "```sh\necho open",
            at(6),
            model="openai/gpt-5",
            status="failed",
            error="The connection broke.",
            left_out=True,
            source="chatgpt:m7",
        ),
    )
    return Conversation(
        "c1",
        "personal",
        "Sizes & *colours*",
        MOMENT,
        at(7),
        title_source="manual",
        head="m7",
        pinned=True,
        tags=("shop", "尺寸"),
        settings=ConversationSettings(
            model="openai/gpt-5", system_prompt="Be brief.\n- always", temperature=0.5, max_tokens=200
        ),
        source="chatgpt:c1",
        messages=messages,
    )


def at(minutes: int) -> datetime:
    """Return a time some minutes after the conversation began."""
    return MOMENT + timedelta(minutes=minutes)


def said(*turns: tuple[str, str], title: str = "Colours") -> Conversation:
    """Return a conversation of these turns, (role, content) each, in one line."""
    messages = tuple(
        Message(f"m{number}", f"m{number - 1}" if number else None, role, content, at(number))
        for number, (role, content) in enumerate(turns)
    )
    head = messages[-1].id if messages else None
    return Conversation("c1", "personal", title, MOMENT, MOMENT, head=head, messages=messages)


def named(conversation: Conversation, number: int, title: str) -> Conversation:
    """Return the conversation as another one, with this title."""
    return replace(conversation, id=f"c{number}", title=title)
