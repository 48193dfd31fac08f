// Amounts as people write and read them: the same as `service/catalogue/amount.rs`. An amount is a whole number of the
// smallest unit: of things, millionths, seconds or bytes.

const TIMES: [label: string, names: string, seconds: number][] = [
  ["d", "d day days", 86_400],
  ["h", "h hr hour hours", 3_600],
  ["min", "min m mins minute minutes", 60],
  ["s", "s sec second seconds", 1],
];
// A bare letter is binary, as Slurm and the hub read it.
const SIZES: [label: string, names: string, bytes: number][] = [
  ["TB", "tb", 1e12],
  ["TiB", "tib t", 2 ** 40],
  ["GB", "gb", 1e9],
  ["GiB", "gib g", 2 ** 30],
  ["MB", "mb", 1e6],
  ["MiB", "mib m", 2 ** 20],
  ["kB", "kb", 1e3],
  ["KiB", "kib k", 2 ** 10],
  ["B", "b", 1],
];
const MOST = 2n ** 63n - 1n;
// More than any option may hold, and still counted exactly.
const BEYOND = 2n ** 53n;

/** Reads an amount; undefined where `text` is none of that kind. */
export function readAmount(kind: string, text: string): number | undefined {
  const total = read(kind, text.trim());
  return total === undefined || total > MOST ? undefined : Number(total < BEYOND ? total : BEYOND);
}

/** `4 h`, `1 h 30 min`, `120 GB`, `1.5` */
export function labelAmount(kind: string, amount: number): string {
  if (kind === "decimal") {
    const rest = amount % 1e6;
    const fraction = String(rest).padStart(6, "0").replace(/0+$/, "");
    return `${(amount - rest) / 1e6}${rest ? `.${fraction}` : ""}`;
  }
  if (kind === "duration") {
    const parts: string[] = [];
    let left = amount;
    for (const [name, , seconds] of TIMES) {
      // Below three days people count hours.
      if (left < seconds || (name === "d" && amount < 3 * 86_400)) continue;
      parts.push(`${Math.floor(left / seconds)} ${name}`);
      left %= seconds;
    }
    return parts.join(" ") || "0 s";
  }
  if (kind === "memory") {
    let best: [count: number, name: string] = [Infinity, ""];
    for (const [name, , bytes] of SIZES) {
      const count = amount / bytes;
      if (amount >= bytes && amount % bytes === 0 && count < best[0]) best = [count, name];
    }
    return best[1] ? best.join(" ") : "0 B";
  }
  return String(amount);
}

function read(kind: string, text: string): bigint | undefined {
  if (kind === "integer") return /^\d+$/.test(text) ? BigInt(text) : undefined;
  if (kind === "decimal") {
    const found = /^(\d+)(?:\.(\d{1,6}))?$/.exec(text);
    return found ? BigInt(found[1]!) * 1_000_000n + BigInt((found[2] ?? "").padEnd(6, "0")) : undefined;
  }
  if (kind === "memory") {
    const found = /^(\d+)\s*([a-z]+)$/i.exec(text);
    const unit = found && SIZES.find(([, names]) => names.split(" ").includes(found[2]!.toLowerCase()));
    return unit ? BigInt(found[1]!) * BigInt(unit[2]) : undefined;
  }
  if (text.includes(":")) {
    const found = /^(?:(\d+)-)?(\d+):(\d+)(?::(\d+))?$/.exec(text);
    if (!found) return undefined;
    const [days, hours, minutes, seconds] = found.slice(1).map((part) => BigInt(part ?? 0));
    return minutes! > 59n || seconds! > 59n
      ? undefined
      : days! * 86_400n + hours! * 3_600n + minutes! * 60n + seconds!;
  }
  let total: bigint | undefined;
  let smallest = Infinity;
  for (let rest = text; rest; ) {
    const found = /^(\d+)\s*([a-z]+)\s*/i.exec(rest);
    const unit = found && TIMES.find(([, names]) => names.split(" ").includes(found[2]!.toLowerCase()));
    // `30min 1h` is a slip of the pen.
    if (!unit || unit[2] >= smallest) return undefined;
    smallest = unit[2];
    total = (total ?? 0n) + BigInt(found[1]!) * BigInt(unit[2]);
    rest = rest.slice(found[0].length);
  }
  return total;
}
