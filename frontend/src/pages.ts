// The script of our own pages: the hub's theme, the viewer's clock. Everything works without it.
//
// It stands in the page's head and runs before anything is painted, so that nothing flashes.
import "./pages.css";
import "./reference.css";
import { tellTime } from "./time";

/** Where the hub's own pages keep what was chosen: `light`, `dark` or `auto`. */
const KEY = "jupyterhub-bs-theme";
const root = document.documentElement;
const system = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function wear(): void {
  const chosen = stored();
  const dark = chosen === "dark" || (chosen !== "light" && system.matches);
  root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  const toggle = document.querySelector<HTMLButtonElement>(".pp-theme");
  if (toggle) toggle.textContent = (dark ? toggle.dataset["tLight"] : toggle.dataset["tDark"]) ?? "";
}

wear();
system.addEventListener("change", wear);
window.addEventListener("storage", wear);

document.addEventListener("DOMContentLoaded", () => {
  const toggle = document.querySelector<HTMLButtonElement>(".pp-theme");
  toggle?.addEventListener("click", () => {
    try {
      localStorage.setItem(KEY, root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark");
    } catch {
      return;
    }
    wear();
  });
  if (toggle) toggle.hidden = false;
  wear();
  tellTime(document.querySelectorAll("time"), root.lang);
  // Only the browser knows by which name it found us.
  for (const origin of document.querySelectorAll("[data-origin]")) origin.textContent = location.origin;
});
