"""Our own pages: by keyboard, without JavaScript, in both themes, on a phone; and what the browser has to say of them."""

import states
import pytest
from running_lab import wait_for

PAGES = {"": "My presets", "token": "A token for your programs", "oauth_callback": "This login was not completed"}

# What a page must not do, told by the browser itself, from before its first script.
WATCH = """document.addEventListener('securitypolicyviolation',
    event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""


@pytest.fixture
def page_of(lab, visit):
    """`page_of(name, path, …)`: somebody on a page of ours, with what the browser complained of in `trouble`."""

    def page_of(name, path="", **options):
        visitor = visit(name, **options)
        visitor.context.add_init_script(WATCH)
        visitor.page.on("console", lambda said: note(visitor, said))
        visitor.page.goto(f"{lab.public_url}/services/presets/{path}")
        return visitor

    return page_of


def note(visitor, said):
    # Chromium says so of every page that is not a 200.
    if said.type in ("error", "warning") and "status of 403" not in said.text:
        visitor.trouble.append(said.text)


def heading(visitor):
    return visitor.page.locator("h1").inner_text()


@pytest.mark.parametrize("path", PAGES)
def test_everybody_can_use_every_page(page_of, path):
    visitor = page_of("alice", path)
    assert visitor.page.locator("h1").all_inner_texts() == [PAGES[path]]
    assert visitor.page.title().startswith(PAGES[path])
    assert visitor.page.locator("main").count() == 1
    assert visitor.page.get_attribute("html", "lang") == "en"
    assert visitor.trouble == [], "before axe, which is no part of the page"
    for theme in ("dark", "light"):
        visitor.wear(theme)
        assert visitor.barriers("body") == [], theme
    for width in (360, 320):
        visitor.page.set_viewport_size({"width": width, "height": 740})
        assert not visitor.scrolls_sideways(), width


def test_the_keys_go_from_the_top_of_the_page_to_its_end(page_of):
    visitor = page_of("dave")
    reached = []
    for _ in range(8):
        visitor.page.keyboard.press("Tab")
        reached.append(" ".join(visitor.page.evaluate("document.activeElement.innerText").split()))
    assert reached == ["Skip to the page", "", "Home", "My presets", "API", "Dark mode", "Log out", "Start a server"]
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert visitor.page.evaluate(outline) == "solid"


def test_the_first_key_leads_past_the_bar(page_of):
    visitor = page_of("alice")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    assert visitor.focused()[1] == "main"


def test_hub_and_pages_wear_the_same_theme(page_of):
    visitor = page_of("alice", color_scheme="light")
    theme = "document.documentElement.getAttribute('data-bs-theme')"
    toggle = visitor.page.locator(".pp-theme")
    assert (visitor.page.evaluate(theme), toggle.inner_text()) == ("light", "Dark mode")
    toggle.click()
    assert (visitor.page.evaluate(theme), toggle.inner_text()) == ("dark", "Light mode")
    visitor.come_back()
    assert visitor.page.evaluate(theme) == "dark", "the hub's page"
    visitor.page.evaluate("localStorage.setItem('jupyterhub-bs-theme', 'light')")
    visitor.page.goto(f"{visitor.lab.public_url}/services/presets/token")
    assert visitor.page.evaluate(theme) == "light"
    assert visitor.trouble == []


def test_without_javascript_one_signs_in_looks_and_logs_out(page_of):
    visitor = page_of("alice", js=False)
    assert heading(visitor) == "My presets"
    assert visitor.page.locator(".pp-theme").is_hidden()
    visitor.page.click("text=get a token")
    assert heading(visitor) == "A token for your programs"
    visitor.page.click("text=Log out")
    assert heading(visitor) == "You are logged out of your presets"
    visitor.page.click("text=Log out of the hub")
    visitor.page.wait_for_url("**/hub/login**")


def test_without_javascript_the_system_s_theme_counts(page_of):
    background = "body => getComputedStyle(body).backgroundColor"
    seen = {
        scheme: page_of("alice", js=False, color_scheme=scheme).page.locator("body").evaluate(background)
        for scheme in ("light", "dark")
    }
    assert seen == {"light": "rgb(255, 255, 255)", "dark": "rgb(33, 37, 41)"}


def test_the_front_page_says_who_one_is_and_what_one_may_start(page_of):
    visitor = page_of("alice")
    text = " ".join(visitor.page.inner_text("main").split())
    assert "You are logged in as alice" in text
    assert "PyTorch on 1 GPU From group Physics NVIDIA A100" in text
    assert "Your groups Physics" in text
    assert "administer" not in text
    visitor.page.click("a.pp-go")
    visitor.page.wait_for_url("**/hub/spawn**")
    assert "You administer presets" in page_of("admin").page.inner_text("main")


def test_the_token_page_leads_to_a_token_that_works(lab, page_of):
    visitor = page_of("bob", "token")
    assert "http://127.0.0.1" in visitor.page.locator("[data-origin]").inner_text()
    scopes, command = visitor.page.locator(".pp-copy").all_inner_texts()
    assert "\n" not in scopes.strip() and f"{lab.public_url}/services/presets/api/v1/me" in command
    visitor.page.click("text=Open the hub’s token page")
    visitor.page.fill("#token-note", "presets")
    visitor.page.fill("#token-scopes", scopes.strip())
    visitor.page.click("text=Request new API token")
    visitor.page.wait_for_selector("#token-area", state="visible")
    token = visitor.page.inner_text("#token-result").strip()
    answer = lab.http.get(
        f"{lab.public_url}/services/presets/", headers={"Authorization": f"Bearer {token}", "Accept": "text/html"}
    )
    assert answer.status_code == 200
    assert "<strong>bob</strong>" in answer.text
    assert token not in answer.text


def test_a_hostile_name_is_a_name(page_of):
    # Not the one of test_page.py, who has a server already.
    visitor = page_of("<img src=y onerror=alert(2)>")
    assert visitor.page.locator("main img").count() == 0
    assert "<img src=y onerror=alert(2)>" in visitor.page.inner_text("main")
    assert visitor.trouble == []


def test_while_the_directory_is_away_the_page_says_so_in_the_viewer_s_time(lab, page_of, somebody):
    with states.no_directory(lab):
        visitor = page_of(somebody)
        text = visitor.page.inner_text("main")
        assert "because the directory is not answering" in text
        assert visitor.barriers("body") == []


def test_no_page_can_be_framed_or_read_by_a_script_with_its_token(lab, page_of):
    visitor = page_of("alice")
    fetched = visitor.page.evaluate("fetch('/services/presets/').then(answer => answer.text())")
    assert "My presets" in fetched
    assert 'name="csrf"' not in fetched
    assert visitor.page.locator('[name="csrf"]').count() == 1
    visitor.page.goto(f"{lab.public_url}/hub/home")
    visitor.page.evaluate(
        "document.body.append(Object.assign(document.createElement('iframe'), {src: '/services/presets/', id: 'f'}))"
    )
    frame = wait_for(lambda: next((one for one in visitor.page.frames if one != visitor.page.main_frame), None), "frame")
    wait_for(lambda: "chrome-error" in frame.url or frame.url == "about:blank" or not in_frame(frame), "a refusal")
    assert not in_frame(frame)


def in_frame(frame):
    return frame.locator("text=My presets").count() > 0
