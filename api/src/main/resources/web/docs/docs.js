// Shows /openapi.json. Whatever stands in the document is written as text, never as HTML.

const METHODS = ["get", "head", "post", "put", "patch", "delete"];
const main = document.getElementById("content");
let api;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== ""));
  return made;
}

/** Text in which `words` between backticks are code. */
function prose(text) {
  return (text ?? "").split("`").map((part, i) => (i % 2 ? element("code", {}, part) : part));
}

function paragraphs(text) {
  return (text ?? "").split("\n\n").filter(Boolean).map((part) => element("p", {}, prose(part)));
}

function followed(node) {
  return node?.$ref ? node.$ref.slice(2).split("/").reduce((at, name) => at[name.replaceAll("~1", "/").replaceAll("~0", "~")], api) : node;
}

function nameOf(node) {
  return node.$ref?.split("/").pop();
}

function link(name) {
  return element("a", { href: `#schema-${name}` }, element("code", {}, name));
}

function joined(parts, between) {
  return parts.flatMap((part, i) => (i ? [between, ...part] : part));
}

/** What a value may be, in one line. */
function type(schema) {
  if (schema.$ref) return [link(nameOf(schema))];
  if (schema.const !== undefined) return [element("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return joined(schema.enum.map((value) => [element("code", {}, String(value))]), " | ");
  if (schema.properties && !schema.type) return type(schema.properties.code); // which of all codes a refusal has
  const choices = schema.oneOf ?? schema.allOf;
  if (choices && !schema.properties) return joined(choices.map(type), schema.oneOf ? " | " : " with code ");
  if (schema.type === "array") return ["array of ", ...type(schema.items ?? {})];
  const types = [schema.type ?? "any JSON"].flat().join(" | ");
  return [schema.format ? `${types} (${schema.format})` : types];
}

function limits(schema) {
  const said = [];
  const range = (low, high, what) => {
    if (low !== undefined && high !== undefined) said.push(`${low} to ${high}${what}`);
    else if (low !== undefined) said.push(`at least ${low}${what}`);
    else if (high !== undefined) said.push(`at most ${high}${what}`);
  };
  range(schema.minimum, schema.maximum, "");
  range(schema.minLength, schema.maxLength, " characters");
  range(schema.minItems, schema.maxItems, " of them");
  if (schema.default !== undefined) said.push(`default ${schema.default}`);
  const told = said.length ? [said.join(", ")] : [];
  if (schema.pattern && schema.format !== "uuid") told.push(element("code", {}, schema.pattern));
  return joined(told.map((one) => [one]), ", ");
}

function table(heads, rows) {
  return element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": heads.join(", ") },
    element("table", {},
      element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, rows.map(([first, ...rest]) =>
        element("tr", {}, element("th", { scope: "row" }, first), rest.map((cell) => element("td", {}, cell)))))));
}

function member(name, required, word = "required") {
  return [element("code", {}, name), required ? element("span", { class: "must" }, ` ${word}`) : ""];
}

/** The members of an object, with those of objects within it; null when it has none. */
function members(schema) {
  const rows = [];
  const add = (object, before) => {
    for (const [name, one] of Object.entries(object.properties ?? {})) {
      const limit = limits(one);
      rows.push([
        member(before + name, object.required?.includes(name)),
        type(one),
        [...prose(one.description), one.description && limit.length ? " " : "", ...limit],
      ]);
      if (one.properties) add(one, `${before}${name}.`);
      if (one.items?.properties) add(one.items, `${before}${name}[].`);
    }
  };
  add(schema, "");
  return rows.length ? table(["member", "type", "meaning"], rows) : null;
}

function example(value, label) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const copy = element("button", { type: "button", "aria-label": `Copy ${label}` }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Not allowed";
    }
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  });
  return element("div", { class: "example" }, element("pre", { tabindex: "0", "aria-label": label }, element("code", {}, text)), copy);
}

function examplesOf(media, label) {
  if (media.example !== undefined) return [example(media.example, label)];
  return Object.entries(media.examples ?? {}).flatMap(([name, one]) =>
    [element("p", { class: "muted" }, one.summary ?? name), example(one.value, `${label}: ${name}`)]);
}

function content(contents, label) {
  return Object.entries(contents ?? {}).flatMap(([mediaType, media]) => [
    element("p", {}, element("code", {}, mediaType), " ", type(media.schema ?? {})),
    media.schema && !media.schema.$ref ? members(media.schema) : null,
    ...examplesOf(media, `${label}, ${mediaType}`),
  ]);
}

