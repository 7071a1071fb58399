// Drawing of charts, in the colours of the theme and within the width of the page.

// Charts of the view that is shown, drawn again when the page gets another width or theme.
let charts = [];
let drawing = Promise.resolve();

function draw() {
  const mine = charts;
  drawing = Promise.all(
    mine.map(({ place, spec, says }) => {
      const width = Math.max(240, place.clientWidth);
      return within(spec(width), width).then((into) => {
        if (mine !== charts) return;
        place.replaceChildren(into);
        if (!says) return;
        into.setAttribute("role", "img");
        into.setAttribute("aria-label", says.firstChild.textContent);
        place.prepend(says);
        place.tabIndex = place.scrollWidth > place.clientWidth ? 0 : -1; // it scrolls, also by keyboard
      });
    }),
  ).catch((fault) => console.error(fault));
  return drawing;
}

const LEAST = 180;

// A chart that is wider than its place is drawn again: pictures beside each other go below each other, then narrower.
async function within(spec, width) {
  const into = make("div");
  for (let wanted = spec; wanted; ) {
    await vegaEmbed(into, wanted, { renderer: "svg", actions: false });
    const over = Number(into.querySelector("svg").getAttribute("width")) - width;
    wanted = over > 0 ? narrower(wanted, over) : null;
  }
  return into;
}

function narrower(spec, over) {
  if (spec.hconcat) {
    const { hconcat, ...rest } = spec;
    return { ...rest, vconcat: hconcat };
  }
  if (spec.vconcat) {
    const parts = spec.vconcat.map((part) => narrower(part, over));
    return parts.every(Boolean) ? { ...spec, vconcat: parts } : null;
  }
  return spec.width > LEAST ? { ...spec, width: Math.max(LEAST, spec.width - over) } : null;
}

// Charts that no filter reaches; until they are drawn, on paper and without JavaScript their picture stands there.
function addStill(view) {
  for (const [name, spec] of Object.entries(page.figures)) {
    const place = document.getElementById(name);
    if (!place || !place.closest(`#view-${view.id}`)) continue;
    const { title, ...rest } = spec;
    const says = make("figcaption", {}, make("h4", {}, title.text), make("p", { class: "note" }, (title.subtitle || []).join(" ")));
    charts.push({ place, says, spec: () => ({ ...inked(rest), config: overTheme(spec.config) }) });
  }
}

// Ink and paper of pictures that are made for white paper, and what they are called in the style of the page.
const INKS = { "#333333": "--ink", "#000000": "--ink", black: "--ink", "#555555": "--soft", white: "--paper" };

function inked(node, key = "") {
  if (key === "datasets" || key === "data" || key === "title") return node;
  if (typeof node === "string") return Object.hasOwn(INKS, node) ? paint(INKS[node]) : node;
  if (Array.isArray(node)) return node.map((one) => inked(one));
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(Object.entries(node).map(([name, one]) => [name, inked(one, name)]));
}

function themed() {
  const ink = paint("--ink");
  return {
    background: null,
    view: { stroke: null },
    axis: { grid: false, labelColor: ink, titleColor: ink, tickColor: paint("--line"), domainColor: paint("--line"),
            titleFontWeight: "normal", labelFontSize: 11 },
    legend: { labelColor: ink, titleColor: ink },
  };
}

function overTheme(config) {
  const theme = themed();
  return { ...config, ...theme, axis: { ...config.axis, ...theme.axis } };
}
