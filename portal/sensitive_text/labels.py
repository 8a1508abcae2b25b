"""The words that announce a value in free text, in simplified and traditional characters, with the usual slips.

Patterns are for folded text (`folding.folded`): blanks are " " or tabs, colons and brackets are ASCII.
"""

import re
from enum import StrEnum

BLANK = r"[ \t]"
HAN = r"\u3400-\u9fff"
_NOTE_SIGN = r"[^()\[\]【】〔〕\n]"
_NOTE_END = r"[)\]】〕]"
# 密码（首次登录）：…, while 密码（abc123） holds the value.
NOTE = (
    rf"(?:[(\[【〔](?:[!-'*-Z^-~ ]{{0,20}}[{HAN}]{_NOTE_SIGN}{{0,20}}{_NOTE_END}"
    rf"|{_NOTE_SIGN}{{0,20}}{_NOTE_END}(?=[ \t]{{0,4}}[:=是为])))"
)

_GAP = r"[ \t.·\-_]{0,2}"
_FIRST = "👤🔑🗝🔐账帐賬帳张用使登工操远伙协连授激注邀提访通取安识識设設密秘蜜米迷口解验驗AaUuLlIiZzPpMmSsTt"
_BOTH = r"(?<=[账帐賬帳])密(?![码碼])|(?<=登)[录陆錄]信息"
_NOT_IN_WORD = r"(?<![A-Za-z0-9_].)"


class LabelKind(StrEnum):
    ACCOUNT = "account"
    PASSWORD = "password"  # noqa: S105  (a kind, not a secret)


def _latin(words: str, end: str = r"(?![A-Za-z])") -> str:
    """Alternatives in any case, as whole words; the first letter has been read already."""
    return "|".join(f"(?<=[{w[0]}{w[0].upper()}]){_NOT_IN_WORD}(?i:{w[1:]}){end}" for w in words.split("|"))


_ACCOUNT = rf"""
(?<=[账帐賬帳]){_GAP}[号户號戶好](?:名[称稱]?|ID|代[码碼])?
|(?<=用)[户戶](?:名(?:[称稱]|字(?![段符典体数母]))?|ID|id|编[号码]|代码)
|(?<=用)(?:护名|户[民明](?![A-Za-z]?[族政]))|(?<=张)[号户]
|(?<=登)[录陆錄入](?:名[称稱]?|铭|ID|[号號])
|(?<=工)[号號]
|(?<=使)用者(?:名[称稱]?|代號)
|(?<=操)作[员員](?:代[码碼]|编号|工号|[号號])
|(?<=[识識])[别別][码碼]
|(?<=[设設])[备備](?:[代识]?[码碼]|ID)|(?<=远)程(?:识别)?(?:[码号]|ID)|(?<=伙)伴(?:识别)?[码号]|(?<=协)助码|(?<=连)接[码号]|(?<=👤)
"""
_ACCOUNT_IF_COLON = r"(?<=用)[户戶]|(?<=使)用者|(?<=操)作[员員]"
_LATIN_ACCOUNT = _latin(
    r"account|acct|acc|usr|user[ _]?name|user[ _]?id|user|login[ _]?name|login[ _]?id|login|uid|id|zhang ?(?:hao|hu)"
)
_LATIN_ACCOUNT_IF_COLON = _latin("zh|todesk|teamviewer|anydesk")
_PASSWORD = rf"""
(?<=密){_GAP}[码碼吗马玛嘛嗎馬瑪妈]|(?<=[秘蜜]){_GAP}[码碼吗马玛]|(?<=秘)密|(?<=[米迷])[码碼]|(?<=[密秘])[钥鑰匙]匙?|(?<=解)锁[码碼]|(?<=口){_GAP}令|(?<=登)[录陆錄]码|(?<=[🔑🗝🔐])|(?<=通)行码|(?<=取)件码|(?<=安)全码|(?<=授)权码|(?<=激)活码|(?<=注)册码|(?<=邀)请码|(?<=提)取码|(?<=访)问码|(?<=[验驗])[证證][码碼]
"""
_LATIN_PASSWORD = _latin(r"pass[ _]?word|passwd|passcode|pass|pswd|pwd|psw|psd|pw|pin(?:[码碼])?|mi ?ma")
_LATIN_PASSWORD_IF_COLON = _latin("mm|token|secret|api[ _]?key")
_PASSWORD_IF_COLON = rf"(?<![{HAN}].)(?<=密)(?=[ \t]{{0,2}}[:=])"

LABEL = re.compile(
    rf"[{_FIRST}](?:(?P<account>{_ACCOUNT})|(?P<latin_account>{_LATIN_ACCOUNT})"
    rf"|(?P<colon_account>{_ACCOUNT_IF_COLON}|{_LATIN_ACCOUNT_IF_COLON})|(?P<password>{_PASSWORD})"
    rf"|(?P<both_password>{_BOTH})"
    rf"|(?P<latin_password>{_LATIN_PASSWORD})|(?P<colon_password>{_LATIN_PASSWORD_IF_COLON}|{_PASSWORD_IF_COLON}))".replace(
        "\n", ""
    )
)
