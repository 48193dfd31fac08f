// The spawn fragment's script: saves a round trip here and there, adds no ability.
//
// It runs in the hub's page, with the hub's rights: no globals, no network, nothing read but the form.
import "./fragment.css";
import { narrow, rulesOf } from "./narrow";
import { tellTime } from "./time";

const root = document.querySelector<HTMLElement>(".pz");
const form = root?.closest("form");

/** Keeps the values of cards that are not started out of the request. */
function keepOnly(cards: HTMLElement, chosen: string | undefined): void {
  for (const card of cards.querySelectorAll<HTMLElement>(".pz-card")) {
    const options = card.querySelector<HTMLFieldSetElement>(".pz-opts");
    if (options) options.disabled = radioOf(card)?.value !== chosen;
  }
}

function radioOf(card: Element | null | undefined): HTMLInputElement | null {
  return card?.querySelector<HTMLInputElement>(".pz-radio") ?? null;
}

function choose(event: Event): void {
  const part = event.target instanceof Element ? event.target : null;
  if (!part?.matches(".pz-opts *, .pz-start")) return;
  const radio = radioOf(part.closest(".pz-card"));
  if (radio) radio.checked = true;
}

/** One request, however often somebody presses. */
function guard(cards: HTMLElement, form: HTMLFormElement): void {
  const submits = form.querySelectorAll<HTMLButtonElement>("button[type=submit]");
  const live = cards.querySelector(".pz-live");
  const words = new Map<HTMLButtonElement, string>();
  let sent = false;

  form.addEventListener(
    "submit",
    (event) => {
      if (sent) {
        // The hub's own handler would put its Start button back.
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      sent = true;
      const pressed = event.submitter?.getAttribute("value");
      const checked = cards.querySelector<HTMLInputElement>(".pz-radio:checked")?.value;
      const chosen = pressed || checked;
      keepOnly(cards, chosen);
      const starting = cards.dataset["tStarting"] ?? "";
      if (live) live.textContent = starting;
      // A disabled button is not sent: let the browser collect the form first.
      setTimeout(() => {
        for (const button of submits) {
          button.disabled = true;
          const text = button.firstChild;
          if (button.value === chosen && text instanceof Text) {
            words.set(button, text.data);
            text.data = starting;
          }
        }
      });
    },
    true,
  );

  // Back in the history, the browser may show this very page again as it was left.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    sent = false;
    if (live) live.textContent = "";
    for (const options of cards.querySelectorAll<HTMLFieldSetElement>(".pz-opts")) options.disabled = false;
    for (const button of submits) {
      button.disabled = false;
      const text = button.firstChild;
      if (text instanceof Text) text.data = words.get(button) ?? text.data;
    }
    // The hub's spinner, which its own script never takes away.
    form.querySelector(".feedback-container > button")?.classList.remove("hidden");
    form.querySelector(".feedback-widget")?.classList.add("hidden");
  });
}

if (root) {
  root.addEventListener("input", choose);
  root.addEventListener("click", choose);
  if (form) guard(root, form);
  const live = root.querySelector(".pz-live");
  const rules = rulesOf(root);
  for (const options of root.querySelectorAll<HTMLFieldSetElement>(".pz-opts")) {
    narrow(options, rules, live);
  }
  tellTime(root.querySelectorAll("time"), root.lang);
  // After the browser has looked for `autofocus`, which older ones only know on controls.
  requestAnimationFrame(() => {
    const problem = root.querySelector<HTMLElement>(".pz-problem");
    if (problem && document.activeElement !== problem) problem.focus();
  });
}
