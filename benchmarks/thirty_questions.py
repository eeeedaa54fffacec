"""How often the demo model is right: thirty everyday questions, each with a rule, over several ways to choose words.

    python -m benchmarks.thirty_questions [--ways app greedy-1.1 …] [--questions 1-10] [--answers FILE]

A rule can only see whether the right words are there and whether the answer goes round in circles: read the answers
too, they are written to the file. Where chance is in play each question is asked with `SEEDS`, and the share of right
answers counts. The model is fetched as the app fetches it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from chat.providers.local.model import SMOLLM2
from chat.providers.local.process import LocalServer
from chat.providers.local.weights import WeightsCache

SEEDS = (1, 2)
LONGEST = 120
"""Tokens of an answer."""
OWN_PROMPT = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
"""What the model's chat template puts before a chat without a system prompt: sent as one, it changes no word."""
SHORT_PROMPT = "You are a helpful assistant. Answer briefly."
CIRCLES = 0.35
"""An answer of 40 words or more with fewer different ones than this share goes round in circles."""


@dataclass(frozen=True, slots=True)
class Way:
    """How words are chosen (llama.cpp's names, as a request has them), and what is said before the question."""

    sampling: dict[str, float]
    system: str | None = None

    @property
    def seeds(self) -> tuple[int, ...]:
        return SEEDS if self.sampling["temperature"] > 0 else SEEDS[:1]


def _greedy(repeat: float, **more: float) -> dict[str, float]:
    return {"temperature": 0.0, "repeat_penalty": repeat, **more}


_ADVISED = {"temperature": 0.2, "top_p": 0.9}
_DRY = {"dry_multiplier": 0.8}
WAYS = {
    "app": Way(
        {("temperature" if name == "temp" else name): value for name, value in SMOLLM2.sampling}, SMOLLM2.system_prompt
    ),
    "advised": Way(_ADVISED),
    "advised-dry": Way(_ADVISED | _DRY),
    "greedy": Way(_greedy(1.0)),
    "greedy-dry": Way(_greedy(1.0, **_DRY)),
    "greedy-1.05": Way(_greedy(1.05)),
    "greedy-1.1": Way(_greedy(1.1)),
    "greedy-1.1-own": Way(_greedy(1.1), OWN_PROMPT),
    "greedy-1.1-dry": Way(_greedy(1.1, **_DRY)),
    "greedy-short": Way(_greedy(1.0), SHORT_PROMPT),
    "greedy-dry-short": Way(_greedy(1.0, **_DRY), SHORT_PROMPT),
    "greedy-1.05-short": Way(_greedy(1.05), SHORT_PROMPT),
    "greedy-1.1-short": Way(_greedy(1.1), SHORT_PROMPT),
}
"""`app` is what the app does, `advised` what the model's authors advise; `advised-dry` was the app's before."""

