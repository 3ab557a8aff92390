const few = 40;
let current = data.violations.length ? 0 : -1;
let picked = null, chosen = null;
let mode = data.violations.some(v => v.dependencies.length) ? "report" : nodes.size <= few ? "all" : "near";

// Which classes are drawn. With many, only those on a circle or around the one that is picked: a picture of everything shows little.
function visible() {
  if (mode === "all") return new Set(nodes.keys());
  const seeds = new Set();
  if (mode === "near") { const name = picked ?? busiest(); if (name !== null) seeds.add(name); }
  else for (const n of nodes.values()) if (n.bad) seeds.add(n.name);
  if (picked !== null) seeds.add(picked);
  const shown = new Set(seeds);
  let ring = [...seeds];
  const around = mode === "near" && ring.length ? nodes.get(ring[0]).before.size + nodes.get(ring[0]).after.size : few;
  const rings = mode === "near" ? (around < 6 ? 2 : 1) : nodes.size > few ? 0 : 1;
  const most = mode === "near" ? few / 2 : few;
  for (let i = 0; i < rings; i++) {
    const next = [];
    for (const name of ring) for (const other of [...nodes.get(name).before, ...nodes.get(name).after]) {
      if (shown.size >= most || shown.has(other)) continue;
      shown.add(other); next.push(other);
    }
    ring = next;
  }
  return shown;
}
function busiest() {
  let best = null;
  for (const n of nodes.values()) if (!best || n.after.size + n.before.size > best.after.size + best.before.size) best = n;
  return best ? best.name : null;
}

// Layers by the longest path after the edges that close circles are set aside; then a few sweeps that move neighbours together.
function layout(names) {
  const list = [...names].sort();
  const state = new Map(), layer = new Map();
  const after = name => [...nodes.get(name).after].filter(n => names.has(n)).sort();
  const depth = root => {
    const stack = [[root, after(root), 0]];
    state.set(root, 1); layer.set(root, 0);
    while (stack.length) {
      const top = stack[stack.length - 1];
      if (top[2] === top[1].length) {
        state.set(top[0], 2); stack.pop();
        if (stack.length) { const up = stack[stack.length - 1][0]; layer.set(up, Math.max(layer.get(up), layer.get(top[0]) + 1)); }
        continue;
      }
      const to = top[1][top[2]++];
      if (state.get(to) === 2) layer.set(top[0], Math.max(layer.get(top[0]), layer.get(to) + 1));
      else if (!state.has(to)) { state.set(to, 1); layer.set(to, 0); stack.push([to, after(to), 0]); }
    }
  };
  const roots = list.filter(n => ![...nodes.get(n).before].some(b => names.has(b)));
  for (const name of [...roots, ...list]) if (!state.has(name)) depth(name);
  const most = Math.max(0, ...layer.values());
  const tall = Math.max(8, Math.ceil(Math.sqrt(list.length) * 1.5));
  let columns = Array.from({ length: most + 1 }, () => []);
  for (const name of list) columns[most - layer.get(name)].push(name);
  const row = new Map();
  const number = () => columns.forEach(c => c.forEach((n, i) => row.set(n, i - c.length / 2)));
  number();
  for (let sweep = 0; sweep < 6; sweep++) {
    for (const column of columns) {
      const want = new Map(column.map(n => {
        const around = [...(sweep % 2 ? nodes.get(n).after : nodes.get(n).before)].filter(m => row.has(m)).map(m => row.get(m));
        return [n, around.length ? around.reduce((a, b) => a + b) / around.length : row.get(n)];
      }));
      column.sort((a, b) => want.get(a) - want.get(b));
    }
    number();
  }
  columns = columns.flatMap(c => { const parts = []; for (let i = 0; i < c.length; i += tall) parts.push(c.slice(i, i + tall)); return parts; });
  const at = new Map();
  let x = 0;
  for (const column of columns) {
    const width = Math.max(...column.map(widthOf));
    column.forEach((n, i) => at.set(n, { x: x + width / 2, y: (i - (column.length - 1) / 2) * 54, w: widthOf(n), h: 30 }));
    x += width + 70;
  }
  return at;
}
const widthOf = name => label(name).length * 7.8 + 26;

