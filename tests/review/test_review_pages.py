from tests.factories.portals import Portal, post
from tests.factories.reports import file_report

def test_it_opens(portal: Portal):
    receipt = file_report(portal.tools)
    leo = portal.signed_in("leo")
    for path in ("/review", "/review/tickets", "/review/tickets/" + receipt.number, "/account", "/review?ticket=abc&from=2026-02-30"):
        answer = leo.get(path)
        print(path, answer.status_code)
        assert answer.status_code in (200, 422), answer.text
    a = post(leo, "/review", "/review/verification")
    assert "审计记录完整" in a.text
    ada = portal.signed_in("ada")
    page = ada.get("/admin").text
    import re
    ids = re.findall("/admin/people/([0-9a-f-]{36})", page)
    for path in ("/admin/people/new", "/admin/people/" + ids[0]):
        assert ada.get(path).status_code == 200
    a = post(ada, "/admin/people/new", "/admin/people", username="neu", role="engineer", queues="his")
    assert "新密码" in a.text, a.text
