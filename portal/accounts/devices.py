"""A browser in words, so that people tell their own sign-ins apart; the user agent itself is not kept."""

_SYSTEMS = (
    ("Windows NT 6.1", "Windows 7"), ("Windows", "Windows"), ("HarmonyOS", "鸿蒙"), ("Android", "安卓"),
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS X", "苹果电脑"), ("Linux", "Linux"),
)  # fmt: skip
# The first that is named counts: nearly all name Chrome and Safari too.
_BROWSERS = (
    ("MicroMessenger", "微信"), ("QQBrowser", "QQ 浏览器"), ("360", "360 浏览器"), ("MetaSr", "搜狗浏览器"),
    ("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
UNKNOWN = "未知设备"


def device_of(user_agent: str) -> str:
    """Like `Windows · Edge`; words of this list only."""
    parts = [next((words for sign, words in names if sign in user_agent), "") for names in (_SYSTEMS, _BROWSERS)]
    return " · ".join(filter(None, parts)) or UNKNOWN
