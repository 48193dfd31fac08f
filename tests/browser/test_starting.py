"""From the page to the server: each way to press, with and without scripts and styles."""

import pytest
from running_lab import wait_for


def holds(options, expected):
    """`options` as started are `expected`, as far as that goes."""
    assert {name: options.get(name) for name in expected} == expected


def test_one_click_after_login_starts_the_default(visit, somebody):
    visitor = visit(somebody)
    visitor.start_button("small").click()
    holds(visitor.started(), {"cores": "1", "partition": "rome"})


@pytest.mark.parametrize("js", [True, False], ids=["with-js", "without-js"])
def test_enter_starts_what_is_chosen(visit, somebody, js):
    visitor = visit(somebody, js=js)
    visitor.page.keyboard.press("Enter")
    holds(visitor.started(), {"cores": "1"})


@pytest.mark.parametrize("js", [True, False], ids=["with-js", "without-js"])
def test_an_arrow_chooses_and_enter_starts(visit, somebody, js):
    visitor = visit(somebody, js=js)
    visitor.page.keyboard.press("ArrowDown")
    chosen = visitor.chosen()
    assert chosen == "rome-16"
    visitor.page.keyboard.press("Enter")
    holds(visitor.started(), {"cores": "16"})


@pytest.mark.parametrize("js", [True, False], ids=["with-js", "without-js"])
def test_enter_in_a_number_starts_its_card_with_that_number(visit, somebody, js):
    visitor = visit(somebody, js=js)
    visitor.page.check("#pz-p-rome-16")
    visitor.field("rome-16", "cores").fill("9")
    visitor.field("rome-16", "cores").press("Enter")
    holds(visitor.started(), {"cores": "9"})


def test_every_option_arrives_alike_with_and_without_javascript(visit, somebody):
    arrived = []
    for js in (True, False):
        visitor = visit(f"{somebody}-{js}".lower(), js=js)
        visitor.page.check("#pz-o-node")
        for key, value in {"cores": "3", "memory": "6GB", "walltime": "30min", "job_name": "by-hand"}.items():
            visitor.field("~node", key).fill(value)
        chosen = {"partition": "genoa", "gpus": "2", "software": "r-4.4", "oversubscription": "1.5", "exclusive": "true"}
        for key, value in chosen.items():
            visitor.field("~node", key).select_option(value)
        visitor.start_button("~node").click()
        arrived.append(visitor.started())
    assert arrived[0] == arrived[1]
    assert (arrived[0]["partition"], arrived[0]["job_name"], arrived[0]["share"]) == ("genoa", "by-hand", "1.5")


def test_a_wrong_value_in_another_card_is_nobody_s_business(visit, somebody):
    visitor = visit(somebody, js=False)
    visitor.page.check("#pz-p-rome-16")
    visitor.field("rome-16", "cores").fill("9999")
    visitor.page.check("#pz-p-small")
    visitor.start_button("small").click()
    holds(visitor.started(), {"cores": "1"})


@pytest.mark.parametrize("js", [True, False], ids=["with-js", "without-js"])
@pytest.mark.parametrize(("card", "cores"), [("small", "1"), ("rome-16", "16"), ("~node", "5")])
def test_without_our_styles_the_button_pressed_starts_what_it_says(visit, somebody, card, cores, js):
    visitor = visit(somebody, js=js, assets=False)
    assert visitor.chosen() == "small"
    if card == "~node":
        visitor.field(card, "cores").fill(cores)
    visitor.start_button(card).click()
    holds(visitor.started(), {"cores": cores})


def test_without_our_styles_the_hub_s_own_button_starts_what_is_chosen(visit, somebody):
    visitor = visit(somebody, assets=False)
    visitor.page.check("#pz-p-rome-16")
    visitor.page.click(".feedback-container button")
    holds(visitor.started(), {"cores": "16"})


def test_pressing_twice_is_one_start(visit, somebody):
    visitor = visit(somebody)
    held = []
    visitor.context.route("**/hub/spawn**", lambda route: held.append(route))  # as if the hub took its time
    box = visitor.start_button("small").bounding_box()
    for _ in range(2):
        visitor.page.mouse.click(box["x"] + 5, box["y"] + 5)
        visitor.page.wait_for_timeout(200)
    [request] = held
    request.continue_()
    visitor.page.wait_for_url("**/user/**")
    visitor.started()


def test_while_it_starts_the_button_says_so_and_cannot_be_pressed_again(visit, somebody):
    visitor = visit(somebody)
    stay = "document.querySelector('#spawn_form').addEventListener('submit', (event) => event.preventDefault())"
    visitor.page.evaluate(stay)  # as if the hub took its time
    button = visitor.start_button("small")
    button.click()
    visitor.page.wait_for_function("document.querySelector('.pz-start').disabled")
    assert button.inner_text().startswith("Starting…")
    assert visitor.page.locator(".pz-live").inner_text() == "Starting…"
    visitor.page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert button.is_enabled()
    assert button.inner_text().split() == ["Start", "A", "small", "server"]
    assert visitor.page.locator(".feedback-widget").get_attribute("class").split() == ["feedback-widget", "hidden"]


def test_after_going_back_the_button_works_again(visit, somebody):
    visitor = visit(somebody)
    visitor.start_button("small").click()
    visitor.started()
    visitor.lab.stop(somebody)
    visitor.page.go_back()
    visitor.page.wait_for_url("**/hub/spawn**")
    visitor.page.check("#pz-p-rome-16")
    visitor.start_button("rome-16").click()
    wait_for(lambda: len(visitor.starts()) == 2, "the second start")
    assert visitor.starts()[1]["environment"]["PRESETS_CORES"] == "16"
