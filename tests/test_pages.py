#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pages and pictures: what is in them, that nothing overlaps, and that they need nothing but themselves.

Of stored documents, of runs, gates and sweeps by the fake trial, and of documents that are odd.
"""
import base64
import copy
import hashlib
import html.parser
import itertools
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import make_sample_document  # noqa: E402
from harness import FAKE_TRIAL, OK, run  # noqa: E402
from stored import DATA, render  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
STORED = sorted(path.name for path in DATA.glob("*.json"))
VOID = {"meta", "br", "hr", "link", "img"}
FONT = 12


class Page(html.parser.HTMLParser):
    """Tags that are closed in the order in which they were opened, attributes, and the text of some."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            raise AssertionError(f"</{tag}> closes {self.open[-1:]}")
        self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def drawings(page):
    """The <svg> elements of a page or picture, parsed as the XML that they are."""
    return [ElementTree.fromstring(text) for text in re.findall(r"<svg .*?</svg>", page, re.S)]


def boxes(drawing):
    """The texts of a drawing with where each is: left, top, right, bottom."""
    for text in drawing.iter(SVG + "text"):
        size = float(text.get("font-size", FONT))
        width, x, y = (float(text.get(name)) for name in ("textLength", "x", "y"))
        left = x - {None: 0, "middle": width / 2, "end": width}[text.get("text-anchor")]
        yield text.text, (left, y - 0.75 * size, left + width, y + 0.22 * size)


def overlaps(a, b):
    return a[0] < b[2] - 0.3 and b[0] < a[2] - 0.3 and a[1] < b[3] - 0.3 and b[1] < a[3] - 0.3


def words_of(drawing):
    return [text.text for text in drawing.iter(SVG + "text")]


def titles_of(drawing):
    return [title.text for title in drawing.iter(SVG + "title")]


