// The page's evaluator says what the vectors say, which judge the service too: node --test
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { judged } from "./read.js";

const read = (name) => JSON.parse(readFileSync(new URL(`../../tests/vectors/${name}.json`, import.meta.url), "utf8"));
const [options, slots] = [read("options"), read("slots")];
const vectors = ["shapes", "caps", "tables", "several", "owners"].flatMap(read);

/** The page knows and posts only today's names. */
function today(asked) {
  const key = (name) => Object.keys(options).find((key) => options[key].was?.includes(name)) ?? name;
  const value = (key, posted) => {
    const choices = Object.entries(options[key].choices ?? {});
    return choices.find(([, choice]) => choice.was?.includes(posted))?.[0] ?? posted;
  };
  return Object.fromEntries(Object.entries(asked).map(([name, posted]) => [key(name), value(key(name), posted)]));
}

for (const { title, asked, expect = {}, faults = [], unavailable = false } of vectors) {
  // Of what cannot start the page is told nothing at all.
  if (unavailable) continue;
  test(title, () => {
    const plain = judged({ ...slots[title], rules: [] }, {}).fields;
    assert.deepEqual(judged(slots[title], today(asked)), {
      fields: { ...plain, ...expect },
      faults: [...faults].sort(),
      lost: false,
    });
  });
}

test("all vectors are there", () => assert.ok(vectors.length >= 60 && Object.keys(slots).length >= 60));
