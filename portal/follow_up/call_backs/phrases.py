"""Ready sentences beside the form of a call-back (REQUIREMENTS L6): how it begins, and how each answer is closed.

With the variables of the leads' phrases, which stand below them.
"""

SENTENCES: tuple[tuple[str, str], ...] = (
    ("开场", "您好，我是{单位名称}，工号 {工号}。占用您一两分钟，想了解一下上次的处理情况，现在方便吗？"),
    ("对方不方便", "好的，那您看什么时间方便？我到时再打给您。"),
    ("满意", "谢谢您的肯定。您对我们还有什么建议吗？"),
    ("一般、不满意", "很抱歉没有让您满意。请问是哪方面没有做好？您希望我们怎样改进？"),
    ("没有解决", "我马上请同事重新处理，进展您可以在查询页看到。"),
    ("结束", "还有其他可以帮您的吗？感谢您的配合，再见。"),
)
