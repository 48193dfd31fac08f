"""Forms and links: what is taken from them, what is dropped, and the form that shows without the service."""

from types import SimpleNamespace

import pytest
from jupyterhub_presets import NotStarted
from jupyterhub_presets.form import (
    MOST_ITEMS,
    MOST_LENGTH,
    address_of,
    keep_refused,
    language_of,
    minimal,
    options_from_form,
    options_from_query,
    take_context,
    take_refused,
)
from surroundings import SECRET, configured
from tornado.httputil import HTTPFile, HTTPHeaders


def file():
    return HTTPFile(filename="a", body=b"\xff", content_type="x/y")


def test_only_the_chosen_cards_fields_are_read():
    form = {
        "pz_form": ["1"],
        "pz_rev": ["41"],
        "_xsrf": ["token"],
        "preset": ["pytorch"],
        "o.pytorch.cores": ["4"],
        "o.pytorch.walltime": ["1h", "4h"],
        "o.rome.cores": ["64"],
        "cmd": ["x"],
    }
    assert options_from_form(form) == {"preset": "pytorch", "values": {"cores": "4", "walltime": "4h"}}


def test_the_button_wins_over_the_chosen_card():
    form = {"preset": ["pytorch"], "start": ["rome"], "o.rome.cores": ["2"], "o.pytorch.cores": ["4"]}
    assert options_from_form(form) == {"preset": "rome", "values": {"cores": "2"}}


def test_an_empty_button_is_no_button():
    assert options_from_form({"preset": ["a"], "start": [""]})["preset"] == "a"


def test_files_are_dropped_wherever_they_are_named():
    form = {
        "preset": ["a"],
        "o.a.x_file": [file()],
        "o.a.x": [file(), "4"],
        "up_file": [file()],
        "start": [file()],
    }
    assert options_from_form(form) == {"preset": "a", "values": {"x": "4"}}


def test_a_starred_name_is_a_list_of_all_that_was_ticked():
    form = {"preset": ["a"], "o.a.modules*": ["", "gcc", "openmpi"], "o.a.tools*": [""], "o.b.modules*": ["intel"]}
    assert options_from_form(form)["values"] == {"modules": ["gcc", "openmpi"], "tools": []}


def test_files_are_dropped_from_lists_too():
    assert options_from_form({"preset": ["a"], "o.a.x*": [file(), "1"], "o.a.y*": [file()]})["values"] == {"x": ["1"]}


def test_an_empty_optional_field_says_nothing():
    form = {"preset": ["a"], "o.a.gpus?": [""], "o.a.cores?": ["4"], "o.a.note": [""]}
    assert options_from_form(form)["values"] == {"cores": "4", "note": ""}


@pytest.mark.parametrize("values", [["1"] * (MOST_ITEMS + 1), ["x" * (MOST_LENGTH + 1)]])
def test_lists_have_limits(values):
    with pytest.raises(NotStarted):
        options_from_form({"preset": ["a"], "o.a.x*": values})
    full = options_from_form({"preset": ["a"], "o.a.x*": ["", *["x" * MOST_LENGTH] * MOST_ITEMS]})
    assert len(full["values"]["x"]) == MOST_ITEMS


@pytest.mark.parametrize("name", ["o.a.**", "o.a.*", "o.a.x?*", "o.a.?", "o.a.x*?", "o.a.x* "])
def test_odd_names_are_dropped(name):
    assert options_from_form({"preset": ["a"], name: ["1"]})["values"] == {}


def test_a_form_without_a_choice_asks_for_the_default():
    assert options_from_form({"pz_form": ["0"]}) == {}
    assert options_from_form({}) == {}


def test_our_form_without_a_choice_starts_nothing():
    with pytest.raises(NotStarted) as refusal:
        options_from_form({"pz_form": ["1"], "pz_context": ["physics"], "preset": [""]})
    assert refusal.value.status_code == 422
    assert refusal.value.jupyterhub_message == "Nothing was started, because nothing was chosen. Choose what to start."


def test_every_option_by_hand_is_a_card_like_any_other():
    assert options_from_form({"preset": ["~gpu"], "o.~gpu.cores": ["4"]}) == {
        "preset": "~gpu",
        "values": {"cores": "4"},
    }


