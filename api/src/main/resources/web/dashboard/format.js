// Times, durations and sizes in words. No duration is ever below zero, whatever the clocks say.

let skew = 0;

/** @param serverDate header Date of an answer: ages are told by the server's clock, if this one is off by more than the header can tell */
export function serverTime(serverDate) {
  const off = Date.parse(serverDate) - Date.now();
  if (!Number.isNaN(off)) skew = Math.abs(off) > 2000 ? off : 0;
}

export function now() {
  return Date.now() + skew;
}

export function between(from, to) {
  return Math.max(0, (to ? Date.parse(to) : now()) - Date.parse(from));
}

/** @param ms 12 → "12 ms", 192000 → "3 min 12 s" */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  const left = Math.max(0, ms);
  if (left < 1000) return `${Math.round(left)} ms`;
  if (left < 9950) return `${(left / 1000).toFixed(1)} s`;
  const s = Math.round(left / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return pair(s, 60, "min", "s");
  if (s < 86400) return pair(Math.round(s / 60), 60, "h", "min");
  return pair(Math.round(s / 3600), 24, "d", "h");
}

function pair(amount, base, large, small) {
  const rest = amount % base;
  return `${Math.floor(amount / base)} ${large}${rest ? ` ${rest} ${small}` : ""}`;
}

/** One unit is enough for how long ago something was. */
export function age(iso) {
  const s = Math.round(between(iso) / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} d`;
}

export function absolute(iso) {
  return `${new Date(iso).toLocaleString()} (${iso})`;
}

export function bytes(amount) {
  if (typeof amount !== "number") return "–";
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let at = 0;
  let left = amount;
  while (left >= 1000 && at < units.length - 1) {
    left /= 1000;
    at++;
  }
  return `${at && left < 10 ? left.toFixed(1) : Math.round(left)} ${units[at]}`;
}

export function count(amount) {
  return typeof amount === "number" ? amount.toLocaleString("en") : "–";
}

/** @param many null = the word with an s */
export function plural(amount, one, many) {
  return `${count(amount)} ${amount === 1 ? one : many ?? `${one}s`}`;
}

/** JSON text with line breaks, without reading the numbers: large ones stay as they are. */
export function indented(json) {
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return json.replace(/"(?:[^"\\]|\\.)*"|[[\]{},:]|\s+|[^"[\]{},:\s]+/g, (token, offset) => {
    const next = json.slice(offset + 1, offset + 40).trimStart()[0];
    if (/^\s/.test(token)) return "";
    if (token === "{" || token === "[") {
      if (next === "}" || next === "]") return token;
      depth++;
      return token + line();
    }
    if (token === "}" || token === "]") {
      const before = json.slice(Math.max(0, offset - 40), offset).trimEnd().at(-1);
      if (before === "{" || before === "[") return token;
      depth--;
      return line() + token;
    }
    return token === "," ? token + line() : token === ":" ? ": " : token;
  });
}
