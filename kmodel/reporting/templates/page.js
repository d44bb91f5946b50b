// The page can be read without this: it only lets the arrow keys walk the steps of a story.
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
    if (wasOpen) { opened.open = false; next.parentElement.open = true; next.parentElement.dataset.walked = "1"; }
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  } else if (event.key === "ArrowRight") {
    opened.open = true; opened.dataset.walked = "1";
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
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  });
});
