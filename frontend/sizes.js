// What a person downloads: prints each built file's size and fails above its budget.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const assets = new URL("dist/assets/", import.meta.url);
const budgets = {
  fragment: { js: 6000, css: 3000 },
  pages: { js: 8000, css: 8000 },
};

for (const [place, types] of Object.entries(budgets)) {
  for (const [type, budget] of Object.entries(types)) {
    const names = readdirSync(assets).filter((name) => name.startsWith(`${place}.`) && name.endsWith(`.${type}`));
    if (names.length !== 1) {
      console.error(`expected one ${place}.*.${type} in dist/assets, found ${names.length}: run npm run build`);
      process.exitCode = 1;
    }
    for (const name of names) {
      const size = gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length;
      console.log(`${name}: ${size} bytes gzipped, budget ${budget}`);
      if (size > budget) {
        console.error(`${name} is ${size - budget} bytes over its budget`);
        process.exitCode = 1;
      }
    }
  }
}
