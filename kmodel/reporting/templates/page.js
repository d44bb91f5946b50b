// The page can be read without this. It builds what is folded when that is opened, lets the arrow keys walk the steps of
// a story, and a graph be moved and searched.
function build(part) {
  const folded = part.querySelector(":scope > noscript");
  if (!folded) return;
  const built = document.createElement("template");
  built.innerHTML = folded.textContent; // to the letter what a browser without scripts reads
  folded.replaceWith(built.content);
}
function unfold(part) {
  build(part);
  part.open = true;
}
const inSight = new IntersectionObserver((entries) => entries.forEach((entry) => entry.isIntersecting && move(entry.target)));
document.addEventListener("toggle", function (event) {
  build(event.target);
  if (event.target.matches(".picture")) { inSight.unobserve(event.target); inSight.observe(event.target); }
}, true);
document.addEventListener("keydown", function (event) {
  const searches = event.key === "F3" || ((event.ctrlKey || event.metaKey) && /^[fg]$/i.test(event.key));
  if (searches) document.querySelectorAll("details:has(> noscript)").forEach(build);
});
document.addEventListener("keydown", function (event) {
  const table = event.target.closest ? event.target.closest("table.events") : null;
  if (!table || event.altKey || event.ctrlKey || event.metaKey || event.target.tagName !== "SUMMARY") return;
  const steps = Array.from(table.querySelectorAll("summary.step")).filter((step) => step.offsetParent);
  const row = event.target.closest("tr");
  const here = steps.findIndex((step) => row.contains(step));
  const opened = row.querySelector("details");
  const keys = { ArrowDown: here + 1, j: here + 1, ArrowUp: here - 1, k: here - 1, Home: 0, End: steps.length - 1 };
  if (event.key in keys) {
    const next = steps[Math.max(0, Math.min(keys[event.key], steps.length - 1))];
    const wasOpen = opened && opened.open && opened.dataset.walked;
    if (wasOpen) { opened.open = false; unfold(next.parentElement); next.parentElement.dataset.walked = "1"; }
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "ArrowRight") {
    unfold(opened); opened.dataset.walked = "1";
  } else if (event.key === "ArrowLeft") {
    opened.open = false;
  } else {
    return;
  }
  event.preventDefault();
});
document.querySelectorAll("a[href^='#']").forEach(function (link) {
  link.addEventListener("click", function () {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") unfold(part);
  });
});

