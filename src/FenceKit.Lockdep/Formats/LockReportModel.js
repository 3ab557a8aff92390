const make = (tag, attributes, parent, text) => {
  const svg = ["g", "path", "rect", "text", "title", "tspan"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
const by = id => document.getElementById(id);
const key = (from, to) => from + "\u0000" + to;
// Whatever can be clicked can be reached and pressed with the keyboard.
const onPress = (element, action, name) => {
  element.setAttribute("tabindex", "0");
  element.setAttribute("role", "button");
  if (name) element.setAttribute("aria-label", name);
  element.addEventListener("click", action);
  element.addEventListener("keydown", e => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); action(); } });
};

const edges = new Map();
const nodes = new Map();
// Two classes that are called the same have two nodes.
const nodeOf = lock => lock.node ?? lock.class;
const touch = name => { if (!nodes.has(name)) nodes.set(name, { name, after: new Set(), before: new Set(), bad: false }); return nodes.get(name); };
const addEdge = (from, to, evidence, bad) => {
  touch(from); touch(to);
  if (from !== to) { nodes.get(from).after.add(to); nodes.get(to).before.add(from); }
  const known = edges.get(key(from, to));
  if (!known) edges.set(key(from, to), { from, to, evidence, bad });
  else if (bad) { known.bad = true; known.evidence = evidence; }
};
for (const d of data.dependencies) addEdge(d.from, d.to, d.evidence, false);
for (const v of data.violations) {
  for (const name of v.classes) touch(name).bad = true;
  for (const e of v.dependencies) addEdge(nodeOf(e.held), nodeOf(e.wanted), e, true);
}

// The end of a name tells more than its namespace. Long names lose what all but they share; the whole name is in the tooltip and the list.
const longest = 26;
const ends = new Map();
const endings = name => { const parts = name.split("."); return parts.map((_, i) => parts.slice(-1 - i).join(".")); };
for (const name of nodes.keys()) for (const end of endings(name)) ends.set(end, (ends.get(end) ?? 0) + 1);
const label = name => {
  if (name.length <= longest) return name;
  const end = endings(name).find(e => ends.get(e) === 1 && e.includes(".")) ?? name;
  const cut = end.length > longest - 1 ? end.slice(1 - longest) : end;
  return cut === name ? name : "\u2026" + cut;
};
const shorten = (text, names) => [...names].sort((a, b) => b.length - a.length).reduce((t, n) => t.split(n).join(label(n)), text);
const place = site => site ? site.split(" in ")[0] : "";

/* A report as a picture of its own: locks in the order of the circle, and between them the thread that holds one and waits for the next. */
function pictureOf(v) {
  const steps = v.dependencies;
  if (!steps.length) return null;
  const thread = i => v.interleaving.threads.length === steps.length ? v.interleaving.threads[i] : "step " + (i + 1);
  const lock = (l, other) => ({ name: l.class, instance: other && other.instance !== l.instance ? `${l.instance} or ${other.instance}` : l.instance });
  const first = steps[0].held, last = steps[steps.length - 1].wanted;
  if (steps.length === 1 && first.class === last.class) {
    if (first.instance === last.instance) return { locks: [lock(first)], links: [{ from: 0, to: 0, who: "thread 1", step: steps[0] }], closed: true };
    return {
      locks: [lock(first), lock(last)], closed: true,
      links: [{ from: 0, to: 1, who: "thread 1", step: steps[0] }, { from: 1, to: 0, who: "another thread", step: null }],
    };
  }
  const closed = first.class === last.class;
  const locks = steps.map((s, i) => lock(s.held, i ? steps[i - 1].wanted : closed ? last : undefined));
  if (!closed) locks.push(lock(last));
  return { locks, closed, links: steps.map((step, i) => ({ from: i, to: (i + 1) % locks.length, who: closed ? thread(i) : "step " + (i + 1), step })) };
}
