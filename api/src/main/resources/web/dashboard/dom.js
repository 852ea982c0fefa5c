// Makes elements, and brings those on the page up to date in place. All text goes in as text: nothing here reads markup.

/**
 * @param attributes false, null and undefined are left out, true is an empty one; `on` has handlers by event, `key` tells an
 *     element from its siblings
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute === "on") handle(made, value);
    else if (attribute === "key") made.key = String(value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(attribute, value === true ? "" : value);
  }
  made.append(...flat(children));
  return made;
}

function flat(children) {
  return children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== "");
}

/** One listener for each kind of event, which calls the newest handler. */
function handle(element, handlers) {
  for (const type of Object.keys(handlers)) {
    if (!element.handlers?.[type]) element.addEventListener(type, dispatch);
  }
  element.handlers = { ...element.handlers, ...handlers };
}

function dispatch(event) {
  return event.currentTarget.handlers[event.type](event);
}

/** Gives the element these children, and keeps those that are there: focus, scroll position and what was typed stay. */
export function update(parent, ...children) {
  const fresh = flat(children).map((child) => (child instanceof Node ? child : document.createTextNode(child)));
  const keys = new Set(fresh.map((child) => child.key));
  const keyed = new Map();
  for (const child of [...parent.childNodes]) {
    if (child.key === undefined) continue;
    if (keys.has(child.key)) keyed.set(child.key, child);
    else child.remove();
  }
  let at = parent.firstChild;
  for (const child of fresh) {
    const old = child.key === undefined ? at : keyed.get(child.key);
    if (!old || !isAlike(old, child)) {
      parent.insertBefore(child, at);
      continue;
    }
    if (old === at) at = at.nextSibling;
    else parent.insertBefore(old, at);
    renew(old, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function isAlike(old, fresh) {
  return old.nodeName === fresh.nodeName && old.key === fresh.key;
}

function renew(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    const before = old.getAttribute(name);
    if (before === value) continue;
    old.setAttribute(name, value);
    if (name === "value" && old.nodeName === "INPUT") old.value = value;
    if (name === "selected") old.selected = true;
  }
  if (old.type === "checkbox") old.checked = fresh.checked;
  if (fresh.handlers) handle(old, fresh.handlers);
  if (old.nodeName !== "TEXTAREA") update(old, ...fresh.childNodes);
}

/** What a screen reader says once. */
export function say(text) {
  const said = document.getElementById("said");
  said.textContent = "";
  setTimeout(() => (said.textContent = text), 50);
}
