"""gpuspy report --html: the page's text, its markup, and what a browser makes of it."""

import json
import os
import random
import re
import time

import browser
from looking import (  # noqa: F401
    PHASES, SLOWER, SVG, Page, Place, Skip, case, expect, main, program, same, slowly)

TABLES = {"table", "thead", "tbody", "tr", "td", "th"}


def page(place, *words, name="page.html"):
    place.gpuspy("report", "--html", place.path(name), *words)
    with open(place.path(name), encoding="utf-8") as made:
        return Page(made.read())


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
    for words in "<b id=host>&amp;\\x1bhost, user ", "rank 3 of job <i>&amp;\\x1bjob_<i>index on <b id=host>":
        expect(any(cell.startswith(words) for cell in made.cells), f"{words} is in the page: {made.cells[:9]}")
    expect("\x1b" not in made.source, "control characters are escaped")


def opened():
    """A browser; where there is none, or it does not run, the case is skipped."""
    chromium = program("chromium")
    try:
        return browser.Browser(chromium)
    except (OSError, EOFError) as error:
        raise Skip(f"chromium does not run here: {error}") from None


BAD = "</script></svg><img src=x onerror=\"document.title='record won'\">"


@case("hostile names and a record of hostile text, in a browser")
def in_browser():
    place = Place()
    place.make("hostile", "markup", 77, 88)
    lines = [{"type": "start", "monotonic_ns": 10**9, "record": 1, "session": "hostile"}]
    for i in range(5):
        lines.append({"type": "sample", "monotonic_ns": 10**9 * (i + 2), "session": {"kernels": i},
                      "driver": [{"uuid": BAD, "name": BAD + "\0\x1b", "utilisation": 5}]})
    with open(place.path("record"), "w", encoding="utf-8") as record:
        record.writelines(json.dumps(line) + "\n" for line in lines)
    made = page(place, "--record", place.path("record"), "hostile")
    expect(any(text.startswith(BAD) for text in made.texts), "the driver's name is in the page")
    chromium = opened()
    try:
        chromium.open(place.path("page.html"))
        title = chromium.evaluate("document.title")
        expect(title.endswith("GPU work: FAILED") and "won'<" in title, f"title: {title}")
        same(chromium.evaluate("document.querySelectorAll('img, b[id], i').length"), 0, "elements out of names")
        cells = chromium.evaluate("[...document.querySelectorAll('td, dd')].map(c => c.textContent)")
        same(sorted(cells), sorted(made.cells), "cells as the browser has them")
        expect(BAD in chromium.evaluate("document.body.textContent"), "the driver's name is text")
        expect(chromium.evaluate("document.querySelectorAll('th button').length") > 20,
               "the page's own script made its headings to buttons")
    finally:
        chromium.close()


@case("in a browser at three widths, light and dark, on paper; columns are sorted")
def widths():
    place = Place()
    place.gpuspy("run", "--record", place.path("record"), PHASES, slowly("300/0.6"), "!",
                 slowly("1.5"), slowly("90/0.6"))
    page(place)
    place.make("hostile", "markup", 77, 88)
    page(place, "hostile", name="hostile.html")
    chromium = opened()
    try:
        paper = set()
        for name in "page.html", "hostile.html":
            for width in 360, 800, 1280:
                for dark in False, True:
                    chromium.look(width, dark=dark)
                    chromium.open(place.path(name))
                    same(chromium.evaluate("document.documentElement.scrollWidth"), width,
                         f"{name}: nothing sticks out at {width}")
                    paper.add(chromium.evaluate("getComputedStyle(document.body).backgroundColor"))
            chromium.print(place.path("pdf"))
            expect(os.path.getsize(place.path("pdf")) > 20000, "there is something on paper")
        same(len(paper), 2, f"light and dark: {paper}")
        column = ("[...[...document.querySelectorAll('table')].find(t => t.textContent.includes('cuLaunch'))"
                  ".tBodies[0].rows].map(r => parseInt(r.cells[2].textContent.replaceAll(',', '')))")
        chromium.evaluate("[...document.querySelectorAll('th button')]"
                          ".find(b => b.textContent === 'Calls').click()")
        calls = chromium.evaluate(column)
        same(calls, sorted(calls, reverse=True), "calls, the most first")
    finally:
        chromium.close()


