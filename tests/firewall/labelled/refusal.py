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


def _answers(said: str, number: int) -> RunFields:
    """End with an act that gives the answer, in one of the ways in which agents do that."""
    name, arguments = (
        ("submit", {"answer": said}),
        ("final_answer", {"answer": said, "confidence": number}),
        ("finish", {"message": said, "task_completed": "false"}),
        ("attempt_completion", {"result": said}),
        ("respond", {"content": said}),
        ("send_message_to_user", {"text": said}),
        ("submitAnswer", {"anything": said}),
        ("bash", {"command": f'echo "{said}"'}),
        ("execute", {"cmd": f"printf '%s\\n' \"{said}\""}),
    )[number % 9]
    before = (user(f"Request {number}."), assistant("A look.", call("look", {})), tool("ok"))
    after = (tool("bye"),) if number % 2 else ()
    return {"messages": (*before, assistant("", call(name, arguments)), *after)}


def _acts_otherwise(said: str, number: int) -> RunFields:
    """Acts that hold a refusal's words and answer nobody, or were not the last."""
    asked, done = user(f"Request {number}."), assistant("Done.")
    acts = (
        (call("write_file", {"path": "a.md", "content": said}),),
        (call("send_email", {"to": "ann", "message": said}),),
        (call("transfer_to_human_agents", {"summary": said}),),
        (call("submit_ticket", {"message": said}),),
        (call("bash", {"command": f'echo "{said}" > refusals.txt'}),),
        (call("bash", {"command": f'echo "{said}" | wc -c'}),),
        (call("bash", {"command": f'cd /app; echo "{said}"'}),),
        (call("submit", {"answer": "42"}), call("log", {"message": said})),
        (call("submit", {"answer": "x" * 200 + said}),),
        (call("submit", {"answer": f"```\n{said}\n```"}),),
        (call("final_answer", {"answer": "42", "rubric": said}),),
        (call("respond", {"content": f"Your order is on its way.{' ' * 160}{said}"}),),
    )[number % 12]
    after = (tool("ok"), done) if number % 5 == 4 else ()
    return {"messages": (asked, assistant("", *acts), *after)}


def _positives() -> Iterator[RunFields]:
    for number, (opening, refused) in enumerate(product(_OPENINGS, _REFUSED)):
        yield _ends(opening + refused, number=number)
        yield _answers((opening + refused).replace('"', "'"), 300 + number)
    for number, refused in enumerate(_REFUSED):
        text = f'THOUGHT: no.\n\n```bash\necho "{refused}"\n```'
        yield {"messages": (user(f"Do {number}."), assistant(text))}
        ends = assistant(refused, call("finish", {}))
        yield {"messages": (user(f"Do {number}."), ends)}
    for number in range(6):  # worded anew: no rule has these
        yield _ends("That is off limits for me, let us talk about flowers.", number=200 + number)


def _negatives() -> Iterator[RunFields]:
    for number, (opening, said) in enumerate(product(("", "Hello! ", "OK. "), _SOUND)):
        yield _ends(opening + said, number=number)
    for number, said in enumerate(_SOUND):
        yield _answers(said, 500 + number)
    for number, refused in enumerate(_REFUSED * 2):
        yield _acts_otherwise(refused, number)
        twice = (assistant("", call("submit", {"answer": refused})), tool("no"), assistant("42"))
        yield {"messages": (user(f"Try {number}."), *twice)}
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
