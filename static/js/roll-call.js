// Roll call: saves each mark at once, letters set a mark and go on to the next person. Without it the form is sent as a whole.
(() => {
  "use strict";
  const form = document.querySelector("[data-roll-call]");
  if (!form || !window.fetch) return;
  const status = form.querySelector("[data-roll-status]");
  const token = form.querySelector("input[name=csrf_token]").value;
  const groups = [...form.querySelectorAll("fieldset[data-enrolment]")];
  const letters = { p: "present", l: "late", q: "leave", a: "absent" };
  const waiting = new Map();
  const sending = new Set();
  const rest = form.querySelector("[data-all-present]");
  let retry = 0;

  for (const one of document.querySelectorAll("[data-needs-script]")) one.hidden = false;

  const nonce = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(18));
    return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, "-");
  };
  const nameOf = (group) => group.querySelector("legend").textContent.trim();
  const marked = () => groups.filter((group) => group.querySelector("input:checked")).length;
  const say = (text) => {
    status.textContent = `${text}已点 ${marked()} / ${groups.length} 人`;
    rest.hidden = marked() === groups.length && document.activeElement !== rest;
  };

  const send = async (group) => {
    const job = waiting.get(group);
    if (!job || sending.has(group)) return;
    sending.add(group);
    let answer = null;
    try {
      answer = await fetch(form.dataset.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify(job),
        redirect: "manual",
      });
    } catch {
      answer = null;
    }
    sending.delete(group);
    if (answer && answer.ok) {
      form.querySelector(`input[name=was_${group.dataset.enrolment}]`).value = job.mark;
      if (waiting.get(group) === job) waiting.delete(group);
      const { label } = await answer.json();
      say(`${nameOf(group)} ${label}，已保存。`);
      if (waiting.has(group)) send(group);
    } else if (answer && (answer.status === 409 || answer.status === 422)) {
      waiting.delete(group);
      const { message } = await answer.json();
      say(`${nameOf(group)}没有保存：${message}`);
    } else if (answer && answer.type === "opaqueredirect") {
      say("登录已过期，请重新登录后再点。");
    } else if (answer && answer.status < 500) {
      waiting.delete(group);
      say(`${nameOf(group)}没有保存，请刷新页面再点。`);
    } else {
      say(`网络不通，${waiting.size} 人还没有保存，会自动再试。`);
      window.clearTimeout(retry);
      retry = window.setTimeout(sendAll, 5000);
    }
  };
  const sendAll = () => [...waiting.keys()].forEach(send);
  window.addEventListener("online", sendAll);

  const save = (group, value) => {
    waiting.set(group, { enrolment_id: Number(group.dataset.enrolment), mark: value, nonce: nonce() });
    send(group);
  };
  form.addEventListener("change", (event) => {
    const group = event.target.closest("fieldset[data-enrolment]");
    if (group) save(group, event.target.value);
  });

  // Letters work only while a person's group has the focus (WCAG 2.1.4).
  form.addEventListener("keydown", (event) => {
    const group = event.target.closest("fieldset[data-enrolment]");
    const value = letters[event.key.toLowerCase()];
    if (!group || !value || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const input = group.querySelector(`input[value=${value}]`);
    if (!input.checked) {
      input.checked = true;
      save(group, value);
    }
    const next = groups[groups.indexOf(group) + 1];
    const target = next
      ? next.querySelector("input:checked") || next.querySelector("input[type=radio]")
      : form.querySelector(".action-bar button");
    target.focus();
  });

  rest.hidden = marked() === groups.length;
  rest.addEventListener("click", () => {
    for (const group of groups) {
      if (group.querySelector("input:checked")) continue;
      group.querySelector("input[value=present]").checked = true;
      save(group, "present");
    }
  });

  window.addEventListener("beforeunload", (event) => {
    if (waiting.size && !form.dataset.sent) event.preventDefault();
  });
})();
