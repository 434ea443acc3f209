"""The documentation: every link leads somewhere, every page is found from the first, every command is one."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from places import ROOT

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"(?:\./run|ibe100|ibe100-server) ([a-z][a-z0-9-]*(?: [a-z][a-z0-9-]*)?)")
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "client/README.md"], key=lambda path: str(path)
)


def links(page: Path) -> Iterator[str]:
    """Targets within the repository."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return (target for target in LINK.findall(text) if not re.match(r"[a-z]+:", target))


@cache
def anchors(page: Path) -> frozenset[str]:
    """Anchors that a page's headings have on the web."""
    headings = HEADING.findall(page.read_text(encoding="utf-8"))
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings)
    return frozenset(plain)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for target in links(page):
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_each_page_is_reached_from_the_navigation_or_the_readme() -> None:
    """By links; an entry of the navigation that is no page is a fault as well."""
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    listed = [ROOT / "docs" / name for name in re.findall(r"'([\w/-]+\.md)'", repr(site["nav"]))]
    assert [path for path in listed if not path.exists()] == []
    reached, waiting = set(), [*listed, ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            waiting += [(page.parent / target.partition("#")[0]).resolve() for target in links(page)]
    there = {path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "adr"}
    assert {str(path) for path in there - reached} == set()


def test_every_command_that_a_page_names_is_one_of_the_program() -> None:
    known = set(re.findall(r"^## (.+)$", (ROOT / "docs/reference/commands.md").read_text(), re.MULTILINE))
    words = {word for command in known for word in (command, command.split()[0])}
    strange = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = [*re.findall(r"```\n(.*?)```", text, re.DOTALL), *re.findall(r"`([^`\n]+)`", text)]
        for line in "\n".join(blocks).splitlines():
            if found := re.match(rf"\s*{COMMAND.pattern}", line):
                name = found[1].split()
                if not {" ".join(name), name[0]} & words:
                    strange[f"{page.name}: {line.strip()}"] = name
    assert strange == {}
