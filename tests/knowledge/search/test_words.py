"""Reading words: normalising, mending, sounds, glossary, and what the calibration is made of."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from knowledge.search.calibrate import fit
from knowledge.search.complement import Complement
from knowledge.search.data import SearchData
from knowledge.search.features import Vector
from knowledge.search.glossary import Glossary
from knowledge.search.normalise import ask_part, normalise
from knowledge.search.postings import bm25, cosine, count, unit
from knowledge.search.sounds import spelled, syllable
from knowledge.search.spelling import Spelling
from knowledge.search.tokens import ngrams, terms

HELD_OUT = Path(__file__).parents[2] / "content" / "ask-heldout.tsv"


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing(text: str) -> None:
    """Normalised text is at rest."""
    assert normalise(normalise(text)) == normalise(text)


def test_width_script_and_case_become_one() -> None:
    """Full width, traditional and capitals are the same question."""
    assert normalise("ＳＨＯＰＥＥ　標題") == "shopee 标题"


def test_the_question_stands_before_the_pasted_text() -> None:
    """What follows a colon is material, not the question; a short or English start is left alone."""
    assert ask_part("帮我总结这段评论：The bowl broke") == "帮我总结这段评论"
    assert ask_part("标题：x") is None
    assert ask_part("note to self: buy milk") is None


def test_a_homophone_of_a_trade_word_is_mended_only_where_unknown() -> None:
    """利闰 is nothing, so it is 利润; 力气 is a word of the shelf and stays."""
    spelling = Spelling.of(Glossary.of({"profit": ["利润"], "campaign": ["campaign"]}), ["力气大", "怎么算"])
    assert spelling.mended("利闰怎么算") == "利润怎么算"
    assert spelling.mended("力气大") == "力气大"
    assert spelling.mended("new campagin plan") == "new campaign plan"


def test_a_correct_sentence_is_left_alone() -> None:
    """报和 is two words that meet, not a misspelt 饱和; half a trade word (毫安 of 毫安时) is nothing to mend into."""
    spelling = Spelling.of(Glossary.of({"report": ["周报"], "capacity": ["毫安时"], "full": ["饱和"]}), ["安装"])
    for words in ("周报和利润都要", "好安装", "would it work"):
        assert spelling.mended(words) == words


def test_naive_bayes_judges_a_question_as_if_it_had_never_seen_it() -> None:
    """Hiding questions from the sums is the same as never having added them."""
    questions = csr_matrix(np.array([[1, 0, 2, 0], [0, 1, 1, 0], [1, 1, 0, 1], [0, 0, 1, 2]], np.float32))
    classes = np.array([0, 0, 1, 2])
    text = Vector(np.array([0, 1, 2]), np.array([0.5, 1.0, 0.7], np.float32), 1.0)
    hidden = Complement.of(questions, classes, 2).scores(text, questions[[1]], 0)
    never_seen = Complement.of(questions[[0, 2, 3]], classes[[0, 2, 3]], 2).scores(text)
    assert np.allclose(hidden, never_seen, atol=1e-4)


def test_sounds_meet() -> None:
    """Characters that are typed for one another share a syllable; pinyin in Latin letters is read too."""
    assert syllable("标") == syllable("彪")
    assert syllable("是") == syllable("四")  # sh and s are mixed up by half the country
    assert spelled("biaoti") == ("biao", "ti")
    assert spelled("script") == ()


def test_a_latin_form_counts_only_as_a_whole_word() -> None:
    """ "st" names the backend field, but not inside "best"."""
    glossary = Glossary.of({"backend": ["st", "search terms"]})
    assert glossary.concepts("st 怎么填") == ["backend"]
    assert glossary.concepts("best price") == []
    assert glossary.concepts("my search term") == ["backend"]


@given(
    st.lists(st.text(alphabet="abc水火木 ", max_size=12), min_size=1, max_size=6),
    st.text(alphabet="abc水火木 ", max_size=12),
)
def test_scores_are_finite_and_cosines_bounded(texts: list[str], question: str) -> None:
    """No text makes a score that is not a number, and no cosine above one."""
    words = bm25(count(map(terms, texts))).scores(dict.fromkeys(terms(question), 1.0))
    postings = cosine(count(map(ngrams, texts)))
    likeness = postings.scores(unit(ngrams(question), postings))
    assert np.isfinite(words).all()
    assert np.isfinite(likeness).all()
    assert likeness.max(initial=0.0) <= 1 + 1e-5


def test_a_chance_grows_with_what_speaks_for_it() -> None:
    """The logistic model ranks as its rows did."""
    rows = np.array([[0.1], [0.2], [0.3], [0.7], [0.8], [0.9]])
    model = fit(("score",), rows, np.array([False, False, True, False, True, True]))
    assert model.chance(np.array([0.9])) > 0.6 > 0.4 > model.chance(np.array([0.1]))


def test_the_data_of_the_library_is_whole() -> None:
    """Every playbook named in the data exists, topics have enough questions, and refusals have reason and clean way."""
    data = SearchData.of_library()
    catalogue = files("knowledge").joinpath("library", "catalogue.yaml").read_text(encoding="utf-8")
    named = {id_ for family in data.families for id_ in family.among} | set(data.tells or ()) | set(data.wordings or ())
    named |= {topic.instead for topic in data.topics if topic.instead}
    assert [id_ for id_ in sorted(named) if f"- id: {id_}\n" not in catalogue] == []
    assert len(data.topics) >= 45
    assert [
        topic.id for topic in data.topics if len(topic.questions) < 8 or not topic.way_out.zh or not topic.way_out.en
    ] == []
    refused = [topic for topic in data.topics if topic.kind == "black_hat"]
    assert refused
    assert all(topic.reason.zh and topic.instead for topic in refused)
    assert len(data.glossary.names) >= 150


def test_no_held_out_question_is_indexed() -> None:
    """What measures must not teach."""
    with HELD_OUT.open(encoding="utf-8") as lines:
        held_out = {normalise(row["query"]) for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)}
    data = SearchData.of_library()
    taught = {normalise(q) for topic in data.topics for q in topic.questions}
    taught |= {normalise(q) for wordings in (data.wordings or {}).values() for q in wordings}
    assert sorted(held_out & taught) == []
