"""Refusals by rote, and turns that decline one thing for a reason or speak of refusals."""

from collections.abc import Iterator
from itertools import product

from tests.exports.builders import assistant, call, tool, user
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields, found_in_run

_OPENINGS = (
    "I'm sorry, but ",
    "I apologize, but ",
    "Sorry, ",
    "",
    "Unfortunately, ",
    "I\u2019m sorry. ",
)
_REFUSED = (
    "I can't assist with that.",
    "I cannot help with that request.",
    "I'm unable to fulfill this request.",
    "I can\u2019t help you with this.",
    "I am not able to provide that information.",
    "I won't assist with this task.",
    "as an AI language model, I cannot do this.",
    "as an AI, I don't have the ability to act.",
    "this goes against my guidelines, so I have to stop.",
    "I must decline.",
    "I cannot comply with your request.",
    "I can't continue with this conversation.",
    "I cannot discuss this topic.",
    "I can't provide such content.",
    "I have to respectfully decline.",
    "this violates OpenAI's usage policies.",
    "that is not something I can do for you.",
)
_SOUND = (
    "I cannot change a basic economy flight once it is booked, so I have cancelled it instead.",
    "I can't find the file, so I made it.",
    "Done. I was unable to run the slow tests.",
    "I cannot reproduce the bug on main; it was mended in 3.2.",
    "The API can't assist with that many requests per second, so calls are batched.",
    "I can help with that! Your order 41 is on its way.",
    "I could not complete the migration because the table is locked.",
    "Your refund is under way. Sorry for the wait!",
    "The function must decline negative input, and does.",
    "I can't provide a refund after 30 days, as the policy says. Can I exchange it?",
    "As an AI developer you may like this: the model is in models/a.py.",
    "I'm sorry, the cheapest flight on that day costs 210 dollars.",
    "The answer is 42.",
    "I'm unable to modify passenger counts, but I can rebook you on HAT021.",
)


def _ends(said: str, *, number: int = 0) -> RunFields:
    before = (user(f"Request {number}."), assistant("A look.", call("look", {})), tool("ok"))
    return {"messages": (*before[number % 2 * 3 :], user(f"Now {number}."), assistant(said))}


def _positives() -> Iterator[RunFields]:
    for number, (opening, refused) in enumerate(product(_OPENINGS, _REFUSED)):
        yield _ends(opening + refused, number=number)
    for number in range(6):  # worded anew: no rule has these
        yield _ends("That is off limits for me, let us talk about flowers.", number=200 + number)


def _negatives() -> Iterator[RunFields]:
    for number, (opening, said) in enumerate(product(("", "Hello! ", "OK. "), _SOUND)):
        yield _ends(opening + said, number=number)
    for number, refused in enumerate(_REFUSED):
        messages = (user(f"Do {number}."), assistant(refused), user("Please."), assistant("Done."))
        yield {"messages": messages}
        quoted = f'The filter answers with this text, see chat.py: {"x" * 160} "{refused}"'
        yield _ends(quoted, number=number)
        code = f"I cannot do this in place.\n```python\nREFUSAL = '{refused[:9]}'\n```"
        yield _ends(code, number=number)
        acted = (user(f"Go {number}."), assistant(refused, call("transfer_to_human", {})))
        yield {"messages": acted}


SET = LabelledSet(
    gate="refusal",
    positives=tuple(_positives()),
    negatives=tuple(_negatives()),
    finds=found_in_run("refusal"),
    misses="refusals in other words or other languages, and those behind a long preface",
)
