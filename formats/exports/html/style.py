"""How an exported page looks: light and dark as the reader's system is, narrow and wide, on a screen and on paper.

Its colours are the app's, those of `.streamlit/config.toml`. All are read by names; text has a contrast of 4.5 to 1 or
more on what it stands on (WCAG 2.2, 1.4.3). Code has Pygments' short class names (https://pygments.org/docs/tokens/),
of which the first letters tell the kind.
"""

from __future__ import annotations

LIGHT = {
    "page": "#ffffff",
    "ink": "#101615",
    "quiet": "#56625f",
    "line": "#d3dad7",
    "asked": "#f3f5f4",
    "link": "#0d6b64",
    "code": "#f3f5f4",
    "keyword": "#8a1c7c",
    "string": "#0a6630",
    "number": "#93400b",
    "called": "#1d4fc4",
    "aside": "#5a6472",
    "added": "#0a6630",
    "removed": "#a8201a",
}

DARK = {
    "page": "#121716",
    "ink": "#e7edeb",
    "quiet": "#a2aeab",
    "line": "#34403d",
    "asked": "#1d2523",
    "link": "#5eead4",
    "code": "#1d2523",
    "keyword": "#e6a1da",
    "string": "#91d7a0",
    "number": "#f0b582",
    "called": "#94baff",
    "aside": "#a0a9b5",
    "added": "#91d7a0",
    "removed": "#ff9d94",
}


def _named(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


_RULES = """
* { box-sizing: border-box; }
html {
  font: 100%/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; -webkit-text-size-adjust:
  100%;
}
body {
  max-width: 48rem; margin: 0 auto; padding: 2.5rem 1.25rem; color: var(--ink); background: var(--page);
  overflow-wrap: anywhere;
}
h1, h2, h3, h4, h5, h6 { line-height: 1.3; margin: 1.4em 0 0.5em; }
h1 { font-size: 1.75rem; margin: 0; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.page-head { padding-bottom: 1.25rem; border-bottom: 1px solid var(--line); margin-bottom: 1.75rem; }
.quiet { color: var(--quiet); font-size: 0.875rem; margin: 0.25rem 0 0; }
article { margin: 0 0 1.75rem; }
.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 0.6rem; margin-bottom: 0.5rem; }
.head h2 { font-size: 1rem; margin: 0; }
.head .quiet { margin: 0; }
.user, .system { background: var(--asked); border-radius: 0.75rem; padding: 0.9rem 1.1rem; }
.note {
  border-inline-start: 3px solid var(--line); padding-inline-start: 0.75rem; margin: 0.75rem 0 0; font-size:
  0.9375rem;
}
.typed { white-space: pre-wrap; tab-size: 4; }
.code, .formula, code { direction: ltr; unicode-bidi: isolate; }
.typed, .words :is(p, li, h3, h4, h5, h6, th, td, blockquote) { unicode-bidi: plaintext; text-align: start; }
.words > :first-child { margin-top: 0; }
.words > :last-child { margin-bottom: 0; }
.words :is(p, ul, ol, table, blockquote, figure, hr) { margin: 0.75em 0; }
.words h3 { font-size: 1.3rem; }
.words h4 { font-size: 1.15rem; }
.words :is(h5, h6) { font-size: 1rem; }
.words :is(ul, ol) { padding-inline-start: 1.6em; }
.words li > :is(ul, ol), .words li > p { margin: 0.25em 0; }
.words hr { border: 0; border-top: 1px solid var(--line); }
blockquote {
  border-inline-start: 3px solid var(--line); padding-inline-start: 1rem; margin-inline: 0; color: var(--quiet);
}
table { border-collapse: collapse; display: block; overflow-x: auto; max-width: 100%; }
th, td { border: 1px solid var(--line); padding: 0.35rem 0.7rem; vertical-align: top; overflow-wrap: normal; }
th { background: var(--code); }
.words .right { text-align: right; }
.words .center { text-align: center; }
.words .left { text-align: left; }
code, pre, .formula {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; font-size: 0.875em;
}
:not(pre) > code { background: var(--code); border-radius: 0.3em; padding: 0.1em 0.35em; }
div.formula { white-space: pre-wrap; margin: 0.75em 0; padding-inline-start: 1rem; }
/* No formula reaches beyond its own place. */
.formula:has(math) { font: inherit; max-width: 100%; overflow: auto hidden; white-space: normal; }
span.formula:has(math) { display: inline-block; vertical-align: middle; }
math { font-size: 1.1em; }
.words .task-list-item { list-style: none; }
.words .task-list-item input { margin: 0 0.4em 0 -1.4em; }
.code {
  border: 1px solid var(--line); border-radius: 0.5rem; overflow: hidden; background: var(--code); margin-inline:
  0;
}
.code figcaption {
  padding: 0.3rem 0.9rem; border-bottom: 1px solid var(--line); color: var(--quiet); font-size: 0.8125rem;
}
.code pre {
  margin: 0; padding: 0.75rem 0.9rem; overflow-x: auto; overflow-wrap: normal; line-height: 1.5; tab-size: 4;
}
.code pre:focus-visible { outline-offset: -2px; }
.code pre code { font-size: 1em; }
details { border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.45rem 0.9rem; margin: 0.75rem 0; }
summary { cursor: pointer; color: var(--quiet); font-size: 0.9375rem; }
details[open] > summary { margin-bottom: 0.75rem; }
main > details { margin: -0.75rem 0 1.75rem; }
details article:last-child { margin-bottom: 0.5rem; }
.page-foot { border-top: 1px solid var(--line); padding-top: 1rem; }
.code [class^=k], .code .ow, .code .nt { color: var(--keyword); }
.code [class^=s], .code .dl { color: var(--string); }
.code [class^=m], .code .kc, .code .no { color: var(--number); }
.code [class^=nf], .code .fm, .code .nc, .code .nn, .code .nd, .code .nb, .code .na { color: var(--called); }
.code [class^=c], .code .gp, .code .go { color: var(--aside); }
.code .gi { color: var(--added); }
.code .gd { color: var(--removed); }
.code .gh, .code .gu, .code .gs { font-weight: 600; }
"""

_PAPER = """
@page { margin: 18mm; }
body { max-width: none; padding: 0; font-size: 10.5pt; }
h1, h2, h3, h4, h5, h6, .head, summary, figcaption { break-after: avoid; }
tr, blockquote { break-inside: avoid; }
thead { display: table-header-group; }
table { display: table; }
.code, .formula:has(math) { overflow: visible; }
.code pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.user, .system, .code, th { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.words a[href]:not(.bare)::after { content: " (" attr(href) ")"; font-size: 0.875em; color: var(--quiet); }
"""

STYLE = (
    f":root {{ {_named(LIGHT)} }}\n"
    f"@media screen {{ :root {{ color-scheme: light dark; }} }}\n"
    f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_named(DARK)} }} }}"
    f"{_RULES}@media print {{{_PAPER}}}\n"
)
