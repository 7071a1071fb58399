// Amounts over time, stacked; a letter stands in each piece, so that no series is told by its colour alone.

const PALETTE = page.palette;
const WHITE_ON = new Set(["#0072B2"]);

function stackPart(part) {
  const data = tables[part.table];
  if (!data.rows) return [emptiness(data, part.title)];
  const rows = left(data);
  const measure = part.measures.find((one) => one.column === option("of", "")) || part.measures[0];
  const by = part.by.find(([column]) => column === option("by", "")) || part.by[0];
  const share = part.share && option("as", part.share) === "share";
  const bar = make("div", { class: "bar" });
  const set = (key) => (value) => go({ options: { [key]: value } });
  if (part.measures.length > 1) {
    const choices = part.measures.map((one) => [one.column, one.says]);
    bar.append(chooser("Show", choices, measure.column, set("of")));
  }
  if (part.by.length > 1) bar.append(chooser("By", part.by, by[0], set("by")));
  if (part.share) {
    const choices = [["share", "share of all"], ["amount", "amount"]];
    bar.append(chooser("As", choices, share ? "share" : "amount", set("as")));
  }
  const series = joined(summed(data, rows, by[0], measure.column, measure.scale), PALETTE.length);
  if (!series.length) return [bar, rows.length ? noAmount(measure) : emptiness(data)];
  const unit = share ? "% of all" : measure.unit;
  const title = `${measure.says}, ${unit}, by ${by[1].toLowerCase()}`;
  const pieces = piled(series, share);
  const place = make("div", { class: "chart", role: "img", "aria-label": title });
  charts.push({ place, spec: (width) => stackSpec(pieces, unit, width) });
  const numbers = make("details", {}, make("summary", {}, "The numbers"));
  numbers.addEventListener("toggle", () => {
    if (numbers.open && numbers.childElementCount === 1) numbers.append(numbersOf(title, pieces, by[1], part.table));
  });
  return [unreached(data), bar, make("h4", {}, title), place, keyOf(pieces, unit), numbers];
}

function noAmount(measure) {
  return make("p", { class: "empty" }, `${measure.says}: nothing in any period. `, clearing());
}

// Series with their pieces by period, piled up in order.
function piled(series, share) {
  const total = (period) => series.reduce((sum, one) => sum + (one.of.get(period) || 0), 0);
  const totals = new Map(page.periods.map((period) => [period, total(period)]));
  const low = new Map(page.periods.map((period) => [period, 0]));
  return series.map((one, place) => {
    const letter = String.fromCharCode(65 + place);
    const colour = one.others ? page.rest : PALETTE[place] || page.rest;
    const pieces = page.periods.map((period) => {
      const size = one.of.get(period) || 0;
      const drawnSize = share ? (totals.get(period) ? (100 * size) / totals.get(period) : 0) : size;
      const from = low.get(period);
      low.set(period, from + drawnSize);
      return { period, amount: drawnSize, low: from, high: from + drawnSize };
    });
    return { name: one.name, letter, colour, pieces };
  });
}

function keyOf(series, unit) {
  const last = page.periods.length - 1;
  const list = make("ul", { class: "key" });
  for (const one of [...series].reverse()) {
    const ink = WHITE_ON.has(one.colour) ? "#fff" : "#000";
    const swatch = make("span", { class: "swatch", style: `background:${one.colour};color:${ink}` }, one.letter);
    list.append(make("li", {}, swatch, ` ${one.name}: ${amount(one.pieces[last].amount)}`));
  }
  return make("div", {}, make("p", { class: "note" }, `Top to bottom, with ${unit} in ${page.periods[last]}:`), list);
}

function numbersOf(title, series, by, file) {
  const columns = [{ head: by }, ...page.periods.map((period) => ({ head: period, number: true }))];
  const rows = series.map((one) => [one.name, ...one.pieces.map((piece) => piece.amount)]);
  return tableOf(title, columns, rows, { file });
}

function stackSpec(series, unit, width) {
  const height = width < 500 ? 230 : 300;
  const top = Math.max(...series.flatMap((one) => one.pieces.map((piece) => piece.high)), 1e-9);
  const cell = (width - 70) / page.periods.length;
  const values = series.flatMap((one) =>
    one.pieces.map((piece, place) => {
      const room = ((piece.high - piece.low) / top) * height > 12;
      const there = room && (cell >= 14 || place === page.periods.length - 1);
      const ink = WHITE_ON.has(one.colour) ? "#fff" : "#000";
      return { ...piece, key: one.letter, name: one.name, says: amount(piece.amount), letter: there ? one.letter : "", ink };
    }),
  );
  const step = Math.max(1, Math.ceil(page.periods.length / Math.max(2, Math.floor((width - 70) / 44))));
  const ticks = page.periods.filter((_, place) => place % step === 0);
  const x = { field: "period", type: "ordinal", scale: { domain: page.periods }, title: null,
              axis: { values: ticks, labelAngle: width < 700 ? -60 : 0 } };
  const domain = series.map((one) => one.letter);
  const colour = { field: "key", type: "nominal", legend: null,
                   scale: { domain, range: series.map((one) => one.colour) } };
  const tooltip = [
    { field: "name", title: "what" },
    { field: "period", title: "period" },
    { field: "says", title: unit },
  ];
  const y = { field: "low", type: "quantitative", title: unit, scale: { domain: [0, top], nice: false },
              axis: { tickCount: 5 } };
  return {
    data: { values },
    width,
    height,
    autosize: { type: "fit", contains: "padding" },
    encoding: { x },
    layer: [
      { mark: { type: "bar", binSpacing: 0, stroke: paint("--paper"), strokeWidth: 0.6 },
        encoding: { y, y2: { field: "high" }, color: colour, tooltip } },
      { transform: [{ filter: "datum.letter !== ''" }, { calculate: "(datum.low + datum.high) / 2", as: "middle" }],
        mark: { type: "text", fontSize: 9, tooltip: null },
        encoding: { y: { field: "middle", type: "quantitative" }, text: { field: "letter" },
                    color: { field: "ink", type: "nominal", scale: null } } },
    ],
    config: themed(),
  };
}