class Shown(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def stored(self, document):
        path = os.path.join(self.folder, "x.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
        return path

    def page(self, document):
        return render(document if isinstance(document, pathlib.Path) else self.stored(document), "--format=html")

    def picture(self, document):
        return render(document if isinstance(document, pathlib.Path) else self.stored(document), "--format=svg")

    def hold(self, text):
        """What is true of each page and picture."""
        page = Page(text)
        self.assertEqual(page.open, [])
        self.assertNotIn("script", page.tags)
        self.assertLessEqual(page.tags.count("style"), 1)
        for tag, name, value in page.attributes:
            self.assertNotEqual(name, "style", tag)
            self.assertFalse(name.startswith("on"), (tag, name))
            self.assertFalse(re.search("(?<!xmlns=)https?://", value or "") and name != "xmlns", (tag, name, value))
        found = drawings(text)
        ids = [value for _, name, value in page.attributes if name == "id"]
        self.assertEqual(len(ids), len(set(ids)), "ids twice")
        for drawing in found:
            self.no_overlap(drawing)
        return found

    def no_overlap(self, drawing):
        left, top, width, height = map(float, drawing.get("viewBox").split())
        all_boxes = list(boxes(drawing))
        for text, box in all_boxes:
            self.assertTrue(box[0] >= left - 0.5 and box[2] <= left + width + 0.5 and box[1] >= top - 0.5 and
                            box[3] <= top + height + 0.5, (text, box, drawing.get("viewBox")))
        for (text, box), (other, its) in itertools.combinations(all_boxes, 2):
            self.assertFalse(overlaps(box, its), (text, other, box, its))


class Stored(Shown):
    def test_each_stored_document(self):
        for name in STORED:
            with self.subTest(document=name):
                page, picture = self.page(DATA / name), self.picture(DATA / name)
                self.assertGreater(len(self.hold(page)), 0)
                self.assertEqual(len(self.hold(picture)), 1)
                self.assertEqual((page, picture), (self.page(DATA / name), self.picture(DATA / name)), "the same bytes")

    def test_columns_have_names_of_their_own(self):
        for name in STORED:
            for head in re.findall("<thead>(.*?)</thead>", self.page(DATA / name), re.S):
                names = re.findall("<th[^>]*>(.*?)</th>", head)
                self.assertEqual(len(names), len(set(names)), names)

    def test_its_words_are_explained(self):
        page = html.unescape(self.page(DATA / "basic.json"))
        how = page[page.index("How to read this"):]
        for term in ("time", "±", "× sequential", "of ideal", "cores used", "CPU per task", "latency", "slowest task",
                     "gave way/interrupted", "memory", "kept up"):
            self.assertIn(f"<dt>{term}</dt>", how)
        self.assertIn("not the quotient of the two times", how)

    def test_contents(self):
        """A link to each section, where there are several."""
        for name in STORED:
            page = self.page(DATA / name)
            sections = re.findall('<section id="([^"]*)">\n<h2>(.*?)</h2>', page)
            links = re.findall('<li><a href="#([^"]*)">(.*?)</a></li>', page)
            self.assertEqual(links, sections if len(sections) > 1 else [], name)

    def test_few_rounds_rank_nobody(self):
        page, picture = self.page(DATA / "one_round.json"), self.picture(DATA / "one_round.json")
        for drawing in (drawings(page)[0], drawings(picture)[0]):
            told = " ".join(words_of(drawing))
            self.assertIn("fewer than 6 rounds the order may be chance", told)
            self.assertNotIn("95 % interval", told)
            self.assertNotIn("Ranking", told)
        self.assertIn("Ranking (= where no difference is shown)", words_of(drawings(self.page(DATA / "basic.json"))[0]))

    def test_ranks_stand_in_the_ranking_alone(self):
        document = json.loads(render(DATA / "basic.json", "--format=json"))
        ranks = {f"{cell['summary']['rank']}{'=' * cell['summary']['tied']}" for block in document["workloads"]
                 for cell in block["cells"] if cell["status"] == "ok"}
        for drawing in drawings(self.page(DATA / "basic.json")):
            found = ranks & set(words_of(drawing))
            self.assertEqual(bool(found), "ranking" in drawing.find(SVG + "title").text, found)

    def test_each_axis_says_its_scale(self):
        for name in STORED:
            for drawing in drawings(self.page(DATA / name)):
                title = drawing.find(SVG + "title").text
                if not title.endswith(("rounds", "curves")) and "0" in "".join(words_of(drawing)) and any(
                        text.get("text-anchor") == "middle" for text in drawing.iter(SVG + "text")):
                    axes = sum(text.text.endswith(("log scale", "from 0", "linear")) for text in drawing.iter(SVG + "text"))
                    self.assertEqual(axes, 2 if title.endswith("costs") else 1, (name, title))

    def test_no_point_on_the_way(self):
        """Shapes have no points between two others at the same height: a page would be a quarter larger."""
        for shape in re.findall('<path d="M([^"]*L[^"]*)Z"', self.page(DATA / "basic.json")):
            heights = [point.split(" ")[1] for point in shape.split("L")]
            self.assertFalse(any(a == b == c for a, b, c in zip(heights, heights[1:], heights[2:])), shape)

    def test_who_is_where(self):
        document = json.loads(render(DATA / "basic.json", "--format=json"))
        charts = {drawing.find(SVG + "title").text: drawing for drawing in drawings(self.page(DATA / "basic.json"))}
        for block in document["workloads"]:
            ranking = charts[f"{block['workload']}: ranking"]
            marks = [(title.split(":")[0], title) for title in titles_of(ranking)[1:]]
            ok = sorted((cell for cell in block["cells"] if cell["status"] == "ok"),
                        key=lambda cell: cell["summary"]["wall_ns"]["median"])
            self.assertEqual([name for name, _ in marks], [cell["model"] for cell in ok])
            for (_, title), cell in zip(marks, ok):
                self.assertIn("95 % interval", title)
                rank = f"{cell['summary']['rank']}{'=' * cell['summary']['tied']}"
                self.assertIn(rank, words_of(ranking))
            for cell in block["cells"]:
                self.assertIn(cell["model"], words_of(ranking))

    def test_marks_are_where_the_figures_are(self):
        """On a logarithmic axis: positions of marks against positions of ticks."""
        document = json.loads(render(DATA / "basic.json", "--format=json"))
        block = document["workloads"][0]
        drawing = drawings(self.page(DATA / "basic.json"))[0]
        medians = sorted(cell["summary"]["wall_ns"]["median"] for cell in block["cells"] if cell["status"] == "ok")
        places = []
        for group in drawing.iter(SVG + "g"):
            mark = [path for path in group.iter(SVG + "path") if path.get("stroke-width") == "0.7"][0]
            places.append(float(re.match(r"M([\d.]+) ", mark.get("d")).group(1)))
        self.assertEqual(places, sorted(places))
        ticks = []
        for text in drawing.iter(SVG + "text"):
            found = re.fullmatch(r"([\d.]+) (µs|ms|s)", text.text)
            if found and text.get("text-anchor") == "middle":
                ticks.append((float(text.get("x")), float(found.group(1)) * {"µs": 1e3, "ms": 1e6, "s": 1e9}[found.group(2)]))
        self.assertGreaterEqual(len(ticks), 2)
        for place, median in zip(places, medians):
            for (x1, t1), (x2, t2) in itertools.pairwise(sorted(ticks)):
                if t1 <= median <= t2:
                    self.assertTrue(x1 - 1 <= place <= x2 + 1, (median, place, x1, x2))

    def test_the_style_is_the_one_that_is_allowed(self):
        text = self.page(DATA / "basic.json")
        style = re.search("<style>(.*?)</style>", text, re.S).group(1)
        allowed = re.search("'sha256-([^']*)'", text).group(1)
        self.assertEqual(base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(), allowed)
        self.assertIn("default-src 'none'", text)
        self.assertIn("a{color:inherit}", style)  # a browser's own blue is too dark on a dark ground

    def test_widths_are_the_font_s(self):
        try:
            from fontTools.ttLib import TTFont
        except ImportError as why:
            self.skipTest(str(why))
        path = next(iter(pathlib.Path("/usr/share/fonts").rglob("LiberationSans-Regular.ttf")), None)
        if path is None:
            self.skipTest("Liberation Sans is not installed")
        font = TTFont(path)
        names, widths = font.getBestCmap(), font["hmtx"]
        document = json.loads((DATA / "basic.json").read_text())
        for text in ("Hamburgefonstiv 0123456789", "Größe, naïveté, œuvre", "Жизнь – это да", "Ωμέγα ≤ 5 µs … × ±", "漢字 ok"):
            document["workloads"][0]["cells"][1]["model"] = text
            found = [one for one in drawings(self.picture(document))[0].iter(SVG + "text") if one.text == text]
            em = font["head"].unitsPerEm
            expected = FONT * sum(widths[names[ord(c)]][0] if ord(c) in names else em for c in text) / em
            self.assertAlmostEqual(float(found[0].get("textLength")), expected, delta=0.06, msg=text)

    def test_sentences_and_failures_are_there(self):
        for name in ("trouble.json", "nobody.json"):
            document = json.loads(render(DATA / name, "--format=json"))
            page = self.page(DATA / name)
            told = html.unescape(page)
            for block in document["workloads"]:
                for sentence in block["findings"]:
                    self.assertIn(sentence, told.replace(" µs", " us") if " us" in sentence else told)
                for cell in block["cells"]:
                    if cell["status"] != "ok":
                        self.assertIn(f"{cell['model']} {cell['status']}: {cell['reason'] or ''}"[:40], told)

    def test_sweeps(self):
        document = json.loads(render(DATA / "sweep.json", "--format=json"))
        page = self.page(DATA / "sweep.json")
        curves = [drawing for drawing in drawings(page) if drawing.find(SVG + "title").text.endswith("curves")]
        self.assertEqual(len(curves), len(document["sweeps"]))
        for sweep, drawing in zip(document["sweeps"], curves):
            for model in sweep["models"]:
                self.assertIn(model["model"], words_of(drawing))
            told = [sentence for sentence in sweep["findings"] if "overtake" in sentence or "off above" in sentence]
            crossings = [word for word in words_of(drawing) if re.match(r"\d: ", word)]
            self.assertEqual(bool(crossings), bool(told))
            numbers = [word for word in words_of(drawing) if re.fullmatch(r"\d", word)]
            for crossing in crossings:
                self.assertIn(crossing[0], numbers)
                # Those that overtake the same share a sentence above.
                self.assertTrue(any(crossing[3:].rpartition(" between ")[2][:20] in sentence.replace("us", "µs") for sentence in told)
                                or any(crossing[3:30] in sentence.replace(" us", " µs") for sentence in told), (crossing, told))


class Sweeps(Shown):
    """What a sweep's section says above its curves, and in them."""

    def document(self, group=1):
        document = json.loads(render(DATA / "sweep.json", "--format=json"))
        document["workloads"] = [block for block in document["workloads"] if block["sweep"]["group"] == group]
        document["sweeps"] = [sweep for sweep in document["sweeps"] if sweep["group"] == group]
        return document

    def above(self, document):
        """What is told above the curves, and the curves."""
        page = self.page(document)
        self.hold(page)
        return html.unescape(page[page.index("<h2>"):page.index("<svg")]), drawings(page)[0]

    def test_what_was_done_stands_above(self):
        document = self.document()
        told, _ = self.above(document)
        self.assertIn(" at each value", told)
        for i, block in enumerate(document["workloads"]):
            block["tasks"] = 64 * (i + 1)
        told, _ = self.above(document)
        for block in document["workloads"]:
            self.assertIn(f"{block['tasks']} at {block['sweep']['label']}", told)

    def test_noise_is_told_above(self):
        document = self.document()
        cells = [cell for block in document["workloads"] for cell in block["cells"] if cell["status"] == "ok"]
        for cell in cells:
            cell["summary"]["wall_ns"].update(sd=0.1 * cell["summary"]["wall_ns"]["mean"])
        self.assertIn(f"varied by 5 % or more in all cells ({len(cells)})", self.above(document)[0])
        cells[0]["summary"]["wall_ns"]["sd"] = 0
        self.assertIn(f"varied by 5 % or more in {len(cells) - 1} of {len(cells)} cells", self.above(document)[0])
        for cell in cells:
            cell["summary"]["wall_ns"]["sd"] = 0
        self.assertNotIn("varied by 5 %", self.above(document)[0])

    def test_notes_stand_above_with_their_values(self):
        document = self.document()
        for block in document["workloads"]:
            block["warnings"] = ["of all"]
        document["workloads"][1]["warnings"].append("of one & only")
        told, _ = self.above(document)
        label = document["workloads"][1]["sweep"]["label"]
        self.assertEqual(told.count("Note: of all"), 1)
        self.assertIn(f"Note, at {label}: of one & only", told)

    def test_fewer_in_flight_are_ringed(self):
        document = self.document()
        told, drawing = self.above(document)
        self.assertNotIn("ring", " ".join(words_of(drawing)))
        block = document["workloads"][-1]
        block["kind"] = "I/O-bound"
        cell = next(cell for cell in block["cells"] if cell["status"] == "ok" and cell["lanes"] > 1)
        for sample in cell["samples"]:
            sample["in_flight"] = 1
        told, drawing = self.above(document)
        self.assertIn(f"Note: fewer tasks were in flight than were asked for: {cell['model']} at {block['sweep']['label']}", told)
        self.assertIn("ring: fewer tasks in flight than were asked for", " ".join(words_of(drawing)))
        rings = [path for path in drawing.iter(SVG + "path") if "a7 7 0 1 0 14 0" in path.get("d")]
        self.assertEqual(len(rings), 2, "of speed and CPU time; memory has a trial of its own")

    def test_shading_and_scales_are_told(self):
        for name in ("sweep.json", "rate.json"):
            for drawing in drawings(self.page(DATA / name)):
                if drawing.find(SVG + "title").text.endswith("curves"):
                    told = words_of(drawing)
                    self.assertGreaterEqual(sum(word in ("log scale", "from 0") for word in told), 2)
                    self.assertIn("shading: 95 % interval of the median", told)
        for block in (few := json.loads((DATA / "sweep.json").read_text()))["workloads"]:
            block["rounds"] = 3
            for cell in block["cells"]:
                cell["samples"] = [sample for sample in cell["samples"] if sample["round"] <= 3]
        told = words_of(self.above(few)[1])
        self.assertIn("no intervals: fewer than 6 rounds", told)
        self.assertNotIn("shading: 95 % interval of the median", told)

    def test_that_nothing_overtakes_is_told(self):
        """threads are as fast at first, and half as fast later."""
        document = json.loads((DATA / "sweep.json").read_text())
        document["workloads"] = [block for block in document["workloads"] if block["sweep"]["group"] == 1][:4]
        for i, block in enumerate(document["workloads"]):
            block["cells"] = [cell for cell in block["cells"] if cell["model"] in ("threads", "eventloop")]
            for cell in block["cells"]:
                for sample in cell["samples"]:
                    sample["wall_ns"] = 20_000_000 * (2 if i > 0 and cell["model"] == "threads" else 1) + 1000 * sample["round"]
        told, drawing = self.above(document)
        self.assertIn("keep up to", told)
        self.assertIn("No model is shown to overtake another; that does not say that none does.", words_of(drawing))


class Series(Shown):
    """What a model is drawn as."""

    def marks(self, names):
        """Colour and mark of each model, where the ranking names it."""
        document = json.loads((DATA / "basic.json").read_text())
        document["plan"]["models"], document["plan"]["reference"] = names, names[0]
        block = document["workloads"][0]
        cells = [copy.deepcopy(block["cells"][0]) for _ in names]
        for cell, name in zip(cells, names):
            cell["model"] = name
        block["cells"], document["workloads"] = cells, [block]
        drawing = drawings(self.page(document))[0]
        listed = [word for word in words_of(drawing) if word in names]
        self.assertEqual(sorted(listed), sorted(names))
        paths = [path for path in drawing.iter(SVG + "path") if path.get("stroke-width") == "0.7"]
        return {name: (path.get("fill"), path.get("d").partition("m")[2]) for name, path in zip(listed, paths)}

    def test_known_models_are_drawn_the_same_everywhere(self):
        many = ["sequential", "threads", "gil", "processes", "eventloop", "async", "green"]
        first = self.marks(many)
        self.assertEqual(len({color for color, _ in first.values()}), len(many), "a colour each")
        for few in (["green", "mine", "threads"], ["processes", "green-multi", "green"], list(reversed(many))):
            for name, mark in self.marks(few).items():
                self.assertEqual(mark, first.get(name, mark), name)

    def test_green_alone_is_green(self):
        found = self.marks(["green"] + [f"own-{i}" for i in range(20)])
        self.assertEqual([name for name, (color, _) in found.items() if color == "#009e73"], ["green"])

    def test_no_two_are_drawn_alike(self):
        listed = run("list").stdout.partition("\nWorkloads")[0]
        known = list(dict.fromkeys(re.findall(r"^  ([a-z-]+) ", listed, re.M)))
        self.assertIn("green-multi", known)
        found = self.marks(known + ["own-1", "own-2", "threads:x=1", "线程"])
        self.assertEqual(len(set(found.values())), len(found), found)


class Odd(Shown):
    """Documents that are unusual, but right."""

    def basic(self):
        return json.loads((DATA / "basic.json").read_text())

    def test_one_model(self):
        document = self.basic()
        for block in document["workloads"]:
            block["cells"] = block["cells"][:1]
        self.assertGreater(len(self.hold(self.page(document))), 0)
        self.hold(self.picture(document))

    def test_names_in_other_scripts_and_markup(self):
        names = ["पायथन-थ्रेड", "线程池执行器" * 5, "<script>alert(1)</script>", "a&b\"c'd", "x" * 200, "Ω≈ç√", "\u202eabc"]
        document = self.basic()
        models = [cell["model"] for cell in document["workloads"][0]["cells"]]
        document["plan"]["models"] = names[:len(models)]
        for block in document["workloads"]:
            for cell in block["cells"]:
                cell["model"] = names[models.index(cell["model"])]
        document["plan"]["reference"] = names[0]
        document["command"] = ["ccbench", "-m", "<b>&", "it's"]
        page = self.page(document)
        self.hold(page)
        self.hold(self.picture(document))
        self.assertNotIn("<b>", page)

    def test_all_failed(self):
        document = self.basic()
        for cell in (cell for block in document["workloads"] for cell in block["cells"]):
            cell.update(status="failed", reason="no room & <no> time", summary=None)
            for sample in cell["samples"]:
                sample.update(status="failed", reason="no room")
        page = self.page(document)
        self.hold(page)
        self.assertIn("no room &amp; &lt;no&gt; time", page)
        self.hold(self.picture(document))

    def test_without_histograms(self):
        """Documents of before have none."""
        document = self.basic()
        for cell in (cell for block in document["workloads"] for cell in block["cells"]):
            cell.pop("histograms", None)
        self.hold(self.page(document))


class Fakes(Shown):
    """Runs by the fake trial, whose figures depend on the plan alone."""

    def ran(self, *arguments, status=OK):
        path = os.path.join(self.folder, "run.json")
        done = run(*arguments, "-q", "-o", path, CCBENCH_TRIAL=FAKE_TRIAL)
        self.assertEqual(done.status, status, done.stderr)
        return pathlib.Path(path)

    def test_a_default_run(self):
        page = self.page(self.ran("-r", 6))
        self.hold(page)
        self.assertLessEqual(len(page.encode()), 150_000)

    def test_a_rate(self):
        path = self.ran("-m", "threads,eventloop,gil", "-w", "http:5ms", "--rate=1k", "--duration=300ms", "-r", 6)
        found = {drawing.find(SVG + "title").text: drawing for drawing in self.hold(self.page(path))}
        self.assertIn("keeps up", " ".join(words_of(found["http:5ms: rate"])))

    def test_a_large_sweep(self):
        """14 models at 40 values."""
        document = json.loads((DATA / "sweep.json").read_text())
        document["workloads"] = [block for block in document["workloads"] if block["sweep"]["group"] == 1]
        first = document["workloads"][0]
        cells = [copy.deepcopy(first["cells"][i % len(first["cells"])]) for i in range(14)]
        for i, cell in enumerate(cells):
            cell["model"] = f"model-{i:02}-with-a-name"
        document["plan"]["models"] = [cell["model"] for cell in cells]
        document["plan"]["reference"] = cells[0]["model"]
        document["sweeps"] = []
        document["workloads"] = []
        for i in range(40):
            block = copy.deepcopy(first)
            block["cells"] = copy.deepcopy(cells)
            block["concurrency"] = block["sweep"]["value"] = i + 1
            block["sweep"]["label"] = str(i + 1)
            document["workloads"].append(block)
        page = self.page(document)
        self.hold(page)
        self.assertLessEqual(len(page.encode()), 1_000_000)
        self.hold(self.picture(document))

    def test_several(self):
        basic = json.loads((DATA / "basic.json").read_text())
        paths = []
        for name in ("a", "b", "<c>"):
            paths.append(f"{name}={os.path.join(self.folder, f'{len(paths)}.json')}")
            basic["environment"]["cpu"]["model"] = f"CPU & {name}"
            with open(paths[-1].partition("=")[2], "w", encoding="utf-8") as file:
                json.dump(basic, file)
        done = run("report", "--format=html", *paths)
        self.assertEqual(done.status, OK, done.stderr)
        self.hold(done.stdout)
        told = html.unescape(done.stdout)
        for word in ("CPU & <c>", *(model["model"] for model in basic["workloads"][0]["cells"])):
            self.assertIn(word, told)
        self.assertNotIn("<c>", done.stdout)

    def gated(self):
        """The document of a gate of the fake against itself."""
        path = os.path.join(self.folder, "gate.json")
        sides = [f"--{side}={sys.executable} {FAKE_TRIAL}" for side in ("base", "new")]
        done = run("gate", *sides, "-q", "-m", "gil,threads", "-w", "sleep:5ms", "-r", 9, "--repeat=1",
                   "--metric=time", "-o", path)
        self.assertIn(done.status, (OK, 1, 3), done.stderr)
        return json.loads(pathlib.Path(path).read_text())

    def test_a_gate(self):
        document = self.gated()
        page = self.page(document)
        found = self.hold(page)
        self.hold(self.picture(document))
        self.assertEqual(len(found), 1)
        titles = titles_of(found[0])[1:]
        compared = sum(len(cell["metrics"]) for cell in document["cells"] if cell["status"] == "compared")
        self.assertGreaterEqual(len(titles), compared)
        self.assertGreater(compared, 0)
        for cell in document["cells"]:
            self.assertTrue(any(cell["model"] in word for word in words_of(found[0])), cell["model"])
        self.gate_explains_itself(document, html.unescape(page))

    def gate_explains_itself(self, document, told):
        """What was measured and what its words mean, above and below the figures."""
        top = told[:told.index("<svg")]
        for word in (document["started"], document["environment"]["kernel"], f"ccbench {document['ccbench']['version']}",
                     "9 rounds side by side", "up to 3 % is allowed", "What to do next: ", *document["notes"]):
            self.assertIn(word, top)
        confidence = 100 - 1 / document["rule"]["comparisons"]
        for word in ("How to read this", f"confidence of {confidence:.2f} %", "not the quotient of the two medians",
                     "two batches of at most 3", *(f"<dt>{term}</dt>" for term in (
                         "cell", "base, new", "change", "interval", "at least", "batch", "ok", "inconclusive"))):
            self.assertIn(word, told)

    def test_base_against_itself_is_not_ok(self):
        """It passes nothing: nothing is asked of it."""
        document = self.gated()
        control = document["control"]
        control.update(status="compared")
        for metric in control["metrics"]:
            metric.update(verdict="same", change=0.038, low=-0.118, high=0.199, least=-0.129)
        page, picture = self.page(document), self.picture(document)
        for drawing in (drawings(page)[0], drawings(picture)[0]):
            row = words_of(drawing).index(next(word for word in words_of(drawing) if word.startswith("base again: ")))
            self.assertEqual(words_of(drawing)[row + 1], "no difference shown")
        self.assertRegex(page, "base again: .*no difference shown</td>")

    def test_what_to_do_after_a_gate(self):
        document = self.gated()
        for verdict, word in (("regression", "repeat a cell"), ("failed", "mend what its reason names"), ("passed", "nothing"),
                              ("inconclusive", "measure again"), ("interrupted", "decides nothing")):
            document["verdict"] = verdict
            self.assertRegex(self.page(document), f"<p>What to do next: [^<]*{word}")

    def test_a_comparison_explains_itself(self):
        done = run("compare", "--inconclusive=pass", "--format=html", DATA / "basic.json", DATA / "tie.json")
        self.assertIn(done.status, (OK, 1), done.stderr)
        self.hold(done.stdout)
        for word in ("What to do next: ", "compared by ccbench ", "so nothing can be paired", "<dt>at least</dt>"):
            self.assertIn(word, done.stdout)
        self.assertNotRegex(done.stdout, r"\bnan\b")
        self.assertNotIn("<dt>batch</dt>", done.stdout)


if __name__ == "__main__":
    unittest.main()
