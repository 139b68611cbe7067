"""A word or a number said alone: whether it says enough to be answered, and what on the shelf speaks of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from knowledge.search.data import Topic
from knowledge.search.documents import SearchDocument
from knowledge.search.glossary import Glossary
from knowledge.search.normalise import normalise
from knowledge.search.tokens import is_cjk, runs

LONGEST = 4  # Chinese characters of what is still a word ("怎么办"), and not yet a sentence
SHARE = 0.28  # of the questions of a topic that are about a word when the word means the topic (VAT .79, 发货 .20)
MENTIONS = 2  # times that a playbook's own lines and questions name what a word means
DOUBTFUL = 0.2  # below this even a word of the trade was
SURE_ENOUGH = 0.4  # chance of being right below which a word that is none of the trade's was hit by accident


def is_lone(question: str) -> bool:
    """Whether a normalised question is a single word, or holds no letter at all."""
    found = list(runs(question))
    if not any(map(str.isalpha, question)):
        return any(map(str.isalnum, question))
    return len(found) == 1 and (not is_cjk(found[0]) or len(found[0]) <= LONGEST)


def says_enough(word: str, confidence: float, glossary: Glossary) -> bool:
    """Whether a playbook found for a lone word was meant: a word of the trade, or hardly to be doubted."""
    return len(word) > 1 and confidence >= (DOUBTFUL if glossary.concepts(word) else SURE_ENOUGH)


def asks_for(word: str, topic: Topic, glossary: Glossary) -> bool:
    """Whether a lone word asks for a topic: any word may be small talk; VAT is what most of its topic's questions are
    about, but 明天 is no question about the weather."""
    if topic.kind == "chitchat":
        return True
    concepts, flat = set(glossary.concepts(word)), _once_each(word)
    questions = [normalise(asked) for asked in topic.questions]
    if any(flat in (asked := _once_each(one)) and 2 * len(flat) > len(asked) for one in questions):
        return True
    about = [one for one in questions if word in one or concepts & set(glossary.concepts(one))]
    return len(about) >= SHARE * len(questions)


def _once_each(text: str) -> str:
    """Without repeated characters: 嗯嗯嗯 is 嗯."""
    return re.sub(r"(.)\1+", r"\1", text)


def speaking_of(word: str, documents: Iterable[SearchDocument], glossary: Glossary) -> tuple[str, ...]:
    """The documents that say of themselves that they are about the word."""
    concepts = set(glossary.concepts(word))
    found = []
    for document in documents:
        names = normalise(f"{document.title}\n{document.text.partition(chr(10))[0]}")
        head = f"{document.head}\n" + "\n".join(document.samples)
        said = sum(concept in concepts for line in head.split("\n") for concept in glossary.concepts(normalise(line)))
        if (len(word) > 1 and word in names) or said >= MENTIONS:
            found.append(document.id)
    return tuple(found)
