"""Writes the table of connection states into docs/protocol.md, from the table the code runs by.

python docs/make_state_diagram.py
"""

from __future__ import annotations

from pathlib import Path

from upbit_ws_qt.recovery import TRANSITIONS, Happening

PAGE = Path(__file__).with_name("protocol.md")
BEGIN, END = "<!-- made by docs/make_state_diagram.py -->", "<!-- end -->"


def render() -> str:
    """A diagram and a table, in Markdown."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> stopped"]
    for state, row in TRANSITIONS.items():
        for happening, after in row.items():
            lines.append(f"    {state} --> {after}: {happening.value}")
    lines += ["```", ""]
    states = list(TRANSITIONS)
    lines.append("| what happens | " + " | ".join(states) + " |")
    lines.append("|---" * (len(states) + 1) + "|")
    for happening in Happening:
        cells = [str(TRANSITIONS[state].get(happening, "")) for state in states]
        lines.append(f"| {happening.value} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def updated(page: str) -> str:
    """The page with its marked part made anew."""
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n\n{render()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    page = updated(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(page, encoding="utf-8", newline="\n")
