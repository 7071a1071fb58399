// The views: which is shown, what its parts are, and the bar of filters above all of them.

const PARTS = { stack: stackPart, rows: rowsPart, heat: heatPart, flow: flowPart };

function show() {
  readHash();
  charts = [];
  const view = page.views.find((one) => one.id === state.view);
  for (const section of document.querySelectorAll("section.view")) section.hidden = section.id !== `view-${view.id}`;
  for (const link of document.querySelectorAll("nav a")) {
    const id = link.dataset.view;
    link.href = hashOf(id, state.filters, id === view.id ? state.options : {});
    if (id === view.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.querySelector('nav a[aria-current="page"]').scrollIntoView({ block: "nearest", inline: "nearest" });
  document.title = `${view.title} · ${page.title}`;
  showFilters(view);
  view.parts.forEach((part, place) => {
    const into = document.getElementById(`part-${view.id}-${place}`);
    if (part.kind !== "html") into.replaceChildren(...PARTS[part.kind](part).filter(Boolean));
    else into.querySelector(".whole").replaceChildren(...[part.whole ? unreached({ takes: {} }) : null].filter(Boolean));
  });
  addStill(view);
  draw();
}

function showFilters(view) {
  const bar = document.getElementById("filters");
  const reached = new Set(view.parts.flatMap((part) => Object.keys(part.table ? tables[part.table].takes : {})));
  if (view.parts.some((part) => part.kind === "flow")) for (const key of Object.keys(page.flow_filters)) reached.add(key);
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.filter : "";
  bar.replaceChildren();
  for (const filter of FILTERS) {
    const chosen = state.filters[filter.key] || "";
    const known = !chosen || filter.choices.some(([id]) => id === chosen);
    const choices = [["", "all"], ...filter.choices, ...(known ? [] : [[chosen, `${chosen} (not in this plan)`]])];
    const pick = (value) => go({ filters: { [filter.key]: value } });
    const there = reached.has(filter.key);
    const more = { disabled: !there, "data-filter": filter.key, title: there ? "" : "nothing in this view has one" };
    if (filter.choices.length) bar.append(chooser(filter.says, choices, chosen, pick, more));
  }
  if (Object.keys(state.filters).length) bar.append(clearing());
  const again = focused && bar.querySelector(`[data-filter="${focused}"]`);
  if (again) again.focus();
}

function showTheme() {
  const set = (theme) => {
    setTheme(theme);
    show();
  };
  document.getElementById("theme").replaceChildren(
    chooser("Colours", THEMES.map((theme) => [theme, theme]), keptTheme(), set),
  );
}

setTheme(keptTheme());
document.documentElement.classList.add("live");
showTheme();
show();
addEventListener("hashchange", () => {
  show();
  if (document.activeElement === document.body) scrollTo(0, 0);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
let wide = innerWidth;
addEventListener("resize", () => {
  if (Math.abs(innerWidth - wide) < 30) return;
  wide = innerWidth;
  draw();
});
