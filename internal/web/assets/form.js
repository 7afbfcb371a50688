// Forms that save themselves, field by field, and names that are checked for
// their script while they are typed.
const arabic = /[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]/;
const latin = /\p{Script=Latin}/u;

for (const input of document.querySelectorAll("input[data-script]")) {
  const note = document.createElement("span");
  note.className = "live-wrong";
  note.setAttribute("role", "status");
  input.after(note);
  input.addEventListener("input", () => {
    const wrong = input.dataset.script === "arabic" ? latin : arabic;
    note.textContent = wrong.test(input.value) ? input.dataset.scriptWrong : "";
  });
}

for (const form of document.querySelectorAll("form[data-autosave]")) {
  const status = form.querySelector("[data-status]");
  const version = form.elements.namedItem("version");
  let timer = 0;
  let line = Promise.resolve();
  let before = new URLSearchParams(new FormData(form)).toString();

  const send = async () => {
    clearTimeout(timer);
    const now = new URLSearchParams(new FormData(form));
    const content = new URLSearchParams(now);
    content.delete("version");
    const text = content.toString();
    if (text === before || form.dataset.sent) return;
    status.textContent = form.dataset.saving;
    try {
      const answer = await fetch(form.action, { method: "POST", body: now, headers: { "X-Autosave": "1" }, redirect: "error", keepalive: true });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.text);
      version.value = said.version;
      before = text;
      status.classList.remove("lost");
      status.textContent = `${form.dataset.saved} ${said.at}`;
    } catch (problem) {
      status.classList.add("lost");
      status.textContent = problem.message && !(problem instanceof TypeError) ? problem.message : form.dataset.unsaved;
    }
  };
  {
    const content = new URLSearchParams(before);
    content.delete("version");
    before = content.toString();
  }
  const queue = () => (line = line.then(send));
  form.addEventListener("change", queue);
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(queue, 1200); });
  addEventListener("jaliya:save", (event) => event.detail.push(queue()));
  document.addEventListener("visibilitychange", () => { if (document.hidden) queue(); });
  // The last save must be over before the form leaves, or it would meet its
  // own version.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (form.dataset.waited) return;
    event.preventDefault();
    const button = event.submitter;
    // After this event is over: a form does not submit within its own submit.
    line.then(() => setTimeout(() => {
      form.dataset.waited = "1";
      delete form.dataset.sent;
      form.requestSubmit(button ?? undefined);
    }));
  }, { capture: true });
}
