"""Pages for people: the API's description and what problems mean, as plain HTML of our own."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from api.problems import BY_NAME, Problem

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1b1f24;background:#fff}
code,pre{font:14px/1.4 ui-monospace,monospace;background:#f2f4f7;border-radius:4px}
code{padding:.1em .3em}pre{padding:.8rem;overflow:auto}
details{border:1px solid #d5dae1;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}b.m{display:inline-block;width:4rem}
table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0;
vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14171b}
code,pre{background:#22272e}details{border-color:#3a424d}}
"""


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def problem_html(problem: Problem) -> str:
    """Return the page of a problem's type."""
    return _page(
        problem.title,
        f"<h1>{escape(problem.title)}</h1><p>HTTP {problem.status}, type "
        f"<code>/problems/{problem.name}</code></p><p>{escape(problem.meaning)}</p>"
        '<p><a href="/docs">The API</a></p>',
    )


def docs_page(document: Mapping[str, Any]) -> str:
    """Return the API's description as a page."""
    parts = [
        f"<h1>{escape(document['info']['title'])}</h1>",
        f"<p>{escape(document['info']['description'])}</p>",
        '<p>For programs: <a href="/openapi.json">/openapi.json</a></p>',
        '<p>What goes to Kafka: <a href="/asyncapi.json">/asyncapi.json</a></p>',
    ]
    tag = None
    for path, method, operation in _operations(document):
        if operation["tags"][0] != tag:
            tag = operation["tags"][0]
            parts.append(f"<h2>{escape(tag)}</h2>")
        parts.append(_operation(path, method, operation))
    parts.append("<h2>forms</h2>")
    for name, schema in document["components"]["schemas"].items():
        parts.append(f"<details><summary>{escape(name)}</summary>{_json(schema)}</details>")
    parts.append("<h2>problems</h2><ul>")
    parts += [
        f'<li><a href="/problems/{name}">{escape(problem.title)}</a> ({problem.status})</li>'
        for name, problem in BY_NAME.items()
    ]
    return _page(document["info"]["title"], "".join([*parts, "</ul>"]))


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(said['name'])}</code></td><td>{said['in']}</td>"
        f"<td>{'required' if said['required'] else ''}</td>"
        f"<td>{escape(said.get('description', ''))}</td></tr>"
        for said in operation.get("parameters", ())
    )
    body = ""
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        form = content["schema"].get("$ref", "").rsplit("/", 1)[-1]
        body = f"<p>Body: <code>{media}</code> {escape(form)}</p>{_json(content.get('example'))}"
    answers = "".join(
        f"<tr><td>{status}</td><td>{escape(said['description'])}</td></tr>"
        for status, said in operation["responses"].items()
    )
    return (
        f'<details id="{operation["operationId"]}"><summary><b class="m">{method.upper()}</b>'
        f"<code>{escape(path)}</code> {escape(operation['summary'])}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p><table>{rows}</table>{body}"
        f"<table>{answers}</table></details>"
    )


def _json(value: object) -> str:
    return f"<pre>{escape(json.dumps(value, indent=1))}</pre>"
