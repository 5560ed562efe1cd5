// The editor of mails: variables go in where the cursor is, the frame shows what is typed.
(() => {
  "use strict";

  const form = document.getElementById("text-form");
  if (!form) return;
  const subject = form.elements.subject, body = form.elements.body;

  // The field that was last written in takes the variable
  let field = body;
  for (const one of [subject, body]) one.addEventListener("focus", () => { field = one; });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const html = form.elements.format.value === "html";
    const line = field === subject ? button.dataset.insert.match(/{{[^}]*}}/) : null;
    const text = line ? line[0] : html ? button.dataset.insertHtml : button.dataset.insert;
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    button.closest("details").open = false;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // The frame is another document: it is loaded anew from the fields
  const show = document.querySelector("[data-show-frame]");
  if (show) {
    show.hidden = true;
    if ("atOnce" in show.dataset) form.requestSubmit(show);
    document.getElementById("preview").addEventListener("htmx:afterSwap", () => form.requestSubmit(show));
  }
})();
