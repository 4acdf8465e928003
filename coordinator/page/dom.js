// Makes elements. Text is always text: nothing of the coordinator's is read as HTML.

// make("a", {href: "#/", class: "name"}, "Jobs"): attributes that are null are left out, functions
// are listeners ("onclick").
export function make(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...content.filter((part) => part !== null && part !== undefined));
  return element;
}

// Columns are {title, number?: true}; each row is a list of texts and elements.
export function table(caption, columns, rows, empty) {
  if (rows.length === 0) return make("p", {class: "empty"}, empty);
  const heads = columns.map(({title, number}) =>
    make("th", {scope: "col", class: number ? "number" : null}, title));
  const body = rows.map((row) => make("tr", {}, ...row.map((cell, i) => {
    const attributes = {class: columns[i].number ? "number" : null, "data-title": columns[i].title};
    return i === 0 ? make("th", {scope: "row", ...attributes}, cell) : make("td", attributes, cell);
  })));
  return make("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    make("table", {}, make("caption", {class: "hidden"}, caption),
      make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body)));
}

export function card(title, ...content) {
  return make("section", {class: "card", "aria-label": title}, make("h2", {}, title), ...content);
}

// Pairs of a name and a text or element; those without a value are left out.
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return make("dl", {class: "facts"},
    ...shown.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

// Replaces what is in `element`, unless it is the same already, so that focus and selection stay.
export function show(element, ...content) {
  const fresh = make(element.tagName, {}, ...content);
  if (fresh.innerHTML === element.innerHTML) return;
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.getAttribute("data-key") ?? focused?.getAttribute("href");
  const scrolled = [...element.querySelectorAll(".scroll")].map((one) => one.scrollLeft);
  element.replaceChildren(...fresh.childNodes);
  element.querySelectorAll(".scroll").forEach((one, i) => { one.scrollLeft = scrolled[i] ?? 0; });
  if (key) {
    [...element.querySelectorAll("[data-key], [href]")]
      .find((one) => (one.getAttribute("data-key") ?? one.getAttribute("href")) === key)?.focus();
  }
}
