"""What was decided for one start: read from the service's answer, kept in the spawner's state."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional

from .refusal import ServiceDown, plain
from .settings import Fallback

SCHEMA = 1
"""Version of the record in the hub's database. A reader takes the fields it knows from newer ones."""


@dataclass(frozen=True)
class Resolution:
    """Backend, traits and environment of one start. Values are as the service sent them; `child` checks them."""

    backend: str
    title: str
    traits: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    """The canonical options: `preset`, `values`, `context` where one was named, and `profile`, which the hub's admin
    page shows."""
    decision: Optional[str] = None
    preset: Optional[str] = None
    version: Optional[int] = None
    message: Optional[str] = None
    fallback: bool = False

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> "Resolution":
        """Reads an answer of `hub/resolve`. `ServiceDown` where it is not one."""
        preset = answer.get("preset")
        options = answer.get("options")
        traits = answer.get("traits", {})
        environment = answer.get("environment", {})
        if not (isinstance(answer.get("backend"), str) and isinstance(preset, dict) and isinstance(options, dict)):
            raise ServiceDown("answered a resolution without backend, preset or options")
        values = options.get("values", {})
        if not (isinstance(traits, dict) and isinstance(environment, dict) and isinstance(values, dict)):
            raise ServiceDown("answered a resolution whose traits, environment or values are no objects")
        identity = preset.get("id")
        if not isinstance(identity, str) or not identity:
            raise ServiceDown("answered a resolution without the preset's id")
        title = plain(preset.get("title") or identity, 200)
        message = answer.get("message")
        version = preset.get("version")
        kept = {"preset": options.get("preset", identity), "values": values, "profile": title}
        if isinstance(options.get("context"), str):
            kept["context"] = options["context"]
        return cls(
            backend=answer["backend"],
            title=title,
            traits=traits,
            environment=environment,
            options=kept,
            decision=plain(answer.get("decision") or "", 80) or None,
            preset=identity,
            version=version if isinstance(version, int) else None,
            message=plain(message) if isinstance(message, str) and message.strip() else None,
        )

    @classmethod
    def of_fallback(cls, fallback: Fallback) -> "Resolution":
        """The site's standard server: from the hub's configuration alone."""
        return cls(
            backend=fallback.backend.key,
            title=fallback.title,
            traits=fallback.traits,
            options={"profile": fallback.title},
            message="Your presets can't be checked right now, so this is the site's standard server.",
            fallback=True,
        )

    def to_record(self, class_path: str) -> Dict[str, Any]:
        """For the spawner's state. `class_path` is for recognising the class again, never for importing it."""
        return {
            "schema": SCHEMA,
            "decision": self.decision,
            "preset": {"id": self.preset, "title": self.title, "version": self.version},
            "backend": self.backend,
            "class": class_path,
            "traits": dict(self.traits),
            "environment": dict(self.environment),
            "options": dict(self.options),
            "fallback": self.fallback,
        }

    @classmethod
    def from_record(cls, record: Any) -> Optional["Resolution"]:
        """Reads a record back; None where it is not one. Fields of newer schemas are passed over."""
        if not isinstance(record, dict) or not isinstance(record.get("backend"), str):
            return None
        preset = _object(record.get("preset"))
        title = plain(preset.get("title") or preset.get("id") or record["backend"], 200)
        version = preset.get("version")
        identity = preset.get("id")
        decision = record.get("decision")
        return cls(
            backend=record["backend"],
            title=title,
            traits=_object(record.get("traits")),
            environment=_object(record.get("environment")),
            options=_object(record.get("options")),
            decision=decision if isinstance(decision, str) else None,
            preset=identity if isinstance(identity, str) else None,
            version=version if isinstance(version, int) else None,
            fallback=bool(record.get("fallback", False)),
        )


def stored_options(given: Any) -> Dict[str, Any]:
    """Canonical options as an earlier start left them in the state, or `{}`."""
    try:
        return json.loads(json.dumps(_object(given)))
    except (TypeError, ValueError):
        return {}


def _object(given: Any) -> Dict[str, Any]:
    return given if isinstance(given, dict) else {}
