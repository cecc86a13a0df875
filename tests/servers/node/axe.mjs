// Opens pages in a real Chromium and looks at each with axe-core: at three widths, light and dark.
// Usage: node axe.mjs CHROMIUM URL...   Prints one JSON object; with SHOTS=FOLDER it also leaves pictures.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

// The packages lie in a cache folder and not beside this file: NODE_PATH names it.
const modules = process.env.NODE_PATH;
if (!modules) throw new Error("NODE_PATH must name the folder of playwright-core and axe-core");
const require = createRequire(join(modules, "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const WIDTHS = [1200, 420, 320];
const SCHEMES = ["light", "dark"];
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const [, , executablePath, ...urls] = process.argv;

// As a reader meets it: the page's own policy holds, and nothing of ours is in it.
async function visit(browser, url, width, colorScheme) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const foreign = [];
  const failed = [];
  const said = [];
  page.on("request", (request) => {
    if (new URL(request.url()).host !== new URL(url).host) foreign.push(request.url());
  });
  page.on("requestfailed", (request) => failed.push(request.url()));
  page.on("response", (response) => {
    if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`);
  });
  page.on("console", (message) => said.push(message.text()));
  await page.goto(url, { waitUntil: "load" });
  const fonts = await page.evaluate(async () => {
    await document.fonts.ready;
    return [...document.fonts].filter((font) => font.status === "loaded").map((font) => font.family);
  });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  const scripts = await page.evaluate(() => document.scripts.length);
  if (process.env.SHOTS) {
    const name = `${new URL(url).port}-${width}-${colorScheme}.png`;
    await page.screenshot({ path: join(process.env.SHOTS, name), fullPage: true });
  }
  await context.close();
  return { foreign, failed, said, fonts, overflow, scripts };
}

// The policy forbids every script, axe's as well; it alone is let past it here. Still, so that no
// contrast is measured in the middle of a fade.
async function examine(browser, url, width, colorScheme) {
  const context = await browser.newContext({
    bypassCSP: true,
    colorScheme,
    reducedMotion: "reduce",
    viewport: { width, height: 900 },
  });
  const page = await context.newPage();
  await page.goto(url, { waitUntil: "networkidle" });
  for (const summary of await page.locator("summary").all()) await summary.click();
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("a, summary")]
      .filter((target) => !target.matches(".skip"))
      .filter((target) => target.getBoundingClientRect().height < 24)
      .map((target) => target.textContent.trim()),
  );
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  await context.close();
  const violations = found.violations.map((violation) => ({
    id: violation.id,
    help: violation.help,
    places: violation.nodes.map((node) => node.target.join(" ")),
  }));
  return { violations, small, rules: found.passes.length };
}

async function look(browser, url, width, colorScheme) {
  return {
    url,
    width,
    colorScheme,
    ...(await visit(browser, url, width, colorScheme)),
    ...(await examine(browser, url, width, colorScheme)),
  };
}

const sandboxed = process.getuid && process.getuid() !== 0;
const browser = await chromium.launch({
  executablePath,
  args: sandboxed ? QUIET : [...QUIET, "--no-sandbox"],
});
const looks = [];
for (const url of urls)
  for (const width of WIDTHS)
    for (const scheme of SCHEMES) looks.push(await look(browser, url, width, scheme));
await browser.close();
process.stdout.write(JSON.stringify({ looks }));
