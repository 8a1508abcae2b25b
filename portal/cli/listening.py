"""Takes the port before anything is printed or made, so that a taken port is one sentence."""

import errno
import socket

from portal.cli.commands import CommandError
from portal.settings import Settings

_BACKLOG = 2048
_REASONS = {
    errno.EADDRINUSE: (
        "端口 {port} 已被占用，一线通可能已经在运行；请停掉占用它的程序，或设置 PORTAL_PORT",
        "port {port}: address already in use; stop what uses it, or set PORTAL_PORT",
    ),
    errno.EADDRNOTAVAIL: (
        "{host} 不是本机的地址，请检查 PORTAL_HOST",
        "{host} is no address of this machine, see PORTAL_HOST",
    ),
    errno.EACCES: (
        "没有权限使用端口 {port}，请用 1024 以上的 PORTAL_PORT",
        "no permission for port {port}; choose a PORTAL_PORT above 1023",
    ),
}
_OTHER = (
    "不能在 {host} 端口 {port} 上提供服务，请检查 PORTAL_HOST 和 PORTAL_PORT",
    "cannot listen on {host} port {port}, see PORTAL_HOST and PORTAL_PORT",
)


def listen(settings: Settings) -> list[socket.socket]:
    """Sockets that listen on every address of the host.

    Raises:
        CommandError: the port is taken, or the host is not this machine's.
    """
    made: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        places = list(dict.fromkeys((family, address) for family, _, _, _, address in found))
        for family, address in places:
            try:
                made.append(_listener(family, address))
            except OSError as error:  # a name may stand for an address that this machine lacks, such as ::1
                if error.errno != errno.EADDRNOTAVAIL or ((family, address) == places[-1] and not made):
                    raise
    except (OSError, UnicodeError) as error:
        for listener in made:
            listener.close()
        chinese, english = _REASONS.get(getattr(error, "errno", None) or 0, _OTHER)
        sentence = f"{chinese} ({english})"
        raise CommandError(sentence.format(host=settings.host, port=settings.port)) from error
    return made


def _listener(family: int, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # the IPv4 address has its own socket
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
