"""gpuspy report --html: the page's text, its markup, and what a browser makes of it."""

import html.parser
import json
import os
import re
import subprocess
import time

from looking import (  # noqa: F401
    PHASES, Place, Skip, case, expect, main, program, same)

VOID = {"meta", "link", "br", "img", "input", "hr"}
SVG = {"line", "rect", "path"}
TABLES = {"table", "thead", "tbody", "tr", "td", "th"}


class Page(html.parser.HTMLParser):
    """The elements and texts of a page; a tag that is not closed, or closed by another, is an error."""

    def __init__(self, file):
        super().__init__(convert_charrefs=True)
        with open(file, encoding="utf-8") as page:
            self.source = page.read()
        self.open, self.elements, self.texts, self.cells = [], [], [], []
        self.feed(self.source)
        self.close()
        same(self.open, [], "elements that are not closed")

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if len(dict(attrs)) != len(attrs):
            raise AssertionError(f"<{tag}> has an attribute twice: {attrs}")
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "dd"):
            self.cells.append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        expect(tag in SVG, f"<{tag}/>")

    def handle_endtag(self, tag):
        expect(self.open and self.open.pop() == tag, f"</{tag}> closes another, in line {self.getpos()}")

    def handle_data(self, data):
        self.texts.append(data)
        if "td" in self.open or "dd" in self.open:
            self.cells[-1] += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


def page(place, *words, name="page.html"):
    place.gpuspy("report", "--html", place.path(name), *words)
    return Page(place.path(name))


FIELDS = ("library", "error", "path", "asker", "words", "device", "kernel", "so", "function", "command",
          "fault")


@case("hostile names in every field are text")
def hostile():
    place = Place()
    place.make("hostile", "markup", 77, 88)
    made = page(place, "hostile")
    same([tag for tag, _ in made.elements if tag in ("img", "b", "i")], [], "elements out of names")
    same(sum(tag == "script" for tag, _ in made.elements), 1, "scripts")
    names = [attributes.get("id") for _, attributes in made.elements]
    same([name for name in names if name], [], "no name is an attribute")
    # (The device's own field is shorter than its name; the fault is cut to a line.)
    for field in set(FIELDS) - {"device", "fault", "asker", "words", "error"}:
        whole = (f"\"'></td></script></style></title><script>document.title='{field} won'</script>"
                 f"<img src=x onerror=\"document.title='{field} won'\"><b id={field}>&amp;\\x1b{field}")
        expect(whole in made.cells, f"{field} is not in the page as it is")
    expect("\x1b" not in made.source, "control characters are escaped")


@case("hostile names and a record of hostile text, in a browser")
def browser():
    chromium = program("chromium")
    place = Place()
    place.make("hostile", "markup", 77, 88)
    bad = "</script></svg><img src=x onerror=\"document.title='record won'\">"
    lines = [{"type": "start", "monotonic_ns": 10**9, "record": 1, "session": "hostile"}]
    for i in range(5):
        lines.append({"type": "sample", "monotonic_ns": 10**9 * (i + 2), "session": {"kernels": i},
                      "driver": [{"uuid": bad, "name": bad, "utilisation": 5}]})
    with open(place.path("record"), "w", encoding="utf-8") as record:
        record.writelines(json.dumps(line) + "\n" for line in lines)
    made = page(place, "--record", place.path("record"), "hostile")
    expect(bad in made.texts, "the driver's name is in the page")
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={place.path('c')}",
         "--virtual-time-budget=2000", "--dump-dom", "file://" + place.path("page.html")],
        timeout=120, capture_output=True, check=False, env={**os.environ, "HOME": place.path("h")})
    dom = done.stdout.decode("utf-8", "replace")
    if not dom:
        raise Skip(f"chromium does not run here: {done.stderr[-200:]!r}")
    title = re.search("<title>(.*?)</title>", dom, re.DOTALL)[1]
    expect(title.endswith("GPU work: FAILED") and " won'&lt;" in title, f"title: {title}")
    expect("<img" not in dom, "an element out of a name")
    expect(dom.count("<button>") > 20, "the page's own script made its headings to buttons")


@case("a record draws the time line: its pause, phases, devices, processes; found by itself")
def timeline():
    place = Place()
    place.gpuspy("run", "--record", place.path("record"), PHASES, "300/0.6", "!", "1.5", "90/0.6")
    made = page(place)
    tiles = made.text
    expect("Longest pause" in tiles and re.search(r"Longest pause 1\.[2-8] s", tiles), tiles[:900])
    share = int(re.search(r"Time with kernels (\d+) %", tiles)[1])
    expect(25 < share < 65, f"share of the time with kernels: {share}")
    expect("First kernel after 0." in tiles and "Failed calls per second" in tiles, "tiles")
    plots = [attributes["aria-label"] for tag, attributes in made.elements
             if attributes.get("class") == "plot"]
    same(plots, ["Kernels per second", "Device memory in use", "Copies", "Failed calls per second"],
         "charts")
    same(sum(a.get("class") == "spark" for _, a in made.elements), 4, "small charts")
    same(sum(a.get("class") == "pause" for _, a in made.elements), 1, "the pause is marked")
    os.unlink(place.path("record"))
    expect("was not recorded" in page(place).text, "a record that is gone is no record")


