"""HTTP to an endpoint that an operator allowed, and to nowhere else: the address is checked where it is connected."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

import httpx

Resolve = Callable[[str, int], Awaitable[list[str]]]


class AddressRefused(httpx.TransportError):
    """The request would have gone where it may not go."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, as the machine knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def may_connect(address: str, *, local: bool) -> bool:
    """Public addresses; private ones only where the operator said so; link-local (metadata services) never."""
    ip = ipaddress.ip_address(address.split("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    if mapped is not None:
        ip = mapped
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or (ip.is_reserved and not ip.is_loopback):
        return False
    return ip.is_global or local


def is_local_name(host: str) -> bool:
    """Whether the operator wrote a private address, or localhost, in so many words."""
    if host == "localhost":
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


class SafeTransport(httpx.AsyncBaseTransport):
    """Checks host and port against the list, resolves the name, and connects to just the address it has checked.

    A name whose answer changes between check and use gains nothing: it is asked once, and the connection goes to the
    answer; TLS still verifies the name.
    """

    def __init__(self, allowed: frozenset[tuple[str, int]], *, local: bool = False, resolve: Resolve = resolve) -> None:
        self._allowed, self._local, self._resolve = allowed, local, resolve
        self._inner = httpx.AsyncHTTPTransport(retries=0, trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host.lower()
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        if (host, port) not in self._allowed:
            raise AddressRefused("host not allowed")
        address = await self._address(host, port)
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    async def _address(self, host: str, port: int) -> str:
        try:
            found = await self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError("name not found") from error
        local = self._local or is_local_name(host)
        # One forbidden answer among several is reason enough: no picking until one fits.
        if not found or not all(may_connect(one, local=local) for one in found):
            raise AddressRefused("address not allowed")
        return min(found, key=lambda one: ":" in one)  # IPv4 first: the more common route

    async def aclose(self) -> None:
        await self._inner.aclose()
