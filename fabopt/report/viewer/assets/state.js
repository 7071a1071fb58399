// What is shown: a view, its filters and its options, all of them in the address behind the hash.

const FILTERS = page.filters;
const state = { view: "", filters: {}, options: {} };

function readHash() {
  const [view, query] = location.hash.slice(1).split("?");
  const asked = new URLSearchParams(query || "");
  const known = page.views.some((one) => one.id === view);
  state.view = known ? view : page.views[0].id;
  state.filters = {};
  state.options = {};
  for (const [key, value] of asked) {
    if (FILTERS.some((filter) => filter.key === key)) state.filters[key] = value;
    else state.options[key] = value;
  }
}

function hashOf(view, filters, options) {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...filters, ...options })) if (value) asked.set(key, value);
  const query = asked.toString();
  return "#" + view + (query ? "?" + query : "");
}

function go(change) {
  const filters = { ...state.filters, ...change.filters };
  const options = change.view && change.view !== state.view ? {} : { ...state.options, ...change.options };
  const hash = hashOf(change.view || state.view, filters, options);
  if (change.quietly) history.replaceState(null, "", hash);
  else location.hash = hash;
  if (change.quietly) readHash();
}

function option(key, usual) {
  return state.options[key] || usual;
}

// -- elements --------------------------------------------------------------------------------------------------------

// Texts become text nodes: nothing that a file says is ever read as HTML.
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function drawn(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function chooser(label, choices, chosen, pick, more = {}) {
  const list = make("select", { onchange: (event) => pick(event.target.value), ...more });
  for (const [value, says] of choices) list.append(make("option", { value, selected: value === chosen }, says));
  return make("label", { class: "choice" }, make("span", {}, label), list);
}

// -- numbers ---------------------------------------------------------------------------------------------------------

// About four digits, as everywhere in fabopt.
function amount(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  const fixed = (digits) =>
    value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (size >= 99.95) return fixed(0);
  if (size >= 9.995) return fixed(1);
  if (size >= 0.0995) return fixed(2);
  return String(Number(value.toPrecision(3)));
}

function percent(share) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  const of = 100 * share;
  return (Math.abs(of) < 0.95 && of !== 0 ? amount(of) : String(Math.round(of))) + " %";
}

// -- light and dark --------------------------------------------------------------------------------------------------

const THEMES = ["as the system", "light", "dark"];

function keptTheme() {
  try {
    return localStorage.getItem("fabopt-theme") || THEMES[0];
  } catch {
    return THEMES[0];
  }
}

function setTheme(theme) {
  if (theme === THEMES[0]) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("fabopt-theme", theme);
  } catch {
    // A page may be open where nothing can be kept; the switch then holds until it is closed.
  }
}

function paint(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
