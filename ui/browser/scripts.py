"""Components that are drawn anew with most runs, and whose scripts are sent but once to a page.

Streamlit sends a component's script along with each change of its data (1.67), which is many times as much: here what
is drawn anew is a few words that hand it over to the script, whichever of the two comes first. `loading.py` names them.
"""

from __future__ import annotations

from collections.abc import Mapping

_HAND_OVER = """
export default function (component) {{
  ((window.chatkeepScripts ??= {{}}).{name} ??= []).push(component);
  return () => component.parentElement.chatkeepEnd?.();
}}
"""
_TAKE = """
take('{name}', (() => {{
{script}
return main;
}})());
"""
_TAKE_ALL = """
function take(name, main) {{
  const scripts = (window.chatkeepScripts ??= {{}});
  const waiting = scripts[name] ?? [];
  if (!Array.isArray(waiting)) return;
  scripts[name] = {{ push(component) {{ component.parentElement.chatkeepEnd = main(component); }} }};
  for (const each of waiting) scripts[name].push(each);
}}

export default function () {{
{all}
}}
"""


def handed_over(name: str) -> str:
    """Return the script of a component that hands itself over to the script of that name."""
    return _HAND_OVER.format(name=name)


def taking(scripts: Mapping[str, str]) -> str:
    """Return the script that takes what is handed over. Each has a function `main`, which is given what a component's
    own script is, and returns what ends it, or nothing."""
    return _TAKE_ALL.format(all="".join(_TAKE.format(name=name, script=script) for name, script in scripts.items()))
