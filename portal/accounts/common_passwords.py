"""Recognises common passwords by their parts instead of by a list: a few well-known pieces in a row.

Words, names in pinyin, keyboard walks, sequences, repetitions, years, dates and short numbers are what an attacker
tries first, in these combinations (SECURITY E-10). Other spellings of them (P@ssw0rd, ＡＢＣ) count as the same.
"""

import re
from functools import cache

from portal.sensitive_text.folding import nfkc

MOST_PIECES = 3
_LONGEST = 64  # longer passwords are not guessed piece by piece

_WORDS = """
pass passwd password passwort pwd secret login logon root admin administrator administrators manager master super user
users test tester testing guest demo default system server oracle mysql redis tomcat service support public temp
welcome hello hi change changeme letmein open access enter trust no free start company office work computer internet
love lover iloveyou loveyou iloveu mylove forever baby angel princess prince sunshine flower happy lucky money family
mother father friend summer winter spring autumn january february march april june july august september october
november december monday friday sunday football baseball basketball soccer hockey superman batman pokemon starwars
dragon monkey tiger shadow killer ninja michael jordan jennifer jessica daniel thomas charlie ashley michelle hunter
ranger buster robert andrew joshua george anthony william freedom whatever cookie pepper ginger cheese banana orange
apple google qq wechat weixin taobao alipay baidu windows android iphone samsung nokia china beijing shanghai shandong
liaocheng gaotang jinan zhongguo
woaini woaiwo woaiwojia woaiwoziji wodemima mima nihao aini aiwo tiantian baobao baobei laopo laogong mama baba
xiaoming xiaohong xingfu kuaile jiankang pingan facai gongxi shengri kaixin haoren meimei gege didi jiejie
yxt yixiantong yixian weisheng weishengshi weishengyuan yiyuan yisheng hushi gongwei gonggongweisheng his jibing
zhongxin xitong guanliyuan guanli zhanghao yonghu kefu gongchengshi zhuguan menzhen zhuyuan jiceng xiangzhen
clinic hospital doctor nurse health helpdesk ticket engineer portal
一线通 一线 卫生室 卫生院 卫生 医院 公卫 密码 管理员 我爱你 你好
wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo zheng liang xie song tang han feng
yu dong xiao cheng cao yuan deng fu shen zeng peng lu su jiang cai jia ding wei xue ye yan pan du dai xia zhong tian
fang jun ming hua jie lei qiang tao ping min jing ying xin hong bin fei long bo hao gang yong juan xia yun
"""
_PAIRS = """
1q2w3e4r5t6y7u8i9o0p q1w2e3r4t5y6u7i8o9p0 1a2b3c4d5e6f a1b2c3d4e5f6 1a2s3d4f5g a1s2d3f4g5 1z2x3c4v5b z1x2c3v4b5
147258369 369258147 741852963 963852741 789456123 321654987 159357 357159 159753 951753 1314520 5201314 7758521 7758258
112233445566778899 11223344 121212 131313 101010 010203040506 qweasdzxc qazxswedc zaqxswcde
"""
_ROWS = (
    "1234567890", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik", "9ol", "147", "258", "369", "qweasdzxc",
)  # fmt: skip
_SHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
_DISGUISES = tuple(str.maketrans("@4$5031!7", f"aassoe{letter}{letter}t") for letter in "il")
_NUMBER = re.compile(r"\d{1,4}|(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])")
_PHONE = re.compile(r"1[3-9]\d{9}")
_MARKS = re.compile(r"[\W_]{1,3}(\d{1,4})?")


def is_common(password: str, username: str = "") -> bool:
    """Whether the password consists of at most three well-known pieces."""
    plain = nfkc(password).casefold()
    if len(set(plain)) < 4:
        return True
    if len(plain) > _LONGEST:
        return False
    own = nfkc(username).casefold()
    return any(_fewest_pieces(text, own) <= MOST_PIECES for text in {plain, _once(plain)})


def _once(text: str) -> str:
    """Removes repetition: `abcabc` becomes `abc`."""
    return text[: (text + text).find(text, 1)]


def _fewest_pieces(text: str, own: str) -> int:
    fewest = [0] + [MOST_PIECES + 1] * len(text)
    for end in range(1, len(text) + 1):
        for begin in range(end):
            if fewest[begin] + 1 < fewest[end] and _is_piece(text[begin:end], own):
                fewest[end] = fewest[begin] + 1
    return fewest[-1]


def _is_piece(text: str, own: str) -> bool:
    if len(text) == 1 or len(set(text)) == 1 or text == own:
        return True
    if _NUMBER.fullmatch(text) or _PHONE.fullmatch(text) or _MARKS.fullmatch(text):
        return True
    if len(text) >= 3 and (text in _walks() or text.translate(_SHIFTED) in _walks()):
        return True
    return any(word in _words() for word in (text, *(text.translate(table) for table in _DISGUISES)))


@cache
def _words() -> frozenset[str]:
    return frozenset(_WORDS.split())


@cache
def _walks() -> frozenset[str]:
    """Runs of three or more neighbours on the keyboard or in the alphabet, in both directions."""
    both = [line for row in (*_ROWS, *_PAIRS.split()) for line in (row, row[::-1])]
    return frozenset(
        line[begin:end] for line in both for begin in range(len(line) - 2) for end in range(begin + 3, len(line) + 1)
    )
