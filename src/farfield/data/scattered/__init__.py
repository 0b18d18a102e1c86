"""A scattered folder to try an import and its checks on: invented messages, as offices keep them, and known faults."""

from farfield.data.scattered.folder import Planted, write_scattered

__all__ = ["Planted", "write_scattered"]
