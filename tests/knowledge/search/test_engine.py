"""The engine over any documents, its dense leg in a real embedded Chroma included."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge.search.documents import SearchDocument
from knowledge.search.engine import Engine, chunks
from knowledge.search.glossary import Glossary

SHELF = (
    SearchDocument("kettle", "1", "Kettle care", "Descale the kettle with vinegar every month."),
    SearchDocument("bicycle", "1", "Bicycle chain", "Oil the chain after rain and wipe it dry."),
    SearchDocument("茶", "2", "泡茶", "绿茶用八十度的水，泡两分钟，水太烫会苦。"),
    SearchDocument("花", "2", "养花", "多肉少浇水，放在有光的窗台，冬天别冻着。"),
)


def found(engine: Engine, words: str) -> list[str]:
    return [hit.id for hit in engine.search(words)]


def test_words_of_either_language_find_their_document() -> None:
    """English by stems, Chinese by characters and pairs."""
    engine = Engine(SHELF, dense="off")
    assert found(engine, "oiling bicycle chains")[0] == "bicycle"
    assert found(engine, "绿茶要多烫的水")[0] == "茶"


def test_nothing_known_finds_nothing() -> None:
    """A question without one known word, or no documents at all, gives no hits."""
    assert found(Engine(SHELF, dense="off"), "zzzz") == []
    assert found(Engine(()), "tea") == []


def test_the_glossary_bridges_languages() -> None:
    """An English word finds a Chinese text through their shared concept."""
    glossary = Glossary.of({"tea": ["tea", "茶"], "water": ["water", "水"]})
    assert found(Engine(SHELF, glossary, dense="off"), "tea")[0] == "茶"


def test_the_dense_leg_lies_in_a_real_chroma() -> None:
    """With the leg switched on its score is part of every near hit, and the first is right."""
    hits = Engine(SHELF, dense="on").search("descale my kettle")
    assert hits[0].id == "kettle"
    assert hits[0].parts["dense"] > 0.3


def test_an_encoder_from_outside_is_used() -> None:
    """Vectors of a configured endpoint take the place of our own; here one that knows a single likeness."""

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        about_plants = [("花" in text or "cactus" in text) for text in texts]
        return np.array([[1.0, 0.1] if plant else [0.1, 1.0] for plant in about_plants], np.float32)

    assert found(Engine(SHELF, encoder=encode), "cactus")[0] == "花"


def test_the_parts_explain_the_hit() -> None:
    """A hit says which legs it got its score from, and its version."""
    [hit, *_] = Engine(SHELF, dense="off").search("泡茶")
    assert (hit.id, hit.version) == ("茶", "2")
    assert hit.parts["words"] > 0


def test_chunks_lose_no_words() -> None:
    """Cutting a body keeps all of it, in order."""
    body = "\n".join(f"line {n} z" + "x" * (n % 90) for n in range(300)) + "y" * 3_000
    assert "".join(chunks(body)).replace("\n", "") == body.replace("\n", "")
    assert max(map(len, chunks(body))) <= 1_200
