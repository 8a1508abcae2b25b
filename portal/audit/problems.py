"""Problems that a check of the trail can find, in Chinese. The checks name them in English, for logs and commands."""

PROBLEM_LABELS: dict[str, str] = {
    "a row is missing": "这里缺少记录",
    "a row was inserted": "这里多出了记录",
    "the row does not follow the one before": "和前一行接不上",
    "the row was changed": "内容被改过",
    "the row cannot be read": "这一行已经无法读出",
    "rows at the end are missing": "从这一行起，结尾的记录缺少了",
    "rows at the beginning are missing, without a base that says so": (
        "从这一行起，开头的记录缺少了，没有签名的起点说明它们到期清除"
    ),
    "the base is not of the rows that were signed": "起点和库外的签名检查点不一致",
    "a base cannot be read": "起点已经无法读出",
    "a base is missing before it": "前面缺少了起点",
    "there is no key to check it with": "没有密钥，无法核对起点",
    "it was signed with another key": "起点不是用这套密钥签名的",
    "it was forged or changed": "起点是伪造的，或被改过",
    "the last base is not among the checkpoints": "最后一个起点不在库外的签名检查点文件里",
    "the rows were rewritten": "和库外的签名检查点不一致，从这一行起的记录被改写过",
    "the trail is not the one that was signed before": "审计记录和库外的签名检查点不一致",
    "checkpoints are missing": "签名检查点文件丢失，或缺少了结尾",
    "a checkpoint is missing before it": "前面缺少了检查点",
    "a checkpoint cannot be read": "签名检查点文件读不出来",
    "a checkpoint was changed": "检查点被改过",
    "a checkpoint was signed with another key": "检查点不是用这套密钥签名的",
    "the rows to purge are not all there": "要清除的记录不齐",
    # of an exported file
    "something follows the proof": "证明后面还有内容",
    "the proof at the end is missing": "缺少结尾的证明",
    "the signature is not by this key": "签名不是用这把密钥做的",
    "the proof belongs to other rows": "证明属于别的记录",
    "not an export of this form": "不是这种导出文件",
    "the base is not by this key": "起点不是用这把密钥签名的",
    "the first row does not follow the base": "第一条和起点接不上",
    "not JSON": "这一行读不懂",
    "the line is not whole": "这一行不完整",
}
_UNKNOWN = "没有通过校验"
_CHECKPOINT = "checkpoint line "


def problem_label(problem: str) -> str:
    """A problem as the checks name it, e.g. `checkpoint line 3: a checkpoint was changed`, in Chinese."""
    place, _, found = problem.rpartition(": ")
    words = PROBLEM_LABELS.get(found, _UNKNOWN)
    line = place.rpartition(_CHECKPOINT)[2]
    return f"检查点第 {line} 行：{words}" if _CHECKPOINT in place and line.isdigit() else words
