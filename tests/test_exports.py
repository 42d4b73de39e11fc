#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stored reports in other programs' formats, read by those programs. What is not here is skipped, and so is what needs
the network: with EXPORT_NETWORK set benchstat is fetched by Go, and $EXPORT_PYTHON is a Python that has pyperf."""
import csv
import io
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import unittest

from stored import DATA, Stored, run

SOURCE = pathlib.Path(os.environ.get("TESTS_SOURCE", __file__ + "/..")).resolve()
COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")  # of Debian's libbenchmark-tools
# The last that Go 1.19 builds.
BENCHSTAT = "golang.org/x/perf/cmd/benchstat@v0.0.0-20230113213139-801c7ef9e5c5"
FORMATS = {"csv": "csv", "samples": "samples.csv", "gbench": "gbench.json", "gobench": "go.txt", "gab": "gab.json",
           "gab-bigger": "bigger.gab.json", "bmf": "bmf.json", "pyperf": "pyperf.json"}
THREADS = "sleep:10ms/tasks=64/concurrency=32/model=threads"
ODD_WORKLOAD = 'a "workload", of 100%\nin two lines/日本語 ünï\u3000x'
ODD_MODEL = "gil:interval=1ms"


def document(name):
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def walls(name, workload, model):
    """The samples' wall_ns of a cell of tests/data."""
    return [sample["wall_ns"] for block in document(name)["workloads"] if block["workload"] == workload
            for cell in block["cells"] if cell["model"] == model for sample in cell["samples"]]


def odd():
    """A report of names that are hard to write."""
    found = document("one_round")
    block = found["workloads"][0]
    block["workload"] = found["plan"]["workloads"][0] = ODD_WORKLOAD
    block["cells"][0]["model"] = ODD_MODEL
    block["cells"][1].update(status="failed", reason='3 of 64: "reset",\r\nby peer')
    return found


class Exports(Stored):
    def export(self, source, form):
        """The bytes of a document, or of a file of tests/data, in that format."""
        path = self.store(source) if isinstance(source, dict) else DATA / f"{source}.json"
        return run(f"--format={form}", path).stdout

    def save(self, source, form, name="out"):
        path = self.path.with_name(f"{name}.{FORMATS[form]}")
        path.write_bytes(self.export(source, form))
        return path

    def rows(self, source, form):
        text = self.export(source, form).decode()
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    def json(self, source, form):
        return json.loads(self.export(source, form))

    def output_of(self, *command, **options):
        result = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True, timeout=300,
                                **options)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result.stdout

    def need(self, program, package):
        if shutil.which(program) is None:
            self.skipTest(f"no {program} (Debian: {package})")


