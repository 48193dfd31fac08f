"""Options that depend on one another, in a centre of real size: narrowed with a script, checked without one."""

import json
from pathlib import Path

import pytest
import states
import yaml
from test_states import check_for_everybody

CENTRE = Path(__file__).resolve().parents[1] / "sites" / "centre.yaml"
EXPERT = ["hpc-experts", "gpu-users", "p-astro-1", "p-climate-1"]
BY_HAND = "~node"


@pytest.fixture(scope="module")
def centre(lab, tmp_path_factory):
    """The centre's site in place of the demo's; `centre(name, *groups)` puts somebody into groups."""
    file = tmp_path_factory.mktemp("centre") / "site.yaml"
    file.write_text(yaml.safe_dump(states.centre(CENTRE), sort_keys=False, allow_unicode=True))
    lab.apply(file)

    def joins(name, *groups):
        lab.api("POST", f"/users/{name}")
        for group in groups:
            lab.api("POST", f"/groups/{group}")
            lab.api("POST", f"/groups/{group}/users", {"users": [name]}, expect=200)
        return name

    yield joins
    lab.apply(lab.site_file)


def by_hand(visitor):
    visitor.page.check("#pz-o-node")
    return visitor


def control(visitor, key):
    """The control of an option of the card, whether rules decide about it or not."""
    return visitor.page.locator(f'[id="pz-o-node.{key}"]')


def choices(visitor, key):
    return control(visitor, key).locator("option").evaluate_all("all => all.map((one) => one.value)")


def hint(visitor, key):
    return " ".join(visitor.page.locator(f'[id="pz-o-node.{key}.hint"]').inner_text().split())


def spoken(visitor):
    return visitor.page.locator(".pz-live").text_content()


def start(visitor):
    visitor.start_button(BY_HAND).click()


def test_what_others_may_be_follows_what_was_chosen(visit, centre, somebody):
    visitor = by_hand(visit(centre(somebody, *EXPERT)))
    assert choices(visitor, "partition") == ["atlas-batch", "atlas-devel", "atlas-mem", "atlas-gpu"]
    assert control(visitor, "gpus").is_hidden(), "these nodes have no GPUs"

    control(visitor, "system").select_option("castor")
    assert choices(visitor, "partition") == ["castor-batch", "castor-devel"]
    assert (choices(visitor, "account"), control(visitor, "project").input_value()) == (["climate", "training"], "climate-1")
    assert control(visitor, "gpu_type").is_disabled() and control(visitor, "gpu_type").input_value() == "h100"
    assert choices(visitor, "gpus") == ["1", "2", "3", "4"]
    assert "matlab-2025a" not in choices(visitor, "environment") and "namd-3" in choices(visitor, "environment")
    told = spoken(visitor)
    assert "Partition: Castor, H100 nodes" in told and told.endswith("GPUs: 1 GPU"), told

    # A cap over two options, and its reason.
    cores = control(visitor, "cores")
    assert (cores.get_attribute("max"), "the other cores belong to the other GPUs" in hint(visitor, "cores")) == ("16", True)
    control(visitor, "gpus").select_option("3")
    assert (cores.get_attribute("max"), hint(visitor, "cores").startswith("1 to 48 (the site:")) == ("48", True)

    # What was chosen and cannot be for now comes back with what it needs.
    cores.fill("40")
    cores.press("Tab")
    control(visitor, "gpus").select_option("1")
    assert cores.input_value() == "16"
    control(visitor, "gpus").select_option("4")
    assert cores.input_value() == "40"
    control(visitor, "system").select_option("boreas")
    assert control(visitor, "gpus").is_hidden() and "GPUs: not with this choice" in spoken(visitor)
    control(visitor, "system").select_option("castor")
    assert control(visitor, "gpus").input_value() == "4"

    # Modules: what is for AMD's GPUs is not there.
    assert visitor.page.locator('[value="ROCm/6.3"]').is_hidden()
    assert hint(visitor, "modules") == "At most 8 (the site: ROCm is for AMD's GPUs)"
    check_for_everybody(visitor)
    start(visitor)
    given = visitor.started()
    expected = {"system": "castor", "partition": "castor-batch", "account": "climate", "project": "climate-1"}
    expected |= {"gpu_type": "h100", "gpus": "4", "cores": "40"}
    assert {key: given.get(key) for key in expected} == expected


def test_the_keyboard_alone_is_enough(visit, centre, somebody):
    visitor = by_hand(visit(centre(somebody, *EXPERT)))
    control(visitor, "system").focus()
    visitor.page.keyboard.type("Delos")
    visitor.page.keyboard.press("Tab")
    assert control(visitor, "system").input_value() == "delos"
    assert control(visitor, "partition").input_value().startswith("delos-")
    # On Delos there is one account and one project: nothing to choose, nothing to stop at.
    assert visitor.page.evaluate("document.activeElement.id") == "pz-o-node.partition"
    assert control(visitor, "account").is_disabled()
    visitor.page.keyboard.press("Shift+Tab")
    assert visitor.page.evaluate("document.activeElement.id") == "pz-o-node.system", "what is focused stays where it is"


