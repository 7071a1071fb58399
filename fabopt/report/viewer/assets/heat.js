// A table whose columns are periods: the darker a cell, the more; the number stands in it.

const HEAT_ROWS = 40;

function heatPart(whole) {
  const data = tables[whole.table];
  const all = left(data);
  if (!all.length) return [unreached(data), emptiness(data, whole.title)];
  const { part, rows, bar } = picked(whole, data, all);
  const groups = grouped(data, rows, part);
  let shown = HEAT_ROWS;
  const place = make("div");
  const foot = make("p", { class: "more" });
  const open = new Set();

  function show() {
    const sizes = groups.flatMap((group) => [...group.of.values()].map((size) => Math.abs(size || 0)));
    const most = Math.max(...sizes, 1e-12);
    const first = make("th", { scope: "col" }, part.head);
    const heads = part.periods.map((period) => make("th", { scope: "col", class: "number" }, period));
    const head = make("tr", {}, first, ...(part.whose ? [make("th", { scope: "col" }, part.whose.head)] : []), ...heads);
    const body = make("tbody");
    for (const group of groups.slice(0, shown)) {
      body.append(heatRow(group, part, most, toggle(group)));
      if (open.has(group.key)) for (const inner of group.inner) body.append(heatRow(inner, part, most, null));
    }
    const table = make("table", { class: "heat" }, make("caption", {}, part.title), make("thead", {}, head), body);
    place.replaceChildren(scrolling(table, part.title));
    foot.replaceChildren();
    if (groups.length > shown) {
      const more = () => {
        shown = groups.length;
        show();
      };
      foot.append(`${shown} of ${groups.length} rows. `);
      foot.append(make("button", { type: "button", onclick: more }, "Show all"), " ");
    }
    foot.append(make("button", { type: "button", onclick: () => giveHeat(part, groups) }, "Download as CSV"));
  }

  function toggle(group) {
    if (!group.inner) return null;
    const says = `${group.name} (${group.inner.length})`;
    const change = () => {
      if (!open.delete(group.key)) open.add(group.key);
      show();
      place.querySelectorAll("button").forEach((one) => one.textContent.endsWith(says) && one.focus());
    };
    const opened = open.has(group.key);
    const sign = opened ? "▾ " : "▸ ";
    return make("button", { type: "button", class: "tree", "aria-expanded": String(opened), onclick: change }, sign + says);
  }

  show();
  const why = part.why ? [...new Set(rows.map((row) => data.value(row, part.why)))].filter(Boolean) : [];
  const notes = why.map((text) => make("p", { class: "note" }, `No number (–): ${text}.`));
  return [unreached(data), bar, place, foot, ...notes];
}

// The measure that is chosen, where a table holds several, each in its own unit.
function picked(part, data, rows) {
  if (!part.pick) return { part, rows, bar: null };
  const measures = [...new Set(rows.map((row) => data.value(row, part.pick)))];
  const chosen = measures.includes(option("measure", "")) ? option("measure", "") : measures[0];
  const own = rows.filter((row) => data.value(row, part.pick) === chosen);
  const choices = measures.map((measure) => [measure, measure]);
  const bar = make("div", { class: "bar" });
  bar.append(chooser("Show", choices, chosen, (value) => go({ options: { measure: value } })));
  const title = `${part.title}: ${chosen}, ${data.value(own[0], "unit")}`;
  return { part: { ...part, title }, rows: own, bar };
}

// Rows joined by what tells them apart, those of a class under it, the largest first.
function grouped(data, rows, part) {
  const periods = [...new Set(rows.map((row) => data.value(row, "period")))];
  const order = (period) => (page.periods.includes(period) ? page.periods.indexOf(period) : page.periods.length);
  if (part.start) {
    const starts = new Map(rows.map((row) => [data.value(row, "period"), data.value(row, part.start)]));
    part.periods = periods.sort((a, b) => starts.get(a).localeCompare(starts.get(b)));
  } else part.periods = periods.sort((a, b) => order(a) - order(b));
  const leaves = sums(data, rows, part.key, part.name, part);
  if (!part.classes) return leaves;
  const classes = sums(data, rows, part.classes, part.classes, part);
  for (const group of classes) {
    group.inner = leaves.filter((leaf) => leaf.of_class === group.key);
    group.whose = "";
  }
  return classes;
}

function sums(data, rows, key, name, part) {
  const groups = new Map();
  for (const row of rows) {
    const id = data.value(row, key);
    if (!groups.has(id)) {
      const whose = part.whose ? data.says(row, part.whose.name) : "";
      const of_class = part.classes ? data.value(row, part.classes) : "";
      groups.set(id, { key: id, name: data.says(row, name), whose, of_class, of: new Map(), total: 0 });
    }
    const group = groups.get(id);
    const [period, size] = [data.value(row, "period"), data.value(row, part.column)];
    group.of.set(period, size === null && !group.of.has(period) ? null : (group.of.get(period) || 0) + (size || 0));
    group.total += size || 0;
  }
  return [...groups.values()].sort((a, b) => b.total - a.total);
}

function heatRow(group, part, most, toggle) {
  const inner = toggle === null && part.classes;
  const row = make("tr", { class: inner ? "inner" : "" });
  row.append(make("th", { scope: "row" }, toggle || group.name));
  if (part.whose) row.append(make("td", {}, group.whose || "–"));
  for (const period of part.periods) {
    const size = group.of.get(period);
    const shade = part.form === "share" ? Math.min(size || 0, 1) : Math.sqrt(Math.abs(size || 0) / most);
    const written = size === undefined ? "" : part.form === "share" ? percent(size) : amount(size);
    row.append(make("td", { class: shade > 0.6 ? "number dark" : "number", style: `--shade:${shade.toFixed(3)}` }, written));
  }
  return row;
}

function giveHeat(part, groups) {
  const heads = [part.head, ...(part.classes ? ["class"] : []), ...(part.whose ? [part.whose.head] : []), ...part.periods];
  const leaves = part.classes ? groups.flatMap((group) => group.inner) : groups;
  const rows = leaves.map((leaf) => [
    leaf.name,
    ...(part.classes ? [leaf.of_class] : []),
    ...(part.whose ? [leaf.whose] : []),
    ...part.periods.map((period) => leaf.of.get(period) ?? null),
  ]);
  download(`${part.table}.csv`, csvOf(heads.map((head) => ({ head })), rows));
}