class Choice(Exports):
    def test_the_longest_suffix_decides(self):
        folder = self.path.parent
        for name, form in (("a.csv", "csv"), ("a.samples.csv", "samples"), ("a.SAMPLES.Csv", "samples"),
                           ("samples.csv", "csv"), ("a.samples.b.csv", "csv"), ("a.json", "json"),
                           ("a.gbench.json", "gbench"), ("a.gbench.json.json", "json"), ("gbench.json", "json"),
                           ("a.gab.json", "gab"), ("a.bigger.gab.json", "gab-bigger"), ("a.bigger.json", "json"),
                           ("a.bmf.json", "bmf"), ("a.PyPerf.JSON", "pyperf"), ("a.go.txt", "gobench"),
                           ("a.GO.TXT", "gobench"),
                           ("go.txt", "table"), ("a.go.json", "json"), ("a.go.csv", "csv")):
            with self.subTest(name=name):
                run(DATA / "basic.json", "-o", folder / name)
                self.assertEqual((folder / name).read_bytes(), self.export("basic", form))

    def test_what_has_no_known_suffix_is_refused_in_a_line(self):
        for name in ("a", "a.samples", "a.gbench", "a.csv/b", "a.csvx", ".txtt"):
            result = run(DATA / "basic.json", "-o", self.path.parent / name, check=False)
            self.assertEqual(result.returncode, 2)
            self.assertEqual(result.stdout, b"")
            self.assertRegex(result.stderr.decode(), r"\A.*ends in \.txt, .*\.pyperf\.json.*\n\Z", name)

    def test_same_document_same_bytes(self):
        for form in FORMATS:
            for name in ("basic", "trouble", "rate", "sweep", "race", "nobody"):
                first = self.export(name, form)
                ascii_ = run(f"--format={form}", "-v", DATA / f"{name}.json", utf8=False, width=40).stdout
                self.assertEqual(first, ascii_, (form, name))
                first.decode("utf-8")

    def test_a_gate_has_a_row_for_each_metric(self):
        comparison = self.path.with_name("compared.json")
        result = subprocess.run([os.environ["CCBENCH"], "compare", DATA / "basic.json", DATA / "basic.json",
                                 "--metric=time,cpu", "-o", comparison], check=False, capture_output=True, timeout=60)
        self.assertIn(result.returncode, (0, 3), result.stderr)
        compared = json.loads(comparison.read_text(encoding="utf-8"))
        rows = list(csv.DictReader(io.StringIO(run("--format=csv", comparison).stdout.decode(), newline="")))
        expected = [(cell["model"], metric["metric"], metric["base"], metric["verdict"])
                    for cell in compared["cells"] if cell["status"] == "compared" for metric in cell["metrics"]]
        self.assertGreater(len(expected), 10)
        self.assertEqual([(row["model"], row["metric"], float(row["base"]), row["verdict"])
                          for row in rows if row["status"] == "compared"], expected)
        for row in rows:
            if row["status"] != "compared":
                self.assertEqual((row["metric"], row["base"], row["new"], row["verdict"]), ("", "", "", ""))
        for form in set(FORMATS) - {"csv"}:
            result = run(f"--format={form}", comparison, check=False)
            self.assertEqual(result.returncode, 2, form)
            self.assertEqual(result.stderr.decode().count("\n"), 1)
            self.assertIn(f"'{form}' is not for a gate", result.stderr.decode())


