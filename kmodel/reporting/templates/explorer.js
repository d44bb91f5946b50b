// Every page can be used without this: it only lets keys, or the time, follow the page's links.
const next = document.querySelector("#play");
if (next) setTimeout(() => next.click(), 1500);
document.addEventListener("keydown", function (event) {
  if (event.altKey || event.ctrlKey || event.metaKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
  const steps = document.querySelectorAll(".ahead a.step");
  const links = { u: "a[rel=prev]", n: "a[rel=next]", r: "#random", Escape: "#stop" };
  const link = event.key in links ? document.querySelector(links[event.key]) : steps[Number(event.key) - 1];
  if (link) { event.preventDefault(); link.click(); }
});
