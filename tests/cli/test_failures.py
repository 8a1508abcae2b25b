"""Whatever goes wrong, a command ends with one sentence that says where and what to do, and never with a password."""

import argparse
import errno
import re
import sqlite3
from collections.abc import Iterator

import pytest

from portal import sentences
from portal.audit.problems import PROBLEM_LABELS
from portal.cli import failures
from portal.cli import main as main_module
from portal.cli.help_words import HELP, helped
from portal.sentences import SENTENCES, said
from portal.settings import load_settings
from portal.watch import store_mark
from tests.factories.servers import Site

SECRET = "geheim-Qz8812"
HAN = re.compile("[\u4e00-\u9fff]")
# Everything but serve, migrate, demo, restore and users add.
WORKING = (
    ("worker", "--once"), ("tokens", "add", "desk", "--user", "alice"), ("users", "unlink", "alice"),
    ("users", "reset-second-factor", "alice"), ("keys", "status"), ("keys", "rotate"), ("keys", "verify"),
    ("keys", "retire", "k1"), ("institutions", "import", __file__), ("retention", "run"),
    ("retention", "run", "--dry-run"), ("clock", "status"), ("clock", "confirm"),
    ("retention", "hold", "RC2026110001", "--reason", "x"), ("retention", "release", "RC2026110001"),
    ("retention", "erase", "RC2026110001", "--reason", "x"),
    ("retention", "copy", "--id-number-stdin", "--reason", "x"),
    ("uploads", "sweep"), ("backup", "x.backup"), ("audit", "verify"), ("audit", "restart"), ("audit", "export", "-"),
    ("notify", "test", "mail"), ("reports", "make", "--week", "2026-W40"), ("audit", "key"),
    ("audit", "check-export", __file__),
)  # fmt: skip


@pytest.fixture
def site(tmp_path) -> Site:
    return Site(tmp_path)


def assert_one_sentence(done) -> None:
    assert (done.returncode, done.stdout) == (1, ""), done
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert HAN.search(done.stderr)
    assert re.search(r" \(.*[a-z]{3}.*\)\n$", done.stderr)
    assert SECRET not in done.stderr


@pytest.mark.parametrize("arguments", WORKING, ids=" ".join)
def test_no_command_makes_an_installation_in_a_wrong_folder(site, arguments):
    done = site.run(*arguments)

    assert_one_sentence(done)
    assert "这里没有安装：" in done.stderr
    assert list(site.folder.iterdir()) == []


def test_a_folder_with_something_else_in_it_is_no_installation_either(site):
    (site.folder / "var").mkdir()
    (site.folder / "var" / "portal.db").write_bytes(b"")
    done = site.run("backup", "x.backup")

    assert_one_sentence(done)
    assert "这里没有安装：" in done.stderr
    assert [path.name for path in (site.folder / "var").iterdir()] == ["portal.db"]


@pytest.mark.parametrize("command", ["migrate", "serve", "backup x.backup", "audit verify", "worker --once"])
@pytest.mark.parametrize("address", ["nowhere.invalid/portal", "127.0.0.1:1/portal"])
def test_a_database_that_is_not_reached_is_named_with_its_setting(site, command, address):
    (site.folder / "var").mkdir()
    (site.folder / "var" / "keyring.json").write_text("{}")
    done = site.run(*command.split(), PORTAL_DATABASE_URL=f"postgresql+psycopg://portal:{SECRET}@{address}")

    assert_one_sentence(done)
    assert "PORTAL_DATABASE_URL" in done.stderr
    assert address.partition("/")[0] in done.stderr


