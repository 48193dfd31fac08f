// What rules leave to choose: the same as `service/effective/settle.rs`, and judged by the same vectors
// (`tests/vectors/`). The service checks whatever is posted; this only spares people a round trip.
import { readAmount } from "./amounts";

/** A value without its type; numbers are whole. */
export type Plain = string | number | boolean | string[];

export type Choosable =
  | { of: Plain[] }
  | { min: number; max: number; step: number; base: number }
  | { filled: boolean }
  | { items: string[]; least: number; most: number };

export interface Says {
  default?: Plain;
  min?: number;
  max?: number;
  only?: Plain[];
  except?: Plain[];
  fixed?: Plain;
  required?: boolean;
  hidden?: boolean;
  absent?: boolean;
}

/** One option before rules speak. */
export interface Slot {
  key: string;
  label: string;
  kind: string;
  unit?: string;
  allowed: Choosable;
  default: Plain;
  saved?: Plain;
  ask?: Says[];
  fixed?: boolean;
  hidden?: boolean;
  absent?: boolean;
  required?: boolean;
  labels?: Record<string, string>;
  nothing?: string[];
  clash?: [string, string][];
}

/** What one rule says about one option. */
export interface Rule {
  to: string;
  when?: { option: string; is?: Plain[]; not?: Plain[]; min?: number; max?: number }[];
  says?: Says[];
  cap?: { of: string; factor: number; per: number; most: boolean };
  table?: { of: string[]; deny: boolean; rows: (Plain[] | null)[][] };
  because: string;
}

export interface Slots {
  options: Slot[];
  rules: Rule[];
}

/** One option after rules spoke. */
export interface Field {
  slot: Slot;
  allowed: Choosable;
  value: Plain;
  editable: boolean;
  hidden: boolean;
  absent: boolean;
  required: boolean;
  /** Of the rules that narrowed it. */
  because: string[];
}

export interface Settled {
  fields: Field[];
  faults: { code: string; option: string }[];
  /** Nothing starts, whatever is asked. */
  lost: boolean;
}

type Narrowed = Pick<Field, "slot" | "allowed" | "hidden" | "absent" | "required" | "because"> & {
  default: Plain;
  fixed: boolean;
};

/** More than so many values are a range. */
const LISTED = 1024;

/**
 * What is left of each option, and what of `asked` (as posted: texts, lists of texts) cannot be had.
 *
 * `lenient`: what does not fit moves to the nearest value, as what was chosen some other time does.
 */
export function settle({ options, rules }: Slots, asked: Map<string, unknown>, lenient = false): Settled {
  const settled: Settled = { fields: [], faults: [], lost: false };
  const values = new Map<string, Plain>();

  /** Nothing is left: the fault of whoever asked for what decides about it, else of nobody. */
  const blame = (target: string): void => {
    const inputs: string[] = [];
    for (let next = [target]; next.length; ) {
      const found = new Set(next.flatMap((key) => rules.filter(({ to }) => to === key).flatMap(inputsOf)));
      next = [...found].sort().filter((key) => !inputs.includes(key));
      inputs.push(...next);
    }
    const option = [...inputs, target].find((key) => asked.has(key));
    if (option === undefined) settled.lost = true;
    else settled.faults.push({ code: "conflict", option });
  };

  for (const slot of options) {
    const before: Narrowed = {
      slot,
      allowed: slot.allowed,
      default: slot.default,
      fixed: !!slot.fixed,
      hidden: !!slot.hidden,
      absent: !!slot.absent,
      required: !!slot.required,
      because: [],
    };
    let option: Narrowed = { ...before, because: [] };
    if (!rules.every((rule) => rule.to !== slot.key || narrow(option, rule, values))) {
      blame(slot.key);
      option = { ...before };
    }
    let field = fit(option);
    if (!field) {
      blame(slot.key);
      field = fit(before) ?? constant(option, settledDefault(option));
    }
    if (asked.has(slot.key)) {
      const value = readValue(slot, asked.get(slot.key));
      const code = refusal(field, value);
      if (!code) field.value = value!;
      else if (!lenient) settled.faults.push({ code, option: slot.key });
      else if (field.editable && value !== undefined) field.value = nearest(field.allowed, slot, value) ?? field.value;
    } else if (!field.absent && !contains(field.allowed, slot, field.value)) {
      settled.faults.push({ code: "required", option: slot.key });
    }
    if (!field.absent) values.set(slot.key, field.value);
    settled.fields.push(field);
  }
  return settled;
}

