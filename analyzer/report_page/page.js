"use strict";
// Everything that came from mail becomes a text node. Nothing here writes markup.
(() => {
  const PAGE = 50; // rows that stand in the page at once, so that ten thousand stay quick
  const byId = (id) => document.getElementById(id);

  const make = (name, className, text) => {
    const node = document.createElement(name);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // --- copying -------------------------------------------------------------
  const byHand = (text) => {
    const area = make("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };

  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return byHand(text); // pages opened from a disk may not use the clipboard in every browser
    }
  };

  const say = (words) => {
    byId("said").textContent = "";
    setTimeout(() => { byId("said").textContent = words; }, 50); // said again even where it was the last thing said
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const done = await copied(byId(button.dataset.copy).textContent);
    button.focus();
    const label = button.querySelector(".label");
    label.textContent = done ? "Copied" : "Please copy by hand";
    say(done ? "The email is copied." : "The browser did not allow copying. Please select the text and copy it.");
    setTimeout(() => { label.textContent = "Copy the text"; }, 3000);
  });

  // --- printing: every email unfolded, then as it was ----------------------
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details.unfold:not([open])")];
    folded.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }));

  // --- the table -----------------------------------------------------------
  if (!byId("data")) return;
  const labels = JSON.parse(byId("data").textContent);
  const rows = JSON.parse(byId("letters-data").textContent);
  const collator = new Intl.Collator("en", { sensitivity: "base", numeric: true });
  const wanted = { words: [], kind: "", reason: "", action: "", key: "date", down: true };
  let fitting = rows;
  let page = 0;

  rows.forEach((row, number) => { row.number = number; });
  const textOf = (row) => {
    // Put together when first asked for: most visits never search.
    row.text ??= [row.company, row.role, row.contact, row.subject, row.from, row.dated, ...(row.body || []).map((part) => part[0])].join("\n").toLowerCase();
    return row.text;
  };

  const keys = {
    date: (row) => row.day,
    company: (row) => row.company,
    kind: (row) => labels.order.kinds.indexOf(row.kind),
    reason: (row) => (row.reasons.length ? labels.order.reasons.indexOf(row.reasons[0]) : 99),
    todo: (row) => labels.order.statuses.indexOf(row.status) * 1e9 + (row.act ? Date.parse(row.act) / 1e6 : 5e8),
  };
  const compare = (key) => (a, b) => {
    const [one, two] = [keys[key](a), keys[key](b)];
    return typeof one === "number" ? one - two : key === "date" ? (one < two ? -1 : one > two ? 1 : 0) : collator.compare(one, two);
  };

  const fits = (row) =>
    (!wanted.kind || row.kind === wanted.kind) &&
    (!wanted.reason || row.reasons.includes(wanted.reason)) &&
    (!wanted.action || row.action === wanted.action || row.status === wanted.action) &&
    wanted.words.every((word) => textOf(row).includes(word));

  const choose = () => {
    fitting = rows.filter(fits);
    const order = compare(wanted.key);
    const sign = wanted.down ? -1 : 1;
    fitting.sort((a, b) => sign * order(a, b) || a.number - b.number);
    page = 0;
    show();
  };

  const number = (value) => value.toLocaleString("en");
  const show = () => {
    const first = page * PAGE;
    const slice = fitting.slice(first, first + PAGE);
    byId("rows").replaceChildren(...slice.map(line));
    const letters = fitting.length === 1 ? "1 letter" : `${number(fitting.length)} letters`;
    byId("count").textContent = fitting.length === rows.length ? `${letters}.` : `${letters} of ${number(rows.length)}.`;
    byId("where").textContent = `${number(first + 1)} to ${number(first + slice.length)} of ${number(fitting.length)}`;
    byId("clear").hidden = fitting.length === rows.length;
    byId("none").hidden = fitting.length > 0;
    document.querySelector("table.letters").hidden = fitting.length === 0;
    byId("pages").hidden = fitting.length <= PAGE;
    byId("before").disabled = page === 0;
    byId("after").disabled = first + PAGE >= fitting.length;
    document.querySelectorAll("th[data-sort]").forEach((head) => {
      if (head.dataset.sort === wanted.key) head.setAttribute("aria-sort", wanted.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  };

  const uncapital = (words) => words[0].toLowerCase() + words.slice(1);

  const cell = (className, ...children) => {
    const node = make("td", className);
    node.setAttribute("role", "cell");
    node.append(...children.filter(Boolean));
    return node;
  };

  const line = (row) => {
    const node = make("tr");
    node.setAttribute("role", "row");
    const reasons = row.reasons.map((name, place) => (place ? uncapital : String)(labels.reasons[name])).join("; ");
    const name = make("span", "name", row.company);
    const role = make("span", "role", row.role || row.subject);
    let opener = make("span", "row-plain");
    if (labels.anonymous) opener.append(name);
    else opener = unfolder(node, row, name, role);
    node.append(
      cell("on", row.dated || "No date"),
      cell("company", opener),
      cell("kind", make("span", `tag ${row.kind}`, labels.kinds[row.kind])),
      cell("reason", reasons),
      cell("todo", row.todo, row.note && make("span", "sub", ` ${row.note}`)),
    );
    return node;
  };

  const unfolder = (node, row, name, role) => {
    const button = make("button", "row-button");
    const both = make("span");
    both.append(name, role);
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.append(both);
    button.addEventListener("click", () => fold(node, row, button));
    return button;
  };

  const fold = (node, row, button) => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    node.classList.toggle("open", !open);
    if (open) {
      node.nextSibling.remove();
      button.removeAttribute("aria-controls");
      return;
    }
    const below = detail(row);
    button.setAttribute("aria-controls", below.id);
    node.after(below);
  };

  const detail = (row) => {
    const node = make("tr", "detail");
    node.id = `row-${row.number}`;
    node.setAttribute("role", "row");
    const inside = make("div", row.draft ? "inside two" : "inside");
    inside.append(make("p", "why", [row.because, ...row.notes].filter(Boolean).join(" ")), letter(row));
    if (row.draft) inside.append(email(row));
    const whole = cell("", inside);
    whole.colSpan = 5;
    node.append(whole);
    return node;
  };

  const letter = (row) => {
    const part = make("div");
    part.append(make("h3", "", "The letter"), headers([["From", row.from], ["Subject", row.subject]]));
    const text = make("div", "letter");
    row.body.forEach(([words, how, reason]) => text.append(stretch(words, how, reason)));
    if (!row.body.length) text.textContent = "Its text is not kept here.";
    part.append(text);
    if (row.body.some(([, how]) => how & 1)) part.append(make("p", "key-line", "Marked: the words that show a reason."));
    if (row.body.some(([, how]) => how & 2)) part.append(make("p", "key-line", "In italics: sentences that also stand in other letters to you. They say nothing about you."));
    return part;
  };

  const stretch = (words, how, reason) => {
    if (!how) return document.createTextNode(words);
    const node = make(how & 1 ? "mark" : "span", [how & 1 ? "evidence" : "", how & 2 ? "stock" : ""].join(" ").trim(), words);
    if (how & 1 && reason) node.title = labels.reasons[reason];
    return node;
  };

  const headers = (pairs) => {
    const list = make("dl", "headers");
    pairs.filter(([, value]) => value).forEach(([name, value]) => {
      const pair = make("div");
      pair.append(make("dt", "", name), make("dd", "", value));
      list.append(pair);
    });
    return list;
  };

  const email = (row) => {
    const part = make("div", "email");
    const text = make("div", "letter", row.draft.body);
    text.id = `draft-${row.number}`;
    part.append(make("h3", "", row.draft.name), headers([["To", row.draft.to || "whoever wrote to you"], ["Subject", row.draft.subject]]), text);
    if (row.draft.missing) part.append(make("p", "gap", `Still yours to fill in: ${row.draft.missing}.`));
    const copy = make("button", "copy");
    copy.type = "button";
    copy.dataset.copy = text.id;
    copy.append(make("span", "label", "Copy the text"), make("span", "unseen", ` for ${row.company}`));
    const buttons = make("p", "buttons");
    buttons.append(copy);
    if (row.draft.link.startsWith("mailto:")) {
      const link = make("a", "button", "Open in your mail program");
      link.href = row.draft.link;
      buttons.append(link);
    }
    part.append(buttons);
    return part;
  };

  // --- controls ------------------------------------------------------------
  let pause;
  const read = () => {
    wanted.words = byId("f-text").value.toLowerCase().split(/\s+/).filter(Boolean);
    wanted.kind = byId("f-kind").value;
    wanted.reason = byId("f-reason").value;
    wanted.action = byId("f-action").value;
    choose();
  };
  byId("f-text").addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(read, 120); });
  ["f-kind", "f-reason", "f-action"].forEach((id) => byId(id).addEventListener("change", read));
  byId("f-sort").addEventListener("change", (event) => {
    const [key, direction] = event.target.value.split(" ");
    Object.assign(wanted, { key, down: direction === "desc" });
    choose();
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => {
    ["f-text", "f-kind", "f-reason", "f-action"].forEach((id) => { byId(id).value = ""; });
    read();
    byId("f-text").focus();
  });
  document.querySelectorAll("th[data-sort] button").forEach((button) => button.addEventListener("click", () => {
    const key = button.parentElement.dataset.sort;
    const down = wanted.key === key ? !wanted.down : key === "date";
    Object.assign(wanted, { key, down });
    choose();
  }));
  const turn = (step) => () => {
    page += step;
    show();
    byId("letters").scrollIntoView();
    byId("letters").focus({ preventScroll: true });
  };
  byId("before").addEventListener("click", turn(-1));
  byId("after").addEventListener("click", turn(1));

  byId("table").hidden = false;
  choose();
})();
