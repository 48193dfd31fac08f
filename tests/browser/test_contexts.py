"""The line that says what a form is for, and the links to what it could be for instead."""

import pytest
from test_narrowing import EXPERT, by_hand, centre, choices, control, start  # noqa: F401 (a fixture)
from test_states import check_for_everybody

SCHOOL = ["school-students", "p-bio-1"]


def switcher(visitor):
    return visitor.page.locator(".pz-for")


def ways(visitor):
    return [" ".join(text.split()) for text in switcher(visitor).locator("a").all_inner_texts()]


def switch(visitor, title):
    if switcher(visitor).get_attribute("open") is None:
        switcher(visitor).locator("summary").click()
    with visitor.page.expect_navigation():
        switcher(visitor).get_by_role("link", name=title).click()
    return visitor.settled()


def now(visitor):
    return " ".join(switcher(visitor).locator("strong").first.inner_text().split())


@pytest.mark.parametrize("js", [True, False], ids=["with-js", "without-js"])
def test_two_clicks_lead_to_another_group_and_its_limits(visit, centre, somebody, js):  # noqa: F811
    visitor = by_hand(visit(centre(somebody, *EXPERT), js=js))
    assert now(visitor) == "nothing in particular"
    assert {"astro", "training"} <= set(choices(visitor, "account"))
    switch(visitor, "Astro project 1")
    assert now(visitor) == "Astro project 1"
    by_hand(visitor)
    assert control(visitor, "project").count() == 0, "it is the project's form: there is nothing to choose"
    control(visitor, "system").select_option("boreas")
    control(visitor, "partition").select_option("boreas-batch")
    start(visitor)
    given = visitor.started()
    assert (given["account"], given["project"], given["system"]) == ("astro", "astro-1", "boreas")
    # Next time it is for the same.
    visitor.lab.stop(somebody)
    assert now(visitor.come_back()) == "Astro project 1"


def test_the_course_that_runs_is_one_click_and_the_way_out_is_two(visit, centre, somebody):  # noqa: F811
    visitor = visit(centre(somebody, *SCHOOL))
    assert (now(visitor), visitor.chosen()) == ("AI School 2026", "school-lab")
    assert visitor.page.locator('.pz-radio[value="small"]').is_disabled(), "the school has its own nodes"
    switch(visitor, "None of these")
    assert (now(visitor), visitor.chosen()) == ("nothing in particular", "small")
    visitor.start_button("small").click()
    assert visitor.started()["system"] == "delos"


def test_one_click_after_login_starts_the_course(visit, centre, somebody):  # noqa: F811
    visitor = visit(centre(somebody, *SCHOOL))
    visitor.start_button("school-lab").click()
    given = visitor.started()
    assert (given["partition"], given["reservation"], given["gpus"]) == ("atlas-gpu", "ai-school", "1")


def test_it_is_worked_with_the_keyboard(visit, centre, somebody):  # noqa: F811
    visitor = visit(centre(somebody, *SCHOOL))
    switcher(visitor).locator("summary").focus()
    for key in ("Enter", "Tab", "Tab"):
        visitor.page.keyboard.press(key)
    assert visitor.page.evaluate("document.activeElement.getAttribute('href')") == "?context=p-bio-1"
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    assert now(visitor.settled()) == "Bio project 1"


@pytest.mark.parametrize("width", [1280, 360, 320])
def test_it_is_for_everybody_open_and_shut(visit, centre, somebody, width):  # noqa: F811
    visitor = visit(centre(somebody, *SCHOOL, "r-users", "dept-biology"), width=width)
    check_for_everybody(visitor)
    switcher(visitor).locator("summary").click()
    assert ways(visitor) == [
        "AI School 2026 course",
        "Bio project 1 group",
        "Biology group",
        "R users group",
        "School students group",
        "None of these",
    ]
    for link in switcher(visitor).locator("a").all():
        assert link.bounding_box()["height"] >= 44
    check_for_everybody(visitor)


def test_who_is_in_one_group_sees_nothing_of_it(visit, centre, somebody):  # noqa: F811
    visitor = visit(centre(somebody, "p-bio-1"))
    assert switcher(visitor).count() == 0
    assert visitor.page.locator('[name="pz_context"]').input_value() == "p-bio-1"


def test_a_link_for_somebody_else_says_so_and_shows_what_there_is(visit, centre, somebody):  # noqa: F811
    visitor = visit(centre(somebody, "p-bio-1"))
    visitor.page.goto(f"{visitor.lab.public_url}/hub/spawn?context=event:hack-week")
    visitor.settled()
    assert visitor.text.startswith("This link is for a group or course that you are not in, or that is over.")
    assert visitor.chosen() is not None
    check_for_everybody(visitor)
