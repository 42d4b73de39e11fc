// SPDX-License-Identifier: MIT
// Opens pages in Chromium as people do, and says what is wrong with them: browse.mjs MODULES PAGE..., where MODULES is the folder
// in which npm has installed playwright-core and axe-core. For each page:
// - served under the policy that Jenkins has for artefacts: the refusal of its one style is all that the console says;
// - from its file in light, dark, print and 360 px wide: the console says nothing, every text of every drawing is shown, no two
//   texts overlap, and nothing is wider than a narrow screen but what scrolls by itself; axe finds nothing.
// A PNG of each is written beside the page. The status is 1 where anything was found.
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, ...pages] = process.argv.slice(2);
const require = createRequire(resolve(modules, "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

// https://www.jenkins.io/doc/book/security/configuring-content-security-policy/
const POLICY = "sandbox allow-same-origin; default-src 'none'; img-src 'self'; style-src 'self';";
const MODES = {
  light: { colorScheme: "light", viewport: { width: 1000, height: 800 } },
  dark: { colorScheme: "dark", viewport: { width: 1000, height: 800 } },
  print: { colorScheme: "light", viewport: { width: 800, height: 1100 }, media: "print" },
  narrow: { colorScheme: "light", viewport: { width: 360, height: 740 } },
};

let found = 0;
function tell(page, mode, what) {
  console.log(`${basename(page)}, ${mode}: ${what}`);
  found++;
}

// In the page: what of its texts cannot be seen, or lies on another.
function survey() {
  const wrong = [], boxes = [];
  for (const text of document.querySelectorAll("svg text, h1, h2, p, li, th, td, caption, summary, pre")) {
    if (text.closest("details:not([open])") && text.localName !== "summary") continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const box of text.namespaceURI.endsWith("svg") ? [text.getBoundingClientRect()] : range.getClientRects()) {
      if (box.width === 0 && text.textContent.trim() !== "") wrong.push(`not shown: ${text.textContent.slice(0, 60)}`);
      else boxes.push([text, box.left, box.top, box.right, box.bottom]);
    }
  }
  for (let i = 0; i < boxes.length; i++) {
    const [a, left, top, right, bottom] = boxes[i];
    for (let k = i + 1; k < boxes.length; k++) {
      const [b, itsLeft, itsTop, itsRight, itsBottom] = boxes[k];
      const high = Math.min(bottom, itsBottom) - Math.max(top, itsTop), wide = Math.min(right, itsRight) - Math.max(left, itsLeft);
      // A line box is higher than its letters.
      if (a !== b && wide > 1 && high > 0.3 * Math.min(bottom - top, itsBottom - itsTop))
        wrong.push(`overlap: "${a.textContent.slice(0, 40)}" and "${b.textContent.slice(0, 40)}"`);
    }
  }
  if (document.documentElement.scrollWidth > window.innerWidth + 1)
    wrong.push(`${document.documentElement.scrollWidth} px wide in ${window.innerWidth}`);
  return wrong;
}

async function open(browser, url, options, page, mode, refusals) {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  const said = [];
  tab.on("console", (message) => said.push(message.text()));
  tab.on("pageerror", (error) => said.push(String(error)));
  await tab.goto(url);
  if (options.media) await tab.emulateMedia({ media: options.media });
  const style = said.filter((text) => /Refused to apply inline style|violates .*style-src/.test(text));
  for (const text of said.filter((one) => !style.includes(one))) tell(page, mode, `the console: ${text}`);
  if (style.length !== refusals) tell(page, mode, `${style.length} styles were refused, expected ${refusals}`);
  return [context, tab];
}

async function look(browser, page) {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { "Content-Type": "text/html", "Content-Security-Policy": POLICY });
    answer.end(readFileSync(page));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const served = `http://127.0.0.1:${server.address().port}/`;
  const [context, tab] = await open(browser, served, MODES.light, page, "policy", 1);
  for (const wrong of await tab.evaluate(`(${survey})()`)) if (!/px wide/.test(wrong)) tell(page, "policy", wrong);
  await tab.screenshot({ path: `${page}.policy.png`, fullPage: true });
  await context.close();
  server.close();
  for (const [mode, options] of Object.entries(MODES)) {
    const [its, one] = await open(browser, pathToFileURL(resolve(page)).href, options, page, mode, 0);
    for (const wrong of await one.evaluate(`(${survey})()`)) tell(page, mode, wrong);
    await one.screenshot({ path: `${page}.${mode}.png`, fullPage: true });
    await one.evaluate(axe);
    for (const violation of (await one.evaluate("axe.run()")).violations)
      tell(page, mode, `axe: ${violation.id}: ${violation.help}: ${violation.nodes[0].html.slice(0, 160)}`);
    await its.close();
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});
for (const page of pages) await look(browser, page);
await browser.close();
console.log(`${pages.length} pages, ${found} findings`);
process.exit(found > 0 ? 1 : 0);
