function bar(picture) {
  const host = by("bar");
  host.textContent = "";
  const modes = [["near", "Around a class"], ["all", "All classes"]];
  const drawn = data.violations.filter(v => v.dependencies.length).length;
  if (drawn) modes.unshift(...(drawn > 1 ? [["report", "This report"], ["bad", "All reports"]] : [["report", "This report"]]));
  for (const [name, text] of modes) {
    const button = make("button", { class: mode === name ? "on" : "", "aria-pressed": mode === name }, host, text);
    button.addEventListener("click", () => { mode = name; draw(); });
  }
  if (!picture) make("span", {}, host, `${visible().size} of ${nodes.size} classes drawn`);
  by("legend").textContent = picture && picture.closed
    ? "Each thread holds the lock its arrow starts at and waits for the one it points to. Click an arrow for both call stacks."
    : "A \u2192 B: B was taken while A was held. Click an arrow for both call stacks, a class for what is around it. Wheel and drag to move.";
}
function pick(name) {
  picked = name;
  if (mode === "report" || (nodes.size > few && mode !== "all")) mode = "near";
  list(); draw();
}
function list() {
  const wanted = by("find").value.toLowerCase(), host = by("names");
  host.textContent = "";
  const found = [...nodes.keys()].filter(n => n.toLowerCase().includes(wanted)).sort((a, b) => nodes.get(b).bad - nodes.get(a).bad || (a < b ? -1 : 1));
  for (const name of found) {
    const item = make("div", { class: "name" + (name === picked ? " on" : "") + (nodes.get(name).bad ? " bad" : ""), title: name }, host, name.length > 38 ? label(name) : name);
    onPress(item, () => pick(name), name);
  }
  if (!found.length) make("div", { class: "name soft" }, host, "none");
}
by("find").addEventListener("input", list);

const stackOf = l => typeof l.stack === "number" ? data.stacks[l.stack].map(f => data.frames[f]) : l.stack;
const lock = (title, l, host) => {
  const cell = make("div", {}, host);
  make("b", {}, cell, `${title} ${label(l.class)} ${l.instance}`).setAttribute("title", l.class);
  make("div", { class: "soft" }, cell, l.mode + (l.site ? ", at " + l.site : ""));
  frames(l, cell);
};
function frames(l, cell) {
  const stack = make("pre", {}, cell), all = stackOf(l);
  if (!all.length) stack.textContent = "no stack was captured";
  for (const frame of all) make("div", {}, stack, frame);
}
function edgeInto(e, host, who) {
  make("h3", {}, host, `${who ? who + ": " : ""}${label(e.held.class)} \u2192 ${label(e.wanted.class)}`);
  make("div", { class: "soft" }, host, "seen on " + (e.origin || e.thread) + (e.allHeld.length > 1 ? ", holding " + e.allHeld.map(l => label(l.class)).join(", ") : ""));
  const two = make("div", { class: "two" }, host);
  lock("held", e.held, two);
  lock("wanted", e.wanted, two);
}
const stacked = matchMedia("(max-width: 760px)");
function showEdge(e) {
  const host = by("detail");
  host.textContent = "";
  if (current >= 0) make("button", {}, host, "\u2190 The whole report").addEventListener("click", () => showReport(current, true));
  edgeInto(e, host);
  host.scrollTop = 0;
  if (stacked.matches) host.scrollIntoView();
}
function showReport(index, stay) {
  current = index;
  const v = data.violations[index], host = by("detail"), picture = pictureOf(v);
  host.textContent = "";
  make("h2", {}, host, v.title);
  make("div", {}, host, shorten(v.message, v.classes)).setAttribute("title", v.message);
  if (v.assumption) make("div", { class: "soft" }, host, "Assumes: " + shorten(v.assumption, v.classes));
  const top = make("div", { class: "top" }, host);
  if (picture && picture.closed) {
    const steps = make("ol", {}, top);
    for (const link of picture.links) {
      const item = make("li", {}, steps);
      make("i", {}, item, link.who);
      item.append(`holds ${label(picture.locks[link.from].name)} and waits for ${label(picture.locks[link.to].name)}${link.step ? "" : " (assumed)"}`);
      if (link.step) onPress(item, () => showEdge(link.step));
    }
  }
  if (v.interleaving.threads.length) {
    const table = make("table", {}, make("div", { class: "scroll" }, top)), head = make("tr", {}, table);
    for (const t of v.interleaving.threads) make("th", {}, head, t);
    for (const s of v.interleaving.steps) {
      const row = make("tr", {}, table);
      v.interleaving.threads.forEach((_, i) => make("td", { class: s.hangs && i === s.thread ? "hangs" : "" }, row, i === s.thread ? shorten(s.text, v.classes) : ""));
    }
  }
  v.dependencies.forEach((e, i) => edgeInto(e, host, picture.links[i].who));
  if (!v.dependencies.length) {
    make("div", { class: "soft" }, host, "Found on " + v.thread + (v.heldLocks.length ? ", which holds:" : ", which holds nothing."));
    for (const l of v.heldLocks) lock("held", l, host);
    make("b", {}, host, "Found here");
    frames(v, host);
  }
  if (!stay && v.dependencies.length && mode !== "all") mode = "report";
  host.scrollTop = 0;
  reports(); draw();
}
function reports() {
  const host = by("reports");
  host.textContent = "";
  data.violations.forEach((v, i) => {
    const item = make("div", { class: "report" + (i === current ? " on" : "") }, host);
    make("span", { class: "badge " + v.confidence }, item, v.confidence);
    make("b", {}, item, v.title);
    const chain = v.dependencies.length ? [...v.dependencies.map(e => e.held.class), v.dependencies[v.dependencies.length - 1].wanted.class] : v.classes;
    make("span", { class: "chain", title: v.message }, item, chain.map(label).join(" \u2192 "));
    onPress(item, () => showReport(i), `${v.title}: ${v.message}`);
  });
  if (!data.violations.length) make("p", { class: "report" }, host, "No violation was reported.");
}
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
by("counts").textContent = [count(data.violations.length, "report", "reports"), count(nodes.size, "class", "classes"), count(edges.size, "dependency", "dependencies")].join(", ");
list();
if (current >= 0) showReport(0); else { reports(); draw(); }
addEventListener("resize", draw);