function draw() {
  const stage = by("stage");
  stage.textContent = "";
  const picture = mode === "report" && current >= 0 ? pictureOf(data.violations[current]) : null;
  if (picture) drawReport(stage, picture); else drawGraph(stage);
  bar(picture);
}
function drawGraph(stage) {
  const names = visible(), at = layout(names);
  const v = current >= 0 && mode !== "near" ? data.violations[current] : null;
  const marks = new Set(v ? v.dependencies.map(e => key(e.held.class, e.wanted.class)) : []);
  const lit = marks.size ? new Set(v.classes) : new Set();
  for (const e of edges.values()) {
    if (!at.has(e.from) || !at.has(e.to)) continue;
    const on = marks.has(key(e.from, e.to)), near = picked !== null && (e.from === picked || e.to === picked);
    const group = make("g", { class: "edge" + (e.bad ? " bad" : "") + (on ? " on" : "") + (marks.size && !on && !near ? " dim" : "") }, stage);
    line(group, curve(at.get(e.from), at.get(e.to), e.from === e.to, edges.has(key(e.to, e.from))), e.from + " \u2192 " + e.to, () => { mark(group); showEdge(e.evidence); });
  }
  for (const [name, p] of [...at].sort((a, b) => lit.has(a[0]) - lit.has(b[0]))) {
    const dim = lit.size && !lit.has(name) && name !== picked;
    box(stage, p, label(name), name, (nodes.get(name).bad ? " bad" : "") + (name === picked ? " on" : "") + (dim ? " dim" : "") + (lit.has(name) || name === picked ? " lit" : ""), () => pick(name));
  }
  fit(at.values());
}
function line(group, path, title, action) {
  make("path", { d: path }, group);
  make("path", { d: path, class: "hit" }, group);
  make("title", {}, group, title);
  onPress(group, action, title);
}
function box(stage, p, text, title, classes, action, second) {
  const group = make("g", { class: "node" + classes, "data-x": p.x, "data-y": p.y, transform: `translate(${p.x},${p.y})` }, stage);
  make("rect", { x: -p.w / 2, y: -p.h / 2, width: p.w, height: p.h }, group);
  make("text", { y: second ? -7 : 0 }, group, text);
  if (second) make("text", { y: 10, style: "font-size:11.5px;font-weight:400" }, group, second);
  make("title", {}, group, title);
  onPress(group, action, title);
}
function mark(group) {
  chosen?.classList.remove("chosen");
  chosen = group;
  group.classList.add("chosen");
}
function curve(a, b, self, both) {
  if (self) return `M${a.x - 14} ${a.y - a.h / 2} C${a.x - 34} ${a.y - 58} ${a.x + 34} ${a.y - 58} ${a.x + 14} ${a.y - a.h / 2}`;
  if (Math.abs(b.x - a.x) < 60) {
    const side = b.y > a.y ? 1 : -1;
    const x1 = a.x + side * a.w / 2, x2 = b.x + side * b.w / 2, out = side * (46 + Math.abs(b.y - a.y) * .12);
    return `M${x1} ${a.y} C${x1 + out} ${a.y} ${x2 + out} ${b.y} ${x2} ${b.y}`;
  }
  const right = b.x > a.x;
  const shift = both ? (right ? -7 : 7) : 0;
  const x1 = a.x + (right ? a.w : -a.w) / 2, x2 = b.x - (right ? b.w : -b.w) / 2, half = (x2 - x1) / 2;
  const lift = right ? 0 : 40 + (a.x - b.x) * .16;
  return `M${x1} ${a.y + shift} C${x1 + half} ${a.y + shift + lift} ${x2 - half} ${b.y + shift + lift} ${x2} ${b.y + shift}`;
}

