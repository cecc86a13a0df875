// Opens pages that carry a widget in a real Chromium and tells what came of it.
// Usage: node widget.mjs CHROMIUM VISITS   VISITS: JSON list of {name, url, width, scheme, …}, see visit().
// Prints one JSON object by the visits' names; with SHOTS=FOLDER it also leaves pictures.
import { join } from "node:path";
import { launch } from "./chromium.mjs";

const [, , executablePath, visits] = process.argv;

// Runs in the page before anything of its own: what the policy refused, and what the widget said.
function listen() {
  const heard = { refused: [], events: [] };
  Object.defineProperty(window, "heard", { value: heard });
  document.addEventListener("securitypolicyviolation", (event) =>
    heard.refused.push(`${event.violatedDirective}: ${event.blockedURI}`),
  );
  for (const name of ["regulars:load", "regulars:error"])
    document.addEventListener(name, (event) => heard.events.push([name, event.detail]));
}

// What every widget on the page shows: read from its open shadow root.
function read() {
  return [...document.querySelectorAll("regulars-widget")].map((widget) => {
    const root = widget.shadowRoot;
    const card = root?.querySelector('[part="card"]');
    const fallback = widget.querySelector("a");
    const box = fallback?.getBoundingClientRect();
    const style = card && getComputedStyle(card);
    return {
      drawn: Boolean(card),
      text: card?.innerText ?? "",
      lit: root?.querySelectorAll(".lit").length ?? 0,
      open: root?.querySelectorAll(".open").length ?? 0,
      small: [...(root?.querySelectorAll("a") ?? [])].filter((link) => link.getBoundingClientRect().height < 24).length,
      links: [...(root?.querySelectorAll("a") ?? [])].map((link) => link.href),
      lang: card?.lang,
      dir: card?.dir,
      paper: style?.backgroundColor,
      animation: style?.animationName,
      hidden: root?.querySelector("svg")?.getAttribute("aria-hidden"),
      fallback: Boolean(box && box.width > 0 && box.height > 0 && fallback.checkVisibility()),
      height: widget.getBoundingClientRect().height,
    };
  });
}

async function visit(browser, wish) {
  const context = await browser.newContext({
    colorScheme: wish.scheme ?? "light",
    reducedMotion: wish.still ? "reduce" : "no-preference",
    forcedColors: wish.forced ? "active" : "none",
    viewport: { width: wish.width ?? 900, height: 700 },
  });
  if (wish.cookie) await context.addCookies([{ name: "own", value: "secret", url: wish.cookie }]);
  const page = await context.newPage();
  const [asked, said] = [[], []];
  page.on("request", (request) => asked.push(request));
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  if (wish.clock) await page.clock.install();
  await page.addInitScript(listen);
  if (wish.old) await page.addInitScript(() => delete CSSStyleSheet.prototype.replaceSync);
  await page.goto(wish.url, { waitUntil: "load" });
  if (wish.clock) {
    await page.waitForRequest((request) => request.url().includes("slow"));
    await page.clock.fastForward(wish.clock);
  }
  const before = asked.length;
  if (wish.scroll) {
    await page.waitForTimeout(300);
    await page.evaluate((top) => scrollTo(0, top), wish.scroll);
  }
  if (wish.events) {
    await page.waitForFunction((count) => window.heard.events.length >= count, wish.events, { timeout: 20000 });
  }
  if (wish.then) await page.evaluate(wish.then);
  if (wish.frame) await page.frameLocator("iframe").locator("h1").waitFor();
  // Whatever follows the event (a late request, a refused style) has time to come.
  await page.waitForTimeout(700);
  const frames = [];
  for (const frame of page.frames().slice(1)) {
    frames.push({
      text: await frame.locator("main").innerText(),
      lit: await frame.locator(".lit").count(),
      fonts: await frame.evaluate(() =>
        [...document.fonts].filter((font) => font.status === "loaded").map((font) => font.family),
      ),
    });
  }
  const found = {
    heard: await page.evaluate(() => window.heard),
    widgets: await page.evaluate(read),
    frames,
    said,
    before: before,
    title: await page.title(),
    images: await page.evaluate(() => [...document.images].map((image) => image.naturalWidth)),
    requests: await Promise.all(
      asked.map(async (request) => ({ url: request.url(), headers: await request.allHeaders().catch(() => ({})) })),
    ),
  };
  if (process.env.SHOTS)
    await page.screenshot({ path: join(process.env.SHOTS, `${wish.name}.png`), fullPage: true });
  await context.close();
  return found;
}

const browser = await launch(executablePath);
const found = {};
for (const wish of JSON.parse(visits)) found[wish.name] = await visit(browser, wish);
await browser.close();
process.stdout.write(JSON.stringify(found));
