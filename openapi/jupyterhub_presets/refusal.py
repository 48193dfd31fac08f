"""Why a start did not happen: the service's refusals, its silence, and what the hub shows for them."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from tornado import web

try:
    from jupyterhub.spawner import SpawnException
except ImportError:  # JupyterHub 5.x has no word for "refused on purpose"

    class SpawnException(web.HTTPError):  # type: ignore[no-redef]
        """Stands in for JupyterHub 6's exception of this name."""

        def __init__(self, message: str, *, reason: str, log_message: str = "", status_code: int = 400) -> None:
            super().__init__(status_code, (log_message or message).replace("%", "%%"))
            self.message = message


class ServiceDown(Exception):
    """The service gave no usable answer.

    `why` is for the log, `detail` the service's own sentence for the person if it sent one; `answered` when it
    did answer, in time and in our language, but could not help.
    """

    def __init__(self, why: str, detail: Optional[str] = None, answered: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.detail = detail
        self.answered = answered


class Refused(Exception):
    """The service answered no: `detail` is one plain sentence, `errors` what is wrong with which option.

    `status` is 403 (not offered), 422 (options) or 503 (who this person is cannot be checked now).
    """

    def __init__(self, status: int, detail: str, errors: Sequence[Any] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = list(errors)


class Unsendable(Refused):
    """Options that were refused before the service saw them: too large, or not JSON."""

    def __init__(self, detail: str) -> None:
        super().__init__(422, detail)


class BackendFault(Exception):
    """The service and the hub's own settings do not fit together. The text is for the log, never for people."""


class NotStarted(SpawnException):
    """Ends a start with one sentence that form, API and progress all show as it is.

    JupyterHub prints an exception's own text unless it carries `jupyterhub_message`; an HTML message alone
    is shown nowhere on the spawn page. So there is always a plain one, and never anything else.
    """

    def __init__(self, sentence: str, status: int = 403, reason: str = "presets-refused") -> None:
        sentence = plain(sentence)
        super().__init__(sentence, reason=reason, status_code=status)
        self.jupyterhub_message = sentence


class StartFailed(web.HTTPError):
    """A child spawner broke down. Unlike `NotStarted` the hub counts it as a failure of its own."""

    def __init__(self, sentence: str) -> None:
        sentence = plain(sentence)
        super().__init__(500, sentence.replace("%", "%%"))
        self.jupyterhub_message = sentence


def plain(text: Any, most: int = 600) -> str:
    """`text` as one line without control characters, at most `most` characters."""
    line = " ".join(str(text).split())
    line = "".join(character for character in line if character.isprintable())
    return line if len(line) <= most else line[: most - 1] + "…"
