"""A page as the tests read it: its elements and texts, and that its markup is as it must be."""

import html.parser

VOID = {"meta"}
SVG = {"line", "rect", "path"}


class Page(html.parser.HTMLParser):
    """A tag that is not closed, or closed by another, is an error; so are a comment and an attribute
    that stands twice."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.source, self.open, self.elements, self.texts, self.cells = source, [], [], [], []
        self.feed(source)
        self.close()
        self.must(not self.open, f"{self.open} are not closed")

    def must(self, condition, words):
        if not condition:
            raise AssertionError(f"{words}, at {self.getpos()}")

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.must(len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice: {attrs}")
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "dd"):
            self.cells.append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.must(tag in SVG, f"<{tag}/>")

    def handle_endtag(self, tag):
        self.must(self.open and self.open.pop() == tag, f"</{tag}> closes another")

    def handle_data(self, data):
        self.texts.append(data)
        if "td" in self.open or "dd" in self.open:
            self.cells[-1] += data

    def handle_comment(self, data):
        self.must(False, f"a comment: {data}")

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())
