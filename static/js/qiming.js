// Small enhancements; every page works without them.
(() => {
  "use strict";

  // The error summary takes the focus, so that it is read first; its links focus the field itself.
  const summary = document.querySelector("[data-error-summary]");
  if (summary) {
    // The form was sent to an address that still ends in #main where the skip link was used: it would take the focus.
    if (window.location.hash) history.replaceState(null, "", window.location.pathname + window.location.search);
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const field = link && document.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      field.focus({ preventScroll: true });
      (field.closest(".field") || field).scrollIntoView({ block: "start" });
    });
  }

  // A button pressed once is not pressed again; screen readers hear that it works.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    const button = event.submitter || form.querySelector("button:not([type=button])");
    if (button) button.setAttribute("aria-busy", "true");
    // An answer that is a download leaves the page standing.
    setTimeout(() => release(form), 10000);
  });
  const release = (form) => {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  };
  // Coming back by the browser's history must not find a dead form.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach(release);
  });

  // Long numbers in groups while one types; the server drops the spaces.
  const grouped = (text, sizes) => {
    const parts = [];
    let rest = text;
    for (const size of sizes) {
      if (!rest) break;
      parts.push(rest.slice(0, size));
      rest = rest.slice(size);
    }
    return parts.join(" ") + rest;
  };
  for (const input of document.querySelectorAll("input[data-groups]")) {
    const sizes = input.dataset.groups.split(" ").map(Number);
    const regroup = () => {
      const before = input.value.slice(0, input.selectionStart ?? 0).replace(/\s/g, "").length;
      const plain = input.value.replace(/\s/g, "");
      // Anything but digits, letters and X is left as it is typed: the server says what is wrong with it.
      if (!/^[0-9A-Za-z]*$/.test(plain)) return;
      input.value = grouped(plain, sizes);
      if (document.activeElement !== input) return;
      let place = 0;
      for (let seen = 0; place < input.value.length && seen < before; place++) {
        if (input.value[place] !== " ") seen++;
      }
      input.setSelectionRange(place, place);
    };
    input.addEventListener("input", (event) => {
      if (!event.isComposing) regroup();
    });
    input.addEventListener("compositionend", regroup);
    regroup();
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // Two minutes before the session ends: ask, and let one keystroke extend it.
  const dialog = document.getElementById("session-warning");
  const minutes = Number(document.body.dataset.idleMinutes);
  if (dialog && minutes && typeof dialog.showModal === "function") {
    const countdown = dialog.querySelector("[data-countdown]");
    const warnBefore = 120;
    let endsAt;
    const restart = () => {
      endsAt = Date.now() + minutes * 60000;
      if (dialog.open) dialog.close();
    };
    const extend = async () => {
      const token = document.querySelector("#sign-out input[name=csrf_token]").value;
      try {
        const answer = await fetch(document.body.dataset.extendUrl, {
          method: "POST",
          headers: { "X-CSRFToken": token },
          redirect: "manual",
        });
        if (answer.status === 204) restart();
        else window.location.reload();
      } catch {
        countdown.textContent = "网络不通，请稍后再按一次；";
      }
    };
    dialog.querySelector("[data-extend]").addEventListener("click", extend);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      extend();
    });
    // By the clock and not by counting ticks: phones put pages to sleep.
    setInterval(() => {
      const left = Math.round((endsAt - Date.now()) / 1000);
      if (left <= -5) window.location.reload();
      else if (left <= warnBefore) {
        if (!dialog.open) dialog.showModal();
        if (left > 60 && left % 60 === 0) countdown.textContent = `${left / 60} 分钟`;
        else if (left <= 60 && left > 0 && left % 15 === 0) countdown.textContent = `${left} 秒`;
      }
    }, 1000);
    restart();
  }
})();
