// The web chat: builds what the coach says as elements (never as HTML text), and sends words back.
"use strict";
const log = document.getElementById("log");
const form = document.getElementById("say");
const words = document.getElementById("words");
const status = document.getElementById("status");
const typing = document.getElementById("typing");
const texts = JSON.parse(document.getElementById("texts").textContent);
const WAYS = /^\/(back|save|cancel|home|skip|not)\b/;
const MAX_FILE = 5 * 1024 * 1024;
const PATIENCE = 5 * 60 * 1000; // while nothing gets through; a restart of the server or its database takes less
let started = false;
let focusNext = false;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function codeBlock(fields) {
  const box = element("div", "code");
  const copy = element("button", "", texts.copy);
  copy.type = "button";
  const pre = element("pre", "", fields.text);
  pre.tabIndex = 0;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(fields.text);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(pre);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      document.execCommand("copy");
    }
    copy.textContent = texts.copied;
    status.textContent = texts.copied;
    setTimeout(() => { copy.textContent = texts.copy; }, 2500);
  });
  box.append(copy, pre);
  return box;
}

function folded(label, text) {
  const box = element("details");
  box.append(element("summary", "", label), element("blockquote", "", text));
  return box;
}

function link(fields) {
  const made = element("a", "", fields.text);
  if (/^https?:\/\//.test(fields.url)) made.href = fields.url;
  made.rel = "noopener noreferrer";
  return made;
}

const spans = {
  text: (fields) => element("span", "", fields.text),
  bold: (fields) => element("strong", "", fields.text),
  code: codeBlock,
  quote: (fields) => (fields.folded ? folded(texts.fold, fields.text) : element("blockquote", "", fields.text)),
  hidden: (fields) => folded(texts.show, fields.text),
  link,
};

function attachment([name, type, content, description]) {
  const address = `data:${type};base64,${content}`;
  if (type.startsWith("image/")) {
    const picture = element("img", "picture");
    picture.src = address;
    picture.alt = description || name;
    return picture;
  }
  const made = element("a", "", name);
  made.href = address;
  made.download = name;
  return made;
}

function choicesOf(message) {
  const row = element("div", message.columns > 1 ? "choices" : "choices wide");
  row.setAttribute("role", "group");
  for (const [label, say] of message.choices) {
    // Ways back and out look quieter than answers.
    const button = element("button", WAYS.test(say) ? "way" : "", label);
    button.type = "button";
    button.addEventListener("click", () => {
      for (const other of row.children) other.disabled = true;
      focusNext = true;
      send(say, true);
    });
    row.append(button);
  }
  return row;
}

function show(message) {
  if (message.who === "me") {
    const mine = element("div", "bubble me", message.words);
    mine.setAttribute("aria-label", `${texts.me}: ${message.words}`);
    log.append(mine);
  } else {
    showCoach(message);
  }
  // A message longer than the screen is read from its beginning.
  const newest = log.lastElementChild;
  log.scrollTop = newest.offsetHeight > log.clientHeight ? newest.offsetTop - log.offsetTop - 8 : log.scrollHeight;
}

function trimmed(spanList) {
  // Blocks bring their own space: the line breaks beside them would double it.
  const isBlock = (span) => span && ["code", "quote", "hidden"].includes(span[0]);
  return spanList.map(([kind, fields], n) => {
    if (isBlock([kind])) return [kind, fields];
    let text = fields.text;
    if (isBlock(spanList[n - 1])) text = text.replace(/^\n+/, "");
    if (isBlock(spanList[n + 1])) text = text.replace(/\n+$/, "");
    return [kind, { ...fields, text }];
  });
}

function showCoach(message) {
  const turn = element("div", "turn");
  turn.dataset.key = message.key || "";
  const bubble = element("div", "bubble coach");
  const text = element("div", "text");
  for (const [kind, fields] of trimmed(message.text)) if (spans[kind]) text.append(spans[kind](fields));
  bubble.append(text, ...message.attachments.map(attachment));
  turn.append(bubble);
  if (!message.partial && message.choices.length) turn.append(choicesOf(message));
  // What was tapped has been answered.
  for (const old of log.querySelectorAll(".choices:has(button:disabled)")) old.remove();
  // The same screen again: replaced in place while it is the last thing said, else it comes anew below.
  const before = log.lastElementChild;
  const replaces = message.key && before && before.dataset.key === message.key;
  if (replaces) before.replaceWith(turn);
  else {
    // Buttons of older screens that were replaced by this one would only mislead.
    if (message.key) for (const old of log.querySelectorAll(`[data-key="${CSS.escape(message.key)}"] .choices`)) old.remove();
    log.append(turn);
  }
  typing.hidden = Boolean(!message.partial);
  const first = turn.querySelector(".choices button");
  if (focusNext && first) { first.focus({ preventScroll: true }); focusNext = false; }
}

const freshId = () => (crypto.randomUUID ? crypto.randomUUID() : fallbackId());

async function send(say, tapped) {
  const body = JSON.stringify({ words: say, id: freshId(), tapped });
  const isSent = await post("/chat/say", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!isSent && !tapped && !words.value) words.value = say;
}

function sendFile(file) {
  if (file.size > MAX_FILE) { status.textContent = texts.large; return undefined; }
  const body = new FormData();
  body.append("id", freshId());
  body.append("words", words.value.trim());
  body.append("file", file);
  words.value = "";
  return post("/chat/file", { method: "POST", body });
}

async function post(address, request) {
  started = true;
  typing.hidden = false;
  const until = Date.now() + PATIENCE;
  for (let tries = 1; Date.now() < until; tries += 1) {
    let wait = Math.min(800 * tries, 5000);
    try {
      const answer = await fetch(address, request);
      if (answer.ok) { status.textContent = ""; return true; }
      if (answer.status === 401) { leave(); return false; }
      if (answer.status === 413) { status.textContent = texts.large; typing.hidden = true; return false; }
      wait = 1000 * Number(answer.headers.get("Retry-After")) || wait;
    } catch {
      // No connection: as below.
    }
    // The id stays the same: sent twice, it is answered once.
    status.textContent = texts.offline;
    await new Promise((done) => setTimeout(done, wait));
  }
  typing.hidden = true;
  return false;
}

function fallbackId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function leave() {
  status.textContent = texts.out;
  typing.hidden = true;
  form.querySelectorAll("textarea, button").forEach((part) => { part.disabled = true; });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const say = words.value.trim();
  if (!say) return;
  words.value = "";
  words.style.height = "auto";
  send(say, false);
});
words.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
});
words.addEventListener("input", () => { words.style.height = "auto"; words.style.height = `${Math.min(words.scrollHeight, 144)}px`; });

