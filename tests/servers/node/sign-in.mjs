// Signs in and out again in a real Chromium, as a person does: by a link and two buttons.
// Usage: node sign-in.mjs CHROMIUM LINK   Prints a JSON list of what stood there after each step.
import { launch } from "./chromium.mjs";

const [, , executablePath, link] = process.argv;
const home = new URL("/", link).href;

const browser = await launch(executablePath);
const context = await browser.newContext();
const page = await context.newPage();
let status = 0;
const violations = [];
page.on("response", (response) => {
  if (response.request().isNavigationRequest()) status = response.status();
});
page.on("console", (message) => /policy/i.test(message.text()) && violations.push(message.text()));

const steps = [];
async function tell(step) {
  const cookies = await context.cookies();
  steps.push({
    step,
    status,
    path: new URL(page.url()).pathname,
    heading: await page.textContent("h1"),
    cookies: cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite })),
  });
}
async function press(name) {
  await Promise.all([page.waitForNavigation(), page.getByRole("button", { name }).click()]);
}

await page.goto(home);
await tell("before");
await page.goto(link);
await tell("link");
await press("Sign in");
await tell("signed in");
await page.getByRole("link", { name: "Sign out" }).click();
await tell("on the way out");
await press("Sign out");
await tell("signed out");
await page.goto(home);
await tell("after");
await page.goto(link);
await tell("link again");
await browser.close();
process.stdout.write(JSON.stringify({ steps, violations }));