function inputsOf({ when, cap, table }: Rule): string[] {
  return [...(when ?? []).map(({ option }) => option), ...(cap ? [cap.of] : []), ...(table?.of ?? [])];
}

/** Whether something is left. */
function narrow(option: Narrowed, rule: Rule, values: Map<string, Plain>): boolean {
  const fires = (rule.when ?? []).every(({ option: key, is, not, min, max }) => {
    const value = values.get(key);
    if (value === undefined) return false;
    if (is) return isOneOf(is, value);
    if (not) return !isOneOf(not, value);
    return typeof value === "number" && value >= (min ?? value) && value <= (max ?? value);
  });
  if (!fires) return true;
  const before = JSON.stringify([option.allowed, option.fixed, option.hidden, option.absent, option.required]);
  for (const says of statements(rule, values)) {
    const left = less(option.allowed, option.slot, says);
    if (!left) return false;
    option.allowed = left;
    if (says.default !== undefined) option.default = says.default;
    if (says.fixed !== undefined) [option.fixed, option.default] = [true, says.fixed];
    option.hidden ||= !!says.hidden;
    option.absent ||= !!says.absent;
    option.required ||= !!says.required;
  }
  const after = JSON.stringify([option.allowed, option.fixed, option.hidden, option.absent, option.required]);
  if (after !== before) option.because.push(rule.because);
  return true;
}

function statements({ says, cap, table }: Rule, values: Map<string, Plain>): Says[] {
  if (says) return says;
  if (cap) {
    const counted = values.get(cap.of);
    if (typeof counted !== "number") return [];
    const [product, per] = [BigInt(cap.factor) * BigInt(counted), BigInt(cap.per)];
    // Never more than it says.
    const bound = Number(cap.most ? product / per : (product + per - 1n) / per);
    return [cap.most ? { max: bound } : { min: bound }];
  }
  const held = table?.of.map((key) => values.get(key)) ?? [];
  if (!table || held.includes(undefined)) return [];
  const rows = table.rows.filter((row) => held.every((value, n) => !row[n] || includes(row[n], value!)));
  const targets = rows.map((row) => row[held.length]);
  const all = targets.some((target) => !target);
  const named = targets.flatMap((target) => target ?? []);
  if (table.deny) return all ? [{ only: [] }] : named.length ? [{ except: named }] : [];
  return all ? [] : [{ only: named }];
}

/** What a statement leaves; undefined where that is nothing. */
function less(set: Choosable, slot: Slot, says: Says): Choosable | undefined {
  if (says.fixed !== undefined) return contains(set, slot, says.fixed) ? { of: [says.fixed] } : undefined;
  if (says.only) return only(set, slot, says.only);
  if (says.except) return except(set, says.except);
  if (says.min !== undefined || says.max !== undefined) return within(set, says.min, says.max);
  if (!says.required) return set;
  if ("of" in set) return oneOf(set.of.filter((value) => !isNothing(slot, value)));
  if ("min" in set) return within(set, Math.max(set.min, 1));
  if ("items" in set) return some(set.items, Math.max(set.least, 1), set.most);
  return { filled: true };
}