@case("a record draws the time line: its pause, phases, devices, processes; found by itself")
def timeline():
    place = Place()
    place.gpuspy("run", "--record", place.path("record"), PHASES, slowly("300/0.6"), "!",
                 slowly("1.5"), slowly("90/0.6"))
    made = page(place)
    tiles = made.text
    longest, _, at_most = place.record().longest_pause()
    expect(longest > 0 and at_most >= float(slowly("1.5")), f"a pause of {longest} to {at_most} s")
    # As reports have it: seconds with a digit, from ten on without, from a minute on "1:05".
    pause, rate = "[0-9.:]+(?: s)?", "[0-9]+/s" if SLOWER == 1 else "[0-9.]+/s"
    first = place.report()["times"]["first_kernel_after"]
    for words, seconds in (("Longest pause", longest), ("First kernel after", first)):
        shown = re.search(rf"{words} ([0-9.]+) s", tiles)
        expect(seconds >= 60 or abs(float(shown[1]) - seconds) < (0.06 if seconds < 9.9 else 0.6), (words, seconds, shown))
    share = int(re.search(r"Time with kernels (\d+) %", tiles)[1])
    # (On a busy machine the work takes longer, the pause does not.)
    expect(25 < share < 95, f"share of the time with kernels: {share}")
    expect("Failed calls per second" in tiles, "tiles")
    plots = [attributes["aria-label"] for tag, attributes in made.elements
             if attributes.get("class") == "plot"]
    same(plots, ["Kernels per second", "Device memory in use", "Copies", "Failed calls per second"],
         "charts")
    same(sum(a.get("class") == "spark" for _, a in made.elements), 4, "small charts")
    for words in (rf"Kernels per second longest pause {pause} up to {rate}", r"Failed calls per second in all 1 up to",
                  rf"Kernels over time Memory over time .* up to {rate} up to 4\.0 KiB"):
        expect(re.search(words, tiles), f"{words}: {tiles}")
    same(sum(a.get("class") == "pause" for _, a in made.elements), 1, "the pause is marked")
    os.unlink(place.path("record"))
    expect("was not recorded" in page(place).text, "a record that is gone is no record")


@case("a narrow window shows what is asked for first; what is not there is said, not drawn")
def narrow():
    place = Place()
    place.gpuspy("run", "--record", place.path("record"), PHASES, "+5", slowly("0.6"), "-")
    made = page(place)
    expect("Nothing was copied while it was recorded." in made.text, made.text)
    same([a["aria-label"] for _, a in made.elements if a.get("class") == "plot"],
         ["Kernels per second", "Device memory in use"], "charts")
    expect(re.search("Pid Command Kernels Peak memory Errors Time End ", made.text), "columns of processes")
    expect("Function Calls Errors Last error Library " in made.text, "columns of functions")
    chromium = opened()
    try:
        for width in 360, 852:
            chromium.look(width)
            chromium.open(place.path("page.html"))
            right = chromium.evaluate("Math.max(...[...document.querySelectorAll('th')].filter(h => "
                                      "h.textContent === 'Kernels').map(h => h.getBoundingClientRect().right))")
            expect(right < width, f"the column of kernels ends at {right} of {width}")
        same(chromium.evaluate("[...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth)"
                               ".length"), 0, "tables that are cut at 852")
    finally:
        chromium.close()


def driven(uuid, processes, utilisation):
    return {"uuid": uuid, "name": "H<200>", "utilisation": utilisation, "used_bytes": 7 << 30,
            "total_bytes": 140 << 30, "processes": processes}


