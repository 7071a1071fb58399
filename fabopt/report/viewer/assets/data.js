// The tables of the plan, and what a filter leaves of them.

class Data {
  constructor(name, raw) {
    this.name = name;
    this.rows = raw.rows;
    this.columns = raw.columns;
    this.takes = raw.takes;
    this.named = raw.names;
  }

  value(row, column) {
    const held = this.columns[column];
    return held.texts ? held.texts[held.at[row]] : held[row];
  }

  says(row, column) {
    return nameOf(this.named[column], this.value(row, column));
  }
}

function nameOf(kind, id) {
  return (kind && page.names[kind][id]) || id;
}

const tables = {};
for (const [name, raw] of Object.entries(page.tables)) tables[name] = new Data(name, raw);

// Filters that are set and that a table has a column for; the others do not reach it.
function reaching(data) {
  return Object.entries(state.filters).filter(([key]) => data.takes[key]);
}

function left(data) {
  const filters = reaching(data);
  const rows = [];
  for (let row = 0; row < data.rows; row += 1) {
    const fits = ([key, wanted]) => data.takes[key].some((column) => data.value(row, column) === wanted);
    if (filters.every(fits)) rows.push(row);
  }
  return rows;
}

function filterName(key) {
  const filter = FILTERS.find((one) => one.key === key);
  const chosen = filter.choices.find(([id]) => id === state.filters[key]);
  return `${filter.says} ${chosen ? chosen[1] : state.filters[key]}`;
}

function clearing() {
  const none = Object.fromEntries(FILTERS.map((filter) => [filter.key, ""]));
  return make("button", { type: "button", onclick: () => go({ filters: none }) }, "Clear the filters");
}

// What stands where nothing is left: because the plan has none of it, or because of the filters.
function emptiness(data, title) {
  if (!data.rows) return make("p", { class: "empty" }, `${title}: the plan has none of it.`);
  const said = reaching(data).map(([key]) => filterName(key)).join(", ");
  return make("p", { class: "empty" }, `Nothing of it is left by the filter: ${said}. `, clearing());
}

// Said of a part that some filter does not reach, so that nobody takes all for a part.
function unreached(data) {
  const keys = Object.keys(state.filters).filter((key) => !data.takes[key]);
  if (!keys.length) return null;
  return make("p", { class: "unreached" }, `All of it: no filter by ${keys.map(filterName).join(", ")} here.`);
}

// Sums of a column by series and period; small series joined as others.
function summed(data, rows, by, column, scale) {
  const series = new Map();
  for (const row of rows) {
    const key = data.value(row, by);
    if (!series.has(key)) series.set(key, { id: key, name: data.says(row, by) || "–", of: new Map(), total: 0 });
    const one = series.get(key);
    const size = (data.value(row, column) || 0) * scale;
    const period = data.value(row, "period");
    one.of.set(period, (one.of.get(period) || 0) + size);
    one.total += size;
  }
  return [...series.values()].filter((one) => one.total > 0).sort((a, b) => b.total - a.total);
}

function joined(series, most) {
  if (series.length <= most + 1) return series;
  const others = { id: "", name: `others (${series.length - most})`, of: new Map(), total: 0, others: true };
  for (const one of series.slice(most)) {
    others.total += one.total;
    for (const [period, size] of one.of) others.of.set(period, (others.of.get(period) || 0) + size);
  }
  return [...series.slice(0, most), others];
}
