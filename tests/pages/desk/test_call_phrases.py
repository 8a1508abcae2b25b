"""代客提报 offers what to say on the phone, and inserts a phrase into the answer without script."""

import re

from tests.factories.desk_filing import open_form, send
from tests.factories.portals import Portal
from tests.pages.desk.test_answering import CALL


def test_what_to_say_and_what_to_write(portal: Portal):
    agnes = portal.signed_in("agnes")
    address, token = open_form(agnes)
    page = agnes.get("/desk/reports/new").text
    assert "您好，一线通客服中心，请问有什么可以帮您？" in page and "请问您用的是电脑端还是手机端？" in page
    assert "新年好！" not in page and 'data-hints="reply"' in page
    chosen = re.search(r'value="([0-9a-f-]{36})"[^>]*>\s*<strong class="phrase__title">一起查找<', page)[1]
    needs_ticket = re.search(
        r'value="([0-9a-f-]{36})"[^>]*disabled>\s*<strong class="phrase__title">还有别的吗<', page
    )[1]
    fields = {**CALL, "desk_answer": "先写的", "action": "save"}
    for insert, text in ((chosen, "先写的\n我们一起来看看问题出在哪里。"), (needs_ticket, "先写的")):
        shown = send(agnes, address, token, **fields, insert=insert)
        assert shown.status_code == 303
        page = agnes.get(address).text
        assert re.search(r'id="field-desk_answer"[^>]*>\s*([^<]*)<', page)[1].strip() == text
        assert fields["institution"] in page
