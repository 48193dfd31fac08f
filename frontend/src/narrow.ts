// Narrows a card's options while somebody chooses: what rules take away goes, and what was typed comes back with it.
import { labelAmount } from "./amounts";
import { type Choosable, type Field, type Plain, type Slots, listed, readValue, same, settle } from "./rules";

type Box = HTMLInputElement | HTMLSelectElement;

interface Control {
  key: string;
  boxes: Box[];
  /** Rules decide about it, and left empty it is as they say. */
  ruled: boolean;
  items: HTMLOptionElement[];
  limit: HTMLElement | null;
}

/** What rules say in each profile, from where the page holds it. */
export function rulesOf(root: Element): Map<string, Slots["rules"]> {
  const told = [...root.querySelectorAll<HTMLElement>(".pz-rules")];
  return new Map(
    told.map(({ dataset }) => [dataset["profile"] ?? "", JSON.parse(dataset["rules"] ?? "[]") as Slots["rules"]]),
  );
}

/** Without slots in `options` nothing is done. */
export function narrow(options: HTMLFieldSetElement, told: Map<string, Slots["rules"]>, live: Element | null): void {
  const rules = told.get(options.dataset["profile"] ?? "");
  if (!options.dataset["slots"] || !rules) return;
  const gone = options.dataset["gone"] ?? "";
  const slots: Slots = { options: JSON.parse(options.dataset["slots"]) as Slots["options"], rules };
  const controls = controlsOf(options);
  /** What somebody chose, whether or not it fits now. */
  const wanted = new Map<string, unknown>();
  for (const control of controls.values()) if (!control.ruled) wanted.set(control.key, posted(control));
  // What differs from what nobody chose was chosen before.
  const chosen = [...controls.values()].filter((control) => control.ruled);
  const unasked = settle(slots, wanted, true);
  for (const { slot, value } of unasked.fields) {
    const control = chosen.find(({ key }) => key === slot.key);
    const there = control && posted(control);
    if (there === undefined || there === "") continue;
    const read = readValue(slot, there);
    if (read === undefined || !same(read, value)) wanted.set(slot.key, there);
  }

  const show = (by?: Control): void => {
    const words: string[] = [];
    for (const field of settle(slots, wanted, true).fields) {
      const control = controls.get(field.slot.key);
      if (!control?.ruled) continue;
      const before = seen(control);
      apply(control, field, control !== by);
      if (by && control !== by && seen(control) !== before) {
        const off = field.hidden || field.absent;
        words.push(`${field.slot.label}: ${off ? gone : labelOf(field, field.value)}`);
      }
    }
    if (by && live) live.textContent = words.join(". ");
  };
  show();
  options.addEventListener("change", ({ target }) => {
    const control = [...controls.values()].find(({ boxes }) => boxes.includes(target as Box));
    if (!control) return;
    const value = posted(control);
    if (control.ruled && value === "") wanted.delete(control.key);
    else wanted.set(control.key, value);
    show(control);
  });
}

function controlsOf(options: HTMLFieldSetElement): Map<string, Control> {
  const controls = new Map<string, Control>();
  for (const box of options.querySelectorAll<Box>("select, input")) {
    const key = box.name.slice(box.name.lastIndexOf(".") + 1).replace(/[*?]$/, "");
    const control = controls.get(key);
    if (control) {
      control.boxes.push(box);
      continue;
    }
    const limit = box.closest(".pz-field")?.querySelector<HTMLElement>(".pz-limit") ?? null;
    const items = box instanceof HTMLSelectElement ? [...box.options] : [];
    controls.set(key, { key, boxes: [box], ruled: !!limit, items, limit });
  }
  return controls;
}

/** What a control would post. */
function posted({ boxes }: Control): string | string[] {
  if (!boxes.some(({ type }) => type === "checkbox")) return boxes[0]!.value;
  return boxes.filter((box) => box instanceof HTMLInputElement && box.checked).map(({ value }) => value);
}

/** What somebody sees of it. */
function seen(control: Control): string {
  const [box] = control.boxes;
  return JSON.stringify([posted(control), !!box!.closest<HTMLElement>(".pz-field")?.hidden, box!.disabled]);
}

function apply(control: Control, field: Field, write: boolean): void {
  const { slot, allowed, value, editable } = field;
  const frame = control.boxes[0]!.closest<HTMLElement>(".pz-field")!;
  frame.hidden = field.hidden || field.absent;
  for (const box of control.boxes) {
    // What cannot be changed is not posted: the service sets it.
    box.disabled = !editable;
    if (box.type === "checkbox") {
      const item = box as HTMLInputElement;
      const there = "items" in allowed ? allowed.items.includes(box.value) : (value as string[]).includes(box.value);
      item.closest<HTMLElement>("label")!.hidden = !there;
      item.disabled ||= !there;
      item.checked = there && (value as string[]).includes(box.value);
    } else if (box instanceof HTMLSelectElement) {
      const values = (listed(allowed, Infinity) ?? []).map((one) => [word(slot.kind, one), one] as const);
      box.replaceChildren(
        ...values.map(([text, one]) => control.items.find((item) => item.value === text) ?? new Option(labelOf(field, one), text)),
      );
      box.value = word(slot.kind, value);
    } else if (box.type !== "hidden") {
      if (box.type === "number" && "min" in allowed) {
        [box.min, box.max] = [String(allowed.min), String(allowed.max)];
      }
      if (write || !box.value) box.value = word(slot.kind, value);
    }
  }
  if (control.limit) control.limit.textContent = limitOf(field) ?? control.limit.dataset["otherwise"] ?? "";
}

/** `1 to 16 cores (the site: one GPU feeds sixteen)`; undefined where no rule says anything. */
function limitOf(field: Field): string | undefined {
  const why = field.because.at(-1);
  if (!why) return undefined;
  const range = field.editable ? rangeOf(field, field.allowed) : labelOf(field, field.value);
  return range ? `${range} (${why})` : `${why[0]!.toUpperCase()}${why.slice(1)}.`;
}

function rangeOf({ slot: { kind, label, unit } }: Field, allowed: Choosable): string {
  if ("items" in allowed) {
    const { items, least, most } = allowed;
    if (most >= items.length) return least ? `At least ${least}` : "";
    return least ? `${least} to ${most}` : `At most ${most}`;
  }
  if (!("min" in allowed)) return "";
  const says = !unit || label.toLowerCase().includes(unit.toLowerCase());
  return `${labelAmount(kind, allowed.min)} to ${labelAmount(kind, allowed.max)}${says ? "" : ` ${unit}`}`;
}

/** As a form posts it. */
function word(kind: string, value: Plain): string {
  return typeof value === "number" ? labelAmount(kind, value).replaceAll(" ", "") : String(value);
}

function labelOf({ slot }: Field, value: Plain): string {
  if (typeof value === "number") {
    const amount = labelAmount(slot.kind, value);
    // One core, two cores: a plural loses its s.
    const unit = amount === "1" ? slot.unit?.replace(/s$/, "") : slot.unit;
    return unit ? `${amount} ${unit}` : amount;
  }
  if (Array.isArray(value) && !value.length) return "nothing";
  if (typeof value === "boolean") return value ? "yes" : "no";
  const name = (item: string): string => slot.labels?.[item] ?? item;
  return (Array.isArray(value) ? value.map(name).join(", ") : name(value)) || "none";
}
