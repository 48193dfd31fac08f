// The page's evaluator as any Node reads it: without types and in one piece; and its answers in the vectors' notation.
import { fileURLToPath } from "node:url";
import { build } from "vite";

const built = await build({
  root: fileURLToPath(new URL("..", import.meta.url)),
  configFile: false,
  logLevel: "error",
  build: { write: false, minify: false, lib: { entry: "tests/all.ts", formats: ["es"] } },
});
const { labelAmount, settle } = await import(
  `data:text/javascript,${encodeURIComponent([built].flat()[0].output[0].code)}`
);

/** `1..64/1 = 4`, `a|b = a constant`: what a vector says of an option (`tests/vectors/README.md`). */
function notation({ slot, allowed, value, editable, hidden, absent, required }) {
  if (absent) return "absent";
  const word = (value) =>
    typeof value === "number" ? labelAmount(slot.kind, value).replaceAll(" ", "") : String(value);
  let set;
  if ("of" in allowed) set = allowed.of.map(word).join("|");
  else if ("min" in allowed) set = `${word(allowed.min)}..${word(allowed.max)}/${word(allowed.step)}`;
  else if ("filled" in allowed) set = allowed.filled ? "+" : "*";
  else set = `{${allowed.items}} ${allowed.least}..${allowed.most}`;
  const flags = [!editable && " constant", hidden && " hidden", required && " required"].filter(Boolean).join("");
  return `${set} = ${word(value)}${flags}`;
}

/** Each option after rules, by key; each fault; and whether nothing starts at all. */
export function judged(slots, asked) {
  const { fields, faults, lost } = settle(slots, new Map(Object.entries(asked)));
  return {
    fields: Object.fromEntries(fields.map((field) => [field.slot.key, notation(field)])),
    faults: faults.map(({ code, option }) => `${code} ${option}`).sort(),
    lost,
  };
}
