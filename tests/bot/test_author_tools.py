"""The authors' tools as an author meets them: begin, check, preview, and the rulers on a file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.commands.playbooks import check_playbooks, new_playbook
from knowledge.document import read_file

TODAY = date(2026, 11, 22)
cli = CliRunner()


@pytest.mark.parametrize("playbook_id", ["gift-box-copy", "niche-scan", "live-script-audience", "localize-latam"])
def test_a_new_playbook_lints_except_for_what_must_be_written(
    playbook_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert new_playbook(playbook_id, tmp_path, today=TODAY) == 0
    capsys.readouterr()
    assert check_playbooks(tmp_path / f"{playbook_id}.md", as_json=True, today=TODAY) == 1
    told = json.loads(capsys.readouterr().out)
    assert {one["field"] for one in told["problems"]} == {"unwritten"}
    assert read_file(tmp_path / f"{playbook_id}.md").id == playbook_id


def test_a_skeleton_that_is_written_out_is_clean_as_a_draft(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_playbook("gift-box-copy", tmp_path, today=TODAY)
    path = tmp_path / "gift-box-copy.md"
    path.write_text(path.read_text("utf-8").replace("【待写：", "（").replace("】", "）"), "utf-8")
    assert check_playbooks(path, as_json=False, today=TODAY) == 0, capsys.readouterr().out


def test_an_author_cannot_overwrite_or_misname(tmp_path: Path) -> None:
    assert new_playbook("mine", tmp_path, today=TODAY) == 0
    before = (tmp_path / "mine.md").read_text("utf-8")
    assert new_playbook("mine", tmp_path, today=TODAY) == 2
    assert (tmp_path / "mine.md").read_text("utf-8") == before
    assert new_playbook("../mine", tmp_path, today=TODAY) == 2
    assert new_playbook("Mine", tmp_path, today=TODAY) == 2


def test_preview_shows_the_filled_prompt_its_size_and_every_door() -> None:
    shown = json.loads(cli.invoke(app, ["playbooks", "preview", "amazon-listing-title", "--json"]).output)
    assert "PAWNEST" in shown["prompt"] and "{{" not in shown["prompt"]
    assert shown["utf16_units"] == len(shown["prompt"].encode("utf-16-le")) // 2
    assert set(shown["doors"]) == {"telegram", "web", "terminal"}
    assert cli.invoke(app, ["playbooks", "preview", "no-such-playbook"]).exit_code == 2


def test_a_prompt_too_long_for_a_message_goes_as_a_document(tmp_path: Path) -> None:
    text = (
        (Path("knowledge/library/profit-model.md"))
        .read_text("utf-8")
        .replace("```prompt\n# 角色", "```prompt\n" + "长" * 4_200 + "\n# 角色", 1)
    )
    (tmp_path / "long.md").write_text(text, "utf-8")
    shown = json.loads(cli.invoke(app, ["playbooks", "preview", str(tmp_path / "long.md"), "--json"]).output)
    assert "document" in shown["doors"]["telegram"]


def test_two_files_that_say_the_same_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("knowledge/library/profit-model.md").read_text("utf-8")
    (tmp_path / "profit-model.md").write_text(text, "utf-8")
    (tmp_path / "profit-copy.md").write_text(text.replace("id: profit-model", "id: profit-copy", 1), "utf-8")
    assert check_playbooks(tmp_path, as_json=False, today=TODAY) == 1
    assert "shares 100%" in capsys.readouterr().out


def test_a_ruler_on_a_file_and_on_standard_input(tmp_path: Path) -> None:
    (tmp_path / "title.txt").write_text("Best Mug, 12 oz\n", "utf-8")
    failed = cli.invoke(app, ["ruler", "check", "amazon-title", str(tmp_path / "title.txt"), "--json"])
    told = json.loads(failed.output)
    assert failed.exit_code == 1 and told["measures"][0]["value"] == 15 and told["findings"][0]["fact"] == "F-AMZ-07"
    branded = cli.invoke(
        app, ["ruler", "check", "amazon-title", "-", "--option", "brand_name=Best"], input="Best Mug, 12 oz\n"
    )
    assert branded.exit_code == 0 and "15 / 75" in branded.output


@pytest.mark.parametrize(
    "arguments", [["nothing", "-"], ["claims", "/no/such/file"], ["claims", "-", "--option", "region"]]
)
def test_a_ruler_misused_says_so(arguments: list[str]) -> None:
    done = cli.invoke(app, ["ruler", "check", *arguments, "--json"], input="x")
    assert done.exit_code == 2 and "error" in json.loads(done.output)


def test_what_is_no_text_or_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    assert cli.invoke(app, ["ruler", "check", "claims", str(tmp_path / "bytes")]).exit_code == 2
    assert cli.invoke(app, ["ruler", "check", "claims", "-"], input="a" * 30_000).exit_code == 2


def test_the_list_of_rulers_names_facts_options_and_playbooks() -> None:
    listed = json.loads(cli.invoke(app, ["ruler", "list", "--json"]).output)
    assert len(listed) == 7 and all(one["playbooks"] and one["options"] and one["checks"]["en"] for one in listed)
