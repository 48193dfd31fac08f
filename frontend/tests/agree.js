// Whether the page's evaluator says what the core says: node agree.js FILE, of lines {slots, asked, fields, faults, lost}.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { judged } from "./read.js";

const lines = readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean);
for (const line of lines) {
  const { slots, asked, ...expected } = JSON.parse(line);
  assert.deepEqual(judged(slots, asked), expected, line);
}
console.log(`${lines.length} agree`);
