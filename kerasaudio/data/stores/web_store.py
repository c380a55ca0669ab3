"""Files on a web server, which are read only.

A web server lists no folders. A file index.txt in a folder does: the paths of all files below that
folder, one a line, as `find . -type f` prints them. tensorflow-io's reader is not used: it fails
where a server does not know ranges, and downloads a file to learn its size.
"""

from __future__ import annotations

import email.utils
import errno
import http.client
import os
import urllib.error
import urllib.parse
import urllib.request
from functools import cache

from kerasaudio.data.stores.store import FileNotInStoreError, StoreError, denied, file_state

INDEX = "index.txt"
SECONDS = 60  # without a byte, after which a server counts as dead


class WebStore:
    """Files under http:// and https:// addresses."""

    def state(self, url: str) -> os.stat_result:
        """Returns the size of a file and the time of its last change; see `Store`."""
        if _names(url):
            raise StoreError(errno.EISDIR, "it is a folder", url)
        headers, _ = _answer(url, "HEAD")
        changed = headers.get("Last-Modified")
        seconds = email.utils.parsedate_to_datetime(changed).timestamp() if changed else 0
        return file_state(int(headers.get("Content-Length", 0)), int(seconds) * 10**9)

    def is_folder(self, url: str) -> bool:
        """Returns whether an index has files below a folder; see `Store`."""
        if not _names(url) and all(_index(folder) is None for folder in _folders(url)):
            reason = f"a web server lists no folders; put a file {INDEX} with the paths of all"
            raise StoreError(errno.ENOTDIR, f"{reason} files, one a line, into the data root", url)
        return bool(_names(url))

    def names(self, url: str) -> list[str]:
        """Returns the names of what is in a folder; see `Store`."""
        if not self.is_folder(url):
            raise FileNotInStoreError(url)
        return _names(url)

    def read(self, url: str) -> bytes:
        """Returns a whole file; see `Store`."""
        return _answer(url, "GET")[1]

    def part(self, url: str, start: int, count: int, size: int) -> bytes:
        """Returns some bytes of a file, for which a server without ranges sends it whole."""
        headers, found = _answer(url, "GET", {"Range": f"bytes={start}-{start + count - 1}"})
        return found if headers.get("Content-Range") else found[start : start + count]


def _folders(url: str) -> list[str]:
    """The folders that a file or folder is in, nearest first, and then itself."""
    parts = url.split("/")
    return ["/".join(parts[:end]) for end in range(len(parts) - 1, 2, -1)] + [url]


def _names(url: str) -> list[str]:
    """The names in a folder, from the nearest index that has some."""
    found = ((_index(folder) or {}).get(url[len(folder) + 1 :]) for folder in _folders(url))
    return next(filter(None, found), [])


@cache
def _index(folder: str) -> dict[str, list[str]] | None:
    """The names in each folder below one that has an index; its own are under ""."""
    try:
        text = _answer(f"{folder}/{INDEX}", "GET")[1].decode(errors="replace")
    except FileNotInStoreError:
        return None
    found: dict[str, dict[str, None]] = {}
    for line in text.splitlines():
        parts = line.strip().removeprefix("./").split("/")
        if "" not in parts and ".." not in parts:
            for depth, name in enumerate(parts):
                found.setdefault("/".join(parts[:depth]), {})[name] = None
    return {folder: list(names) for folder, names in found.items()}


def _answer(
    url: str, method: str, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPMessage, bytes]:
    """Headers and content."""
    scheme, _, rest = url.partition("://")
    address = f"{scheme}://{urllib.parse.quote(rest, safe='/:[]')}"
    request = urllib.request.Request(address, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (404, 410):
            raise FileNotInStoreError(url) from error
        if error.code in (401, 403):
            raise denied(url) from error
        raise StoreError(errno.EIO, f"the server says {error.code} {error.reason}", url) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        told = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise StoreError(errno.EIO, f"{told}; try again", url) from error
