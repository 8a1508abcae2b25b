"""Whatever goes wrong, a command ends with one sentence that says where and what to do, and never with a password."""

import errno
import re
from pathlib import Path

import pytest

from portal import sentences
from portal.audit.problems import PROBLEM_LABELS
from portal.cli import failures
from portal.cli.main import main
from portal.sentences import HELP, SENTENCES, said
from portal.settings import load_settings
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
    settings = load_settings(
        {
            "PORTAL_DATA_DIR": str(tmp_path),
            "PORTAL_DATABASE_URL": f"postgresql+psycopg://portal:{SECRET}@db/portal",
            "PORTAL_METRICS_TOKEN": "token-Qz8812",
        }
    )
    assert failures.redacted(f"{SECRET} token-Qz8812 stays", settings) == "*** *** stays"


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


def test_every_line_of_help_is_in_both_languages_once(capsys):
    used = re.findall(r'(?:group|command)\(\s*\w+, "[\w-]+", "([^"]+)"', "".join(
        path.read_text(encoding="utf-8") for path in Path(failures.__file__).parent.glob("*.py")))  # fmt: skip

    assert sorted(used) == sorted(HELP)
    assert len(set(HELP.values())) == len(HELP)
    with pytest.raises(SystemExit):
        main(["restore", "--help"])
    assert "从备份恢复 (bring a backup back" in " ".join(capsys.readouterr().out.split())
