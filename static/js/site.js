// Small comforts on top of pages that work without any script.
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);

  // A page with problems begins at its summary.
  const focusProblems = (root) => root.querySelector?.(".errors")?.focus();
  focusProblems(document);

  // Text that people carry elsewhere gets a button that copies it.
  const copyButtons = (root) => {
    const words = document.body.dataset;
    if (!navigator.clipboard || !words.copy) return;
    for (const text of all(".onlabel, .ref[data-copy]", root)) {
      if (text.nextElementSibling?.matches(".copy")) continue;
      const value = text.dataset.copy || text.innerText;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn plain copy";
      button.textContent = words.copy;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(value);
        button.textContent = words.copied;
        setTimeout(() => { button.textContent = words.copy; }, 3000);
      });
      text.after(button);
    }
  };
  copyButtons(document);

  // Printing needs a script, so the button shows only where there is one.
  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // A second press within ten seconds changes nothing: the form is already on its way.
  // The buttons stay enabled, so their names are sent and the back button finds them usable.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.defaultPrevented) return;
    if (Date.now() - (sent.get(event.target) || 0) < 10000) event.preventDefault();
    else sent.set(event.target, Date.now());
  });
  addEventListener("pageshow", () => { for (const form of document.forms) sent.delete(form); });

  // The story is asked for again now and then, and when the reader comes back to it.
  let asked = Date.now();
  const refresh = (age) => {
    if (document.hidden || Date.now() - asked < age) return;
    asked = Date.now();
    for (const part of all("[data-refresh]")) part.dispatchEvent(new Event("refresh"));
  };
  setInterval(() => refresh(300000), 30000);
  document.addEventListener("visibilitychange", () => refresh(60000));
  document.addEventListener("htmx:load", (event) => {
    focusProblems(event.detail.elt);
    copyButtons(event.detail.elt);
  });
})();
