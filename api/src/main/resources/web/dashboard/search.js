// The words of the search box: qualifiers such as status:failed, and free text. The same as parameters of the address.

/** Names in the box, and those of the API. */
const QUALIFIERS = new Map([
  ["status", "status"], ["queue", "queue"], ["realm", "realm"], ["handler", "handler"], ["error", "error_code"], ["error_code", "error_code"], ["batch", "batch"],
]);

/** Parameters that are a filter. */
export const FILTERS = ["status", "queue", "realm", "handler", "error_code", "batch", "q"];

export function idIn(text) {
  const trimmed = text.trim().toLowerCase();
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(trimmed) ? trimmed : null;
}

/** @returns {status, …, q}; a value with blanks stands in quotes */
export function parse(text) {
  const found = {};
  const words = [];
  for (const [, name, quoted, plain] of text.matchAll(/(?:([a-z_]+):)?(?:"([^"]*)"|(\S+))/gi)) {
    const parameter = QUALIFIERS.get(name?.toLowerCase());
    const value = quoted ?? plain;
    if (parameter) found[parameter] = value;
    else words.push(name ? `${name}:${value}` : value);
  }
  if (words.length) found.q = words.join(" ");
  return found;
}

/** The other way round. */
export function compose(filter) {
  const words = FILTERS.filter((name) => name !== "q" && filter[name]).map((name) => {
    const value = /\s/.test(filter[name]) ? `"${filter[name]}"` : filter[name];
    return `${name === "error_code" ? "error" : name}:${value}`;
  });
  if (filter.q) words.push(filter.q);
  return words.join(" ");
}

/** Those of the address that are a filter and have a value. */
export function filterOf(params) {
  return Object.fromEntries(FILTERS.filter((name) => params.get(name)).map((name) => [name, params.get(name)]));
}