// The locks of one report on a ring (or in a row, if it does not close), the threads on the arrows between them.
function drawReport(stage, picture) {
  const second = l => l.instance === l.name ? "" : l.instance;
  const n = picture.locks.length, w = Math.max(...picture.locks.map(l => Math.max(label(l.name).length * 8.4, second(l).length * 7) + 30)), h = 42;
  const narrow = by("graph").getBoundingClientRect().width < 600;
  const rx = n === 1 ? 0 : Math.max(w * .5 + (narrow ? 60 : 150), n * w * (narrow ? .16 : .24)), ry = n < 3 ? 0 : Math.max(120, rx * (narrow ? 1.3 : .45));
  const at = picture.locks.map((_, i) => {
    if (!picture.closed) return { x: i * (w + 190), y: 0, w, h };
    const angle = Math.PI * (n === 3 ? -.5 : n % 2 ? -.5 : -1 + (n > 2 ? 1 / n : 0)) + 2 * Math.PI * i / n;
    return { x: rx * Math.cos(angle), y: ry * Math.sin(angle), w, h };
  });
  const tips = [];
  for (const link of picture.links) {
    const a = at[link.from], b = at[link.to], middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    const reach = Math.hypot(middle.x, middle.y);
    let bend;
    if (link.from === link.to) bend = { x: a.x, y: a.y - 200 };
    else if (!picture.closed) bend = middle;
    else if (n === 2) bend = { x: 0, y: link.from === 0 ? -150 : 150 };
    else bend = { x: middle.x * (1 + 46 / Math.max(reach, 1)), y: middle.y * (1 + 46 / Math.max(reach, 1)) };
    const start = link.from === link.to ? { x: a.x - 26, y: a.y - h / 2 } : border(a, bend);
    const end = link.from === link.to ? { x: a.x + 26, y: a.y - h / 2 } : border(b, bend);
    const path = link.from === link.to ? `M${start.x} ${start.y} C${a.x - 90} ${a.y - 130} ${a.x + 90} ${a.y - 130} ${end.x} ${end.y}`
      : `M${start.x} ${start.y} Q${bend.x} ${bend.y} ${end.x} ${end.y}`;
    const group = make("g", { class: "edge bad on" }, stage);
    const said = `${link.who} holds ${picture.locks[link.from].name} and waits for ${picture.locks[link.to].name}`;
    const act = () => { if (link.step) { mark(group); showEdge(link.step); } };
    line(group, path, said, act);
    if (!link.step) group.firstChild.setAttribute("stroke-dasharray", "7 6");
    const top = link.from === link.to ? { x: a.x, y: a.y - 104 } : { x: (start.x + 2 * bend.x + end.x) / 4, y: (start.y + 2 * bend.y + end.y) / 4 };
    const small = link.step ? [place(link.step.held.site), place(link.step.wanted.site)].filter(Boolean).join(" \u2192 ") : "assumed";
    const pill = make("g", { class: "pill", transform: `translate(${top.x},${top.y})` }, group);
    const wide = link.who.length * 7.6 + 26;
    make("rect", { x: -wide / 2, y: -12, width: wide, height: 24 }, pill);
    make("text", {}, pill, link.who);
    // The places stand outside the ring, where no box is.
    const long = small.length * 6.4, aside = n > 2 && picture.closed && Math.abs(top.x) > wide ? Math.sign(top.x) : 0;
    if (aside) make("text", { class: "small", x: aside * (wide / 2 + 8), style: `text-anchor:${aside > 0 ? "start" : "end"}` }, pill, small);
    else make("text", { class: "small", y: top.y <= 0 || !picture.closed ? -23 : 24 }, pill, small);
    tips.push(aside ? { x: top.x + aside * (8 + long) / 2, y: top.y, w: wide + long + 8, h: 26 } : { x: top.x, y: top.y, w: Math.max(wide, long), h: 62 });
  }
  picture.locks.forEach((l, i) => box(stage, at[i], label(l.name), `${l.name} ${l.instance}`, " bad lit" + (l.name === picked ? " on" : ""), () => pick(l.name), second(l)));
  fit([...at, ...tips]);
}
// Where the line from the middle of a box to a point leaves the box.
function border(b, to) {
  const dx = to.x - b.x, dy = to.y - b.y, scale = Math.min(b.w / 2 / Math.max(Math.abs(dx), .01), b.h / 2 / Math.max(Math.abs(dy), .01));
  return { x: b.x + dx * scale, y: b.y + dy * scale };
}

