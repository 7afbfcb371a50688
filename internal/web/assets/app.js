// What every page has: forms that are sent once, copy buttons, work lists by
// keyboard, parts that renew themselves, the lock of an idle screen. A page
// without this script does the same by plain links and forms.
const body = document.body;

// Who works by keyboard goes on at once where something is left to do: at what
// an address names, at what is wrong, at the first thing that is empty, at the
// next step. Never at a decision of a second person, never on a screen that is
// turned to a visitor. A finger on glass wants no keyboard to pop up.
// Where an address names a part, the browser goes there first and takes the
// focus away, so that waits for the load.
addEventListener(location.hash.length > 1 ? "load" : "DOMContentLoaded", () => {
  const focus = (element) => {
    element?.focus({ preventScroll: !element.matches("#summary") });
    return element && document.activeElement === element;
  };
  const named = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named && focus(named.matches("fieldset, tr, section") ? named.querySelector("input:not([type=hidden]), select") ?? named : named)) return;
  if (focus(document.querySelector("#summary")) || matchMedia("(pointer: coarse)").matches) return;
  if (!body.matches(".bare") && document.activeElement === body) focus(firstLeft(document.querySelector("main")));
});

function firstLeft(main) {
  const shown = (element) => element.checkVisibility();
  for (const panel of main.querySelectorAll("[data-capture]")) {
    if (panel.querySelector(".held-image .good")) continue;
    return [...panel.querySelectorAll("[data-camera-open] button, input[type=file]")].find(shown);
  }
  if (main.querySelector("[data-reader]")) return null; // its own script knows when it is ready
  if (main.querySelector("[data-have]")) return null; // it renews itself, but not what has the focus
  for (const one of main.querySelectorAll("form.form :is(input, select, textarea)")) {
    const row = one.closest("fieldset.row, .field, tr");
    if (one.type === "hidden" || one.type === "number" || !shown(one) || row?.dataset.held || row?.querySelector(".optional")) continue;
    const group = one.name && ["radio", "checkbox"].includes(one.type) ? [...one.form.querySelectorAll(`[type=${one.type}]`)] : null;
    if (group ? !group.some((each) => each.checked && (each.type === "checkbox" || each.name === one.name)) : one.value === "") return one;
  }
  return [...main.querySelectorAll(".primary:not(.two-person *, [data-capture] *)")].find((button) => shown(button) && !button.disabled);
}

for (const here of document.querySelectorAll(".places [aria-current]")) here.scrollIntoView({ block: "nearest", inline: "center" });
document.querySelector(".stepper .now")?.scrollIntoView({ block: "nearest", inline: "center" });

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    if (event.defaultPrevented) return;
    form.dataset.sent = "1";
    const button = event.submitter;
    setTimeout(() => { if (button) { button.disabled = true; button.textContent = body.dataset.busy; } }, 150);
  });
}
// A page that comes back from the history must work again.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = body.dataset.copied;
  });
}

for (const button of document.querySelectorAll("[data-turn]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    document.documentElement.requestFullscreen?.().catch(() => {});
  });
}

// Work lists: "/" goes to the search, arrows walk, Enter opens what has the
// focus, Escape empties the search.
const lists = [...document.querySelectorAll("[data-worklist]")];
const search = document.querySelector("[data-filter]");
const rows = () => lists.flatMap((list) => [...list.querySelectorAll("tbody tr")]).filter((row) => !row.hidden);

function walk(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  all[next].querySelector("a")?.focus();
}

function filter() {
  const words = fold(search.value).split(" ").filter(Boolean);
  let shown = 0;
  for (const row of lists.flatMap((list) => [...list.querySelectorAll("tbody tr")])) {
    const key = fold(row.dataset.key ?? "");
    row.hidden = !words.every((word) => key.includes(word));
    if (!row.hidden) shown += 1;
  }
  const none = document.querySelector("[data-none]");
  if (none) none.hidden = shown > 0 || words.length === 0;
}

function fold(text) {
  return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f\u064b-\u0655\u0640]/g, "")
    .replace(/[أإآٱ]/g, "ا").replace(/ى/g, "ي").replace(/ة/g, "ه").replace(/\s+/g, " ").trim();
}

if (search) {
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; filter(); }
    if (event.key === "ArrowDown") { event.preventDefault(); walk(1); }
  });
  search.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const all = rows();
    if (all.length === 1) all[0].querySelector("a")?.click(); else walk(1);
  });
}
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const typing = event.target.matches?.("input, select, textarea");
  if (event.key === "/" && search && !typing) { event.preventDefault(); search.focus(); search.select(); }
  if (lists.length && !typing && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    walk(event.key === "ArrowDown" ? 1 : -1);
  }
});
const density = document.querySelector("[data-density]");
if (density) {
  density.hidden = false;
  const set = (dense) => {
    for (const list of lists) list.classList.toggle("dense", dense);
    density.setAttribute("aria-pressed", String(dense));
    try { localStorage.setItem("jaliya.dense", dense ? "1" : ""); } catch { /* not kept */ }
  };
  try { set(localStorage.getItem("jaliya.dense") === "1"); } catch { set(false); }
  density.addEventListener("click", () => set(density.getAttribute("aria-pressed") !== "true"));
}

// Parts that renew themselves, and rest while nobody looks. What has not
// changed is not touched, so that a screen reader says a change once.
for (const part of document.querySelectorAll("[data-refresh]")) {
  const again = async () => {
    if (!document.hidden && !part.contains(document.activeElement)) {
      try {
        const answer = await fetch(part.dataset.refresh, { headers: { "X-Part": "1" }, redirect: "error" });
        if (answer.status === 204) return;
        if (answer.ok) {
          const fresh = document.createElement("template");
          fresh.innerHTML = await answer.text();
          if (fresh.innerHTML !== part.dataset.held) {
            if (part.dataset.held !== undefined || fresh.content.textContent.trim() !== part.textContent.trim()) {
              part.replaceChildren(fresh.content.cloneNode(true));
            }
            part.dataset.held = fresh.innerHTML;
          }
        }
      } catch { /* the next turn asks again */ }
    }
    setTimeout(again, Number(part.dataset.every) || 5000);
  };
  setTimeout(again, Number(part.dataset.every) || 5000);
}

// An idle screen locks. What is being typed is saved first: a form that saves
// itself answers the event "jaliya:save".
const limit = Number(body.dataset.lockIn) * 1000;
if (limit > 0) {
  let last = Date.now();
  for (const kind of ["pointerdown", "keydown", "input"]) {
    addEventListener(kind, () => { last = Date.now(); }, { passive: true, capture: true });
  }
  const watch = async () => {
    if (Date.now() - last < limit) { setTimeout(watch, 1000); return; }
    const waits = [];
    dispatchEvent(new CustomEvent("jaliya:save", { detail: waits }));
    await Promise.allSettled(waits);
    try { await fetch("/lock", { method: "POST", redirect: "manual" }); } catch { /* the page goes anyway */ }
    location.assign(`${body.dataset.lockUrl}?next=${encodeURIComponent(location.pathname)}`);
  };
  setTimeout(watch, 1000);
}