function within(set: Choosable, least = -Infinity, most = Infinity): Choosable | undefined {
  if ("of" in set) {
    return oneOf(set.of.filter((value) => typeof value !== "number" || (value >= least && value <= most)));
  }
  if (!("min" in set)) return set;
  const { step, base } = set;
  // A bound between two steps moves inwards.
  const min = base + Math.ceil((Math.max(set.min, least) - base) / step) * step;
  const max = base + Math.floor((Math.min(set.max, most) - base) / step) * step;
  return min <= max ? { min, max, step, base } : undefined;
}

function only(set: Choosable, slot: Slot, wanted: Plain[]): Choosable | undefined {
  if ("items" in set) return some(set.items.filter((item) => isAmong(wanted, item)), set.least, set.most);
  if (!("of" in set)) return oneOf(wanted.filter((value) => contains(set, slot, value)));
  return oneOf(
    set.of.filter((value) =>
      Array.isArray(value) ? value.every((item) => isAmong(wanted, item)) : includes(wanted, value),
    ),
  );
}

function except(set: Choosable, unwanted: Plain[]): Choosable | undefined {
  if ("items" in set) return some(set.items.filter((item) => !isAmong(unwanted, item)), set.least, set.most);
  const values = listed(set, LISTED);
  if (!values) return set;
  return oneOf(
    values.filter((value) =>
      Array.isArray(value) ? !value.some((item) => isAmong(unwanted, item)) : !includes(unwanted, value),
    ),
  );
}

function oneOf(of: Plain[]): Choosable | undefined {
  return of.length ? { of } : undefined;
}

function some(items: string[], least: number, limit: number): Choosable | undefined {
  const most = Math.min(limit, items.length);
  return least <= most ? { items, least, most } : undefined;
}

/** Every value, where there are at most `most`. */
export function listed(set: Choosable, most: number): Plain[] | undefined {
  if ("of" in set) return set.of;
  if (!("min" in set)) return undefined;
  const count = (set.max - set.min) / set.step + 1;
  return count > most ? undefined : Array.from({ length: count }, (_, n) => set.min + n * set.step);
}

function contains(set: Choosable, slot: Slot, value: Plain): boolean {
  if ("of" in set) return includes(set.of, value);
  if ("min" in set) {
    return typeof value === "number" && value >= set.min && value <= set.max && (value - set.base) % set.step === 0;
  }
  // Only the service knows what a text has to look like.
  if ("filled" in set) return typeof value === "string" && !(set.filled && value === "");
  return (
    Array.isArray(value) &&
    value.length >= set.least &&
    value.length <= set.most &&
    value.every((item) => set.items.includes(item)) &&
    !clashes(slot, value)
  );
}

function clashes(slot: Slot, items: string[]): boolean {
  return (slot.clash ?? []).some(([one, other]) => items.includes(one) && items.includes(other));
}

/** Where a value lands; undefined where nothing is near it. */
function nearest(set: Choosable, slot: Slot, value: Plain): Plain | undefined {
  if (contains(set, slot, value)) return value;
  if (typeof value !== "number") return undefined;
  if ("min" in set) {
    const inside = Math.min(Math.max(value, set.min), set.max);
    return inside - ((inside - set.base) % set.step);
  }
  if (!("of" in set)) return undefined;
  const distance = (other: Plain): number => (typeof other === "number" ? Math.abs(other - value) : Infinity);
  return [...set.of].sort((a, b) => distance(a) - distance(b) || Number(a) - Number(b))[0];
}

/** The only value there is. */
function single(set: Choosable): Plain | undefined {
  if ("of" in set) return set.of.length === 1 ? set.of[0] : undefined;
  if ("min" in set) return set.min === set.max ? set.min : undefined;
  if (!("items" in set)) return undefined;
  if (!set.items.length || !set.most) return [];
  return set.least === set.items.length ? set.items : undefined;
}

function settledDefault({ slot, allowed, default: wanted }: Narrowed): Plain {
  const near = nearest(allowed, slot, wanted);
  if (near !== undefined) return near;
  if ("of" in allowed) return allowed.of[0] ?? wanted;
  if ("items" in allowed) return allowed.items.slice(0, allowed.least);
  return wanted;
}