document.querySelectorAll(".picture").forEach(function (picture) {
  inSight.observe(picture);
  picture.addEventListener("focusin", () => move(picture));
});
function move(picture) {
  const svg = picture.querySelector(".drawing svg");
  if (!picture.open || !svg || picture.querySelector(".moves")) return;
  const frame = picture.querySelector(".drawing"), tools = picture.querySelector(".tools");
  const search = tools.querySelector("input"), said = tools.querySelector("output");
  const panel = picture.querySelector(".chosen");
  const whole = svg.viewBox.baseVal, base = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
  const textOf = (part) => (part ? part.textContent.trim() : "");
  const hint = (part) => { const link = part.querySelector("a"); return link ? link.getAttribute("xlink:title") || "" : ""; };
  const words = (part) => Array.from(part.querySelectorAll("text"), textOf).join("\n");
  const nodes = new Map(Array.from(svg.querySelectorAll("g.node"), (part) =>
    [textOf(part.querySelector("title")), { part: part, text: [words(part), hint(part)].filter(Boolean).join("\n") }]));
  const edges = Array.from(svg.querySelectorAll("g.edge"), function (part) {
    const ends = textOf(part.querySelector("title")).split("->");
    return { part: part, from: ends[0], to: ends[1], text: words(part) || hint(part) };
  });
  svg.querySelectorAll("a").forEach((link) => link.setAttribute("tabindex", "-1"));
  let view, chosen = null, found = [];
  function show(x, y, width) {
    const height = width * frame.clientHeight / Math.max(1, frame.clientWidth);
    view = { x: x, y: y, width: width, height: height };
    svg.setAttribute("viewBox", [x, y, width, height].join(" "));
  }
  function all() {
    const width = Math.max(base.width, base.height * frame.clientWidth / Math.max(1, frame.clientHeight));
    show(base.x - (width - base.width) / 2, base.y, width);
  }
  function zoom(by, x, y) {
    const width = Math.min(Math.max(view.width * by, 60), 4 * Math.max(base.width, base.height, frame.clientWidth));
    const kept = width / view.width;
    show(x - (x - view.x) * kept, y - (y - view.y) * kept, width);
  }
  const middle = () => [view.x + view.width / 2, view.y + view.height / 2];
  function centre(part) {
    const box = part.getBoundingClientRect(), place = frame.getBoundingClientRect(), one = view.width / frame.clientWidth;
    show(view.x + (box.left + box.width / 2 - place.left - frame.clientWidth / 2) * one,
      view.y + (box.top + box.height / 2 - place.top - frame.clientHeight / 2) * one, view.width);
  }
  function link(into, words, edge, other) {
    const line = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = other;
    button.addEventListener("click", () => choose(other, true));
    line.append(words, button, edge.text ? " by " + edge.text.split("\n").join(", ") : "");
    into.append(line);
  }
  function choose(name, moves) {
    chosen = name;
    svg.classList.toggle("has-choice", name !== null);
    nodes.forEach((node, key) => node.part.classList.toggle("chosen", key === name));
    edges.forEach((edge) => edge.part.classList.toggle("chosen", edge.from === name || edge.to === name));
    panel.hidden = name === null;
    if (name === null) return;
    const told = document.createElement("pre"), list = document.createElement("ul");
    told.textContent = nodes.get(name).text;
    edges.filter((edge) => edge.from === name).forEach((edge) => link(list, "leads to ", edge, edge.to));
    edges.filter((edge) => edge.to === name && edge.from !== name).forEach((edge) => link(list, "comes from ", edge, edge.from));
    panel.replaceChildren(told, list);
    if (moves) centre(nodes.get(name).part);
  }
  function look() {
    const asked = search.value.trim().toLowerCase();
    const acts = new Set(edges.filter((edge) => asked && edge.text.toLowerCase().includes(asked)).map((edge) => edge.from));
    found = asked ? Array.from(nodes.keys()).filter((name) => nodes.get(name).text.toLowerCase().includes(asked) || acts.has(name)) : [];
    nodes.forEach((node, name) => node.part.classList.toggle("found", found.includes(name)));
    svg.classList.toggle("has-found", found.length > 0);
    said.textContent = !asked ? "" : found.length ? found.length + " found; Enter goes through them" : "nothing found";
  }
  search.addEventListener("input", look);
  search.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { search.value = ""; look(); choose(null); }
    if (event.key !== "Enter" || !found.length) return;
    event.preventDefault();
    const next = found.indexOf(chosen) + (event.shiftKey ? -1 : 1);
    const place = (next + found.length) % found.length;
    choose(found[place], true);
    said.textContent = place + 1 + " of " + found.length;
  });
  tools.addEventListener("click", function (event) {
    const button = event.target.closest("button");
    if (button) ({ in: () => zoom(0.7, ...middle()), out: () => zoom(1.4, ...middle()), all: all })[button.dataset.do]();
  });
  frame.addEventListener("keydown", function (event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const step = view.width / 8;
    const keys = {
      ArrowLeft: () => show(view.x - step, view.y, view.width), ArrowRight: () => show(view.x + step, view.y, view.width),
      ArrowUp: () => show(view.x, view.y - step, view.width), ArrowDown: () => show(view.x, view.y + step, view.width),
      "+": () => zoom(0.7, ...middle()), "=": () => zoom(0.7, ...middle()), "-": () => zoom(1.4, ...middle()), 0: all,
      "/": () => search.focus(), Escape: () => choose(null),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  let drag = null;
  svg.addEventListener("pointerdown", function (event) {
    if (event.button === 0) drag = { x: event.clientX, y: event.clientY, from: view, moved: false };
  });
  svg.addEventListener("pointermove", function (event) {
    if (!drag) return;
    const one = drag.from.width / frame.clientWidth, x = event.clientX - drag.x, y = event.clientY - drag.y;
    if (Math.abs(x) + Math.abs(y) > 4 && !drag.moved) { drag.moved = true; svg.setPointerCapture(event.pointerId); }
    if (drag.moved) show(drag.from.x - x * one, drag.from.y - y * one, drag.from.width);
  });
  svg.addEventListener("pointerup", function (event) {
    const node = event.target.closest ? event.target.closest("g.node") : null;
    if (drag && !drag.moved) choose(node ? textOf(node.querySelector("title")) : null);
    drag = null;
  });
  svg.addEventListener("pointercancel", function () { drag = null; });
  svg.addEventListener("wheel", function (event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const place = frame.getBoundingClientRect(), one = view.width / frame.clientWidth;
    zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, view.x + (event.clientX - place.left) * one, view.y + (event.clientY - place.top) * one);
  }, { passive: false });
  frame.classList.add("moves");
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  tools.hidden = false;
  all();
  if (frame.clientWidth / view.width < 0.9) {
    const first = svg.querySelector('g.node [stroke-width="3"]');
    show(base.x, base.y, frame.clientWidth / 1.2);
    if (first) { centre(first); show(view.x, base.y - 10, view.width); }
  }
}