const picker = document.getElementById("file");
document.getElementById("attach").addEventListener("click", () => picker.click());
picker.addEventListener("change", () => { if (picker.files[0]) sendFile(picker.files[0]); picker.value = ""; });

// A voice message: one press begins, the next one sends; what is not wanted is dropped by the button beside it.
const mic = document.getElementById("mic");
const drop = document.getElementById("drop");
const LONGEST = 120000; // milliseconds: two minutes stay below what the door takes
let recorder = null;

async function record() {
  let heard;
  try {
    heard = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    status.textContent = texts.no_mic;
    return;
  }
  const pieces = [];
  const made = new MediaRecorder(heard);
  const tooLong = setTimeout(() => stopRecording(true), LONGEST);
  made.addEventListener("dataavailable", (event) => pieces.push(event.data));
  made.addEventListener("stop", () => {
    clearTimeout(tooLong);
    for (const track of heard.getTracks()) track.stop();
    const sound = new Blob(pieces, { type: made.mimeType });
    if (made.wanted && sound.size) sendFile(new File([sound], texts.voice, { type: made.mimeType }));
  });
  made.start();
  recorder = made;
  showRecording(true);
}

function stopRecording(wanted) {
  if (!recorder) return;
  recorder.wanted = wanted;
  recorder.stop();
  recorder = null;
  showRecording(false);
}

function showRecording(on) {
  mic.setAttribute("aria-pressed", String(on));
  drop.hidden = !on;
  document.getElementById("attach").hidden = on;
  status.textContent = on ? texts.recording : "";
}

if (mic && window.MediaRecorder && navigator.mediaDevices) {
  mic.hidden = false;
  mic.addEventListener("click", () => (recorder ? stopRecording(true) : record()));
  drop.addEventListener("click", () => { stopRecording(false); mic.focus(); });
}

let heard = 0;
function listen() {
  const events = new EventSource(`/chat/events?after=${heard}`);
  events.addEventListener("message", (event) => {
    started = true;
    status.textContent = "";
    heard = event.lastEventId || heard;
    show(JSON.parse(event.data));
  });
  events.addEventListener("out", () => { events.close(); leave(); });
  events.addEventListener("open", () => {
    // A first visit begins with the coach's greeting, unless the visitor was quicker.
    setTimeout(() => { if (!started) send("/start", true); }, 600);
    // A link of the lead's page opens one screen, once: a reload shows what was said.
    if (texts.opens) send(texts.opens, true);
    texts.opens = "";
    history.replaceState(null, "", "/chat");
  });
  events.addEventListener("error", () => {
    if (events.readyState !== EventSource.CLOSED) return; // by itself it tries again only where nobody answered
    status.textContent = texts.offline;
    setTimeout(listen, 3000);
  });
}
listen();
// Until now a press would have left the page, and the words with it.
form.querySelector("button[type=submit]").disabled = false;
words.focus();
