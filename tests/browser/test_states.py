"""Each state of the form: what it says, where it begins, and that everybody can use it."""

import re

import pytest
import states
from running_lab import wait_for


def check_for_everybody(visitor):
    """No barrier in either theme, nothing to scroll sideways at 320 px, no trouble in the script."""
    for theme in ("dark", "light"):
        visitor.wear(theme)
        assert visitor.barriers() == [], theme
    size = visitor.page.viewport_size
    visitor.page.set_viewport_size({"width": 320, "height": 740})
    assert not visitor.scrolls_sideways()
    visitor.page.set_viewport_size(size)
    assert visitor.trouble == []


def begins_at(visitor, card):
    assert visitor.chosen() == card
    classes, ident = visitor.focused()
    assert (classes, ident) == ("pz-radio", f"pz-p-{card}")


def test_somebody_new_finds_the_site_s_default_chosen(visit, somebody):
    visitor = visit(somebody)
    begins_at(visitor, "small")
    assert "You have no presets" not in visitor.text
    assert visitor.start_button("small").is_visible()
    assert visitor.start_button("rome-16").is_hidden()
    check_for_everybody(visitor)


def test_somebody_who_returns_finds_what_they_used_with_its_values(visit, somebody):
    visitor = visit(somebody)
    visitor.page.check("#pz-p-rome-16")
    visitor.field("rome-16", "cores").fill("7")
    visitor.start_button("rome-16").click()
    assert visitor.started()["cores"] == "7"
    visitor.lab.stop(somebody)
    visitor.come_back()
    begins_at(visitor, "rome-16")
    assert "Rome CPU, 16 cores Last used" in visitor.text
    assert visitor.field("rome-16", "cores").input_value() == "7"
    check_for_everybody(visitor)


def test_somebody_in_several_groups_sees_where_each_card_comes_from(visit):
    visitor = visit("erin")
    for badge in ("PyTorch on 1 GPU From group Physics", "R and RStudio From group Chemistry"):
        assert badge in visitor.text
    check_for_everybody(visitor)


def test_somebody_without_presets_chooses_the_options(lab, visit, somebody, tmp_path):
    with states.site(lab, tmp_path, states.without_presets):
        visitor = visit(somebody)
        assert visitor.text.startswith("Choose the options of your server")
        assert visitor.text.endswith("You have no presets yet.")
        assert visitor.chosen() == "~node"
        assert visitor.field("~node", "cores").is_visible()
        check_for_everybody(visitor)


def test_more_than_six_presets_are_folded_away(lab, visit, somebody, tmp_path):
    with states.site(lab, tmp_path, states.with_many_presets):
        visitor = visit(somebody)
        folded = visitor.page.locator("details.pz-more")
        show = folded.locator("> summary")
        assert show.inner_text() == "Show 1 more"
        assert not folded.locator(".pz-card").is_visible()
        show.click()
        assert folded.locator(".pz-card").is_visible()
        check_for_everybody(visitor)


def test_what_can_no_longer_start_says_why_and_something_else_is_chosen(lab, visit, tmp_path):
    visitor = visit("erin")
    visitor.page.check("#pz-p-pytorch")
    visitor.start_button("pytorch").click()
    assert visitor.started()["gpus"] == "1"
    lab.stop("erin")
    with states.site(lab, tmp_path, states.with_chemistry_on_rome):
        visitor.come_back()
        assert visitor.text.startswith("What you used last, PyTorch on 1 GPU, can’t start: the partition “NVIDIA A100”")
        assert "We chose A small server for now." in visitor.text
        begins_at(visitor, "small")
        radio = visitor.page.locator("#pz-p-pytorch")
        assert radio.is_disabled()
        assert "Not available" in visitor.card("pytorch").inner_text()
        assert "our share is on these nodes" in visitor.card("pytorch").inner_text()
        assert visitor.start_button("pytorch").count() == 0
        check_for_everybody(visitor)


def test_a_directory_that_stopped_answering_is_told_with_the_viewer_s_own_time(lab, visit):
    with states.settings(lab, states.ASKED_EACH_TIME):
        visitor = visit("carol", timezone_id="Asia/Tokyo", locale="en-GB")
        assert "directory" not in visitor.text
        with states.no_directory(lab):

            def stale():
                visitor.come_back()
                return "the directory is not answering now" in visitor.text

            wait_for(stale, "a stale form", every=0.5)
            told = re.search(r"last checked at (\d\d:\d\d) (\S+); the directory", visitor.text)
            assert told, visitor.text
            instant = visitor.page.locator("time").get_attribute("datetime")
            hours = (int(instant[11:13]) + 9) % 24
            assert (told[1], told[2]) == (f"{hours:02}:{instant[14:16]}", "GMT+9")
            assert "A GPU for an hour" in visitor.text, "the groups of the last answer hold"
            check_for_everybody(visitor)


def test_somebody_the_directory_never_knew_gets_what_everybody_gets(lab, visit, somebody):
    with states.no_directory(lab):
        visitor = visit(somebody)
        assert visitor.text.startswith("Presets of your groups can’t be shown, because the directory is not answering.")
        begins_at(visitor, "small")
        check_for_everybody(visitor)


def test_where_unknown_people_are_refused_there_is_nothing_to_press(lab, visit, somebody):
    with states.settings(lab, states.REFUSED), states.no_directory(lab):
        visitor = visit(somebody)
        assert visitor.text.startswith("Nothing can be started now: your groups can’t be checked")
        assert visitor.page.locator("#spawn_form button:visible").count() == 0
        check_for_everybody(visitor)


@pytest.mark.parametrize("js", [True, False], ids=["with-js", "without-js"])
def test_a_refused_start_keeps_everything_and_leads_to_the_mistake(visit, somebody, js):
    visitor = visit(somebody, js=js)
    visitor.page.check("#pz-p-rome-16")
    visitor.field("rome-16", "cores").fill("64")
    visitor.field("rome-16", "walltime").fill("90min")
    visitor.start_button("rome-16").click()
    summary = visitor.page.locator(".pz-problem")
    summary.wait_for()
    said = " ".join(summary.inner_text().split())
    assert said.startswith(
        "Your server was not started. 1 option needs a change. CPU cores: choose between 1 and 32 cores"
    )
    assert "hpc-support@example.org" in said
    everything = visitor.page.inner_text("body")
    assert everything.count("Your server was not started") == 1, "the hub's sentence is hidden"
    assert visitor.chosen() == "rome-16"
    cores = visitor.field("rome-16", "cores")
    assert (cores.input_value(), cores.get_attribute("aria-invalid")) == ("64", "true")
    assert visitor.field("rome-16", "walltime").input_value() == "90min"
    described = cores.get_attribute("aria-describedby").split()
    told = " ".join(visitor.page.locator(f'[id="{one}"]').inner_text() for one in described)
    assert "64 is more than this preset allows." in told
    if js:
        visitor.page.wait_for_function("document.activeElement.className === 'pz-problem'")
        check_for_everybody(visitor)
        summary.locator("a").click()
        assert visitor.focused()[1] == "pz-p-rome-16.cores"
    assert visitor.starts() == []
    cores.fill("8")
    visitor.start_button("rome-16").click()
    options = visitor.started()
    assert (options["cores"], options["walltime"]) == ("8", "0-01:30:00")


def test_while_the_service_is_down_the_page_still_starts_something(lab, visit, somebody):
    with states.no_service(lab):
        visitor = visit(somebody)
        assert "Your presets can't be loaded right now." in visitor.page.inner_text("#spawn_form")
        visitor.page.click("#spawn_form button[type=submit]")
        wait_for(visitor.starts, "the fallback")
