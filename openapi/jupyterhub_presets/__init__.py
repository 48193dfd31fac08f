"""Presets for JupyterHub: the hub's side of the presets service, switched on by `configure(c, ...)`."""

from .batch_port import guard_batch_port
from .configure import configure
from .refusal import NotStarted, Refused, ServiceDown
from .spawner import PresetsSpawner
from .version import PROTOCOL, __version__

# The handler must be guarded before the hub builds its routes, and batchspawner registers it on
# import; so both happen when the hub's configuration imports this package, presets used or not.
guard_batch_port()

__all__ = ["PROTOCOL", "NotStarted", "PresetsSpawner", "Refused", "ServiceDown", "__version__", "configure"]
