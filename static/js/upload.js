// Sends a photo as soon as it is chosen, and shows how far it is. Without this script the same
// form is sent by its button, and the answers are the same: they are taken from the page that
// the server answers with.
(() => {
  "use strict";
  const PATIENCE = 180000; // milliseconds
  const STEP = 5; // percent

  const ready = (form) => {
    const words = form.dataset;
    const input = form.querySelector("input[type=file]");
    const bar = form.querySelector("progress");
    const status = form.querySelector("[role=status]");
    const button = form.querySelector("button");
    let request = null;
    let told = 0;
    form.classList.add("scripted");

    const problem = (text) => {
      form.querySelector(".error")?.remove();
      if (!text) return;
      const line = document.createElement("p");
      line.className = "error";
      line.setAttribute("role", "alert");
      line.textContent = text;
      form.querySelector(".upload").before(line);
    };

    // The photo stays chosen, and one press tries again.
    const fail = (text) => {
      request = null;
      bar.hidden = true;
      status.textContent = "";
      button.textContent = words.again;
      form.classList.add("failed");
      problem(text);
    };

    const sent = (done) => {
      const percent = Math.floor(done * 100);
      bar.value = percent;
      // Read aloud, so not at every packet.
      if (percent < told + STEP && percent < 100) return;
      told = percent;
      status.textContent = words.percent.replace("{percent}", percent);
    };

    const answered = () => {
      const section = form.closest("section");
      const fresh = request.response?.getElementById(section.id);
      if (request.status === 413) return fail(words.large);
      if (fresh && request.status < 500) return show(section, fresh, request.response);
      // Not the photo's fault (busy, no room): it stays chosen.
      if (fresh) return fail(fresh.querySelector(".error")?.lastChild.textContent || words.failed);
      // Somebody who is no longer let in gets the way in, by loading the page.
      if (request.status === 200) return location.reload();
      return fail(words.failed);
    };

    const send = () => {
      if (request || !input.files.length) return;
      if (input.files[0].size > Number(words.most)) return fail(words.large);
      problem("");
      form.classList.remove("failed");
      told = -STEP;
      bar.hidden = false;
      request = new XMLHttpRequest();
      request.open("POST", form.getAttribute("action"));
      request.responseType = "document";
      request.timeout = PATIENCE;
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) sent(event.loaded / event.total);
      });
      request.upload.addEventListener("load", () => {
        bar.removeAttribute("value");
        status.textContent = words.looking;
      });
      request.addEventListener("load", answered);
      for (const end of ["error", "timeout", "abort"]) {
        request.addEventListener(end, () => fail(words.lost));
      }
      sent(0);
      request.send(new FormData(form));
    };

    input.addEventListener("change", send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
  };

  // The part of the page that this photo belongs to, as the server sees it now.
  const show = (section, fresh, page) => {
    section.replaceWith(fresh);
    const room = page.getElementById("room");
    if (room) document.getElementById("room")?.replaceWith(room);
    fresh.querySelectorAll("[data-upload]").forEach(ready);
    const failed = fresh.querySelector(".error");
    const target = failed ? fresh.querySelector("input[type=file]") : fresh.querySelector("h2");
    if (!failed) {
      target.tabIndex = -1;
      const saved = document.getElementById("saved");
      saved.textContent = saved.dataset.words;
    }
    (target || fresh).focus();
  };

  document.querySelectorAll("[data-upload]").forEach(ready);
})();
