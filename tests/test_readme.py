"""What the README shows is what happens."""

import re

import pytest

from pipeline.config import load_config
from tests.conftest import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_the_python_example_runs_and_finds_the_other_gan_paper_first(tmp_path, session_cache, monkeypatch, capsys):
    (tmp_path / "configs").symlink_to(REPOSITORY / "configs")
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks("python")[0], "README.md", "exec"), {"__name__": "__main__"})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert re.fullmatch(r"0\.\d\d  Multi-modal AsynDGAN: .*", lines[0])


@pytest.mark.parametrize("example", blocks("toml"))
def test_the_config_examples_are_valid(tmp_path, example):
    corpus = "" if "[corpus]" in example else '[corpus]\nfiles = ["a.jsonl"]\n'
    (tmp_path / "my.toml").write_text(corpus + example)
    assert load_config(tmp_path / "my.toml").name == "my"


def test_ci_runs_exactly_the_readme_s_test_command():
    (command,) = (block.strip() for block in blocks("sh") if "pytest" in block)
    assert command in (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")


def test_every_linked_file_is_there():
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if not link.startswith("http")]
    assert links
    for link in links:
        assert (REPOSITORY / link).exists(), link


@pytest.mark.parametrize("page", sorted((REPOSITORY / "docs").glob("*.md")), ids=lambda page: page.name)
def test_the_pages_of_docs_link_to_what_is_there_and_show_valid_configs(page, tmp_path):
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert link.startswith("http") or (page.parent / link.partition("#")[0]).exists(), link
    for number, example in enumerate(re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)):
        corpus = "" if "[corpus]" in example else '[corpus]\nfiles = ["a.jsonl"]\n'
        (tmp_path / f"my{number}.toml").write_text(corpus + example)
        assert load_config(tmp_path / f"my{number}.toml").name == f"my{number}"
