"""A certificate for a service beside a hub with internal TLS: what an administrator makes with certipy, once.

    python -m lab_certificates FOLDER

`FOLDER` is the hub's `internal_certs_location` after `jupyterhub --generate-certs`. The proxy believes the authorities
of hub and notebooks, so the service's certificate comes from the latter; the service in turn believes hub and proxy.
"""

import shutil
import sys
from pathlib import Path

from certipy import Certipy

folder = Path(sys.argv[1])
certipy = Certipy(store_dir=str(folder))
made = certipy.create_signed_pair("presets", "notebooks-ca", alt_names=["IP:127.0.0.1", "DNS:localhost"])
shutil.copy(made["files"]["key"], folder / "service.key")
shutil.copy(made["files"]["cert"], folder / "service.crt")
# Those whom notebooks believe, as the hub put them together.
shutil.copy(folder / "notebooks-ca_trust.crt", folder / "trust.crt")
(folder / "service.key").chmod(0o600)