/** The part of an example that a shell takes as it stands. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curl(method, path, operation, parameters) {
  const filled = path.replaceAll(/\{([^}]*)\}/g, (all, name) =>
    parameters.find((one) => one.in === "path" && one.name === name)?.example ?? all);
  const line = ["curl"];
  if (method === "head") line.push("-I");
  else if (method === "delete") line.push("-X DELETE");
  if (operation.responses["200"]?.content?.["text/event-stream"]) line.push("-N");
  const bodies = operation.requestBody?.content ?? {};
  if (bodies["multipart/form-data"]) {
    line.push(bodies["multipart/form-data"].schema.$ref.endsWith("/FilesSubmission") ? "-F files=@a.pdf -F files=@b.pdf" : "-F file=@memo.pdf");
  } else if (bodies["application/json"]) {
    const media = bodies["application/json"];
    const body = media.example ?? Object.values(media.examples ?? {})[0]?.value;
    line.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(body))}`);
  }
  if (operation["x-required-right"] !== "open") line.push('-H "X-Api-Key: $KEY"');
  line.push(location.origin + filled);
  return line.join(" ");
}

function title(method, path) {
  return [element("span", { class: `method ${method}` }, method.toUpperCase()), " ", element("span", { class: "path" }, path)];
}

/** Those that many operations share are shown once. */
function response(status, given, name) {
  if (given.$ref) {
    return element("p", { class: "shared" }, element("code", {}, status), " ",
      element("a", { href: `#response-${nameOf(given)}` }, prose(followed(given).description)));
  }
  return element("details", {},
    element("summary", {}, element("code", {}, status), " ", prose(given.description)), answer(given, `${name} ${status}`));
}

function answer(one, label) {
  const headers = Object.entries(one.headers ?? {}).map(([header, described]) => {
    const found = followed(described);
    return [member(header, found.required, "always"), prose(found.description)];
  });
  return [headers.length ? table(["header", "meaning"], headers) : null, content(one.content, label)];
}

function refusalSection(name, one) {
  const status = Object.values(one.content)[0].schema.allOf[1].properties.status.const;
  return element("section", { class: "schema", id: `response-${name}`, "aria-labelledby": `response-${name}-title` },
    element("h3", { id: `response-${name}-title` }, element("code", {}, String(status)), ` ${name}`),
    element("p", {}, prose(one.description)), answer(one, name));
}

function operationSection(method, path, operation, shared) {
  const parameters = [...(operation.parameters ?? []), ...(shared ?? [])].map(followed);
  const id = operation.operationId;
  return element("section", { class: "operation", id, "aria-labelledby": `${id}-title` },
    element("h3", { id: `${id}-title` }, title(method, path)),
    element("p", {}, element("strong", {}, operation.summary), " ", element("span", { class: "right" }, operation["x-required-right"])),
    element("p", { class: "muted" }, prose(operation.description)),
    example(curl(method, path, operation, parameters), `${id} as a curl line`),
    parameters.length ? [element("h4", {}, "Parameters"), table(["name", "in", "type", "meaning"], parameters.map((one) => {
      const limit = limits(one.schema);
      return [member(one.name, one.required), one.in, type(one.schema),
        [...prose(one.description), one.description && limit.length ? " " : "", ...limit]];
    }))] : [],
    operation.requestBody ? [element("h4", {}, "Body"), content(operation.requestBody.content, `body of ${id}`)] : [],
    element("h4", {}, "Answers"),
    Object.entries(operation.responses).map(([status, given]) => response(status, given, id)));
}

function schemaSection(name, schema) {
  return element("section", { class: "schema", id: `schema-${name}`, "aria-labelledby": `schema-${name}-title` },
    element("h3", { id: `schema-${name}-title` }, element("code", {}, name)),
    schema.description ? element("p", {}, prose(schema.description)) : null,
    members(schema) ?? element("p", {}, type(schema), " ", limits(schema)));
}

function errors() {
  const codes = api.components.schemas.ErrorCode["x-codes"];
  return element("section", { id: "errors", class: "schema", "aria-labelledby": "errors-title" },
    element("h3", { id: "errors-title" }, "Codes of errors"),
    table(["code", "status", "title"], Object.entries(codes).map(([code, one]) => [element("code", {}, code), String(one.status), one.title])));
}

