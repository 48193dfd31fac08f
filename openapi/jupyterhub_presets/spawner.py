"""`PresetsSpawner`: starts exactly what the service resolved, whichever way the request came in."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Dict, List, Optional

from jupyterhub.spawner import Spawner
from jupyterhub.utils import maybe_future
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import object_session
from traitlets import Any as AnyTrait
from wrapspawner import WrapSpawner

from . import child as children
from . import decide, form
from .adopt import adopt
from .lost import LostServer
from .record import Resolution, stored_options
from .settings import Settings


class PresetsSpawner(WrapSpawner):
    """Of WrapSpawner only the class and its `child_spawner` are used; each method that needs a child is here.

    `apply_user_options` is where every way in meets: form, link, REST body, replayed and planted options.
    `start` refuses unless it ran for this very start, so a hub that stopped calling it would start nothing.
    """

    settings = AnyTrait(None, allow_none=True, help="Set by `configure(c, ...)`.").tag(config=True)

    _resolution: Optional[Resolution] = None
    _resolved = False  # this start, by apply_user_options
    _last_options: Dict[str, Any] = {}

    def __init__(self, **kwargs: Any) -> None:
        self._links: List[Any] = []
        super().__init__(**kwargs)
        self._before = children.snapshot(self)

    # What people ask for. Static, so that they take the place of the traits of these names: a site's old
    # c.Spawner.options_form must not put another form, or another check, in front of this spawner.

    @staticmethod
    async def options_form(spawner: "PresetsSpawner") -> str:
        """The service's fragment for the spawn page, or the minimal form. Never raises."""
        return await form.render(spawner)

    @staticmethod
    def options_from_form(form_data: Dict[str, Any], spawner: Any = None) -> Dict[str, Any]:
        """Options of a posted form."""
        return form.options_from_form(form_data)

    def options_from_query(self, query_data: Dict[str, Any]) -> Dict[str, Any]:
        """Options of a link; anything but one preset is refused, and the hub shows the form."""
        return form.options_from_query(query_data, self.handler)

    async def run_auth_state_hook(self, auth_state: Any) -> None:
        """The site's hook, which the hub runs before it reads the address of the spawn page: so do we."""
        form.take_context(self)
        await super().run_auth_state_hook(auth_state)

    @staticmethod
    async def apply_user_options(spawner: "PresetsSpawner", user_options: Any) -> None:
        """Asks the service what to start, and builds the child. Raises `NotStarted` with a sentence for the person."""
        await spawner._decide(user_options)

    async def _run_apply_user_options(self, user_options: Any) -> None:
        # The hub's own version logs a traceback for every refusal. Where it calls the hook itself, all holds too.
        await self.apply_user_options(self, user_options)

    async def _decide(self, asked: Any) -> None:
        # No options means "as last time". The hub replays what it stored only where no word was said at all;
        # JupyterHub 5 hands `{}` on, and 6 an empty `user_options`.
        if asked is None or asked == {}:
            asked = self._last_options
        try:
            resolution = await decide.resolution_for(self, asked)
            child = decide.child_for(self, resolution)
        except Exception as error:
            self.user_options = dict(self._last_options)
            raise decide.not_started(self, error, asked) from None
        else:
            self._drop_child()
            self._resolution, self._resolved = resolution, True
            self._take_child(child)
            self.user_options = dict(resolution.options)
            if not resolution.fallback:
                self._last_options = dict(resolution.options)
        finally:
            # The hub stored what was asked before anyone checked it, and would replay it for ever; a `link` too.
            self._store(user_options=dict(self._last_options))

    def _store(self, **columns: Any) -> None:
        session = object_session(self.orm_spawner)
        try:
            for name, value in columns.items():
                setattr(self.orm_spawner, name, value)
            if session is not None:
                session.commit()
        except SQLAlchemyError:
            self.log.exception("%s's %s could not be stored", self._log_name, ", ".join(columns))
            session.rollback()

    # The child.

    def construct_child(self) -> Optional[Spawner]:
        """The child as it is: only a resolution or a stored record makes one."""
        return self.child_spawner

    def accept_port(self, port: int) -> None:
        """The port a batch job reported for its server."""
        self.port = port
        if self.child_spawner is not None:
            self.child_spawner.port = port

    def _take_child(self, child: Spawner) -> None:
        self.child_spawner = child
        self._links = children.link(self, child, self._before)

    def _drop_child(self) -> None:
        if self.child_spawner is None:
            return
        for tie in self._links:
            tie.unlink()
        self._links, self.child_spawner = [], None
        for name in (*children.MIRRORED, *children.TIMING):
            if name in self._before:
                setattr(self, name, self._before[name])

    def _prepare_child(self) -> Spawner:
        child = self.child_spawner
        resolved = set(self._resolution.traits) if self._resolution else set()
        children.carry(self, child, self._before, resolved)
        if self._resolution and self._resolution.environment:
            child.environment = {**child.environment, **self._resolution.environment}
        return child

    # State: enough to poll and stop without the service, also by the next hub process.

    def load_state(self, state: Dict[str, Any]) -> None:
        """Takes up a running server. A stopped one has no child; nothing here may keep a hub from starting."""
        Spawner.load_state(self, state)
        self._last_options = stored_options(state.get("last_options"))
        if not set(state) - {"last_options"}:
            return
        try:
            self._load_running(state)
        except Exception:
            self.log.exception("%s's server cannot be taken up", self._log_name)
            self._lose(state)

    def _load_running(self, state: Dict[str, Any]) -> None:
        found = adopt(self, state) if isinstance(self.settings, Settings) else None
        if found is None:
            self._lose(state)
            return
        resolution, backend, child_state = found
        child, dropped = children.rebuild(self, backend, resolution.traits)
        if dropped:
            self.log.warning("%s's server was started with traits that no longer apply: %s", self._log_name, dropped)
        child.load_state(child_state)
        self._resolution = resolution
        self._take_child(child)
        if resolution.options:
            self.user_options = dict(resolution.options)

    def _lose(self, state: Dict[str, Any]) -> None:
        if self.server is None:
            return
        self._take_child(LostServer.of(self, state))

    def get_state(self) -> Dict[str, Any]:
        """The record and the child's own state; after a stop only the last good options."""
        child = self.child_spawner
        if isinstance(child, LostServer):
            return child.get_state()
        state = Spawner.get_state(self)
        if self._last_options:
            state["last_options"] = self._last_options
        if child is not None and self._resolution is not None:
            state["preset_record"] = self._resolution.to_record(f"{type(child).__module__}.{type(child).__qualname__}")
            state["child_state"] = child.get_state()
            # For a hub that goes back to stock ProfilesSpawner with profiles of the same keys.
            state["profile"] = self._resolution.backend
            state["child_conf"] = {}
        return state

    def clear_state(self) -> None:
        """Forgets the server. The last good options stay, for the next start without any."""
        Spawner.clear_state(self)
        if self.child_spawner is not None:
            self.child_spawner.clear_state()
        self._drop_child()
        self._resolution, self._resolved = None, False

    # The server.

    async def start(self) -> Any:
        """Starts the child, and keeps its state stored meanwhile: a job waits in its queue, a hub may die."""
        if not self._resolved or self.child_spawner is None:
            self.log.error("%s's server is not started: nothing was resolved for this start", self._log_name)
            raise decide.undecided(self)
        self._resolved = False
        child = self._prepare_child()
        keeping = asyncio.ensure_future(self._keep_state())
        try:
            address = await maybe_future(child.start())
        except Exception as error:
            raise decide.explained(self, error, self._resolution) from None
        finally:
            keeping.cancel()
        if child.api_token and child.api_token != self.api_token:
            self.api_token = child.api_token  # a resumed container came with its own
        return address

    async def _keep_state(self) -> None:
        kept: Any = None
        while True:
            await asyncio.sleep(0.5)
            state = self.get_state()
            if state != kept and state.get("child_state"):
                kept = state
                self._store(state=state)

    async def poll(self) -> Optional[int]:
        """None while the child runs; 0 without one."""
        if self.child_spawner is None:
            return 0
        return await maybe_future(self.child_spawner.poll())

    async def stop(self, now: bool = False) -> None:
        """Stops the child, if there is one."""
        if self.child_spawner is not None:
            await maybe_future(self.child_spawner.stop(now))

    async def progress(self) -> AsyncIterator[Dict[str, Any]]:
        """Says what starts, then what the child says."""
        yield {"progress": 5, "message": "Checking what to start"}
        while self.child_spawner is None:
            if not self._spawn_pending:
                return
            await asyncio.sleep(0.1)
        child, resolution = self.child_spawner, self._resolution
        if resolution is not None:
            if resolution.message:
                yield {"progress": 10, "message": resolution.message}
            yield {"progress": 15, "message": f"{resolution.title} is starting"}
        if type(child).progress is Spawner.progress:
            return
        events = child.progress()
        try:
            async for event in events:
                yield event
        except Exception:
            self.log.exception("The progress of %s's server broke off", self._log_name)
        finally:
            if hasattr(events, "aclose"):
                await events.aclose()

    async def get_url(self) -> str:
        """Where the child says its server is."""
        return await maybe_future((self.child_spawner or super()).get_url())

    async def create_certs(self) -> Dict[str, str]:
        """As the child's class does it, with its alternative names."""
        if self.child_spawner is None:
            return await super().create_certs()
        return await maybe_future(self._prepare_child().create_certs())

    async def move_certs(self, paths: Dict[str, str]) -> Dict[str, str]:
        """To where the child's server can read them."""
        if self.child_spawner is None:
            return await super().move_certs(paths)
        return await children.move_certs(self.child_spawner, paths)

    def template_namespace(self) -> Dict[str, Any]:
        """What the child's class adds to `{username}` and `{base_url}`."""
        return super().template_namespace() if self.child_spawner is None else self.child_spawner.template_namespace()

    async def run_pre_spawn_hook(self) -> None:
        """The site's hook, on this spawner: what it changes here is carried to the child."""
        hook = getattr(self.child_spawner, "pre_spawn_hook", None) or self.pre_spawn_hook
        if hook:
            try:
                await maybe_future(hook(self))
            except Exception as error:
                raise decide.explained(self, error, self._resolution) from None

    def run_post_stop_hook(self) -> Any:
        """The site's hook, on this spawner."""
        hook = getattr(self.child_spawner, "post_stop_hook", None) or self.post_stop_hook
        return hook(self) if hook else None

    async def rename(self, old_name: str, new_name: str) -> None:
        """Renames what any backend keeps for this server; it is stopped, so all that care are asked."""
        for child in children.keepers(self, "rename"):
            await maybe_future(child.rename(old_name, new_name))

    async def delete_forever(self) -> None:
        """Removes what any backend keeps for this server."""
        for child in children.keepers(self, "delete_forever"):
            try:
                await maybe_future(child.delete_forever())
            except Exception:
                self.log.exception("%s: leftovers on %s", self._log_name, type(child).__name__)
