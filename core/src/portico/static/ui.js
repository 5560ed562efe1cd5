// What pages gain where scripts run. Without this file everything still works: keys can be shown
// and selected, links and forms do the rest.
(() => {
  "use strict";

  const announce = (text) => {
    const region = document.getElementById("announce");
    if (!region) return;
    region.textContent = "";
    // A region that is filled in the same frame as it is emptied is not read out again.
    requestAnimationFrame(() => { region.textContent = text; });
  };

  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      try { await navigator.clipboard.writeText(text); return true; } catch { /* try the old way */ }
    }
    const box = document.createElement("textarea");
    box.value = text;
    box.className = "hidden-text";
    box.setAttribute("aria-hidden", "true");
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy");
    box.remove();
    return done;
  };

  const prepareCopying = (root) => {
    for (const button of root.querySelectorAll("button[data-copy]")) {
      const words = button.querySelector("[data-label]") || button;
      const before = words.textContent;
      let timer;
      button.hidden = false;
      button.addEventListener("click", async () => {
        if (!(await copy(button.dataset.copy))) return;
        button.focus();
        // The width stays, so that nothing beside the button moves.
        button.style.minWidth = `${button.offsetWidth}px`;
        words.textContent = button.dataset.done;
        announce(button.dataset.copied);
        clearTimeout(timer);
        timer = setTimeout(() => { words.textContent = before; button.style.minWidth = ""; }, 2000);
      });
    }
  };
  prepareCopying(document);
  // A part of a page that came later, in the dashboard.
  document.addEventListener("htmx:load", (event) => { if (event.target !== document.body) prepareCopying(event.target); });

  // "Send again (0:30)": the server refuses earlier anyway and says so.
  for (const button of document.querySelectorAll("button[data-wait]")) {
    const words = button.textContent;
    let left = Number(button.dataset.wait);
    const tick = () => {
      button.disabled = left > 0;
      button.textContent = left > 0 ? `${words} (0:${String(left).padStart(2, "0")})` : words;
      if (left-- > 0) setTimeout(tick, 1000);
    };
    tick();
  }

  // On a phone the menu scrolls sideways; the current entry starts in view.
  const current = document.querySelector("nav [aria-current='page']");
  const scroller = current && current.closest("ul");
  if (scroller && scroller.scrollWidth > scroller.clientWidth) {
    const box = current.getBoundingClientRect(), frame = scroller.getBoundingClientRect();
    scroller.scrollLeft += box.left - frame.left - (frame.width - box.width) / 2;
  }

  // A page that waits for something looks again; without scripts a meta element does the same.
  const waiting = document.querySelector("[data-reload]");
  if (waiting) setTimeout(() => location.reload(), Number(waiting.dataset.reload) * 1000);

  const print = document.querySelector("button[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
