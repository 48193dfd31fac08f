"""Somebody with a browser at the hub's spawn page."""

from pathlib import Path

from running_lab import wait_for

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FOUND = """async ([where, rules]) => {
    const found = await axe.run(where, {runOnly: rules});
    const told = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ')}`);
    return {passes: found.passes.length, violations: told};
}"""


class Visitor:
    """A browser of one's own. `assets=False` blocks everything of the service's; `js=False` has no JavaScript."""

    def __init__(self, lab, chromium, name, *, js=True, assets=True, width=1280, height=900, **options):
        self.lab, self.name, self.js = lab, name, js
        viewport = {"width": width, "height": height}
        self.context = chromium.new_context(java_script_enabled=js, viewport=viewport, **options)
        self.context.set_default_timeout(20_000)
        self.requests, self.trouble = [], []
        if not assets:
            self.context.route("**/services/presets/**", lambda route: route.abort())
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append((request.method, request.url)))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))

    def log_in(self):
        self.page.goto(f"{self.lab.public_url}/hub/login")
        self.page.fill("#username_input", self.name)
        self.page.fill("#password_input", self.lab.password)
        self.page.press("#password_input", "Enter")
        self.page.wait_for_url("**/hub/spawn**")
        return self.settled()

    def come_back(self):
        """Opens the spawn page again."""
        self.page.goto(f"{self.lab.public_url}/hub/spawn")
        return self.settled()

    def settled(self):
        """Waits for the focus to be where the page puts it: a key pressed before goes nowhere."""
        self.page.wait_for_load_state("load")
        if self.page.locator("[autofocus]").count():
            self.page.wait_for_selector("[autofocus]:focus")
        return self

    def leave(self):
        self.context.close()

    # What the page says.

    @property
    def text(self):
        """What is visible in the fragment, in one line."""
        return " ".join(self.page.inner_text(".pz").split())

    def chosen(self):
        return self.page.locator(".pz-radio:checked").get_attribute("value")

    def focused(self):
        """Class and id of the element that has the focus."""
        return self.page.evaluate("[document.activeElement.className, document.activeElement.id]")

    def card(self, card):
        return self.page.locator(".pz-card", has=self.page.locator(f'.pz-radio[value="{card}"]'))

    def field(self, card, key):
        return self.page.locator(f'[name="o.{card}.{key}"]')

    def start_button(self, card):
        return self.page.locator(f'button[name="start"][value="{card}"]')

    def scrolls_sideways(self):
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    def wear(self, theme):
        """Switches the hub's page to `light` or `dark`, as its own button does."""
        self.page.evaluate("theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme)

    def barriers(self, where=".pz"):
        """What axe-core finds against WCAG 2.2 A and AA in the fragment, or in another part of the page."""
        assert AXE.exists(), "run `npm ci` in frontend/ for axe-core"
        if not self.page.evaluate("'axe' in window"):
            # Past the page's own policy, which lets no such script in.
            self.page.evaluate(f"() => {{ {AXE.read_text()} }}")
        found = self.page.evaluate(FOUND, [where, RULES])
        assert found["passes"] >= 4, f"axe looked at almost nothing: {found}"
        return found["violations"]

    # What was started.

    def starts(self):
        return self.lab.records(self.name)

    def started(self):
        """The options the one server of this person was started with, as its environment says them."""
        wait_for(self.starts, f"a start for {self.name}")
        assert self.lab.outcome(self.name)[0] in ("ready", "none")
        [record] = self.starts()
        return {
            name.removeprefix("PRESETS_").lower(): value
            for name, value in record["environment"].items()
            if name.startswith("PRESETS_")
        }
