// Products: files go up in parts, several one after the other, with their progress; a part that
// fails is sent again, and an upload that was broken off goes on when the file is chosen again.
// Rows are put in order by dragging. Without this file a plain form and buttons do the same.
(() => {
  "use strict";

  const TRIES = 6;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const remembered = {
    key: (form, file) => `upload ${form.dataset.begin} ${form.dataset.file || ""} ${file.name} ${file.size} ${file.lastModified}`,
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, id) => { try { if (id) localStorage.setItem(key, id); else localStorage.removeItem(key); } catch { /* private window */ } },
  };

  // One request; the answer as JSON. Errors in words are not tried again.
  class Refused extends Error {}
  const ask = async (form, method, url, body, headers = {}, onProgress = null) => {
    const token = form.elements.csrf_token.value;
    const answer = await new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      request.open(method, url);
      request.setRequestHeader("X-CSRF-Token", token);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      if (onProgress) request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
      request.addEventListener("load", () => done(request));
      for (const what of ["error", "abort", "timeout"]) request.addEventListener(what, () => fail(new Error(what)));
      request.send(body);
    });
    let data = {};
    try { data = JSON.parse(answer.responseText); } catch { /* a page, not ours */ }
    if (answer.status >= 200 && answer.status < 300) return data;
    if (answer.status === 409) return { received: data.received };
    if (answer.status === 404) throw Object.assign(new Refused(form.dataset.failed), { gone: true });
    if (answer.status < 500) throw new Refused(data.error || form.dataset.failed);
    throw new Error(String(answer.status));
  };

  const persist = async (form, work) => {
    for (let turn = 1; ; turn += 1) {
      try { return await work(); } catch (error) {
        if (error instanceof Refused || turn >= TRIES) throw error;
        await wait(500 * 2 ** turn);
      }
    }
  };

  const begin = async (form, file) => {
    const key = remembered.key(form, file);
    const known = remembered.get(key);
    if (known) {
      try { return await ask(form, "GET", `${form.dataset.uploads}/${known}`, null); } catch (error) { if (!error.gone) throw error; }
    }
    const fields = new URLSearchParams({ filename: file.name, size: file.size, content_type: file.type, file_id: form.dataset.file || "" });
    for (const name of ["label", "notes"]) if (form.elements[name]) fields.set(name, form.elements[name].value);
    const upload = await persist(form, () => ask(form, "POST", form.dataset.begin, fields));
    remembered.set(key, upload.id);
    return upload;
  };

  const send = async (form, file, show) => {
    const upload = await begin(form, file);
    const url = `${form.dataset.uploads}/${upload.id}`;
    let at = upload.received;
    while (at < file.size) {
      const end = Math.min(at + upload.part, file.size);
      const range = { "Content-Range": `bytes ${at}-${end - 1}/${file.size}`, "Content-Type": "application/octet-stream" };
      const answer = await persist(form, () => ask(form, "PUT", url, file.slice(at, end), range, (sent) => show(at + sent)));
      at = answer.received;
      show(at);
    }
    show(null);
    await persist(form, () => ask(form, "POST", `${url}/finish`, null));
    remembered.set(remembered.key(form, file), null);
  };

  // A row per file: its name, how far it is, what went wrong
  const row = (form, file) => {
    const item = form.querySelector("template").content.firstElementChild.cloneNode(true);
    const bar = item.querySelector("progress");
    const words = item.querySelector("[data-state]");
    item.querySelector("[data-name]").textContent = file.name;
    bar.setAttribute("aria-label", file.name);
    bar.max = file.size;
    form.querySelector("[data-queue]").append(item);
    return {
      show: (done) => {
        if (done === null) bar.removeAttribute("value"); else bar.value = done;
        words.textContent = done === null ? form.dataset.finishing : `${Math.floor((100 * done) / Math.max(file.size, 1))} %`;
      },
      done: () => { bar.value = file.size; words.textContent = form.dataset.done; },
      fail: (text) => { bar.remove(); words.textContent = text; item.classList.add("wrong"); item.setAttribute("role", "alert"); },
    };
  };

  const take = async (form, files) => {
    const rows = files.map((file) => [file, row(form, file)]);
    let failed = false;
    form.toggleAttribute("data-busy", true);
    for (const [file, shown] of rows) {
      if (file.size > Number(form.dataset.limit)) { shown.fail(form.dataset.tooLarge); failed = true; continue; }
      if (!file.size) { shown.fail(form.dataset.empty); failed = true; continue; }
      try {
        shown.show(0);
        await send(form, file, shown.show);
        shown.done();
      } catch (error) {
        shown.fail(error instanceof Refused ? error.message : form.dataset.broken);
        failed = true;
      }
    }
    form.toggleAttribute("data-busy", false);
    document.getElementById("announce").textContent = failed ? form.dataset.failed : form.dataset.done;
    if (!failed) location.reload();
  };

  addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-upload][data-busy]")) event.preventDefault();
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-upload]");
    if (!form) return;
    event.preventDefault();
    const files = [...form.elements.files.files];
    if (files.length && !form.hasAttribute("data-busy")) { form.elements.files.value = ""; take(form, files); }
  });
  for (const form of document.querySelectorAll("form[data-upload]")) {
    const input = form.elements.files;
    if (form.hasAttribute("data-at-once")) {
      form.querySelector("button[type=submit]").hidden = true;
      input.addEventListener("change", () => form.requestSubmit());
    }
    form.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) { event.preventDefault(); form.classList.add("over"); } });
    form.addEventListener("dragleave", () => form.classList.remove("over"));
    form.addEventListener("drop", (event) => {
      form.classList.remove("over");
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      const files = [...event.dataTransfer.files];
      if (!form.hasAttribute("data-busy")) take(form, input.multiple ? files : files.slice(0, 1));
    });
  }

  // Dragging a row to its place; the buttons "up" and "down" do the same by keyboard
  for (const list of document.querySelectorAll("[data-sortable]")) {
    let held = null;
    for (const handle of list.querySelectorAll("[data-handle]")) { handle.hidden = false; handle.draggable = true; }
    list.addEventListener("dragstart", (event) => {
      const handle = event.target.closest && event.target.closest("[data-handle]");
      if (!handle) return;
      held = handle.closest("[data-id]");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setDragImage(held, 8, 8);
    });
    list.addEventListener("dragover", (event) => {
      const over = held && event.target.closest("[data-id]");
      if (!over) return;
      event.preventDefault();
      const box = over.getBoundingClientRect();
      if (over !== held) over[event.clientY < box.top + box.height / 2 ? "before" : "after"](held);
    });
    list.addEventListener("dragend", () => {
      if (!held) return;
      held = null;
      const form = document.getElementById(list.dataset.sortable);
      for (const one of list.querySelectorAll("[data-id]")) {
        const field = document.createElement("input");
        field.type = "hidden"; field.name = "id"; field.value = one.dataset.id;
        form.append(field);
      }
      form.requestSubmit();
    });
  }

  // A variable goes in where the cursor is
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-into]");
    if (!button) return;
    const field = document.getElementById(button.dataset.into);
    field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    button.closest("details").open = false;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // A short name proposed from the name, as the server would make it
  for (const field of document.querySelectorAll("[data-slug-of]")) {
    const name = field.form.elements[field.dataset.slugOf];
    let own = Boolean(field.value);
    field.addEventListener("input", () => { own = Boolean(field.value); });
    name.addEventListener("input", () => {
      if (own) return;
      field.value = name.value.replaceAll("ß", "ss").replaceAll("&", " and ").normalize("NFKD").replace(/[\u0300-\u036f]/g, "")
        .toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 80).replace(/^-+|-+$/g, "");
    });
  }
})();