class Csv(Exports):
    def test_a_row_for_each_cell(self):
        for name in ("basic", "trouble", "rate", "sweep", "race", "nobody", "one_round"):
            rows = iter(self.rows(name, "csv"))
            for block in document(name)["workloads"]:
                for cell in block["cells"]:
                    row = next(rows)
                    self.assertEqual((row["workload"], row["model"], row["status"], row["reason"]),
                                     (block["workload"], cell["model"], cell["status"], cell["reason"] or ""))
                    self.assertEqual(int(row["concurrency"]), block["concurrency"])
                    times = [sample["wall_ns"] for sample in cell["samples"] if "wall_ns" in sample]
                    if cell["status"] == "ok":
                        self.assertEqual(float(row["wall_ns"]), statistics.median(times))
                        self.assertEqual(int(row["rounds"]), len(times))
                        self.assertEqual(row["wall_ns_low"] != "", len(times) >= 6)
            self.assertEqual(list(rows), [])

    def test_what_was_not_measured_has_no_figures(self):
        for form, first in (("csv", "ideal_ns"), ("samples", "wall_ns")):
            rows = self.rows("trouble", form)
            figures = list(rows[0])[list(rows[0]).index(first):]
            bad = [row for row in rows if row["status"] != "ok"]
            self.assertGreater(len(bad), 2)
            for row in bad:
                self.assertEqual([name for name in figures if row[name] != ""], [])
                self.assertNotEqual(row["reason"], "")

    def test_memory_of_what_failed_is_no_figure(self):
        found = document("trouble")
        cells = found["workloads"][0]["cells"]
        failed = next(cell for cell in cells if cell["status"] == "failed")
        failed["memory"] = cells[0]["memory"]
        self.assertIsNotNone(failed["memory"])
        row = next(row for row in self.rows(found, "csv") if row["status"] == "failed")
        self.assertEqual([row[name] for name in row if name.startswith("memory_")], [""] * 3)

    def test_an_odd_end_of_a_line_is_quoted(self):
        found = odd()
        found["workloads"][0]["cells"][1]["reason"] = "a\rb"
        self.assertIn(b',"a\rb",', self.export(found, "csv"))

    def test_ends_of_lines_and_quotes(self):
        for form in ("csv", "samples"):
            text = self.export(odd(), form)
            self.assertEqual({len(row) for row in csv.reader(io.StringIO(text.decode(), newline=""), strict=True)},
                             {text.split(b"\r\n")[0].count(b",") + 1})
            self.assertTrue(text.endswith(b"\r\n"))
            row = self.rows(odd(), form)[0]
            self.assertEqual((row["workload"], row["model"]), (ODD_WORKLOAD, ODD_MODEL))
        self.assertIn('3 of 64: "reset",\r\nby peer', [row["reason"] for row in self.rows(odd(), "csv")])

    def test_classes_and_rates(self):
        row = next(row for row in self.rows("rate", "csv") if row["model"] == "green")
        cell = next(cell for cell in document("rate")["workloads"][0]["cells"] if cell["model"] == "green")
        short = [sample["classes"][0]["latency_ns"]["p99"] for sample in cell["samples"]]
        self.assertEqual(float(row["class.short.latency_p99_ns"]), statistics.median(short))
        self.assertEqual((row["rate_per_s"], row["class.short.tasks"]), ("100", "500"))
        samples = [row for row in self.rows("rate", "samples") if row["model"] == "green"]
        self.assertEqual([float(row["class.short.latency_p99_ns"]) for row in samples[:len(short)]], short)

    def test_families(self):
        found = document("one_round")
        found["environment"]["runtimes"] = {"node@20.1": {"language": "Node 20.1"}}
        block, model = found["workloads"][0], "node@20.1"
        block["families"] = {"node": {"ideal_ns": None, "ideal_formula": None, "ideal_reason": "x",
                                      "calibration": None}}
        block["cells"][0].update(model=model, family="node", loop=model)
        row = self.rows(found, "csv")[0]
        self.assertEqual((row["model"], row["family"], row["runtime"]), (model, "node", "Node 20.1"))

    def test_marks(self):
        found = document("one_round")
        found["environment"]["variables"]["CCBENCH_ROOT"] = "/elsewhere"
        says = "CCBENCH_ROOT is set"
        self.assertIn(says, self.rows(found, "csv")[0]["marks"])
        self.assertIn(says, self.json(found, "gbench")["context"]["ccbench_marks"])
        self.assertIn(says, self.json(found, "pyperf")["metadata"]["ccbench_marks"])
        self.assertIn(says, self.json(found, "gab")[0]["extra"])
        self.assertIn("ccbench-marks: " + says, self.export(found, "gobench").decode())

    def test_sqlite(self):
        self.need("sqlite3", "sqlite3")
        times = walls("trouble", "sleep:10ms", "threads")
        threads = "model = 'threads' and workload = 'sleep:10ms'"
        hard = odd()["workloads"][0]["cells"][0]["samples"][0]["wall_ns"]
        for source, form, what, where, expected in (
                ("trouble", "csv", "wall_ns", threads, statistics.median(times)),
                ("trouble", "csv", "count(*)", "status <> 'ok' and wall_ns = '' and reason <> ''", 5),
                ("trouble", "samples", "sum(wall_ns)", threads, sum(times)),
                (odd(), "csv", "wall_ns", f"model = '{ODD_MODEL}' and instr(workload, '日本語')", hard)):
            script = f".mode csv\n.import {self.save(source, form)} t\nselect {what} from t where {where};\n"
            self.assertEqual(float(self.output_of("sqlite3", ":memory:", input=script)), expected, what)

    def test_miller(self):
        self.need("mlr", "miller")
        path = self.save("trouble", "samples")
        said = self.output_of("mlr", "--icsv", "--ojson", "filter", '$status == "ok" && $workload == "sleep:10ms"',
                              "then", "stats1", "-a", "sum,count", "-f", "wall_ns", "-g", "model", path)
        found = {row["model"]: (row["wall_ns_sum"], row["wall_ns_count"]) for row in json.loads(said)}
        times = walls("trouble", "sleep:10ms", "threads")
        self.assertEqual(found["threads"], (sum(times), len(times)))
        self.assertEqual(set(found), {"threads", "eventloop"})
        said = json.loads(self.output_of("mlr", "--icsv", "--ojson", "cat", self.save(odd(), "csv")))
        self.assertEqual((said[0]["workload"], said[0]["model"]), (ODD_WORKLOAD, ODD_MODEL))