@case("what the driver says: utilisation and memory of the session's devices, its share; no other's")
def drivers():
    place = Place()
    place.make("1-2", "training", 10, 20)
    share = [{"pid": 10, "used_bytes": 3 << 30, "utilisation": 29}, {"pid": 11, "used_bytes": 2 << 30,
                                                                     "utilisation": None}]
    lines = [{"type": "start", "monotonic_ns": 10**9, "record": 1, "session": "1-2"}]
    lines += [{"type": "sample", "monotonic_ns": 10**9 * at, "session": {"kernels": at},
               "driver": [driven("GPU-1", share, 37), driven("GPU-2", [], 99)]} for at in range(2, 6)]
    for whose, words, charts in ((share, "the session did not use, 1", 2), ([], None, 4)):
        for line in lines[1:]:
            line["driver"][0]["processes"] = whose
        with open(place.path("record"), "w", encoding="utf-8") as record:
            record.writelines(json.dumps(line) + "\n" for line in lines)
        made = page(place, "--record", place.path("record"), "1-2")
        same(sum("as the driver says" in a.get("aria-label", "") for _, a in made.elements), charts, "charts")
        same("GPU-2" in made.text, charts == 4, "the device of others")
        if words:
            expect(words in made.text, made.text)
            for figures in (r"Utilisation, as the driver says the device up to 37 % .{1,30} share up to 29 %",
                            r"Memory, as the driver says the device up to 7\.0 GiB .{1,30} share up to 5\.0 GiB of 140 GiB"):
                expect(re.search(figures, made.text), f"{figures}: {made.text}")


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
                        "processes": [{}, [], {"pid": 1e99, "kernels": -1}],
                        "driver": [{"name": 5, "utilisation": 1e308}]}
                       for at in (-1e300, 5, 1e300, 10**18, 3)]
    with open(place.path("wild"), "w", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)
        file.write('{"type": "what"}\n[]\nnot json\n{"type": "sample", "monotonic_ns": 99')
    made = page(place, "--record", place.path("wild"), "1-2")
    expect("3 lines could not be read" in made.text, "broken lines")
    drawable(made)


def drawable(made):
    """All that is drawn has a place."""
    shapes = [value for tag, attributes in made.elements if tag in SVG | {"text", "svg"}
              for name, value in attributes.items() if name in ("x", "y", "x1", "x2", "y1", "y2", "d", "width", "height")]
    wrong = [value for value in shapes if re.search("nan|inf|e[+]|-[0-9]", value)]
    same(wrong, [], "numbers are numbers")


FIGURES = (0, -1, 1, 5, 10**9, 2**63 - 1, -2**63, 1e308, -1e308, 1e-308, True, None, "7", [], {}, [[]], "\0", "\ud800",
           "</script><b>", "\x1b[31m", 3.5)
NAMES = ("type", "time", "monotonic_ns", "session", "devices", "processes", "driver", "kernels", "errors", "live_bytes",
         "copies", "calls", "pid", "start_ticks", "state", "ordinal", "uuid", "name", "utilisation", "used_bytes",
         "host_to_device", "device_to_host", "bytes", "left_out", "running", "command")


def hostile_record(chance):
    """Lines as a recorder writes them, with figures of chance in the place of some."""
    def spoil(value):
        if isinstance(value, dict):
            return {chance.choice(NAMES) if chance.random() < 0.05 else name: spoil(one) for name, one in value.items()}
        if isinstance(value, list):
            return [spoil(one) for one in value] * chance.choice((1, 1, 1, 0, 3))
        return chance.choice(FIGURES) if chance.random() < 0.2 else value
    at, text = 10**9, b""
    for number in range(chance.randrange(1, 40)):
        at += chance.choice((10**9, 10**8, 0, -10**9, 10**13))
        line = json.dumps(spoil({
            "type": "sample", "monotonic_ns": at, "session": {
                "running": 1, "kernels": number * 100, "errors": number, "live_bytes": 10**6 * number,
                "calls": {"driver": number}, "copies": {"host_to_device": {"calls": 1, "bytes": number}}},
            "devices": [{"ordinal": 0, "uuid": None, "kernels": number, "live_bytes": 1}],
            "processes": [{"pid": 10, "start_ticks": 20, "state": "running", "kernels": number, "live_bytes": 5}],
            "driver": [{"uuid": "GPU-1", "name": "x", "utilisation": 5, "used_bytes": 7,
                        "processes": [{"pid": 10, "used_bytes": 1, "utilisation": 3}]}]})).encode()
        spoiled = bytearray(line)
        for _ in range(chance.choice((0, 0, 0, 0, 1, 5))):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        text += bytes(spoiled[:len(line) if chance.random() < 0.95 else chance.randrange(len(line))])
        text += chance.choice((b"\n",) * 20 + (b"", b"\0\n", b"\r\n"))
    return text