let view = { x: 0, y: 0, w: 100, h: 100 };
function apply() {
  const svg = by("graph"), scale = view.w / Math.max(svg.getBoundingClientRect().width, 1);
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  // From far away names cannot be read: what matters is drawn larger, the rest as dots.
  const far = scale > 2;
  svg.classList.toggle("far", far);
  const placed = [];
  for (const node of svg.querySelectorAll(".node.lit")) {
    const own = { x: +node.dataset.x, y: +node.dataset.y, w: node.firstChild.width.baseVal.value * scale, h: 30 * scale };
    if (far) own.x = Math.min(Math.max(own.x, view.x + own.w / 2), view.x + view.w - own.w / 2);
    while (far && placed.some(p => Math.abs(p.x - own.x) * 2 < p.w + own.w && Math.abs(p.y - own.y) < own.h)) own.y -= own.h;
    placed.push(own);
    node.setAttribute("transform", `translate(${own.x},${own.y})` + (far ? ` scale(${scale * .95})` : ""));
  }
  for (const marker of svg.querySelectorAll("marker")) {
    const size = (marker.id === "tip" ? 11 : 15) * (far ? scale * .8 : 1);
    marker.setAttribute("markerWidth", size); marker.setAttribute("markerHeight", size);
  }
  for (const path of svg.querySelectorAll(".edge.on path:not(.hit)")) path.style.strokeWidth = far ? scale * 2.4 : "";
}
function fit(places) {
  const box = by("graph").getBoundingClientRect();
  let l = Infinity, r = -Infinity, t = Infinity, b = -Infinity;
  for (const p of places) { l = Math.min(l, p.x - p.w / 2); r = Math.max(r, p.x + p.w / 2); t = Math.min(t, p.y - p.h / 2); b = Math.max(b, p.y + p.h / 2); }
  if (l > r) { l = t = 0; r = b = 100; }
  // Never much larger than life.
  const scale = Math.max((r - l + 50) / Math.max(box.width, 1), (b - t + 46) / Math.max(box.height, 1), .72);
  view.w = box.width * scale; view.h = box.height * scale;
  view.x = (l + r - view.w) / 2; view.y = (t + b - view.h) / 2;
  apply();
}
by("graph").addEventListener("wheel", e => {
  e.preventDefault();
  const box = by("graph").getBoundingClientRect(), f = e.deltaY > 0 ? 1.15 : 1 / 1.15;
  const px = view.x + (e.clientX - box.left) / box.width * view.w, py = view.y + (e.clientY - box.top) / box.height * view.h;
  view = { x: px - (px - view.x) * f, y: py - (py - view.y) * f, w: view.w * f, h: view.h * f };
  apply();
}, { passive: false });
let drag = null;
by("graph").addEventListener("pointerdown", e => drag = { x: e.clientX, y: e.clientY });
addEventListener("pointerup", () => drag = null);
addEventListener("pointermove", e => {
  if (!drag) return;
  const box = by("graph").getBoundingClientRect();
  view.x -= (e.clientX - drag.x) / box.width * view.w; view.y -= (e.clientY - drag.y) / box.height * view.h;
  drag = { x: e.clientX, y: e.clientY };
  apply();
});