def test_details_are_shown_on_request_without_secrets(site):
    database = f"postgresql+psycopg://portal:{SECRET}@nowhere.invalid/portal"
    for arguments in (("--debug", "migrate"), ("migrate", "--debug")):
        done = site.run(*arguments, PORTAL_DATABASE_URL=database)
        assert "Traceback" in done.stderr
        assert SECRET not in done.stderr


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "磁盘已满"),
        (errno.EDQUOT, "磁盘已满"),
        (errno.EACCES, "没有权限"),
        (errno.EROFS, "只读"),
        (errno.ENOENT, "找不到"),
        (errno.ENOTDIR, "不是目录"),
        (errno.EISDIR, "是目录"),
        (errno.EEXIST, "已经存在"),
        (errno.EIO, "不能使用"),
    ],
)
def test_the_system_s_errors_name_file_and_setting(tmp_path, number, words):
    settings = load_settings({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_UPLOADS": str(tmp_path / "u")})
    sentence = failures.sentence_of(OSError(number, "whatever", str(tmp_path / "u" / "ab")), settings)

    assert words in sentence
    assert f"{tmp_path / 'u' / 'ab'} [PORTAL_UPLOADS]" in sentence


def test_secrets_of_settings_are_taken_out_of_any_text(tmp_path):
    secrets = {
        "PORTAL_METRICS_TOKEN": "token-Qz8812",
        "PORTAL_SMTP_URL": "smtps://user:mail%23Qz@mail.example.cn:465",
        "PORTAL_MAIL_FROM": "a@example.cn",
        "PORTAL_WECOM_WEBHOOK_HIS": "https://robot.example.cn/send?key=robot-Qz8812",
        "PORTAL_FEISHU_WEBHOOK": "https://robot.example.cn/hook",
        "PORTAL_FEISHU_SECRET": "feishu-Qz8812",
        "PORTAL_WEBHOOK_URL": "https://other.example.cn/in",
        "PORTAL_WEBHOOK_SECRET": "webhook-Qz8812",
        "PORTAL_SMS_URL": "https://sms.example.cn/",
        "PORTAL_SMS_TOKEN": "sms-Qz8812",
        "AWS_SECRET_ACCESS_KEY": "store-Qz8812",
        "AWS_SESSION_TOKEN": "session-Qz8812",
    }
    settings = load_settings(
        {
            "PORTAL_DATA_DIR": str(tmp_path),
            "PORTAL_DATABASE_URL": f"postgresql+psycopg://portal:{SECRET}@db/portal",
            **secrets,
        }
    )
    text = " ".join([SECRET, *secrets.values(), "mail#Qz", "stays"])
    redacted = failures.redacted(text, settings)
    assert "Qz" not in redacted
    assert redacted.endswith("stays") and "mail.example.cn:465" in redacted


def test_every_sentence_is_there_in_both_languages_once():
    assert len({chinese for chinese, _ in SENTENCES.values()}) == len(SENTENCES)
    for name, (chinese, english) in SENTENCES.items():
        only_places = re.sub(r"\{\w+\}", "", chinese)
        assert HAN.search(only_places) or set(only_places) <= set("：，。"), name
        assert not HAN.search(english), name
        places = set(re.findall(r"\{(\w+)\}", chinese + english))
        assert said(name, **dict.fromkeys(places, "x")), name
        assert not chinese.endswith("。"), name


def test_a_sentence_has_its_twin_behind_it():
    assert said("schema_newer", problem="newer") == "数据库由更新的版本建立，请启动那个版本 (newer)"
    assert sentences.said("held", count=2) == "保全中：2 个工单 (on hold: 2 tickets)"


def test_every_problem_of_the_trail_has_its_sentence():
    for problem, label in PROBLEM_LABELS.items():
        assert failures.trail_sentence(problem) == f"签名检查点有问题：{label} ({problem})"


def every_parser(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from every_parser(below)


def test_every_line_of_help_is_in_both_languages():
    parsers = list(every_parser(main_module._parser()))
    lines = [parser.description for parser in parsers[1:] if parser.description]
    lines += [action.help for parser in parsers for action in parser._actions if action.help != argparse.SUPPRESS]
    lines += [choice.help for parser in parsers for action in parser._actions for choice in getattr(
        action, "_choices_actions", ())]  # fmt: skip
    told = {line for line in lines if line}

    assert len(parsers) > 35
    assert [line for line in lines if line is None] == [None] * 12  # the words that have commands below them
    assert {helped(english) for english in HELP} == told | {helped("arguments"), helped("options")}
    assert len(set(HELP.values())) == len(HELP)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("nonsense", "命令或选项写得不对"),
        ("calendar show 0", "年份要写成 2004 到 2099 之间的数"),
        ("audit export --from 2026-13-40 x", "日期要写成 2026-11-01"),
        ("audit check-export --key zz x", "zz 不是公钥"),
    ],
)
def test_wrong_usage_is_told_in_both_languages(capsys, arguments, words):
    with pytest.raises(SystemExit) as ended:
        main_module.main(arguments.split())

    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert words in told and "_day" not in told and "_public_key" not in told


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"this is no database\n" * 500, "不是一线通的数据库文件"), (b"", "里签过审计记录，数据库却是空的")],
    ids=["text", "emptied"],
)
@pytest.mark.parametrize("command", ["migrate", "backup x.backup", "audit verify"])
def test_a_database_that_is_lost_or_damaged_is_told_and_stays(tmp_path, monkeypatch, capsys, command, content, words):
    var = tmp_path / "var"
    var.mkdir()
    (var / "portal.db").write_bytes(content)
    (var / "audit-checkpoints.jsonl").write_text("{}\n")
    monkeypatch.setenv("PORTAL_DATA_DIR", str(var))
    with pytest.raises(SystemExit) as ended:
        main_module.main(command.split())
    is_old = not content and command != "migrate"  # as ever

    assert ("没有一线通的表" if is_old else words) in str(ended.value.code)
    assert (var / "portal.db").read_bytes() == content
    assert not (var / "keyring.json").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (sqlite3.OperationalError("unable to open database file"), "没有权限使用"),
        (sqlite3.OperationalError("attempt to write a readonly database"), "没有权限使用"),
        (sqlite3.DatabaseError("database disk image is malformed"), "已经损坏"),
        (sqlite3.OperationalError("database is locked"), "正被别的程序占用"),
    ],
)
def test_the_database_s_own_errors_are_told_by_their_cause(tmp_path, error, words):
    assert words in failures.sentence_of(error, load_settings({"PORTAL_DATA_DIR": str(tmp_path)}))


def test_who_interrupts_reads_one_sentence(capsys, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module, "load_settings", interrupt)
    with pytest.raises(SystemExit) as ended:
        main_module.main(["keys", "new"])
    assert ended.value.code == 130
    assert capsys.readouterr().err == "已中断，没有做完 (interrupted, not everything was done)\n"


@pytest.mark.parametrize("problem", store_mark.PROBLEM_LABELS)
def test_a_store_of_other_data_is_told_with_its_place(tmp_path, problem):
    settings = load_settings({"PORTAL_DATA_DIR": str(tmp_path), "PORTAL_UPLOADS": str(tmp_path / "u")})
    sentence = failures.sentence_of(store_mark.WrongStoreError(problem), settings)
    assert str(tmp_path / "u") in sentence and "status" not in sentence
