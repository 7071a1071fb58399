// Tables that are sorted by their heads, searched, shown a part at a time, and given away as CSV.

const PIECE = 100;

// columns: {head, number, form}; rows: arrays of raw values (texts or numbers).
function tableOf(caption, columns, rows, more = {}) {
  const sorting = { column: more.sort ?? -1, down: more.down ?? true };
  let shown = more.most || PIECE;
  const body = make("tbody");
  const heads = columns.map((column, place) => {
    const button = make("button", { type: "button", onclick: () => sortBy(place) }, column.head);
    return make("th", { scope: "col", class: column.number ? "number" : "" }, button);
  });
  const foot = make("p", { class: "more" });
  const written = (column, value) => (column.number ? (column.form || amount)(value) : value || "–");

  function sortBy(place) {
    sorting.down = sorting.column === place ? !sorting.down : Boolean(columns[place].number);
    sorting.column = place;
    fill();
  }

  function ordered() {
    if (sorting.column < 0) return rows;
    const way = sorting.down ? -1 : 1;
    const key = (row) => row[sorting.column];
    const compare = (a, b) => {
      if (columns[sorting.column].number) return way * ((key(a) ?? -Infinity) - (key(b) ?? -Infinity)) || 0;
      return way * String(key(a)).localeCompare(String(key(b)), "en", { numeric: true });
    };
    return [...rows].sort(compare);
  }

  function fill() {
    heads.forEach((head, place) => {
      const way = place !== sorting.column ? "none" : sorting.down ? "descending" : "ascending";
      head.setAttribute("aria-sort", way);
    });
    const cells = (row) =>
      columns.map((column, place) =>
        make("td", { class: column.number ? "number" : column.wide ? "wide-text" : "" }, written(column, row[place])),
      );
    body.replaceChildren(...ordered().slice(0, shown).map((row) => make("tr", {}, ...cells(row))));
    foot.replaceChildren(`${Math.min(shown, rows.length).toLocaleString("en-US")} of `);
    foot.append(`${rows.length.toLocaleString("en-US")} rows. `);
    const wider = () => {
      shown += 5 * PIECE;
      fill();
    };
    if (rows.length > shown) foot.append(make("button", { type: "button", onclick: wider }, "Show more"), " ");
    const give = () => download(`${more.file || "table"}.csv`, csvOf(columns, ordered()));
    foot.append(make("button", { type: "button", onclick: give }, "Download as CSV"));
  }

  fill();
  const table = make("table", {}, caption ? make("caption", {}, caption) : null);
  table.append(make("thead", {}, make("tr", {}, ...heads)), body);
  return make("div", {}, scrolling(table, caption), foot);
}

// What is wider than the page scrolls in its own frame, which the keyboard reaches.
function scrolling(node, label) {
  return make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label || "table" }, node);
}

function csvOf(columns, rows) {
  // A text that a spreadsheet would take for a formula is kept a text.
  const cell = (value) => {
    const text = typeof value === "string" && /^[=+@\t\r-]/.test(value) ? `'${value}` : String(value ?? "");
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const line = (values) => values.map(cell).join(",");
  return [line(columns.map((column) => column.head)), ...rows.map(line)].join("\r\n") + "\r\n";
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  make("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// A part of a view: rows of a table of the plan.
function rowsPart(part) {
  const data = tables[part.table];
  const rows = left(data);
  if (!rows.length) return [emptiness(data, part.title)];
  const columns = part.columns.map((column) => ({ ...column, form: column.form === "share" ? percent : amount }));
  const value = (row, column) => (column.number ? data.value(row, column.name) : data.says(row, column.name));
  const raw = rows.map((row) => columns.map((column) => value(row, column)));
  const more = { sort: part.sort, down: part.down, file: part.table };
  const place = make("div");
  const show = (found) =>
    place.replaceChildren(
      found.length
        ? tableOf(part.title, columns, found, more)
        : make("p", { class: "empty" }, `No row of ${raw.length.toLocaleString("en-US")} has all of these words.`),
    );
  if (!part.search) {
    show(raw);
    return [unreached(data), place];
  }
  return [unreached(data), searchBar(part, columns, raw, show), place];
}

// Words that all must stand somewhere in a row, and choices of columns with few texts.
function searchBar(part, columns, raw, show) {
  const bar = make("div", { class: "bar" });
  const chosen = (name) => state.options[`${part.table}.${name}`] || "";
  const find = () => {
    const words = chosen("q").toLowerCase().split(/\s+/).filter(Boolean);
    const picked = part.choices.filter((name) => chosen(name));
    const place = (name) => columns.findIndex((column) => column.name === name);
    show(
      raw.filter((row) => {
        const text = row.join(" \u0001 ").toLowerCase();
        const fits = picked.every((name) => row[place(name)] === chosen(name));
        return fits && words.every((word) => text.includes(word));
      }),
    );
  };
  const set = (key) => (value) => {
    go({ options: { [`${part.table}.${key}`]: value }, quietly: true });
    find();
  };
  const typed = (event) => set("q")(event.target.value);
  const box = make("input", { type: "search", value: chosen("q"), oninput: typed, placeholder: "words" });
  bar.append(make("label", { class: "choice" }, make("span", {}, "Search"), box));
  for (const name of part.choices) {
    const place = columns.findIndex((column) => column.name === name);
    const there = [...new Set(raw.map((row) => row[place]))].filter(Boolean).sort();
    const choices = [["", "all"], ...there.map((text) => [text, text])];
    bar.append(chooser(columns[place].head, choices, chosen(name), set(name)));
  }
  find();
  return bar;
}
