"""Cloudinary, as far as a store of recordings needs it: signed uploads whole and in parts, management, signed delivery.

It is as strict as the documentation is, refuses what is not documented, and fails on command (see `faults`). Nothing is
transformed: for a picture a pixel is delivered, for another format of a recording the recording itself. There is no
cache in front, no upload from another address, no preset and no notification.

It is imported as `Emulators.cloudinary`, so that it does not hide the official SDK of the same name, which tests it."""

from .account import Account, Limits
from .server import Cloudinary

__all__ = ["Account", "Cloudinary", "Limits"]
