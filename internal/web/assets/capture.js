// Images: resumable upload in pieces, camera with an oval, signature by
// pointer. Without this script the file form of each panel does the work.
const piece = 256 * 1024;
const largest = 8 * 1024 * 1024;

export async function digest(blob) {
  const sum = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(sum)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const rest = (ms) => new Promise((done) => setTimeout(done, ms));

// upload announces the image, then sends what is missing; after a break it
// asks how far the post has come and goes on from there.
export async function upload(blob, address, progress) {
  const announced = await fetch(address, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ size: blob.size, sha256: await digest(blob), replace: true }),
  });
  if (!announced.ok) throw await problem(announced);
  let offset = (await announced.json()).offset;
  for (let failures = 0; offset < blob.size;) {
    let answer;
    try {
      answer = await fetch(address, {
        method: "PATCH", body: blob.slice(offset, offset + piece),
        headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) },
      });
    } catch (broken) {
      failures += 1;
      if (failures > 8) throw broken;
      await rest(Math.min(8000, 250 * 2 ** failures));
      const held = await fetch(address, { method: "HEAD" }).catch(() => null);
      if (held?.ok) offset = Number(held.headers.get("Upload-Offset"));
      continue;
    }
    if (!answer.ok) throw await problem(answer);
    failures = 0;
    offset = (await answer.json()).offset;
    progress(offset / blob.size);
  }
}

async function problem(answer) {
  try {
    const said = await answer.json();
    return new Said(`${said.title}. ${said.detail}`);
  } catch {
    return new Error(String(answer.status));
  }
}
export class Said extends Error {}

for (const panel of document.querySelectorAll("[data-capture]")) {
  const form = panel.querySelector("form[data-file]");
  const bar = form.querySelector("progress");
  const status = form.querySelector("[data-status]");
  const file = form.querySelector("input[type=file]");
  const able = Boolean(crypto.subtle);

  const send = async (blob) => {
    if (blob.size > largest) { status.textContent = panel.dataset.large; return; }
    bar.hidden = false;
    status.textContent = panel.dataset.sending;
    try {
      await upload(blob, panel.dataset.upload, (part) => { bar.value = 100 * part; });
      location.reload();
    } catch (broken) {
      bar.hidden = true;
      status.textContent = broken instanceof Said ? broken.message : panel.dataset.broken;
      delete form.dataset.sent;
    }
  };
  file.addEventListener("change", () => { if (file.files[0]) form.querySelector("button").focus(); });
  form.addEventListener("submit", (event) => {
    if (!able || !file.files[0]) return;
    event.preventDefault();
    send(file.files[0]);
  }, { capture: true });
  if (!able) continue;
  camera(panel, send, status);
  pad(panel, send);
}

function camera(panel, send, status) {
  const place = panel.querySelector("[data-camera]");
  const opener = panel.querySelector("[data-camera-open]");
  if (!place || !navigator.mediaDevices?.getUserMedia) return;
  const video = place.querySelector("video");
  const canvas = place.querySelector("canvas");
  const [shoot, again, keep] = ["shoot", "again", "keep"].map((name) => place.querySelector(`[data-${name}]`));
  opener.hidden = false;
  opener.firstElementChild.addEventListener("click", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 1920 }, height: { ideal: 1440 }, facingMode: "user" }, audio: false,
      });
    } catch { status.textContent = panel.dataset.nocamera; return; }
    await video.play();
    opener.hidden = true;
    place.hidden = false;
    shoot.focus();
  });
  const taken = (yes) => {
    canvas.hidden = !yes; video.hidden = yes; again.hidden = !yes; keep.hidden = !yes; shoot.hidden = yes;
  };
  shoot.addEventListener("click", () => {
    // The middle of the frame, 35 by 45, never enlarged.
    const height = Math.min(video.videoHeight, video.videoWidth * 45 / 35);
    const width = height * 35 / 45;
    if (width < 413 || height < 531) { status.textContent = panel.dataset.coarse; return; }
    const scale = Math.min(1, 1080 / height);
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(video, (video.videoWidth - width) / 2, (video.videoHeight - height) / 2,
      width, height, 0, 0, canvas.width, canvas.height);
    taken(true);
    keep.focus();
  });
  again.addEventListener("click", () => taken(false));
  keep.addEventListener("click", () => canvas.toBlob((blob) => {
    for (const track of video.srcObject.getTracks()) track.stop();
    send(blob);
  }, "image/jpeg", 0.92));
}

function pad(panel, send) {
  const place = panel.querySelector("[data-pad]");
  if (!place) return;
  place.hidden = false;
  const canvas = place.querySelector("canvas");
  const pen = canvas.getContext("2d");
  let drawn = false;
  const wipe = () => {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    drawn = false;
  };
  wipe();
  pen.lineCap = pen.lineJoin = "round";
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...at(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) {
      pen.lineWidth = 2.5 + 3 * (one.pressure || 0.5);
      pen.strokeStyle = "#10182e";
      pen.lineTo(...at(one));
      pen.stroke();
      pen.beginPath();
      pen.moveTo(...at(one));
      drawn = true;
    }
  });
  place.querySelector("[data-clear]").addEventListener("click", wipe);
  place.querySelector("[data-keep]").addEventListener("click", () => {
    if (drawn) canvas.toBlob(send, "image/png");
  });
}
