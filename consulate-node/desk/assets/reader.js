// The fingerprint reader of this workstation, by deploy/contracts/device.md:
// takes a hand, shows in words how it goes, keeps the best of three tries, and
// sends images as files are sent. Without a reader the fields for files below
// do the work.
const panel = document.querySelector("[data-reader]");
if (panel && crypto.subtle) {
  const { upload, digest, Said } = await import(panel.dataset.script);
  start(panel, upload, digest, Said);
}

class Trouble extends Error {
  constructor(word) { super(word); this.word = word; }
}

function start(place, upload, digest, Said) {
  const base = place.dataset.reader;
  const form = document.querySelector("[data-fingers]");
  const buttons = [...place.querySelectorAll("[data-group]")];
  const pairing = place.querySelector("[data-pair]");
  const retry = place.querySelector("[data-retry]");
  const stop = place.querySelector("[data-stop]");
  const line = place.querySelector("[data-say]");
  const words = new Map([...place.querySelector("template").content.querySelectorAll("[data-word]")]
    .map((word) => [word.dataset.word, word.textContent]));
  const list = (names) => new Intl.ListFormat(document.documentElement.lang).format(names);
  const rowOf = (position) => form.querySelector(`[data-position="${position}"]`);
  const field = (row, name) => form.elements.namedItem(`${row.id}.${name}`);
  const named = (row) => row.querySelector("strong").textContent;
  let current = "";

  const speak = (name, values = {}) => (words.get(name) ?? words.get("reader")).replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
  const say = (name, values, tone = "") => {
    line.textContent = speak(name, values);
    place.dataset.tone = tone;
  };
  const stored = {
    get: () => { try { return localStorage.getItem("jaliya.reader") ?? ""; } catch { return ""; } },
    set: (token) => { try { localStorage.setItem("jaliya.reader", token); } catch { /* asked again next time */ } },
  };
  let token = stored.get();

  async function ask(path, options = {}, limit = 4000) {
    const headers = {};
    if (token) headers.Authorization = `Bearer ${token}`;
    if (options.body) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(base + path, {
        ...options, headers, credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
        signal: AbortSignal.timeout(limit),
      });
    } catch { throw new Trouble("absent"); }
    if (answer.ok) return answer;
    if (answer.status === 401) throw new Trouble("pair");
    const { code } = await answer.json().catch(() => ({}));
    throw new Trouble(["busy", "unplugged", "code"].includes(code) ? code : "absent");
  }
  const json = async (answer) => {
    try { return await answer.json(); } catch { throw new Trouble("half"); }
  };
  // Half an answer is none; what can be asked again is.
  async function patient(work) {
    for (let left = 3; ; left -= 1) {
      try { return await work(); } catch (trouble) {
        if (left === 0 || !["absent", "half"].includes(trouble.word)) throw trouble;
        await new Promise((done) => setTimeout(done, 300));
      }
    }
  }

  const show = (state) => {
    pairing.hidden = state !== "pair";
    retry.hidden = !["absent", "unplugged", "half"].includes(state);
    stop.hidden = state !== "taking";
    for (const button of buttons) { button.disabled = state !== "ready"; button.hidden = state === "pair"; }
  };
  const grab = (element) => {
    const at = document.activeElement;
    if (!at || at === document.body || at.disabled || at.hidden || place.contains(at)) element?.focus({ preventScroll: true });
  };
  const trouble = (problem) => {
    const word = problem.word ?? "reader";
    if (problem instanceof Said) { line.textContent = problem.message; place.dataset.tone = "bad"; } else say(word, {}, "bad");
    show(["pair", "code"].includes(word) ? "pair" : ["absent", "unplugged", "half"].includes(word) ? word : "ready");
    if (!pairing.hidden) {
      grab(pairing.querySelector("input"));
      pairing.querySelector("input").select();
    }
    else grab(retry.hidden ? waiting() : retry);
  };

  // ---- what is there ------------------------------------------------------
  let device = null;
  async function look() {
    say("looking");
    show("looking");
    try {
      const { devices } = await json(await ask("/v1/devices"));
      device = Array.isArray(devices) ? devices.find((one) => one.kind === "fingerprint") : null;
      if (!device) throw new Trouble("absent");
      if (device.state === "unplugged") throw new Trouble("unplugged");
      const next = waiting();
      show("ready");
      say(next ? "ready" : "complete", {}, next ? "" : "good");
      grab(next ?? form.querySelector(".actions button"));
    } catch (problem) { trouble(problem); }
  }
  retry.addEventListener("click", look);
  pairing.addEventListener("submit", async (event) => {
    event.preventDefault();
    const input = pairing.querySelector("input");
    token = "";
    try {
      const body = JSON.stringify({ code: input.value.replace(/\D/g, "") });
      token = (await json(await ask("/v1/pairing", { method: "POST", body }))).token;
      stored.set(token);
      input.value = "";
      await look();
    } catch (problem) { trouble(problem); }
  });

  // ---- how far the fingers are --------------------------------------------
  const rows = (button) => button.dataset.group.split(" ").map(rowOf);
  const tries = (row) => Number(row.dataset.attempts) + Number(field(row, "tries").value);
  const away = (row) => field(row, "exception").value;
  const weak = (row) => Number(field(row, "quality").value || 0) < Number(row.dataset.threshold);
  const open = (row) => !away(row) && (!row.dataset.held || (weak(row) && tries(row) < 3));
  function waiting() { return buttons.find((button) => rows(button).some(open)); }

  const tell = (row, text, tone) => {
    const note = row.querySelector("[data-note]");
    note.textContent = text;
    note.className = `note ${tone}`;
  };
  const judge = (row) => {
    const quality = Number(field(row, "quality").value);
    const word = weak(row) ? "weak" : quality >= 60 ? "good" : "enough";
    tell(row, speak("quality", { quality, word: speak(word), try: Math.min(tries(row), 3) }), weak(row) ? "warn" : "good");
  };

  // ---- taking -------------------------------------------------------------
  async function take(button) {
    const asked = rows(button);
    if (asked.every(away)) { say("none"); return; }
    const id = crypto.randomUUID();
    current = id;
    show("taking");
    grab(stop);
    say("place");
    try {
      const body = JSON.stringify({
        id, device: device.id, timeout: 30,
        fingers: asked.map((row) => ({
          position: Number(row.dataset.position), quality: Number(row.dataset.threshold), ...(away(row) && { missing: away(row) }),
        })),
      });
      let now = await patient(async () => json(await ask("/v1/captures", { method: "POST", body })));
      while (["waiting", "taking"].includes(now.state)) {
        say(now.advice ?? (now.state === "waiting" ? "place" : "hold"));
        const after = now.revision;
        now = await patient(async () => json(await ask(`/v1/captures/${id}?after=${after}&wait=20`, {}, 30000)));
      }
      if (current !== id) return;
      if (now.state === "canceled") throw new Trouble("stopped");
      if (now.state !== "done") throw new Trouble(now.failure ?? "reader");
      say("sending");
      const odd = await keep(id, now.fingers);
      await save();
      conclude(button, odd);
    } catch (problem) {
      if (current === id) trouble(problem);
    } finally {
      if (current === id) current = "";
      ask(`/v1/captures/${id}`, { method: "DELETE", keepalive: true }).catch(() => {}); // forgotten by itself after a while
    }
  }

  async function fetchImage(id, finger) {
    return patient(async () => {
      const answer = await ask(`/v1/captures/${id}/images/${finger.position}`, {}, 15000);
      let blob;
      try { blob = await answer.blob(); } catch { throw new Trouble("half"); }
      if (blob.size !== finger.image.size || await digest(blob) !== finger.image.sha256) throw new Trouble("half");
      return blob;
    });
  }

  // keep sends each image that is better than what is held, and gives what a
  // person has to hear about.
  async function keep(id, fingers) {
    let odd = null;
    for (const finger of fingers) {
      const row = rowOf(finger.position);
      if (finger.state === "missing") { tell(row, speak("missing"), "todo"); continue; }
      if (finger.state === "repeated") {
        odd = { word: "repeated", finger: named(row), other: named(rowOf(finger.like)) };
        tell(row, speak("repeated", odd), "warn");
        continue;
      }
      if (finger.state !== "taken" || !finger.image) throw new Trouble("half");
      const twin = form.querySelector(`[data-digest="${finger.image.sha256}"]`);
      if (twin && twin !== row) {
        odd = { word: "twice", finger: named(row), other: named(twin) };
        tell(row, speak("twice", odd), "warn");
        continue;
      }
      const blob = await fetchImage(id, finger);
      const better = !row.dataset.held || finger.quality > Number(field(row, "quality").value || 0);
      if (better) {
        await upload(blob, row.dataset.upload, () => {});
        row.dataset.held = "1";
        row.dataset.digest = finger.image.sha256;
        field(row, "quality").value = finger.quality;
      }
      field(row, "tries").value = Number(field(row, "tries").value) + 1;
      if (finger.advice && weak(row)) odd ??= { word: finger.advice };
      judge(row);
    }
    return odd;
  }

  // save keeps scores and tries at the post, files that wait in fields aside.
  async function save() {
    const content = new FormData(form);
    for (const [name, value] of [...content]) if (value instanceof File) content.delete(name);
    let said;
    try {
      const answer = await fetch(form.action, { method: "POST", body: content, headers: { "X-Autosave": "1" }, redirect: "error" });
      said = await answer.json();
      if (!answer.ok) throw new Said(said.text);
    } catch (problem) { throw problem instanceof Said ? problem : new Said(form.dataset.unsaved); }
    form.elements.namedItem("version").value = said.version;
    for (const row of form.querySelectorAll("[data-position]")) {
      row.dataset.attempts = tries(row);
      field(row, "tries").value = 0;
    }
  }

  function conclude(button, odd) {
    show("ready");
    const again = rows(button).filter(open);
    const poor = rows(button).filter((row) => !away(row) && row.dataset.held && weak(row));
    const next = waiting();
    if (odd && ["repeated", "twice"].includes(odd.word)) say(odd.word, odd, "bad");
    else if (again.length > 0) {
      say("again", { fingers: list(again.map(named)), try: Math.min(3, Math.max(...again.map(tries)) + 1), word: odd ? speak(odd.word) : "" }, "warn");
    } else if (poor.length > 0) say("best", { fingers: list(poor.map(named)) }, "warn");
    else if (next) say("next", { word: next.textContent }, "good");
    else say("complete", {}, "good");
    for (const one of buttons) one.classList.toggle("primary", one === next);
    form.querySelector(".actions button").classList.toggle("primary", !next);
    grab(again.length > 0 ? button : next ?? form.querySelector(".actions button"));
  }

  for (const button of buttons) button.addEventListener("click", () => take(button));
  stop.addEventListener("click", () => {
    const id = current;
    current = "";
    say("stopped");
    show("ready");
    grab(waiting());
    if (id) ask(`/v1/captures/${id}`, { method: "DELETE" }).catch(() => {});
  });
  addEventListener("pagehide", () => { if (current) ask(`/v1/captures/${current}`, { method: "DELETE", keepalive: true }).catch(() => {}); });
  place.hidden = false;
  look();
}
