// Opens every surface in a real Chromium and tells which of a stranger's words did something there.
// Usage: node attack.mjs CHROMIUM FILE   FILE: JSON list of URLs. Prints a JSON list of looks.
import { readFileSync } from "node:fs";
import { launch } from "./chromium.mjs";

const [, , executablePath, file] = process.argv;

// Runs in each page and frame before anything of its own.
function listen() {
  const alarms = [];
  Object.defineProperty(window, "alarms", { value: alarms });
  for (const name of ["alert", "confirm", "prompt"]) window[name] = (text) => void alarms.push(`${name} ${text}`);
  document.addEventListener("securitypolicyviolation", (event) =>
    alarms.push(`policy ${event.violatedDirective} ${event.blockedURI}`),
  );
}

// Elements and attributes that only a stranger would bring.
function look() {
  const LEADING = ["href", "src", "action", "formaction", "data", "xlink:href", "srcset", "poster"];
  const roots = [document, ...[...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean)];
  const every = roots.flatMap((root) => [...root.querySelectorAll("*")]);
  const foreign = every.filter((one) => ["base", "object", "embed", "form", "foreignObject", "set", "animate", "math", "video", "audio", "marquee"].includes(one.localName));
  const acting = every.flatMap((one) => [...one.attributes].filter((it) => /^on/i.test(it.name) || (LEADING.includes(it.name) && /^[\s\x00-\x1f]*(javascript|vbscript|data):/i.test(it.value))));
  return {
    title: document.title,
    scripts: every.filter((one) => one.localName === "script").length,
    elements: foreign.map((one) => one.localName),
    attributes: acting.map((one) => `${one.name}=${one.value}`),
    text: document.documentElement.textContent,
    alarms: window.alarms,
  };
}

// A frame that is still being loaded loses its context meanwhile: it is looked at once it is there.
async function lookAt(frame) {
  for (let tries = 0; tries < 20; tries += 1) {
    try {
      return await frame.evaluate(look);
    } catch (error) {
      if (!/context was destroyed/.test(error.message)) throw error;
      await frame.waitForLoadState("load");
    }
  }
  throw new Error(`${frame.url()} goes on loading`);
}

const browser = await launch(executablePath);
const context = await browser.newContext({ viewport: { width: 900, height: 700 } });
await context.addInitScript(listen);
const found = [];
for (const url of JSON.parse(readFileSync(file, "utf8"))) {
  const page = await context.newPage();
  const [heard, hosts] = [[], new Set()];
  page.on("dialog", (dialog) => (heard.push(`dialog ${dialog.message()}`), dialog.dismiss()));
  page.on("console", (message) => message.type() === "error" && heard.push(`console ${message.text()}`));
  page.on("pageerror", (error) => heard.push(`error ${error}`));
  page.on("popup", () => heard.push("popup"));
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  const response = await page.goto(url, { waitUntil: "load" });
  const frames = [];
  for (const frame of page.frames()) frames.push(await lookAt(frame));
  // Our own server may take a slash off the end of a path; anything else that moves a page is theirs.
  const own = response.request().redirectedFrom() && page.url() === response.url()
    && new URL(page.url()).origin === new URL(url).origin;
  const moved = page.url() === url || own ? [] : [`went to ${page.url()}`];
  found.push({ url, status: response.status(), heard: [...heard, ...moved], hosts: [...hosts], frames });
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify(found));
