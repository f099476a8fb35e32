// Puts a quick reply into the answer and keeps what was typed. Without this script the same form
// asks the server for the page with these words in it.
(() => {
  "use strict";
  const form = document.querySelector("form.replies");
  const answer = document.querySelector("#words textarea");
  if (!form || !answer) return;

  form.addEventListener("submit", (event) => {
    const words = form.querySelector("select").selectedOptions[0]?.dataset.text;
    if (!words) return;
    event.preventDefault();
    const typed = answer.value.trimEnd();
    answer.value = typed ? `${typed}\n\n${words}` : words;
    answer.focus();
  });
})();
