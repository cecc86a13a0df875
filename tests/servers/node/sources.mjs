// Opens a page in a real Chromium, and reads what it says of its sources.
// Usage: node sources.mjs CHROMIUM URL   Prints the text, the moments in it and what the console said.
import { createRequire } from "node:module";
import { join } from "node:path";

const modules = process.env.NODE_PATH;
if (!modules) throw new Error("NODE_PATH must name the folder of playwright-core");
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
const QUIET = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];
const [, , executablePath, url] = process.argv;

const sandboxed = process.getuid && process.getuid() !== 0;
const browser = await chromium.launch({ executablePath, args: sandboxed ? QUIET : [...QUIET, "--no-sandbox"] });
const page = await browser.newPage();
const said = [];
page.on("console", (message) => said.push(message.text()));
await page.goto(url);
const text = await page.textContent(".sources");
const buttons = await page.locator("form button").count();
console.log(JSON.stringify({ text, buttons, said }));
await browser.close();
