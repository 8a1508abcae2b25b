"""`notify test`: one trial, what came of it, and exit 1 unless it was taken."""

from tests.factories.servers import Site
from tests.notify.servers import http_server, smtp_server


def test_it_sends_one_message_and_says_so(tmp_path) -> None:
    site = Site(tmp_path)
    site.run("migrate")
    with http_server(body=b"") as server:
        hook = {"PORTAL_WEBHOOK_URL": f"{server.url}/geheim", "PORTAL_WEBHOOK_SECRET": "invented"}
        done = site.run("notify", "test", "webhook", **hook)
        assert (done.returncode, done.stdout.strip()) == (0, "系统对接：已送达")
        assert server.received[0].fields["event"] == "test"
        server.status = 403
        done = site.run("notify", "test", "webhook", **hook)
    assert done.returncode == 1 and "对方拒绝接收（代码 403）" in done.stdout
    assert "测试通知没有送达" in done.stderr and "geheim" not in done.stdout + done.stderr


def test_mail_goes_to_whom_it_is_told_or_to_its_sender(tmp_path) -> None:
    site = Site(tmp_path)
    site.run("migrate")
    with smtp_server() as server:
        mail = {"PORTAL_SMTP_URL": server.url, "PORTAL_MAIL_FROM": "portal@clinic.example"}
        assert site.run("notify", "test", "mail", **mail).returncode == 0
        assert site.run("notify", "test", "mail", "--to", "ada@staff.example", **mail).returncode == 0
    assert ["portal@clinic" in server.recipients[0], "ada@staff" in server.recipients[1]] == [True, True]


def test_a_channel_without_settings_is_one_sentence(tmp_path) -> None:
    site = Site(tmp_path)
    site.run("migrate")
    done = site.run("notify", "test", "feishu")
    assert (done.returncode, done.stdout) == (1, "") and "渠道“飞书”还没有设置" in done.stderr
    assert site.run("notify", "test", "pigeon").returncode == 2
