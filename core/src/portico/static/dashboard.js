// What the dashboard gains where scripts run: keys, questions in dialogs, "not saved yet", ticking
// all rows. Without this file links and forms do the same.
(() => {
  "use strict";

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  // Keys: / search, g and a letter, ? the list
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (Date.now() - going < 1500) {
      going = 0;
      const entry = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      if (entry) { event.preventDefault(); entry.click(); }
    } else if (event.key === "g") {
      going = Date.now();
    } else if (event.key === "/") {
      const box = document.querySelector("[data-search]");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "?") {
      document.getElementById("keys").showModal();
    }
  });

  // Menus close by Escape, and when one looks elsewhere
  const close = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== except) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => close(event.target.closest("details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // A question that has a page of its own is asked in a dialog
  const dialog = document.getElementById("ask");
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (event.target.closest("#ask [data-close]")) { event.preventDefault(); dialog.close(); return; }
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const answer = await fetch(link.href, { credentials: "same-origin" }).catch(() => null);
    const page = answer && answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = page && page.getElementById("ask-content");
    if (!content) { location.href = link.href; return; }
    dialog.replaceChildren(document.adoptNode(content));
    htmx.process(dialog);
    dialog.showModal();
  });

  // What is not saved yet is said beside the button
  const label = (field) => {
    const group = field.closest("fieldset");
    const words = (group && group.querySelector("legend")) || (field.labels && field.labels[0]);
    return words ? words.firstChild.textContent.trim() || words.textContent.trim() : field.name;
  };
  const changed = (field) => {
    if (!field.name || field.type === "hidden" || field.type === "submit") return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return [...field.options].some((one) => one.selected !== one.defaultSelected && field.querySelector("[selected]"));
    return field.value !== field.defaultValue;
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-save]");
    if (!form) return;
    const names = [...new Set([...form.elements].filter(changed).map(label))];
    const place = form.querySelector("[data-unsaved]");
    place.textContent = names.length ? `${place.dataset.words}: ${names.join(", ")}` : "";
  });

  // What is tried out shows at once in the preview
  let waiting;
  document.addEventListener("input", (event) => {
    const frames = document.querySelectorAll("iframe[data-preview]");
    if (!frames.length || !event.target.closest("form[data-save]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      for (const frame of frames) {
        const url = new URL(frame.src);
        for (const field of event.target.form.elements) {
          if (field.name && field.type !== "hidden" && field.type !== "submit") url.searchParams.set(field.name, field.value);
        }
        frame.src = url.href;
      }
    }, 300);
  });

  // A choice that is sent at once needs no button beside it
  const prepare = (root) => {
    for (const field of root.querySelectorAll("[data-submit]")) {
      const button = field.form.querySelector("button");
      button.hidden = true;
      field.addEventListener("change", () => { button.hidden = false; });
    }
    for (const box of root.querySelectorAll("[data-all]")) box.hidden = false;
    const wrong = root.querySelector("[data-focus]");
    if (wrong) wrong.focus();
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-all]")) return;
    for (const box of event.target.closest("table").querySelectorAll("td.tick input")) box.checked = event.target.checked;
  });
  prepare(document);
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) prepare(event.target); });
})();