@case("without a record: the page says how to have one; standard output; verdicts")
def plain():
    place = Place()
    place.make("1-2", "training", 10, 20)
    place.make("3-4", "hidden", 30, 40)
    made = page(place, "1-2")
    for words in ("GPU work YES", "12,345 kernels ran on NVIDIA H200", "9.19.0", "ampere_sgemm_128x64_nn",
                  "was not recorded", "cudnnConvolutionForward", "CUDA_ERROR_OUT_OF_MEMORY",
                  "session 1-2"):
        expect(words in made.text, f"{words!r} is in the page")
    no = page(place, "3-4")
    for words in ("GPU work NO", "devices-hidden", "Next step", "Evidence"):
        expect(words in no.text, f"{words!r} is in the page")
    same(place.gpuspy("report", "--html", "-", "1-2").stdout.decode().split("page made")[0],
         made.source.split("page made")[0], "standard output")


@case("nothing from outside: no address but its own, one style, one script that is allowed")
def closed():
    place = Place()
    place.make("1-2", "training", 10, 20)
    made = page(place, "1-2")
    for tag, attributes in made.elements:
        for name in ("src", "href", "data", "action", "xlink:href", "srcset"):
            expect(name not in attributes, f"<{tag} {name}>")
    expect("url(" not in made.source and "@import" not in made.source, "nothing is loaded")
    expect(not re.search(r"https?://", made.source), "no address")
    policy = [a["content"] for tag, a in made.elements
              if a.get("http-equiv") == "Content-Security-Policy"]
    expect("default-src 'none'" in policy[0] and "script-src 'sha256-" in policy[0], policy)


@case("bad records: one line and status 1; a cut last line and broken lines are told, not trusted")
def records():
    place = Place()
    place.make("1-2", "training", 10, 20)
    start = {"type": "start", "monotonic_ns": 5, "record": 1, "session": "1-2"}
    wrong = {"missing": None, "empty": "", "other": json.dumps({**start, "session": "9-9"}) + "\n",
             "text": "hello\n", "number": "7\n", "version": json.dumps({**start, "record": 2}) + "\n"}
    for name, text in wrong.items():
        if text is not None:
            with open(place.path(name), "w", encoding="utf-8") as file:
                file.write(text)
        done = place.gpuspy("report", "--html", place.path("x.html"), "--record", place.path(name), "1-2",
                            status=1)
        same(done.stderr.count(b"\n"), 1, f"{name}: {done.stderr!r}")
    huge = {"kernels": 9e99, "live_bytes": -5, "errors": "x", "copies": [1],
            "calls": {"driver": {}}}
    lines = [start] + [{"type": "sample", "monotonic_ns": at, "session": huge, "devices": [5, {}],
                        "processes": [{}, [], {"pid": 1e99, "kernels": -1}], "driver": [{"name": 5}]}
                       for at in (-1e300, 5, 1e300, 10**18, 3)]
    with open(place.path("wild"), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
        file.write('{"type": "what"}\n[]\nnot json\n{"type": "sample", "monotonic_ns": 99')
    made = page(place, "--record", place.path("wild"), "1-2")
    expect("3 lines could not be read" in made.text, "broken lines")
    expect("nan" not in made.source.split("<script>")[0].replace("nano", ""), "numbers are numbers")


@case("500 processes, an hour of record: under 5 MB, made in seconds")
def large():
    place = Place()
    count = 500
    for i in range(count):
        place.make("big", "training", 1000 + i, 500 + i)
    with open(place.path("record"), "w", encoding="utf-8") as file:
        file.write(json.dumps({"type": "start", "monotonic_ns": 10**9, "record": 1, "session": "big"}) + "\n")
        for second in range(0, 3600, 10):
            file.write(json.dumps({
                "type": "sample", "monotonic_ns": 10**9 * (second + 1),
                "session": {"kernels": second * 977, "live_bytes": second * 10**6},
                "devices": [{"ordinal": 0, "kernels": second * 977, "live_bytes": second * 10**6}],
                "processes": [{"pid": 1000 + i, "start_ticks": 500 + i, "state": "running",
                               "kernels": second * (i + second % 7), "live_bytes": second * i * 1000}
                              for i in range(count)]}) + "\n")
    began = time.monotonic()
    made = page(place, "--record", place.path("record"), "big")
    took = time.monotonic() - began
    size = os.path.getsize(place.path("page.html"))
    expect(size < 5_000_000, f"{size} bytes")
    expect(took < 60, f"{took} s")
    same(sum(a.get("class") == "spark" for _, a in made.elements), 2 * count + 2 - 1, "small charts")


@case("usage: one line and status 2")
def usage():
    place = Place()
    for words in (["--record", "x"], ["--html"], ["--html", "x", "--json"]):
        done = place.gpuspy("report", *words, status=2)
        same((done.stdout, done.stderr.count(b"\n")), (b"", 1), f"{words}: {done.stderr!r}")
    place.make("1-2", "training", 10, 20)
    done = place.gpuspy("report", "--html", place.path("no/such"), "1-2", status=1)
    same(done.stderr.count(b"\n"), 1, f"{done.stderr!r}")


main()
