"""The package's version and the plugin protocol it speaks, importable without JupyterHub."""

__version__ = "0.1.0"

PROTOCOL = 1
"""Number sent with each request to the service; plugin and service work one number apart."""
