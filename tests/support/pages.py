"""Reads a page as a browser's parser would meet it: what is in it that acts, and what its parts are."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

# Elements without an end tag.
VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})
OURS = frozenset(
    {
        *("html", "head", "meta", "link", "title", "style", "body", "header", "main", "nav", "footer", "section"),
        *(
            "article",
            "figure",
            "figcaption",
            "div",
            "p",
            "a",
            "h1",
            "h2",
            "h3",
            "h4",
            "ul",
            "ol",
            "li",
            "pre",
            "code",
            "span",
        ),
        *("strong", "details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td"),
        *("svg", "defs", "pattern", "g", "rect", "line", "path", "circle", "text", "desc"),
    }
)
ADDRESSES = ("href", "src", "action", "data", "poster", "xlink:href", "srcset", "formaction")


class Page(HTMLParser):
    """A page's elements in their order; raises AssertionError where they do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        assert len({name for name, _ in attrs}) == len(attrs), (tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, tag
        assert self._open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def of(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text_in(self, tag: str) -> list[str]:
        """Each piece of text directly in an element of that name."""
        return [text for name, text in self.texts if name == tag]

    def acting(self) -> Iterator[str]:
        """Whatever would run, fetch, send or style: nothing of it may come from a report."""
        for tag, attributes in self.elements:
            if tag not in OURS:
                yield f"<{tag}>"
            for name, value in attributes.items():
                inside = value.startswith("#") or (tag, value) == ("link", "data:,")
                if name.startswith("on") or name == "style" or (name in ADDRESSES and not inside):
                    yield f"<{tag} {name}={value!r}>"
