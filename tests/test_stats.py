#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""measure/base/stats.c against SciPy on random data. STATS_CLI names the built tests/stats_cli."""

import json
import math
import os
import random
import statistics
import subprocess
import unittest
import warnings

from scipy.stats import binom, binomtest, kendalltau, linregress

SETS = 1000
LARGEST = 60
LEVEL = 0.95


def random_set(rng):
    """Between 1 and 60 numbers: some sets with many ties, some with a drift, some with none of both."""
    n = rng.randint(1, LARGEST)
    kind = rng.randrange(4)
    if kind == 0:
        return [float(rng.randint(0, 5)) for _ in range(n)]
    if kind == 1:
        return [round(100 + i * 0.5 + rng.gauss(0, 5), 0) for i in range(n)]
    if kind == 2:
        return [rng.lognormvariate(0, 1) for _ in range(n)]
    return [rng.choice([1.0, 1.0, 1.0, rng.random()]) for _ in range(n)]


def exact_order(n):
    """The largest k ≤ (n + 1) / 2 with exact coverage of at least LEVEL, or 0."""
    best = 0
    for k in range(1, (n + 1) // 2 + 1):
        if 1 - 2 * binom.cdf(k - 1, n, 0.5) >= LEVEL:
            best = k
    return best


class Stats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        rng = random.Random(20240229)
        cls.sets = [random_set(rng) for _ in range(SETS)]
        cls.sets += [[7.0], [1.0, 2.0], [2.0, 1.0], [3.0] * 5, [1.0] * 59 + [2.0]]
        text = "".join(" ".join(map(repr, values)) + "\n" for values in cls.sets)
        output = subprocess.run([os.environ["STATS_CLI"]], input=text, capture_output=True, text=True, check=True)
        cls.answers = [json.loads(line) for line in output.stdout.splitlines()]

    def pairs(self):
        self.assertEqual(len(self.answers), len(self.sets))
        return zip(self.sets, self.answers)

    def test_median(self):
        for values, answer in self.pairs():
            self.assertEqual(answer["n"], len(values))
            self.assertTrue(math.isclose(answer["median"], statistics.median(values), rel_tol=1e-15), values)

    def test_interval(self):
        orders = {n: exact_order(n) for n in range(1, LARGEST + 1)}
        self.assertEqual([orders[n] for n in (5, 6, 10, 12, 20, 30)], [0, 1, 2, 3, 6, 10])
        for values, answer in self.pairs():
            n, ranked = len(values), sorted(values)
            k = orders[n]
            self.assertEqual(answer["valid"], k > 0, values)
            k = max(k, 1)
            self.assertEqual((answer["low"], answer["high"]), (ranked[k - 1], ranked[n - k]), values)
            self.assertAlmostEqual(answer["coverage"], 1 - 2 * binom.cdf(k - 1, n, 0.5), delta=1e-12)

    def test_bounds_of_the_sign_test(self):
        for values, answer in self.pairs():
            n, ranked = len(values), sorted(values)
            for bound in answer["bounds"]:
                level = 0.01 / bound["comparisons"]
                k = sum(binom.cdf(j - 1, n, 0.5) <= level for j in range(1, n + 1))
                self.assertEqual(bound["k"], k, (n, bound))
                self.assertEqual(bound["needed"], math.ceil(math.log2(100 * bound["comparisons"])))
                self.assertEqual(k > 0, n >= bound["needed"])
                self.assertEqual((bound["low"], bound["high"]), (answer["low"], answer["high"]))
                self.assertEqual(bound["median"], answer["median"])
                if k > 0:
                    self.assertEqual((bound["least"], bound["most"]), (ranked[k - 1], ranked[n - k]))

    def test_bounds_are_what_the_sign_test_rejects(self):
        """The bound lies above c exactly where "the median is at most c" is rejected; ties count for c."""
        rng = random.Random(7)
        rejected = 0
        for values, answer in self.pairs():
            for bound in answer["bounds"]:
                for c in (min(values) - 1, rng.choice(values), rng.choice(values), statistics.median(values)):
                    p = binomtest(sum(v > c for v in values), len(values), 0.5, "greater").pvalue
                    q = binomtest(sum(v < c for v in values), len(values), 0.5, "greater").pvalue
                    least, most = bound.get("least", -math.inf), bound.get("most", math.inf)
                    self.assertEqual(least > c, p <= 0.01 / bound["comparisons"], (values, c, bound))
                    self.assertEqual(most < c, q <= 0.01 / bound["comparisons"], (values, c, bound))
                    rejected += least > c
        self.assertGreater(rejected, 1000)

    def test_kendall(self):
        undefined = 0
        for values, answer in self.pairs():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of one value, or of equal ones, SciPy says NaN with a warning
                expected = kendalltau(range(len(values)), values, method="asymptotic")
            if math.isnan(expected.statistic):
                undefined += 1
                self.assertEqual(len(set(values)), 1, values)
                self.assertEqual((answer["tau"], answer["p"]), (0, 1))
                continue
            self.assertAlmostEqual(answer["tau"], expected.statistic, delta=1e-12, msg=values)
            # SciPy's formula divides by n - 2, also where there is nothing to divide.
            p = math.erfc(1 / math.sqrt(2)) if len(values) == 2 else expected.pvalue
            self.assertAlmostEqual(answer["p"], p, delta=1e-9, msg=values)
        self.assertGreater(undefined, 2)

    def test_line(self):
        lines = 0
        for values, answer in self.pairs():
            half = len(values) // 2
            x, y = values[:half], values[half:2 * half]
            self.assertEqual(answer["line"], len(set(x)) > 1, values)
            if not answer["line"]:
                continue
            lines += 1
            expected = linregress(x, y)
            self.assertTrue(math.isclose(answer["slope"], expected.slope, rel_tol=1e-9, abs_tol=1e-12), values)
            if len(set(y)) > 1:  # of equal ones, SciPy's r is 0; nothing is left to explain
                self.assertAlmostEqual(answer["r2"], expected.rvalue ** 2, delta=1e-9, msg=values)
        self.assertGreater(lines, SETS / 2)


if __name__ == "__main__":
    unittest.main()
