"""The limits of this installation: the table `[limits]` in the secrets, or `CHATKEEP_LIMIT_<NAME>`, which wins.

A value that cannot be used is said, and the default holds: a slip never takes a limit away. So 0 is none either, which
some would read as nothing at all and others as no limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any

from chat.allowances.limits import ACCOUNTS, Allowances
from chat.settings.values import BadSetting, table_of

PREFIX = "CHATKEEP_LIMIT_"
NONE = "none"
MOST = 10**12
_NUMBER = re.compile(r"[0-9]{1,13}")
_DEFAULTS = {field.name: field.default for field in fields(Allowances)}


def load_allowances(
    table: Any, value_of: Callable[[str], Any], names: Iterable[str], note: Callable[[str], None]
) -> Allowances:
    """Return the limits that are configured, and the default of every other.

    `table` is `[limits]` in the secrets, None where there is none; `value_of` returns the value of a variable, and
    `names` are those of all variables. `note` is called with each thing that is wrong, in a sentence.
    """
    try:
        given = {} if table is None else dict(table_of("limits in the secrets", table, "[limits] with one name a line"))
    except BadSetting as error:
        note(f"The limits cannot be read, so their defaults hold. {error}")
        given = {}
    unknown = [f"{name} of [limits]" for name in given if name not in _DEFAULTS]
    unknown += [name for name in names if name.startswith(PREFIX) and _limit(name) not in _DEFAULTS]
    for each in sorted(unknown):
        note(f"{each} is no limit that Chatkeep knows. They are: {', '.join(_DEFAULTS)}.")
    values: dict[str, Any] = {}
    for name, default in _DEFAULTS.items():
        variable = f"{PREFIX}{name.upper()}"
        value, where = value_of(variable), variable
        if value is None and name in given:
            value, where = given[name], f"{name} of [limits]"
        if value is None:
            continue
        try:
            values[name] = _account_rule(value) if name == "accounts" else _most(value)
        except BadSetting as error:
            note(f"{where} must be {error} {default} holds until it is.")
    return Allowances(**values)


def _limit(variable: str) -> str:
    return variable.removeprefix(PREFIX).lower()


def _account_rule(value: Any) -> str:
    if value not in ACCOUNTS:
        raise BadSetting(f"one of {', '.join(ACCOUNTS)}:")
    return str(value)


def _most(value: Any) -> int | None:
    text = str(value).strip().lower().replace("_", "")
    if text == NONE:
        return None
    number = int(text) if _NUMBER.fullmatch(text) and not isinstance(value, bool) else 0
    if not 0 < number <= MOST:
        raise BadSetting(f'a whole number from 1 on, or "{NONE}" for no limit:')
    return number
