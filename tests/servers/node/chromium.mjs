// Starts a real Chromium for the scripts beside this one.
import { createRequire } from "node:module";
import { join } from "node:path";

// The packages lie in a cache folder and not beside this file: NODE_PATH names it.
const modules = process.env.NODE_PATH;
if (!modules) throw new Error("NODE_PATH must name the folder of playwright-core");
const { chromium } = createRequire(join(modules, "x.js"))("playwright-core");
const QUIET = ["--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"];

export function launch(executablePath) {
  const sandboxed = process.getuid && process.getuid() !== 0;
  return chromium.launch({ executablePath, args: sandboxed ? QUIET : [...QUIET, "--no-sandbox"] });
}