_TIPS = r"(?is)(.*\b(sleep|bed|relax|caffeine|screen|schedule|routine|quiet|dark|exercise|stress)\w*\b.*){3}"
QUESTIONS: tuple[tuple[str, str], ...] = (
    ("What is the capital of France?", r"Paris"),
    ("What is 2 + 2?", r"\b4\b|\b[Ff]our\b"),
    ("How many days are there in a week?", r"\b7\b|\b[Ss]even\b"),
    ("What color is the sky on a clear day?", r"(?i)\bblue\b"),
    ("What is the opposite of hot?", r"(?i)\bcold\b"),
    ("Which planet do we live on?", r"(?i)\bearth\b"),
    ("What do bees make?", r"(?i)\bhoney\b"),
    ("What is the largest ocean on Earth?", r"Pacific"),
    ("Who wrote Romeo and Juliet?", r"Shakespeare"),
    ("What language is spoken in Spain?", r"Spanish"),
    ("At what temperature in Celsius does water boil?", r"\b100\b"),
    ("How many legs does a spider have?", r"(?i)\b(8|eight) legs"),
    ("What is the first month of the year?", r"January"),
    (
        "Name three fruits.",
        r"(?i)(.*\b(apple|banana|orange|lemon|grape|mango|pear|kiwi|peach|cherr|plum|melon|(straw|blue)?berr)\w*){3}",
    ),
    ("What is a baby dog called?", r"(?i)\b(called|is|are) (an? )?[\"“'*]*pup"),
    ("Say hello in one short sentence.", r"(?i)\b(hello|hi|hey)\b"),
    ("Translate 'thank you' into Spanish.", r"(?i)\bgracias\b"),
    ("What is the plural of 'mouse'?", r"(?i)\bmice\b"),
    ("Give me three tips for better sleep.", _TIPS),
    ("Write a sentence about a cat.", r"(?i)\bcats?\b"),
    ("What do you need to make a cup of tea?", r"(?is)(?=.*\bwater\b).*\btea\b"),
    ("Why do we brush our teeth?", r"(?i)\b(clean|plaque|decay|cavit|bacteria|health)\w*"),
    ("What is the chemical symbol for water?", r"H2O|H₂O|H_2O"),
    ("Is the sun a star or a planet?", r"(?i)^(?!.*\bis a planet\b).*\bstar\b"),
    ("Write a short poem about the sea.", r"(?is)(?=.*\n).*\b(sea|wave|ocean|shore|tide)s?\b"),
    (
        "Suggest a name for a small bakery.",
        r"(?i)\b(bake|bakery|bread|oven|crumb|flour|cake|sweet|pastry|crust|loaf)\w*",
    ),
    ("Correct this sentence: 'She go to school every day.'", r"(?i)\bshe goes to school\b"),
    ("What is 10 minus 3?", r"\b7\b|\b[Ss]even\b"),
    ("Write a Python line that prints hello.", r"(?i)print\s*\(\s*f?['\"]\s*hello"),
    ("My name is Ada. What is my name?", r"(?i)\b(your name is|you are|you're|it's|^)\W*Ada\b"),
)
"""Each with what a right answer holds."""


def is_right(answer: str, rule: str) -> bool:
    """Return whether the answer holds what it must, and does not go round in circles."""
    words = re.findall(r"\w+", answer.lower())
    if len(words) >= 40 and len(set(words)) < CIRCLES * len(words):
        return False
    return re.search(rule, answer) is not None


async def ask(client: httpx2.AsyncClient, way: Way, question: str, seed: int) -> str:
    """Return the answer to one question asked alone."""
    system = [] if way.system is None else [{"role": "system", "content": way.system}]
    asked: dict[str, Any] = {
        "messages": [*system, {"role": "user", "content": question}],
        "max_tokens": LONGEST,
        "seed": seed,
        **way.sampling,
    }
    response = await client.post("/v1/chat/completions", json=asked, timeout=300)
    answer: str = response.raise_for_status().json()["choices"][0]["message"]["content"]
    return answer


async def measure(ways: list[str], questions: range, answers: Path | None) -> None:
    """Ask, and print a line for each way."""
    cache = WeightsCache()
    async for progress in cache.fetch():
        print(progress.text)
    server = await LocalServer.start(cache.path, "demo", {}, -1)
    try:
        async with httpx2.AsyncClient(
            base_url=server.address, headers={"Authorization": f"Bearer {server.api_key}"}, trust_env=False
        ) as client:
            for name in ways:
                right, began = 0.0, time.monotonic()
                for number in questions:
                    question, rule = QUESTIONS[number]
                    way = WAYS[name]
                    for seed in way.seeds:
                        answer = await ask(client, way, question, seed)
                        good = is_right(answer, rule)
                        right += good / len(way.seeds)
                        if answers is not None:
                            kept = {"way": name, "question": question, "seed": seed, "right": good, "answer": answer}
                            with answers.open("a", encoding="utf-8") as file:
                                print(json.dumps(kept, ensure_ascii=False), file=file)
                seconds = time.monotonic() - began
                print(f"{name:20} {right:4.1f} of {len(questions)} right, {seconds:.0f} s", flush=True)
    finally:
        await server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--questions", default=f"1-{len(QUESTIONS)}", help="from one to another, as in 1-10")
    parser.add_argument("--answers", type=Path, help="a file to which every answer is added, a line of JSON each")
    given = parser.parse_args()
    first, _, last = given.questions.partition("-")
    asyncio.run(measure(given.ways, range(int(first) - 1, int(last or first)), given.answers))


if __name__ == "__main__":
    main()
