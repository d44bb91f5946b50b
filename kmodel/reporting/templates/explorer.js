// Every page can be used without this: it only lets keys follow the page's links.
document.addEventListener("keydown", function (event) {
  if (event.altKey || event.ctrlKey || event.metaKey || /INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
  const steps = document.querySelectorAll(".ahead a.step");
  const links = { u: "a[rel=prev]", n: "a[rel=next]", r: "#random" };
  const link = event.key in links ? document.querySelector(links[event.key]) : steps[Number(event.key) - 1];
  if (link) { event.preventDefault(); link.click(); }
});