function access() {
  const schemes = Object.entries(api.components.securitySchemes);
  return [element("h2", { id: "keys-and-sessions" }, "Keys and sessions"),
    table(["name", "sent as", "meaning"], schemes.map(([name, one]) =>
      [name, one.type === "http" ? "Authorization: Bearer" : `${one.in} ${one.name}`, prose(one.description)]))];
}

/** Adds a list of links to the contents; each knows the words that it is found by. */
function listed(heading, entries) {
  const list = element("ul", {}, entries.map(([id, label, words]) => {
    const item = element("li", {}, element("a", { href: `#${id}` }, label));
    item.dataset.words = words.toLowerCase();
    item.dataset.target = id;
    return item;
  }));
  document.getElementById("contents").append(element("section", {}, element("h2", {}, heading), list));
}

function show() {
  document.getElementById("name").textContent = api.info.title;
  document.getElementById("version").textContent = api.info.version;
  main.replaceChildren(...paragraphs(api.info.description), ...access());
  const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, operation: item[method], shared: item.parameters })));
  for (const { name } of api.tags) {
    const own = operations.filter((one) => one.operation.tags.includes(name));
    main.append(element("h2", {}, name), ...own.map((one) => operationSection(one.method, one.path, one.operation, one.shared)));
    listed(name, own.map(({ method, path, operation }) =>
      [operation.operationId, title(method, path), `${method} ${path} ${operation.summary} ${operation.description}`]));
  }
  const refusals = Object.entries(api.components.responses);
  main.append(element("h2", {}, "Errors"), errors(), ...refusals.map(([name, one]) => refusalSection(name, one)), element("h2", {}, "Schemas"),
    ...Object.entries(api.components.schemas).map(([name, schema]) => schemaSection(name, schema)));
  const codes = api.components.schemas.ErrorCode.enum.join(" ");
  listed("Errors", [["errors", "Codes of errors", `errors codes ${codes}`],
    ...refusals.map(([name, one]) => [`response-${name}`, name, `${name} ${JSON.stringify(one)}`])]);
  listed("Schemas", Object.entries(api.components.schemas).map(([name, schema]) =>
    [`schema-${name}`, name, `${name} ${Object.keys(schema.properties ?? {}).join(" ")}`]));
  main.setAttribute("aria-busy", "false");
  arrive();
}

/** The browser looked for the place named in the address before it was there. */
function arrive() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = document.getElementById(id);
  if (target?.hidden) filter((search.value = "")); // a link into what the filter has put away
  target?.scrollIntoView();
  for (const one of document.querySelectorAll("nav a")) {
    if (id && one.hash === location.hash) one.setAttribute("aria-current", "location");
    else one.removeAttribute("aria-current");
  }
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const item of document.querySelectorAll("#contents li")) {
    item.hidden = !words.every((word) => item.dataset.words.includes(word));
    document.getElementById(item.dataset.target).hidden = item.hidden;
    found += item.hidden ? 0 : 1;
  }
  for (const part of document.querySelectorAll("#contents section")) part.hidden = !part.querySelector("li:not([hidden])");
  document.getElementById("found").textContent = words.length ? `${found} found` : "";
}

function remembered() {
  try {
    return localStorage.getItem("jobtrail-theme");
  } catch {
    return null; // storage may be forbidden: then it holds for this page
  }
}

function theme(name) {
  const button = document.getElementById("theme");
  if (name) document.documentElement.dataset.theme = name;
  const dark = (name ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  button.textContent = dark ? "Light" : "Dark";
  button.setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
  button.dataset.next = dark ? "light" : "dark";
}

const search = document.getElementById("filter");
theme(remembered() ?? undefined);
document.getElementById("theme").addEventListener("click", (event) => {
  const next = event.currentTarget.dataset.next;
  theme(next);
  try {
    localStorage.setItem("jobtrail-theme", next);
  } catch {
    // as above
  }
});
search.addEventListener("input", () => filter(search.value));
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !/^(input|textarea|select)$/i.test(event.target.tagName) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  } else if (event.key === "Escape" && event.target === search) {
    search.value = "";
    filter("");
  }
});
addEventListener("hashchange", arrive);

try {
  const answer = await fetch("/openapi.json", { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  api = await answer.json();
  show();
} catch (failure) {
  main.setAttribute("aria-busy", "false");
  main.replaceChildren(element("p", { class: "alert", role: "alert" },
    `The document cannot be shown: ${failure.message}. It is at `, element("a", { href: "/openapi.json" }, "openapi.json"), "."));
}
