// Opens a page in a real Chromium, and reads what it says of its sources.
// Usage: node sources.mjs CHROMIUM URL   Prints the text, the moments in it and what the console said.
import { launch } from "./chromium.mjs";

const [, , executablePath, url] = process.argv;

const browser = await launch(executablePath);
const page = await browser.newPage();
const said = [];
page.on("console", (message) => said.push(message.text()));
await page.goto(url);
const text = await page.textContent(".sources");
const buttons = await page.locator("form button").count();
console.log(JSON.stringify({ text, buttons, said }));
await browser.close();