class Benchmarks(Exports):
    """Formats that know benchmarks and numbers alone."""

    def names(self, source):
        """Those of each format: {format: [name]}."""
        lines = [line for line in self.export(source, "gobench").decode().splitlines() if line.startswith("Benchmark")]
        return {
            "gbench": [entry["run_name"] for entry in self.json(source, "gbench")["benchmarks"]],
            "gobench": [line.split()[0] for line in lines],
            "gab": [entry["name"] for form in ("gab", "gab-bigger") for entry in self.json(source, form)],
            "bmf": list(self.json(source, "bmf")),
            "pyperf": [entry["metadata"]["name"] for entry in self.json(source, "pyperf")["benchmarks"]],
        }

    def test_only_what_is_ok_is_there(self):
        for form, names in self.names("trouble").items():
            models = {re.search(r"model=([a-z]+)", name)[1] for name in names}
            self.assertEqual(models, {"threads", "eventloop"}, form)
        for form, names in self.names("nobody").items():
            self.assertEqual(names, [], form)

    def test_each_cell_and_class_has_a_name_of_its_own(self):
        for source in ("basic", "sweep", "sweep_cpus", "rate"):
            cells = sum(cell["status"] == "ok" for block in document(source)["workloads"] for cell in block["cells"])
            found = self.names(source)
            self.assertEqual(len(set(found["gbench"])), cells)
            classes = sum(len(cell["samples"][0]["classes"] or ()) for block in document(source)["workloads"]
                          for cell in block["cells"] if cell["status"] == "ok")
            self.assertEqual(len(set(found["gobench"])), cells + classes)
            for form in ("gab", "bmf", "pyperf"):
                self.assertEqual(len(set(found[form])), len(found[form]), form)

    def test_names_that_look_the_same(self):
        found = document("one_round")
        found["workloads"].append(json.loads(json.dumps(found["workloads"][0])))
        for block, name in zip(found["workloads"], ("a\x01", "a\x02")):
            block["workload"] = name
        for form, names in self.names(found).items():
            self.assertTrue(any("/again=2" in name for name in names), form)
        self.assertEqual(len(self.json(found, "bmf")), 2 * len(self.json("one_round", "bmf")))

    def test_odd_names(self):
        for form, names in self.names(odd()).items():
            self.assertIn("model=gil:interval=1ms", names[0], form)
            self.assertIn("日本語", names[0], form)
            self.assertNotIn("\n", names[0], form)
            if form == "gobench":
                self.assertRegex(names[0], r"\ABenchmarkCcbench/workload=[^/\s]*100%25[^/\s]*%2F[^/\s]*%E3%80%80x/tasks")

    def test_google_benchmark(self):
        entries = self.json("trouble", "gbench")["benchmarks"]
        times = walls("trouble", "sleep:10ms", "threads")
        ours = [entry for entry in entries if entry["run_name"] == THREADS]
        repetitions = [entry for entry in ours if entry["run_type"] == "iteration"]
        self.assertEqual([entry["real_time"] for entry in repetitions], times)
        self.assertEqual([entry["repetition_index"] for entry in repetitions], list(range(len(times))))
        self.assertEqual({entry["repetitions"] for entry in ours}, {len(times)})
        aggregates = {entry["aggregate_name"]: entry for entry in ours if entry["run_type"] == "aggregate"}
        for name, of in (("mean", statistics.mean), ("median", statistics.median), ("stddev", statistics.stdev)):
            self.assertAlmostEqual(aggregates[name]["real_time"], of(times), places=3)
            self.assertEqual(aggregates[name]["name"], f"{THREADS}_{name}")
        self.assertEqual({entry["run_type"] for entry in self.json("one_round", "gbench")["benchmarks"]}, {"iteration"})
        rate = next(entry for entry in self.json("rate", "gbench")["benchmarks"] if "model=green" in entry["name"])
        cells = document("rate")["workloads"][0]["cells"]
        sample = next(cell for cell in cells if cell["model"] == "green")["samples"][0]
        self.assertEqual(rate["real_time"], sample["latency_ns"]["p50"])
        self.assertEqual(rate["class.short.latency_p99_ns"], sample["classes"][0]["latency_ns"]["p99"])

    def test_compare_py(self):
        if not COMPARE.exists():
            self.skipTest("no compare.py (Debian: libbenchmark-tools)")
        try:
            import scipy  # noqa: F401
        except ImportError:
            self.skipTest("no scipy, which compare.py needs (Debian: python3-scipy)")
        slower = document("trouble")
        for sample in slower["workloads"][0]["cells"][0]["samples"]:
            sample["wall_ns"] *= 2
            sample["run_ns"] = sample["wall_ns"] - sample["setup_ns"] - sample["teardown_ns"]
        text = self.output_of("/usr/bin/python3", COMPARE, "--no-color", "benchmarks",
                              self.save("trouble", "gbench", "a"), self.save(slower, "gbench", "b"))
        median = statistics.median(walls("trouble", "sleep:10ms", "threads"))
        self.assertRegex(text, rf"{THREADS}_median +\+1\.0000 .* {median:.0f} +{2 * median:.0f} ")
        self.assertRegex(text, rf"{THREADS}_pvalue +0\.0000 .*U Test, Repetitions: 12 vs 12")

    def test_go(self):
        text = self.export("trouble", "gobench").decode()
        self.assertTrue(text.startswith("goos: linux\ngoarch: amd64\npkg: ccbench\ncpu: "))
        lines = [line.split() for line in text.splitlines() if "sleep:10ms" in line and "model=threads" in line]
        self.assertEqual([float(line[2]) * int(line[1]) for line in lines],
                         walls("trouble", "sleep:10ms", "threads"))
        for line in lines:
            self.assertRegex(line[0], r"\ABenchmarkCcbench/workload=sleep:10ms/tasks=64/concurrency=32/model=threads-2\Z")
            self.assertEqual(line[3::2], ["ns/op", "cpu-ns/op", "p50-ns/op", "max-ns/op"])

    def test_benchstat(self):
        if "EXPORT_NETWORK" not in os.environ:
            self.skipTest("the network is not to be used (EXPORT_NETWORK)")
        self.need("go", "golang-go")
        go = dict(os.environ, GOFLAGS="-mod=mod")
        try:
            subprocess.run(["go", "run", BENCHSTAT, "-h"], env=go, capture_output=True, timeout=300, check=False,
                           cwd=self.path.parent)
            text = self.output_of("go", "run", BENCHSTAT, "-col", "/model", "-filter", ".unit:ns/op", "-format", "csv",
                                  self.save("trouble", "gobench"), env=go, cwd=self.path.parent)
        except AssertionError as error:
            if "dial tcp" in str(error) or "no such host" in str(error) or "connect" in str(error):
                self.skipTest("the Go module proxy is out of reach")
            raise
        row = next(line for line in csv.reader(io.StringIO(text)) if line and "sleep:10ms" in line[0])
        for value, model in ((row[1], "threads"), (row[3], "eventloop")):
            expected = statistics.median(walls("trouble", "sleep:10ms", model))
            self.assertAlmostEqual(float(value) * 64e9, expected, delta=64e3)

    def test_pyperf_values(self):
        found = self.json("trouble", "pyperf")
        self.assertEqual(found["version"], "1.0")
        ours = next(entry for entry in found["benchmarks"] if entry["metadata"]["name"] == THREADS)
        self.assertEqual([run_["values"] for run_ in ours["runs"]],
                         [[wall / 1e9] for wall in walls("trouble", "sleep:10ms", "threads")])

    def test_pyperf(self):
        if "EXPORT_PYTHON" not in os.environ:
            self.skipTest("no Python with pyperf (EXPORT_PYTHON)")
        pyperf = [os.environ["EXPORT_PYTHON"], "-m", "pyperf"]
        path = self.save("trouble", "pyperf", "a")
        text = self.output_of(*pyperf, "stats", path)
        times = walls("trouble", "sleep:10ms", "threads")
        section = text[text.index(THREADS):]
        self.assertIn(f"{statistics.mean(times) / 1e6:.1f} ms +- {statistics.stdev(times) / 1e6:.1f} ms", section)
        self.assertIn("#", self.output_of(*pyperf, "hist", path))
        slower = document("trouble")
        for sample in slower["workloads"][0]["cells"][0]["samples"]:
            sample["wall_ns"] *= 2
        text = self.output_of(*pyperf, "compare_to", path, self.save(slower, "pyperf", "b"))
        self.assertRegex(text, rf"{THREADS}: Mean \+- std dev: .* 2\.00x slower")
        for source in ("rate", "sweep", "one_round", odd()):
            self.output_of(*pyperf, "show", self.save(source, "pyperf", "c"))

    def test_gab(self):
        entries = {entry["name"]: entry for entry in self.json("trouble", "gab")}
        for model in ("eventloop", "threads"):
            times = sorted(walls("trouble", "sleep:10ms", model))
            ours = entries[f"{THREADS.replace('threads', model)} wall_ns"]
            self.assertEqual((ours["value"], ours["unit"]), (statistics.median(times), "ns"))
            low, high = times[2], times[-3]  # of 12
            self.assertEqual(float(ours["range"].removeprefix("± ")), max(ours["value"] - low, high - ours["value"]))
        self.assertFalse([name for name in entries if name.endswith("per_s")])
        bigger = {entry["name"]: entry for entry in self.json("trouble", "gab-bigger")}
        self.assertAlmostEqual(bigger[f"{THREADS} throughput_per_s"]["value"], statistics.median(64e9 / t for t in times))
        self.assertFalse([name for name in bigger if not name.endswith("per_s")])

    def test_bmf(self):
        ours = self.json("trouble", "bmf")[THREADS]
        times = sorted(walls("trouble", "sleep:10ms", "threads"))
        self.assertEqual(ours["wall-ns"], {"value": statistics.median(times), "lower_value": times[2],
                                           "upper_value": times[-3]})
        rate = self.json("rate", "bmf")
        name = next(name for name in rate if name.endswith("model=green/class=short"))
        self.assertEqual(set(rate[name]), {"latency-p50-ns", "latency-p99-ns"})
        self.assertNotIn("wall-ns", rate[name.removesuffix("/class=short")])

    def test_schemas(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("no jsonschema (Debian: python3-jsonschema)")
        for schema, forms in (("gab", ("gab", "gab-bigger")), ("bmf", ("bmf",))):
            text = (SOURCE / f"{schema}.schema.json").read_text(encoding="utf-8")
            for source in ("basic", "trouble", "rate", "sweep", "race", "nobody", odd()):
                for form in forms:
                    jsonschema.validate(self.json(source, form), json.loads(text))
        self.assertTrue(all(re.fullmatch("[a-z0-9-]{1,64}", measure)
                            for benchmark in self.json("rate", "bmf").values() for measure in benchmark))


if __name__ == "__main__":
    unittest.main()