@case("records of chance: figures of all kinds, broken text; what is drawn has a place")
def chances():
    place = Place()
    place.make("1-2", "training", 10, 20)
    start = json.dumps({"type": "start", "monotonic_ns": 5, "record": 1, "session": "1-2"}).encode() + b"\n"
    for seed in range(int(os.environ.get("GPUSPY_SEEDS", "40"))):
        with open(place.path("record"), "wb") as file:
            file.write(start + hostile_record(random.Random(seed)))
        try:
            drawable(page(place, "--record", place.path("record"), "1-2"))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error


@case("a line without an end, and a record that is no file: one line and status 1, in little time")
def endless():
    place = Place()
    place.make("1-2", "training", 10, 20)
    with open(place.path("holes"), "wb") as file:
        file.truncate(1 << 40)
    for name in place.path("holes"), "/dev/zero", place.folder.name:
        began = time.monotonic()
        done = place.gpuspy("report", "--html", place.path("x.html"), "--record", name, "1-2", status=1)
        same(done.stderr.count(b"\n"), 1, f"{name}: {done.stderr!r}")
        expect(time.monotonic() - began < 20, f"{name} took long")


@case("500 processes, an hour of record: under 5 MB, drawn in two seconds")
def large():
    place = Place()
    count = 500
    for i in range(count):
        place.make("big", "training", 1000 + i, 500 + i)
    with open(place.path("record"), "w", encoding="utf-8") as file:
        file.write(json.dumps({"type": "start", "monotonic_ns": 10**9, "record": 1, "session": "big"}) + "\n")
        for second in range(3600): # a tenth of them has done something since the last
            file.write(json.dumps({
                "type": "sample", "monotonic_ns": 10**9 * (second + 1),
                "session": {"kernels": second * 977, "live_bytes": second * 10**6},
                "devices": [{"ordinal": 0, "kernels": second * 977, "live_bytes": second * 10**6}],
                "processes": [{"pid": 1000 + i, "start_ticks": 500 + i, "state": "running",
                               "kernels": second * (i + second % 7), "live_bytes": second * i * 1000}
                              for i in range(second % 10, count, 10)]}) + "\n")
    began = time.monotonic()
    made = page(place, "--record", place.path("record"), "big")
    took = time.monotonic() - began
    size = os.path.getsize(place.path("page.html"))
    expect(size < 5_000_000, f"{size} bytes")
    expect(took < 60, f"{took} s")
    same(sum(a.get("class") == "spark" for _, a in made.elements), 2 * count + 2 - 1, "small charts")
    chromium = opened()
    try:
        drawn, used = map(min, zip(*(drawing(chromium, place.path("page.html")) for _ in range(5))))
    finally:
        chromium.close()
    words = f"{size} bytes, made in {took:.1f} s, drawn in {drawn:.2f} s with {used:.2f} s of a processor"
    print("# " + words)
    # Others may have the processors: then it is what it takes of them.
    expect(drawn < 2 or (os.getloadavg()[0] > os.cpu_count() and used < 2), words)


def drawing(chromium, file):
    """Seconds until it is drawn by the browser's clock, and of the processors."""
    before = chromium.seconds_used()
    return chromium.open(file) / 1000, chromium.seconds_used() - before


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
