# SPDX-License-Identifier: MIT
"""Which client blocking lanes fetch with: sockets, or requests."""
import errno

from . import connection, http1, protocol
from .program import Failed


def choose(work):
    """Sets how the lanes of this trial get their connections, by the parameter `client`."""
    if not work.needs.fetches or work.parameters.get("client") != "idiom":
        work.connect = connection.by_sorts(work, lambda: connection.Connection(work.timeout_ns))
        return
    import requests  # only where it is asked for

    adapter = trusting(requests, work.plan["origin_certificate"]) if work.needs.tls and not work.foreign else None
    work.connect = connection.by_sorts(work, lambda: Requests(requests, work.timeout_ns, adapter))


def trusting(requests, certificate):
    """What makes an adapter by which https:// is verified by that certificate alone, and not by what the system trusts."""
    from urllib3.util import ssl_

    context = ssl_.create_urllib3_context()
    context.load_verify_locations(cadata=certificate)

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments, **named):
            super().init_poolmanager(*arguments, ssl_context=context, **named)

        def cert_verify(self, conn, url, verify, cert):
            """The context has all; but the name remains to be verified."""
            conn.cert_reqs = "CERT_REQUIRED"

    return Adapter


def describe(plan):
    """The client, for a table's head."""
    if plan.get("parameters", {}).get("client") != "idiom":
        return {"client": "sockets"}
    return {"client": protocol.version_of("requests")}


def _status_of(target, error):
    """By what has become of the connection, where requests tells: it wraps what urllib3 wrapped."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    cause = getattr(reason, "__cause__", None) or (reason.args[-1] if reason is not None and reason.args else None)
    if isinstance(cause, OSError) and (target.context is not None or cause.errno == errno.EADDRNOTAVAIL):
        return connection.not_connected(target, cause)
    return connection.STATUS_RECEIVE


class Requests:
    """A requests.Session for each lane, as sessions are not to be shared by threads; it keeps one connection. For a fetch on a
    fresh one it is made anew, as requests.get() does."""

    def __init__(self, requests, timeout_ns, trusting_adapter):
        self.errors = requests.exceptions
        self.timeout = timeout_ns / 1e9 if timeout_ns else None
        self.session = requests.Session()
        self.session.trust_env = False  # no proxies, no .netrc
        self.session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=1))
        if trusting_adapter is not None:
            self.session.mount("https://", trusting_adapter(pool_connections=1, pool_maxsize=1))

    def fetch(self, target):
        """GETs it and returns an http1.Response. Raises Failed."""
        try:
            answer = self.session.get(target.url, headers=target.headers, timeout=self.timeout, allow_redirects=False)
        except self.errors.Timeout as error:
            raise Failed(connection.STATUS_TIMEOUT) from error
        except self.errors.RequestException as error:
            raise Failed(_status_of(target, error)) from error
        return http1.Answer(answer.status_code, [answer.content])

    def close(self):
        self.session.close()
