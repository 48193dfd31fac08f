"""The fragment as a guest in the hub's page: small, quiet, in its theme, and where the eye and the keys expect it."""

from running_lab import wait_for

GLOBALS = "Object.getOwnPropertyNames(window).sort()"


def test_it_adds_no_globals_and_asks_for_nothing_but_its_own_two_files(visit, somebody):
    with_it, without = visit(somebody), visit(somebody, assets=False)
    names = set(with_it.page.evaluate(GLOBALS)) - set(without.page.evaluate(GLOBALS))
    assert not names
    ours = [url for _, url in with_it.requests if "/services/presets/" in url]
    assert len(ours) == 2
    assert all("/services/presets/assets/fragment." in url for url in ours)
    assert with_it.trouble == []


def test_there_is_one_start_button_and_it_is_ours(visit, somebody):
    visitor = visit(somebody)
    assert visitor.page.locator("#spawn_form button:visible").count() == 2, "Start, and the one for Enter"
    assert not visitor.page.locator(".feedback-container button").is_visible()


def test_the_keys_go_from_the_card_through_its_options_to_start(visit, somebody):
    visitor = visit(somebody)
    visitor.page.check("#pz-p-rome-16")
    visitor.page.focus("#pz-p-rome-16")
    reached = []
    for _ in range(4):
        visitor.page.keyboard.press("Tab")
        reached.append(visitor.page.evaluate("document.activeElement.name || document.activeElement.tagName"))
    assert reached == ["o.rome-16.cores", "o.rome-16.walltime", "start", "SUMMARY"]


def test_start_is_on_the_first_screen(visit, somebody):
    for width, height, lowest in ((1280, 900, 600), (360, 740, 740)):
        visitor = visit(somebody, width=width, height=height)
        visitor.page.check("#pz-p-rome-16")
        box = visitor.start_button("rome-16").bounding_box()
        assert box["y"] + box["height"] <= lowest, (width, box)
        assert box["height"] >= 44


# Every colour the form is painted with: what a picture would show, without its anti-aliasing.
COLOURS = """form => [form, ...form.querySelectorAll("*")].flatMap(element => {
  const style = getComputedStyle(element);
  const sides = ["Top", "Right", "Bottom", "Left"].map(side => style[`border${side}Color`]);
  return [style.color, style.backgroundColor, style.outlineColor, style.boxShadow, style.fill, ...sides];
})"""


def test_without_javascript_the_system_s_dark_mode_changes_nothing(visit, somebody):
    light, dark = (
        visit(somebody, js=False, color_scheme=scheme).page.locator(".pz").evaluate(COLOURS)
        for scheme in ("light", "dark")
    )
    assert len(light) > 100
    assert light == dark


def test_with_the_system_s_own_colours_choice_and_focus_can_be_seen(visit, somebody):
    visitor = visit(somebody, forced_colors="active")
    look = "element => [getComputedStyle(element).borderTopWidth, getComputedStyle(element).borderTopColor]"
    chosen = visitor.card("small").evaluate(look)
    other = visitor.card("rome-16").evaluate(look)
    assert chosen[0] == "3px"
    assert chosen != other
    outline = visitor.page.locator("#pz-p-small").evaluate("element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"


def test_a_hostile_name_is_a_name(visit):
    visitor = visit("<img src=x onerror=alert(1)>")
    assert visitor.chosen() == "small"
    assert visitor.page.locator(".pz img").count() == 0
    visitor.start_button("small").click()
    wait_for(visitor.starts, "a start for somebody with an odd name")
