// Presses the button that starts a sync, in a real Chromium.
// Usage: node sync-now.mjs CHROMIUM URL   Prints what stands under the sources before and after.
import { launch } from "./chromium.mjs";

const [, , executablePath, url] = process.argv;

const browser = await launch(executablePath);
const page = await browser.newPage();
const said = [];
page.on("console", (message) => said.push(message.text()));
await page.goto(url);
const before = await page.textContent(".sources");
await page.click("form button");
await page.waitForLoadState("load");
const after = await page.textContent(".sources");
const buttons = await page.locator("form button").count();
console.log(JSON.stringify({ before, after, buttons, url: page.url(), said }));
await browser.close();
