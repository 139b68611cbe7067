"""Why a clause stands there: first a guess among three reasons, then the reason, the bad example, and how sure it is."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa

from bot.message import Choice, Quote, Reply, RichText
from bot.practice_items import open_blanks
from bot.talk import Answer, Talk, clip, number
from curriculum import learning_log, portfolio
from curriculum.grading import Verdict
from curriculum.learning_log import About, How
from curriculum.reveals import ClauseFacts, next_clause, reasons_beside
from curriculum.tables import reveal
from foundation.errors import ExpectedError, NotFound
from knowledge import shelf
from knowledge.asking_about import is_at_a_loss
from knowledge.playbook import Clause, Playbook, slots_in

_FACT = re.compile(r"F-[A-Z]{2,5}-\d{2}(?:/\d{2})*")
_GUESS = re.compile(
    r"(?:我?(?:猜|觉得|想)|因为|应该是?|可能是?|大概是?|为了)|(?:i (?:guess|think)|because|maybe|probably)\b", re.I
)
LETTERS = "ABCDEFGH"
FRESH = timedelta(days=3)


def why(talk: Talk, words: str) -> Answer:
    """`/why [CLAUSE]`: the next clause of the playbook at hand, or the named one; three reasons to choose from."""
    book = at_hand(talk)
    facts = [ClauseFacts(clause.key, clause.skill, slots_in(clause.prompt)) for clause in book.clauses]
    taken = portfolio.handovers(talk.connection, talk.scope, book.id, limit=1)
    seen = learning_log.reveals(talk.connection, talk.scope, book.id)
    defaults = {slot.key: slot.default or "" for slot in book.slots}
    key = words if book.clause(words) else next_clause(facts, taken[0].answers if taken else {}, defaults, seen)
    clause = book.clause(key) if key else None
    if clause is None:
        return [
            talk.reply(
                "why.all_earned", talk.choice("button.practice", "/quiz"), talk.choice("button.home", "/home"), to="why"
            )
        ]
    offered = reasons_beside(facts, clause.key, seed=f"{talk.person.id}{book.id}{len(seen)}")
    talk.state["why"] = {
        "playbook": book.id,
        "version": book.version,
        "clause": clause.key,
        "offered": offered,
        "asked_at": talk.now.timestamp(),
    }
    if talk.state.get("topic") in (None, "asked"):
        talk.state["topic"] = "after"  # where words typed in place of a tap are a guess
    lines = "\n".join(f"{LETTERS[n]}. {_gist(book, one)}" for n, one in enumerate(offered))
    choices = [Choice(LETTERS[n], f"/because {clause.key} {n}") for n in range(len(offered))]
    number = list(book.clauses).index(clause) + 1
    text = talk.rich(
        "why.ask",
        number=number,
        total=len(book.clauses),
        name=clause.name,
        prompt=(Quote(clip(open_blanks(book, clause.prompt, talk.language), 900), folded=len(clause.prompt) > 240),),
        reasons=lines,
    )
    tell, home = talk.choice("button.tell_me", f"/tell {clause.key}"), talk.choice("button.enough", "/home")
    return [Reply(text, (*choices, tell, home), key="why", columns=3)]


def because(talk: Talk, words: str) -> Answer:
    """`/because CLAUSE N`: the guess; then the reason is shown, right or wrong."""
    book, clause, offered = _asked(talk, words.split()[0] if words else "")
    picked = number(words.split()[1]) if len(words.split()) > 1 else None
    if picked is None or picked >= len(offered):
        return why(talk, clause.key)
    right = offered[picked] == clause.key
    verdict = Verdict(float(right), right)
    how = How(
        given=offered[picked],
        verdict=verdict,
        purpose="why",
        seconds=talk.now.timestamp() - float(talk.state["why"]["asked_at"]),
    )
    learning_log.record_answer(
        talk.connection, talk.scope, _about(book, clause), how, talk.turn.door, talk.turn.id, talk.now
    )
    return [_reveal(talk, book, clause, "earned" if right else "missed")]


def guessed(talk: Talk, words: str) -> Answer | None:
    """Words typed while three reasons are offered: a letter is the guess; a guess in words, or none, is told how to go on."""
    asked, said = talk.state.get("why") or {}, words.strip()
    if not asked:
        return None
    if len(said) == 1 and said.upper() in LETTERS[: len(asked["offered"])]:
        return because(talk, f"{asked['clause']} {LETTERS.index(said.upper())}")
    if not (is_at_a_loss(said) or _GUESS.match(said)):
        return None
    letters = [Choice(LETTERS[n], f"/because {asked['clause']} {n}") for n in range(len(asked["offered"]))]
    tell_me = talk.choice("button.tell_me", f"/tell {asked['clause']}")
    return [talk.reply("why.tap", *letters, tell_me, talk.choice("button.enough", "/home"), columns=3)]


def _told_lately(talk: Talk, book: Playbook, clause: Clause) -> bool:
    """Whether this reason was shown to the learner in the last days: repeating it then shows nothing."""
    mine = (reveal.c.person_id == talk.person.id) & (reveal.c.team_id == talk.scope.team_id)
    mine &= (reveal.c.playbook_id == book.id) & (reveal.c.clause == clause.key) & (reveal.c.at > talk.now - FRESH)
    return talk.connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one() > 0


def tell(talk: Talk, words: str) -> Answer:
    """`/tell CLAUSE`: the reason at once; recorded as peeked, not earned."""
    book = at_hand(talk)
    clause = book.clause(words.strip()) or next(iter(book.clauses))
    return [_reveal(talk, book, clause, "peeked")]


def all_reasons(talk: Talk, words: str) -> Answer:
    """`/reasons`: every clause by name, any of them to be opened at once."""
    book = at_hand(talk)
    choices = [
        Choice(f"{n}. {clip(clause.name, 16)}", f"/tell {clause.key}") for n, clause in enumerate(book.clauses, 1)
    ]
    return [
        talk.reply(
            "why.all",
            *choices,
            talk.choice("button.home", "/home"),
            to="why",
            columns=2,
            title=book.title.in_language(talk.language),
        )
    ]


def at_hand(talk: Talk) -> Playbook:
    """The playbook the dialogue is about, or the one last used. Raises ExpectedError when there is none."""
    wanted = talk.state.get("playbook")
    version = talk.state.get("version")
    if not wanted:
        taken = portfolio.handovers(talk.connection, talk.scope, limit=1)
        if not taken:
            raise ExpectedError("why.nothing_used")
        wanted, version = taken[0].playbook_id, taken[0].version
    try:
        standing = shelf.get(talk.connection, talk.scope, str(wanted), version=version)
    except NotFound as error:
        raise ExpectedError("why.nothing_used") from error
    if standing.playbook is None:
        raise ExpectedError("card.not_ready")
    return standing.playbook


def _asked(talk: Talk, key: str) -> tuple[Playbook, Clause, list[str]]:
    asked = talk.state.get("why") or {}
    if asked.get("clause") != key:
        raise ExpectedError("why.stale")
    standing = shelf.get(talk.connection, talk.scope, asked["playbook"], version=asked["version"])
    assert standing.playbook is not None
    clause = standing.playbook.clause(key)
    if clause is None:
        raise ExpectedError("why.stale")
    return standing.playbook, clause, list(asked["offered"])


def _reveal(talk: Talk, book: Playbook, clause: Clause, how: str) -> Reply:
    learning_log.record_reveal(
        talk.connection, talk.scope, _about(book, clause), how, talk.turn.door, talk.turn.id, talk.now
    )
    talk.state.pop("why", None)
    talk.state.update({"topic": "after", "playbook": book.id, "version": book.version})
    bad: RichText = (Quote(clip(clause.bad, 500)),) if clause.bad else ()
    text = talk.rich(
        "why.reveal",
        verdict=talk.say(f"why.{how}"),
        name=clause.name,
        why=clip(_bare(clause.why), 900),
        without=clip(_bare(clause.without), 400) or "—",
        bad=bad,
        source=source_line(talk, clause.why + clause.without),
    )
    choices = (
        talk.choice("button.next_clause", "/why"),
        talk.choice("button.practice", "/quiz"),
        talk.choice("button.all_reasons", "/reasons"),
    )
    return Reply(text, (*choices, talk.choice("button.home", "/home")), key="why", columns=2)


def source_line(talk: Talk, text: str) -> str:
    """How sure the source is: the facts a reason cites with their grade and date, or plainly the editors' experience."""
    known = shelf.facts()
    ids: list[str] = []
    for mention in _FACT.findall(text):
        first, *more = mention.split("/")
        ids += [first, *(f"{first[:-2]}{number}" for number in more)]
    cited = [known[one] for one in dict.fromkeys(ids) if one in known]
    if not cited:
        return talk.say("why.by_experience")
    return "；".join(
        talk.say("why.fact", id=fact.id, grade=talk.say(f"grade.{fact.grade}"), date=fact.found.isoformat())
        for fact in cited[:3]
    )


def _about(book: Playbook, clause: Clause) -> About:
    return About(book.id, book.version, f"why:{book.id}:{clause.key}", "which-reason", clause.skill, clause.key)


def _gist(book: Playbook, key: str) -> str:
    """A reason in one line: its first sentence, without naming its clause."""
    clause = book.clause(key)
    assert clause is not None
    sentences = re.split(r"(?<=[。；！？])", _bare(clause.why))
    gist = sentences[0] if len(sentences[0]) >= 14 else "".join(sentences[:2])
    return clip(gist.replace(clause.name, "这一段"), 90)


def _bare(text: str) -> str:
    return text.replace("**", "").replace("`", "").strip()
