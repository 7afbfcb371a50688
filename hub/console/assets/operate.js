// The operators' pages renew themselves: every few seconds the page asks whether
// what it shows is still so, and takes over what is not, piece by piece, so that
// nothing moves under a hand. A piece with the focus or an open form is left
// alone. Without this script a reload does the same.
const every = 5000;
const root = document.querySelector("[data-have]");

const busy = (element) =>
  element.contains(document.activeElement) || element.matches(":has(details[open] form)");

// take puts fresh content into a piece that is not in use.
function take(old, fresh) {
  if (old.innerHTML === fresh.innerHTML || busy(old)) return;
  old.replaceChildren(...fresh.cloneNode(true).childNodes);
  old.className = fresh.className;
}

// each line of a list has a name: lines are renewed, added and taken away; those
// of a table keep their order, which the reader chose.
function lines(old, fresh) {
  const keep = new Set();
  let before = null;
  for (const line of fresh.children) {
    keep.add(line.id);
    const held = document.getElementById(line.id);
    if (held && old.contains(held)) {
      take(held, line);
      before = held;
      continue;
    }
    const added = document.importNode(line, true);
    if (before) before.after(added); else old.prepend(added);
    before = added;
  }
  for (const line of [...old.children]) if (!keep.has(line.id) && !busy(line)) line.remove();
}

async function again() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, {
        headers: { "X-Have": root.dataset.have, "X-Jaliya-Passive": "1" }, redirect: "error",
      });
      if (answer.status === 200) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const fresh of page.querySelectorAll("[data-live]")) {
          const old = document.getElementById(fresh.id);
          if (old) take(old, fresh);
        }
        for (const fresh of page.querySelectorAll("[data-lines]")) {
          const old = document.getElementById(fresh.id);
          if (old) lines(old, fresh);
        }
        root.dataset.have = page.querySelector("[data-have]").dataset.have;
        // A search that is typed counts for new lines as well.
        document.querySelector("[data-filter]")?.dispatchEvent(new Event("input"));
      }
    } catch { /* the next turn asks again */ }
  }
  setTimeout(again, every);
}
document.querySelector(".rooms [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
if (root) setTimeout(again, every);
