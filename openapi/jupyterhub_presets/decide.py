"""Asks the service what one start is, and turns whatever goes wrong into one sentence for the person."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyterhub.apihandlers import APIHandler
from jupyterhub.spawner import Spawner
from tornado import web

from . import child as children
from . import form
from .record import Resolution
from .refusal import BackendFault, NotStarted, Refused, ServiceDown, StartFailed, Unsendable
from .settings import Settings


async def resolution_for(spawner: Any, asked: Any) -> Resolution:
    """What the service makes of the options `asked` for; the site's standard server while it does not answer.

    `asked` is whatever the hub holds: fields of our form, or any JSON of the REST API, now or from last week.
    """
    settings = spawner.settings
    if not isinstance(settings, Settings):
        raise BackendFault("jupyterhub_config.py does not call configure(c, ...)")
    question = {
        "user": spawner.user.name,
        "server_name": spawner.name,
        "hub_groups": form.hub_groups(spawner.user),
        "account": settings.accounts.told(spawner),
        "options": asked,
    }
    try:
        return Resolution.from_answer(await settings.client.resolve(settings.base(spawner.hub), question))
    except ServiceDown as down:
        if settings.fallback is None:
            raise
        spawner.log.warning("%s gets the standard server: the presets service %s", spawner._log_name, down.why)
        return Resolution.of_fallback(settings.fallback)


def child_for(spawner: Any, resolution: Resolution) -> Spawner:
    """The child a resolution asks for, by the hub's own list of backends."""
    backend = spawner.settings.backends.get(resolution.backend)
    if backend is None or backend.retired:
        raise BackendFault(f"backend {resolution.backend!r} is not among the hub's backends")
    return children.build(spawner, backend, resolution.traits, resolution.environment)


def not_started(spawner: Any, error: Exception, asked: Any) -> NotStarted:
    """The sentence for a start that was refused or could not be decided; details go to the log."""
    if isinstance(error, NotStarted):
        return error
    if isinstance(error, Refused):
        # A page shows the refused form again; the REST API has no page, and what cannot be sent no form.
        if not isinstance(spawner.handler, APIHandler) and not isinstance(error, Unsendable):
            form.keep_refused(spawner.user, asked, spawner.handler)
        return NotStarted(error.detail, error.status)
    if isinstance(error, ServiceDown):
        spawner.log.error("%s's server is not started: the presets service %s", spawner._log_name, error.why)
        sentence = (
            "Your server was not started: your presets can't be checked right now. Try again in a minute, "
            f"and tell {contact(spawner)} if it lasts."
        )
        return NotStarted(error.detail or sentence, 503, "presets-down")
    if isinstance(error, BackendFault):
        spawner.log.error("%s's server is not started: %s", spawner._log_name, error)
        sentence = (
            "Your server was not started, because this preset does not fit the hub's settings. "
            f"Choose another preset, and tell {contact(spawner)}."
        )
        return NotStarted(sentence, 500, "presets-fault")
    spawner.log.error("%s's server is not started", spawner._log_name, exc_info=error)
    return undecided(spawner)


def undecided(spawner: Any) -> NotStarted:
    """For a start that nothing was resolved for."""
    sentence = f"Your server could not be started. Try again, and tell {contact(spawner)} if it happens again."
    return NotStarted(sentence, 500, "presets-fault")


def explained(spawner: Any, error: Exception, resolution: Any) -> Exception:
    """An exception of a child spawner or a site's hook as people may see it: the hub prints any text it finds."""
    if isinstance(error, web.HTTPError) or hasattr(error, "jupyterhub_message"):
        return error  # made to be read
    title = resolution.title if resolution else "Your server"
    reference = f" (reference {resolution.decision})" if resolution and resolution.decision else ""
    sentence = f"{title} could not be started. Try again, and tell {contact(spawner)} if it happens again{reference}."
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        error.jupyterhub_message = sentence  # type: ignore[union-attr]
        return error  # the hub counts timeouts by their type
    spawner.log.error("%s: %s could not be started", spawner._log_name, title, exc_info=error)
    return StartFailed(sentence)


def contact(spawner: Any) -> str:
    """Whom to ask, by the hub's configuration."""
    return getattr(spawner.settings, "contact", "the people who run this hub")