def test_without_javascript_the_others_follow_by_themselves(visit, centre, somebody):
    """Left as they are, they say nothing: the service decides them, as the script does."""
    visitor = by_hand(visit(centre(somebody, *EXPERT), js=False))
    assert control(visitor, "gpus").is_visible(), "nothing is hidden that a choice could bring"
    assert set(choices(visitor, "partition")) > {"atlas-batch", "castor-batch", "boreas-batch"}
    control(visitor, "system").select_option("castor")
    for key in ("account", "project", "partition", "gpu_type", "gpus"):
        if "" in choices(visitor, key):
            control(visitor, key).select_option("")
    start(visitor)
    given = visitor.started()
    assert (given["system"], given["partition"], given["gpu_type"], given["gpus"]) == ("castor", "castor-batch", "h100", "1")


def test_without_javascript_what_does_not_fit_is_refused_field_by_field(visit, centre, somebody):
    visitor = by_hand(visit(centre(somebody, *EXPERT), js=False))
    chosen = {"system": "castor", "account": "climate", "partition": "castor-batch", "gpus": "2", "environment": "matlab-2025a"}
    for key, value in chosen.items():
        control(visitor, key).select_option(value)
    control(visitor, "cores").fill("40")
    start(visitor)
    problem = visitor.page.locator(".pz-problem")
    problem.wait_for()
    told = " ".join(problem.inner_text().split())
    assert "2 options need a change" in told, told
    for part in ("CPU cores: ", "the other cores belong to the other GPUs", "Software: ", "not every software is built for every system"):
        assert part in told, told
    assert visitor.starts() == []
    # What was typed is still there, and after the two changes it starts.
    assert (control(visitor, "cores").input_value(), control(visitor, "gpus").input_value()) == ("40", "2")
    assert control(visitor, "cores").get_attribute("aria-invalid") == "true"
    control(visitor, "cores").fill("32")
    control(visitor, "environment").select_option("pytorch-2.6")
    start(visitor)
    given = visitor.started()
    assert (given["cores"], given["gpus"], given["environment"]) == ("32", "2", "pytorch-2.6")


def test_the_same_choices_give_the_same_server_with_and_without_javascript(visit, centre, somebody):
    arrived = []
    for js in (True, False):
        visitor = by_hand(visit(centre(f"{somebody}-{js}".lower(), *EXPERT), js=js))
        chosen = {"system": "atlas", "account": "astro", "partition": "atlas-gpu", "gpus": "2", "environment": "pytorch-2.4"}
        for key, value in chosen.items():
            if control(visitor, key).is_enabled():
                control(visitor, key).select_option(value)
        control(visitor, "cores").fill("20")
        for module in ("GCC/13.3", "OpenMPI/5.0"):
            visitor.card(BY_HAND).locator(f'[value="{module}"]').check()
        start(visitor)
        arrived.append(visitor.started())
    assert arrived[0] == arrived[1]
    assert (arrived[0]["gpus"], arrived[0]["cores"], arrived[0]["gpu_type"]) == ("2", "20", "a100")


@pytest.mark.parametrize(
    "groups", [["school-students", "p-bio-1"], ["p-physics-1"], EXPERT, []], ids=["student", "member", "expert", "nobody"]
)
def test_the_form_is_for_everybody_whoever_it_is_for(visit, centre, somebody, groups):
    visitor = visit(centre(somebody, *groups))
    check_for_everybody(visitor)
    check_for_everybody(by_hand(visitor))
    if groups[:1] == ["school-students"]:
        assert visitor.card("school-lab").locator("select, input:not([type=radio])").count() == 0, "nothing to fill in"


STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'none'"
WATCH = """addEventListener('securitypolicyviolation', (event) => {
  const ours = event.target instanceof Element && event.target.closest('.pz, [href*="/services/presets/"], [src*="/services/presets/"]');
  if (ours || /services.presets/.test(event.sourceFile + event.blockedURI)) (window.broken ??= []).push(event.violatedDirective + ' ' + event.sample);
  window.heard = (window.heard ?? 0) + 1;
}, true)"""


def test_nothing_of_ours_breaks_the_strictest_policy(visit, centre, somebody):
    """A site may give the hub's page a policy that lets in files of its own host alone; ours lives with it."""
    visitor = visit(centre(somebody, *EXPERT))
    visitor.context.add_init_script(WATCH)

    def strict(route):
        answer = route.fetch()
        headers = {**answer.headers, "content-security-policy-report-only": STRICT}
        route.fulfill(response=answer, headers=headers)

    visitor.page.route("**/hub/spawn**", strict)
    visitor.come_back()
    by_hand(visitor)
    for system in ("castor", "boreas", "delos", "atlas"):
        control(visitor, "system").select_option(system)
    control(visitor, "partition").select_option("atlas-gpu")
    assert control(visitor, "gpus").is_visible()
    visitor.page.locator(".pz-for > summary").click()
    heard, broken = json.loads(visitor.page.evaluate("JSON.stringify([window.heard ?? 0, window.broken ?? []])"))
    assert heard > 0, "the hub's own scripts are inline: the policy is looked at"
    assert broken == []
