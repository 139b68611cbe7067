"""How a browser carries a session, and which requests of it are its own.

A session opened inside Telegram lives in a page that Telegram frames: its cookie must travel there (SameSite=None, kept
apart by Partitioned), so what others could send in its name is refused by where a request comes from instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from fastapi import HTTPException, Request, Response

from curriculum import people

COOKIE, FRAMED_COOKIE = "zhiran_session", "zhiran_framed"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
TELEGRAM = "https://web.telegram.org https://*.telegram.org"


def token_of(request: Request) -> str:
    """The session that came with a request; empty for none."""
    return request.cookies.get(FRAMED_COOKIE) or request.cookies.get(COOKIE, "")


def tokens_of(request: Request) -> tuple[str, ...]:
    """Every session that came with a request, for one who goes."""
    return tuple(request.cookies[name] for name in (FRAMED_COOKIE, COOKIE) if request.cookies.get(name))


def carry(response: Response, session: str, *, secure: bool) -> None:
    """Let the browser carry this session, to our own pages only."""
    age = people.SESSION_DAYS * 86_400
    response.set_cookie(COOKIE, session, max_age=age, httponly=True, samesite="lax", secure=secure, path="/")
    if secure:
        _set_framed(response, "", 0)  # an older one would be believed first


def carry_framed(response: Response, session: str) -> None:
    """The same inside Telegram's frame; over https alone, browsers take no such cookie otherwise."""
    _set_framed(response, session, people.SESSION_DAYS * 86_400)


def drop(response: Response, *, secure: bool) -> None:
    """The browser carries no session any more."""
    response.delete_cookie(COOKIE, path="/")
    if secure:
        _set_framed(response, "", 0)


def _set_framed(response: Response, value: str, age: int) -> None:
    # By hand: before Python 3.14 the standard library knows no Partitioned.
    cookie = f"{FRAMED_COOKIE}={value}; Max-Age={age}; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
    response.headers.append("set-cookie", cookie)


def framers(path: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Who may frame the answer to this: Telegram the Mini App's door and the pages of its sessions, nobody all others."""
    cookies = b";".join(value for name, value in headers if name == b"cookie").split(b";")
    framed = any(one.strip().startswith(f"{FRAMED_COOKIE}=".encode()) for one in cookies)
    return TELEGRAM if path == "/mini" or framed else "'none'"


def own_origin(request: Request) -> None:
    """Refuse what another site's page sends in a person's name (beside SameSite=Lax).

    Where the cookie travels into frames nothing is taken on trust: the browser must say that the page is ours.
    """
    if request.method in SAFE_METHODS:
        return
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    ours = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    foreign = (origin is not None and not ours) or site in ("cross-site", "same-site")
    unproved = FRAMED_COOKIE in request.cookies and not ours and site != "same-origin"
    if foreign or unproved:
        raise HTTPException(403)
