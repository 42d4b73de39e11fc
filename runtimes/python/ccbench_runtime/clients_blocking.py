# SPDX-License-Identifier: MIT
"""Which client blocking lanes fetch with: sockets, or requests."""
from . import connection, http1, protocol
from .program import Failed


def choose(work):
    """Sets how the lanes of this trial get their connections, by the parameter `client`."""
    if not work.needs.fetches or work.parameters.get("client") != "idiom":
        work.connect = lambda: connection.Connection(work.timeout_ns)
        return
    import requests  # only where it is asked for

    work.connect = lambda: Requests(requests, work.timeout_ns)


def describe(plan):
    """The client, for a table's head."""
    if plan.get("parameters", {}).get("client") != "idiom":
        return {"client": "sockets"}
    return {"client": protocol.version_of("requests")}


class Requests:
    """A requests.Session for each lane, as sessions are not to be shared by threads; it keeps one connection."""

    def __init__(self, requests, timeout_ns):
        self.errors = requests.exceptions
        self.timeout = timeout_ns / 1e9 if timeout_ns else None
        self.session = requests.Session()
        self.session.trust_env = False  # no proxies, no .netrc
        self.session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=1))

    def fetch(self, target):
        """GETs it and returns an http1.Response. Raises Failed."""
        try:
            answer = self.session.get(target.url, headers=target.headers, timeout=self.timeout, allow_redirects=False)
        except self.errors.Timeout as error:
            raise Failed(connection.STATUS_TIMEOUT) from error
        except self.errors.RequestException as error:
            raise Failed(connection.STATUS_RECEIVE) from error
        return http1.Answer(answer.status_code, [answer.content])

    def close(self):
        self.session.close()
