// Prints a YAML file as JSON. Anchors are resolved; a key that stands twice is an error.
const { readFileSync } = require("node:fs");
const { parse } = require("yaml");
const text = readFileSync(process.argv[2], "utf8");
console.log(JSON.stringify(parse(text, { strict: true, uniqueKeys: true })));