/** An option as the preset leaves it; undefined where the preset cannot be had. */
function fit(option: Narrowed): Field | undefined {
  const { slot } = option;
  if (option.absent) return slot.saved === undefined ? constant(option, settledDefault(option)) : undefined;
  const alone = single(option.allowed);
  const set = option.fixed || option.hidden || alone !== undefined;
  const ask = set ? undefined : slot.ask;
  let allowed: Choosable = set && alone === undefined ? { of: [settledDefault(option)] } : option.allowed;
  for (const { min, max, only: wanted } of ask ?? []) {
    const left = wanted ? only(allowed, slot, wanted) : within(allowed, min, max);
    if (!left) return undefined;
    allowed = left;
  }
  const value =
    slot.saved === undefined ? settledDefault({ ...option, allowed }) : nearest(allowed, slot, slot.saved);
  if (value === undefined) return undefined;
  const editable = !!ask && single(allowed) === undefined;
  if (editable) return { ...constant(option, value), allowed, editable };
  return contains(option.allowed, slot, value) ? constant(option, value) : undefined;
}

/** An option that nobody can change. */
function constant({ slot, hidden, absent, required, because }: Narrowed, value: Plain): Field {
  return { slot, allowed: { of: [value] }, value, editable: false, hidden, absent, required, because };
}

/** Why a posted value cannot be had. */
function refusal({ slot, allowed, absent, editable, required }: Field, value: Plain | undefined): string | undefined {
  if (absent) return "absent";
  if (value === undefined) return "wrong-type";
  if (contains(allowed, slot, value)) return undefined;
  if (!editable) return "fixed";
  if (Array.isArray(value) && clashes(slot, value)) return "conflict";
  if (required && isNothing(slot, value)) return "required";
  return "min" in allowed ? "out-of-range" : "not-allowed";
}

/** Reads what was posted, as `service/catalogue/value.rs` does; undefined where it is of another kind. */
export function readValue({ kind, allowed, labels }: Slot, posted: unknown): Plain | undefined {
  if (kind === "several") {
    if (posted === "") return [];
    const items = (Array.isArray(posted) ? posted : [posted]).filter((item) => item !== "");
    if (new Set(items).size < items.length || items.some((item) => typeof item !== "string")) return undefined;
    const order = "items" in allowed ? allowed.items : Object.keys(labels ?? {});
    const place = (item: string): number => (order.includes(item) ? order.indexOf(item) : Infinity);
    return (items as string[]).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  }
  if (kind === "boolean") {
    return typeof posted === "boolean" ? posted : posted === "true" ? true : posted === "false" ? false : undefined;
  }
  if (kind === "choice" || kind === "text") {
    if (typeof posted === "number" && kind === "choice") return String(posted);
    return typeof posted === "string" ? posted : undefined;
  }
  if (typeof posted === "number" && kind !== "decimal") {
    return Number.isInteger(posted) && posted >= 0 ? Math.min(posted, 2 ** 53) : undefined;
  }
  return typeof posted === "string" || typeof posted === "number" ? readAmount(kind, String(posted)) : undefined;
}

function isNothing({ kind, nothing }: Slot, value: Plain): boolean {
  if (kind === "choice") return (nothing ?? []).includes(value as string);
  return Array.isArray(value) ? !value.length : !value;
}

function isOneOf(wanted: Plain[], value: Plain): boolean {
  return Array.isArray(value) ? value.some((item) => isAmong(wanted, item)) : includes(wanted, value);
}

/** Whether one of `lists` names `item`. */
function isAmong(lists: Plain[], item: string): boolean {
  return lists.some((list) => (Array.isArray(list) ? list.includes(item) : list === item));
}

function includes(values: Plain[], value: Plain): boolean {
  return values.some((other) => same(other, value));
}

export function same(one: Plain, other: Plain): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
