// Says at once when too many photos are chosen, or too large ones, before they travel for
// nothing. Without this script the server says the same.
(() => {
  "use strict";

  const watch = (input) => {
    const words = input.dataset;

    const problem = () => {
      const photos = [...input.files];
      if (photos.length > Number(words.many)) return words.tooMany;
      const size = photos.reduce((sum, photo) => sum + photo.size, 0);
      return size > Number(words.most) ? words.tooLarge : "";
    };

    const tell = () => {
      const text = problem();
      const field = input.closest(".field");
      field.querySelector(".error")?.remove();
      field.classList.toggle("group-error", Boolean(text));
      if (!text) return;
      const line = document.createElement("p");
      line.className = "error";
      line.id = "photos-error";
      line.setAttribute("role", "alert");
      line.textContent = text;
      input.closest(".upload").before(line);
      input.setAttribute("aria-describedby", "photos-hint photos-error");
    };

    input.addEventListener("change", tell);
    input.form.addEventListener("submit", (event) => {
      if (!problem()) return;
      event.preventDefault();
      tell();
      input.focus();
    });
  };

  document.querySelectorAll("input[type=file][data-many]").forEach(watch);
})();
