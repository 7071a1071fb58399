// The flow through the chain in a period: boxes and ribbons as the flow diagram lays them out, with a slider for time.

const STEP = 235;
const TALL = 600;
const BOX = 0.06;
const ROOM = 34;

function flowPart() {
  const flows = page.flows;
  if (!flows.length) return [make("p", { class: "empty" }, "Nothing moves through a chain of chips in this plan.")];
  const labels = flows.map((flow) => flow.period);
  const start = Math.max(0, labels.indexOf(option("period", page.busiest)));
  const said = make("output", { class: "now", "aria-live": "polite" });
  const slider = make("input", { type: "range", min: 0, max: labels.length - 1, value: start, "aria-label": "Period" });
  const place = make("div");
  const touches = make("div");
  const numbers = make("details", {}, make("summary", {}, "The numbers"));
  const show = () => {
    const flow = flows[Number(slider.value)];
    said.textContent = flow.period;
    slider.setAttribute("aria-valuetext", flow.period);
    place.replaceChildren(scrolling(flowPicture(flow), `Flow through the chain in ${flow.period}`));
    touches.replaceChildren(...filterSays(flow));
    numbers.replaceChildren(numbers.firstChild);
    if (numbers.open) numbers.append(flowNumbers(flow));
  };
  slider.addEventListener("input", () => {
    go({ options: { period: labels[Number(slider.value)] }, quietly: true });
    show();
  });
  numbers.addEventListener("toggle", show);
  const step = (by, says) => {
    const move = () => {
      slider.value = Number(slider.value) + by;
      slider.dispatchEvent(new Event("input"));
    };
    return make("button", { type: "button", onclick: move, "aria-label": says }, by < 0 ? "◀" : "▶");
  };
  const bar = make("div", { class: "bar slider" }, step(-1, "Period before"), slider, step(1, "Period after"), said);
  show();
  return [bar, touches, place, numbers];
}

// Boxes that a filter means: the lab, the chip, the company that makes, designs or buys.
function meant(flow) {
  const wanted = Object.entries(state.filters).filter(([key]) => page.flow_filters[key]);
  const fits = (box) => wanted.some(([key, id]) => box.id === id && page.flow_filters[key].includes(box.block));
  return wanted.length ? new Set(flow.boxes.flatMap((box, place) => (fits(box) ? [place] : []))) : null;
}

function filterSays(flow) {
  const boxes = meant(flow);
  const said = Object.keys(state.filters).filter((key) => page.flow_filters[key]).map(filterName).join(", ");
  const beyond = Object.keys(state.filters).filter((key) => !page.flow_filters[key]).map(filterName).join(", ");
  const notes = [];
  if (beyond) notes.push(make("p", { class: "unreached" }, `All of it: no filter by ${beyond} here.`));
  if (boxes === null) return notes;
  if (boxes.size) {
    return [...notes, make("p", { class: "note" }, `Pale: what does not touch ${said}. Boxes keep the size of the whole.`)];
  }
  const none = `No box of its own in ${flow.period} for the filter: ${said} (small ones stand under others). `;
  return [...notes, make("p", { class: "empty" }, none, clearing())];
}

function flowPicture(flow) {
  const last = Math.max(...flow.boxes.map((box) => box.column));
  const boxes = meant(flow);
  const pale = (...ends) => (boxes !== null && boxes.size && !ends.some((end) => boxes.has(end)) ? " pale" : "");
  const wide = STEP * (last + 0.9);
  const box = `-4 -${ROOM} ${wide + 8} ${TALL + ROOM + 8}`;
  const picture = drawn("svg", { viewBox: box, class: "flow", role: "img" });
  picture.style.minWidth = `${Math.min(wide, 1000)}px`;
  picture.append(drawn("title", {}, `Flow through the chain in ${flow.period}`));
  for (const one of flow.ribbons) {
    const [source, target] = [flow.boxes[one.from], flow.boxes[one.to]];
    const says = `${source.name} to ${target.name}: ${amount(one.amount)} ${one.unit}`;
    const shape = drawn("path", { d: ribbonPath(one, source, target), fill: one.colour });
    shape.setAttribute("class", `ribbon${pale(one.from, one.to)}`);
    shape.append(drawn("title", {}, says));
    picture.append(shape);
  }
  const heads = new Map();
  flow.boxes.forEach((one, place) => {
    const [top, bottom] = one.ends.map((y) => y * TALL);
    const x = one.column * STEP;
    const shape = drawn("rect", { x, y: top, width: BOX * STEP, height: Math.max(bottom - top, 0.7), fill: one.colour });
    shape.setAttribute("class", `box${pale(place)}`);
    shape.append(drawn("title", {}, `${one.block}, ${one.name}: ${amount(one.amount)} ${one.unit}`));
    picture.append(shape);
    for (const [y, line] of one.lines) {
      const text = drawn("text", { x: x + BOX * STEP + 4, y: y * TALL + 4 }, line);
      text.setAttribute("class", `name${pale(place)}`);
      picture.append(text);
    }
    const head = heads.get(one.block) || { x, y: top, total: 0, unit: one.unit };
    head.y = Math.min(head.y, top);
    head.total += one.amount;
    heads.set(one.block, head);
  });
  for (const [block, head] of heads) {
    const under = `${amount(head.total)} ${head.unit}`;
    picture.append(drawn("text", { x: head.x, y: head.y - 17, class: "head" }, block));
    picture.append(drawn("text", { x: head.x, y: head.y - 5, class: "under" }, under));
  }
  return picture;
}

// The smooth step between two heights is this curve exactly.
function ribbonPath(one, source, target) {
  const [left, right] = [(source.column + BOX) * STEP, target.column * STEP];
  const [a, b, c, d] = one.ends.map((y) => (y * TALL).toFixed(1));
  const [near, far] = [left + (right - left) / 3, right - (right - left) / 3].map((x) => x.toFixed(1));
  return `M${left} ${a}C${near} ${a} ${far} ${c} ${right} ${c}L${right} ${d}C${far} ${d} ${near} ${b} ${left} ${b}Z`;
}

function flowNumbers(flow) {
  const boxes = meant(flow);
  const rows = flow.ribbons
    .filter((one) => boxes === null || !boxes.size || boxes.has(one.from) || boxes.has(one.to))
    .map((one) => {
      const [source, target] = [flow.boxes[one.from], flow.boxes[one.to]];
      return [source.block, source.name, target.block, target.name, one.amount, one.unit];
    });
  const columns = [
    { head: "from" }, { head: "which" }, { head: "to" }, { head: "which" },
    { head: `amount in ${flow.period}`, number: true }, { head: "unit" },
  ];
  return tableOf(`What moves in ${flow.period}`, columns, rows, { sort: 4, file: `flow-${flow.period}` });
}