@pytest.mark.parametrize("key", ["", "a.b", "a b", "x" * 65, "a\n", "ä", "__class__.x"])
def test_a_field_that_is_no_option_is_dropped(key):
    assert options_from_form({"preset": ["a"], f"o.a.{key}": ["1"]}) == {"preset": "a", "values": {}}


@pytest.mark.parametrize(
    "form",
    [
        {"preset": ["a"], **{f"o.a.k{n}": ["1"] for n in range(65)}},
        {"preset": ["a"], "o.a.k": ["x" * 1025]},
        {"preset": ["x" * 1025]},
    ],
)
def test_too_much_is_refused(form):
    with pytest.raises(NotStarted) as refusal:
        options_from_form(form)
    assert refusal.value.status_code == 422
    assert refusal.value.jupyterhub_message.startswith("Your server was not started")


def test_as_much_as_allowed_is_taken():
    form = {"preset": ["a"], **{f"o.a.k{n}": ["x" * 1024] for n in range(64)}}
    assert len(options_from_form(form)["values"]) == 64


def test_what_the_page_was_for_goes_along():
    form = {"preset": ["a"], "pz_context": ["event:ai-school"]}
    assert options_from_form(form) == {"preset": "a", "values": {}, "context": "event:ai-school"}
    assert options_from_form({"preset": ["a"], "pz_context": [""]})["context"] == "", "nothing in particular"
    assert "context" not in options_from_form({"preset": ["a"], "pz_context": [file()]})
    assert options_from_form({"pz_context": ["physics"]}) == {}, "no choice is no start"
    with pytest.raises(NotStarted):
        options_from_form({"preset": ["a"], "pz_context": ["x" * (MOST_LENGTH + 1)]})


def page(**query):
    """A spawner at the hub's spawn page with this query."""
    arguments = {name.replace("_context", "-context"): [value.encode()] for name, value in query.items()}
    return SimpleNamespace(handler=SimpleNamespace(request=SimpleNamespace(query_arguments=arguments)))


@pytest.mark.parametrize("query", [{"context": "physics"}, {"opt_context": "physics"}])
def test_a_link_for_a_group_opens_the_form_for_it_once(query):
    spawner = page(**query)
    take_context(spawner)
    assert spawner.handler.request.query_arguments == {}, "the hub would start a server for it"
    assert address_of(spawner) == {"context": "physics"}
    assert address_of(spawner) == {}


def test_what_the_hub_itself_reads_stays_in_its_address():
    spawner = page(context="", next="/hub/user-redirect/git-pull?a=b&c=d", display_name="My lab")
    take_context(spawner)
    assert set(spawner.handler.request.query_arguments) == {"next", "display_name"}
    keep = "next=%2Fhub%2Fuser-redirect%2Fgit-pull%3Fa%3Db%26c%3Dd&display_name=My+lab"
    assert address_of(spawner) == {"context": "", "keep": keep}


def test_a_page_without_a_query_says_nothing():
    for spawner in (page(), SimpleNamespace(handler=None), SimpleNamespace(handler=SimpleNamespace())):
        take_context(spawner)
        assert address_of(spawner) == {}
    assert address_of(SimpleNamespace(handler=None)) == {}


def test_a_link_beside_other_options_is_left_to_whoever_refuses_it():
    spawner = page(context="physics", utm_source="mail")
    take_context(spawner)
    assert set(spawner.handler.request.query_arguments) == {"context", "utm_source"}
    assert address_of(spawner) == {}


@pytest.mark.parametrize(
    "query",
    [
        {"opt_preset": "a", "opt_context": "physics"},
        {"opt-preset": "a", "context": "physics"},
        {"preset": "a", "context": "physics"},
    ],
)
def test_a_link_may_name_the_group_to_start_a_preset_for(query):
    handler = page(**{name.replace("opt_preset", "opt-preset"): value for name, value in query.items()}).handler
    asked = {name: [value.decode() for value in values] for name, values in handler.request.query_arguments.items()}
    cut = {name.removeprefix("opt-"): values for name, values in asked.items()}  # as JupyterHub 6 hands them on
    for given in (asked, cut):
        told = {"preset": "a", "values": {}, "context": "physics", "link": "foreign"}
        assert options_from_query(given, handler) == told


def request(*names):
    return SimpleNamespace(request=SimpleNamespace(query_arguments={name: [b"x"] for name in names}))


@pytest.mark.parametrize(
    "query, handler",
    [
        ({"preset": ["a"]}, request("opt-preset")),  # JupyterHub 6 cuts the prefix off
        ({"preset": ["a"], "cores": ["64"]}, request("opt-preset", "opt-cores")),
        ({"opt-preset": ["a"], "utm_source": ["mail"]}, request("opt-preset", "utm_source")),  # 5.x does not
        ({"opt-preset": ["a"]}, None),
        ({"preset": ["a"]}, request("preset")),
        ({"preset": ["a"]}, None),
    ],
)
def test_a_link_names_a_preset_and_nothing_else(query, handler):
    assert options_from_query(query, handler) == {"preset": "a", "values": {}, "link": "foreign"}


def followed(*sites):
    """A link as a browser follows it that says from where; more than one says nothing that can be believed."""
    headers = HTTPHeaders()
    for site in sites:
        headers.add("sec-fetch-site", site)
    return SimpleNamespace(request=SimpleNamespace(query_arguments={"opt-preset": [b"a"]}, headers=headers))


@pytest.mark.parametrize("query", [{"opt-preset": ["a"]}, {"preset": ["a"]}], ids=["JupyterHub 5", "JupyterHub 6"])
@pytest.mark.parametrize(
    "sites, link",
    [
        (["same-origin"], "own"),
        (["cross-site"], "foreign"),
        (["same-site"], "foreign"),
        (["none"], "foreign"),
        ([""], "foreign"),
        (["Same-Origin"], "foreign"),
        (["same-origin", "cross-site"], "foreign"),
        (["same-origin", "same-origin"], "foreign"),
        ([], "foreign"),
    ],
)
def test_a_link_says_whether_it_was_followed_on_the_hubs_own_pages(query, sites, link):
    assert options_from_query(query, followed(*sites)) == {"preset": "a", "values": {}, "link": link}


def test_a_link_cannot_say_itself_from_where_it_is():
    handler = followed("cross-site")
    handler.request.query_arguments["opt-link"] = [b"own"]
    for query in ({"opt-preset": ["a"], "opt-link": ["own"]}, {"preset": ["a"], "link": ["own"]}):
        assert options_from_query(query, handler)["link"] == "foreign"


def test_a_form_is_no_link():
    assert "link" not in options_from_form({"preset": ["a"], "link": ["own"], "o.a.link": ["own"]})


@pytest.mark.parametrize(
    "query, handler",
    [
        ({"utm_source": ["mail"]}, request("utm_source")),
        ({"preset": ["a"], "utm_source": ["mail"]}, request("preset", "utm_source")),
        ({"cores": ["4"]}, request("opt-cores")),
        ({"preset": [""]}, request("opt-preset")),
        ({"_xsrf": ["abc"]}, None),
        ({"start": ["a"]}, request("start")),
    ],
)
def test_any_other_link_starts_nothing(query, handler):
    with pytest.raises(NotStarted) as refusal:
        options_from_query(query, handler)
    assert refusal.value.status_code == 422


def test_refused_options_wait_for_one_form():
    user = SimpleNamespace()
    assert take_refused(user) is None
    keep_refused(user, {"preset": "a"}, None)
    assert take_refused(user)["options"] == {"preset": "a"}
    assert take_refused(user) is None


@pytest.mark.parametrize(
    "header, language",
    [
        ("de-AT,de;q=0.9,en", "de-AT"),
        ("en", "en"),
        ("*", None),
        ("", None),
        ("<script>", None),
        ("x" * 99, None),
    ],
)
def test_the_first_language_of_the_browser_is_passed_on(header, language):
    handler = SimpleNamespace(request=SimpleNamespace(headers={"Accept-Language": header}))
    assert language_of(handler) == language


def test_without_the_service_the_form_says_what_a_start_does():
    _, with_fallback = configured(fallback={"title": "Standard", "backend": "local", "traits": {}})
    _, without = configured(contact="hpc@example.org <b>", secret=SECRET)
    assert "You can start with the site&#x27;s standard settings." in minimal(with_fallback)
    assert "Nothing can be started until the presets service answers" in minimal(without)
    assert "hpc@example.org &lt;b&gt;" in minimal(without)
    assert "<form" not in minimal(without) and minimal(None).strip()
