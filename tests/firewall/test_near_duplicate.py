"""Runs that are alike: what is compared, who is kept, and that no order matters."""

import random
from collections.abc import Callable
from itertools import pairwise
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.exports.preference import preference_sample
from distill.exports.rag import rag_sample
from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.exports.sft import sft_sample
from distill.firewall.clustering import Clusters, candidates
from distill.firewall.facets import Facet, facets_of
from distill.firewall.finding import Refusal
from distill.firewall.minhash import BANDS, bands_of, shingles_of, similarity
from distill.firewall.near_duplicate import LEAST_WORDS, observe, read_bands
from distill.firewall.settings import Action, FirewallSettings, NearDuplicateSettings
from distill.firewall.splits import Splits
from distill.firewall.words import chunks, gram_hashes, hashes_of_all, word_hashes, words_of
from distill.records.evidence import Observation
from distill.records.run_texts import RunTexts
from distill.records.scored import DecidingVerdict, NearDuplicates
from distill.records.taxonomy import QuarantineReason, SourceRole, VerdictOrigin
from tests.exports.builders import (
    ACCEPTED,
    PARTIAL,
    REJECTED,
    REVIEW,
    Run,
    assistant,
    call,
    run,
    tool,
    user,
)
from tests.firewall.alike import found_among

WORDS = [f"w{number}" for number in range(400)]


def text(seed: int, length: int = 60) -> str:
    """A text of random words."""
    return " ".join(random.Random(seed).choices(WORDS, k=length))  # noqa: S311 - a text, no secret


def changed(said: str, *places: int) -> str:
    """The text with other words at some places."""
    words = said.split()
    for place in places:
        words[place] = f"other{place}"
    return " ".join(words)


def chat(run_id: str, prompt: str, answer: str, **fields: object) -> Run:
    """A run of one turn."""
    return run(run_id, messages=(user(prompt), assistant(answer)), **fields)  # type: ignore[arg-type]


def test_a_copy_stays_out_and_names_the_run_that_is_kept() -> None:
    """The gate says which run, how alike, and which clusters."""
    one = chat("d/a", text(1), text(2))
    found = found_among([one, chat("d/b", text(1), changed(text(2), 3))])
    assert found["d/a"]["kept"] == found["d/b"]["kept"] == "d/a"
    assert found["d/b"]["similarity"] == {"prompt": 1000, "output": 866}
    scored, record = chat("d/b", text(1), changed(text(2), 3))
    scored = scored.changed(near_duplicates=NearDuplicates(**found["d/b"]))
    for result in (
        sft_sample(scored, record, SftSettings()),
        rag_sample(scored, record, RagSettings()),
    ):
        assert isinstance(result, Refusal)
        assert (result.reason, result.rule) == (QuarantineReason.NEAR_DUPLICATE, "similar_text")
        assert "like d/a, which is kept: prompt 100.0 %, output 86.6 %" in result.detail
    kept = one[0].changed(near_duplicates=NearDuplicates(**found["d/a"]))
    assert not isinstance(sft_sample(kept, one[1], SftSettings()), Refusal)
    off = FirewallSettings(near_duplicate=NearDuplicateSettings(action=Action.OFF))
    assert not isinstance(sft_sample(scored, record, SftSettings(firewall=off)), Refusal)


@pytest.mark.parametrize(
    ("prompt", "answer", "is_alike"),
    [
        (text(1), text(2), True),
        (text(1) + "\n ", "\n" + text(2), True),
        (text(1).upper() + "!", text(2).replace(" ", ", "), True),
        (changed(text(1), 9), changed(text(2), 30), True),
        (text(1), text(3), False),
        (text(3), text(2), False),
        (changed(text(1), 5, 15, 25, 35, 45), text(2), False),
    ],
)
def test_all_facets_must_be_alike(prompt: str, answer: str, is_alike: bool) -> None:
    """Another prompt or another output is another run."""
    found = found_among([chat("d/a", text(1), text(2)), chat("d/b", prompt, answer)])
    assert ("d/b" in found) == is_alike


def test_an_output_that_repeats_the_prompt_is_compared_without_it() -> None:
    """Two ways to complete one long beginning are two; the same way twice is one."""
    asked = text(1, 200)
    ways = [f"{asked} {text(one, 30)}" for one in (2, 3, 2)]
    found = found_among([chat(f"d/{n}", asked, way) for n, way in enumerate(ways)])
    assert found.keys() == {"d/0", "d/2"}
    assert found["d/2"]["similarity"] == {"prompt": 1000, "output": 1000}
    echoed = facets_of((user(asked), assistant(f" {asked}\n")), None)
    assert echoed[Facet.OUTPUT].strip() == asked
    short = facets_of((user("fix"), assistant("a prefix")), None)
    assert short[Facet.OUTPUT] == "a prefix"


def test_the_way_counts_unless_the_settings_leave_it_out() -> None:
    """Runs with one prompt and one last turn, and other actions between."""
    runs = [
        run(
            f"d/{way}",
            messages=(
                user("Mend it."),
                assistant(None, call("sh", {"c": way})),
                tool("ok"),
                assistant("Done."),
            ),
        )
        for way in ("ls", "make")
    ]
    assert not found_among(runs)
    two = NearDuplicateSettings(alike=(Facet.PROMPT, Facet.OUTPUT))
    assert found_among(runs, two)["d/make"]["kept"] == "d/ls"


def test_short_texts_are_compared_as_a_whole_alone() -> None:
    """Eighteen of nineteen words in common are not enough, all are."""
    short = text(5, 19)
    told = observe(RunTexts(messages=(user(short), assistant("yes"))))
    assert told is not None
    assert set(told.names) == {"prompt", "output"}
    assert not found_among([chat("d/a", short, "yes"), chat("d/b", changed(short, 18), "yes")])
    assert found_among([chat("d/a", short, "yes"), chat("d/b", short, "yes\n")])
    assert not found_among([chat("d/a", short, "1 - 2"), chat("d/b", short, "1 + 2")])
    assert not found_among([chat("d/a", short, "1 12"), chat("d/b", short, "11 2")])


def _judged(subject: Run, origin: VerdictOrigin) -> Run:
    by = DecidingVerdict(name="v", origin=origin, value=None)
    return subject[0].changed(decided_by=by), subject[1]


def test_the_best_category_is_kept_then_role_origin_length_and_id() -> None:
    """Each rule decides where those before it do not."""
    said, asked = text(1), text(2)
    order = [
        _judged(chat("d/e", asked, said), VerdictOrigin.HUMAN_REVIEW),
        chat("d/d", asked, said),
        chat("d/f", asked, said),
        chat("d/c", asked, said, facts={"text_chars": 10**6}),
        _judged(chat("d/b", asked, said), VerdictOrigin.HEURISTIC),
        chat("d/a2", asked, said, role=SourceRole.EVALUATION),
        chat("d/a3", asked, said, category=PARTIAL),
        chat("d/a1", asked, said, category=REJECTED),
        chat("d/a0", asked, said, category=REVIEW),
    ]
    for better, worse in pairwise(order):
        found = found_among([worse, better])
        assert found[worse[1].run_id]["kept"] == better[1].run_id


@st.composite
def _corpora(draw: st.DrawFn) -> list[Run]:
    """Runs of a few texts, each changed at some places."""
    place = st.lists(st.integers(0, 59), max_size=3)
    drawn = draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), place, place), max_size=14)
    )
    category = st.sampled_from([ACCEPTED, PARTIAL, REVIEW, REJECTED])
    return [
        chat(
            f"d/{number}",
            changed(text(asked), *some),
            changed(text(10 + said), *others),
            category=draw(category),
        )
        for number, (asked, said, some, others) in enumerate(drawn)
    ]


@given(runs=_corpora(), order=st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_what_is_found_depends_on_no_order(runs: list[Run], order: random.Random) -> None:
    """Any order of the same runs tells the same of each."""
    found = found_among(runs)
    order.shuffle(runs)
    assert found_among(runs) == found


@given(runs=_corpora())
@settings(max_examples=40)
def test_one_of_each_group_is_kept(runs: list[Run]) -> None:
    """Who is kept is kept by itself, and two exact copies never both come through."""
    found = found_among(runs)
    for one in found.values():
        assert found[one["kept"]]["kept"] == one["kept"]
    texts: dict[tuple[str, ...], int] = {}
    for _, record in runs:
        kept = found.get(record.run_id, {}).get("kept")
        key = tuple(facets_of(record.messages, None).values())
        texts[key] = texts.get(key, 0) + int(kept in (None, record.run_id))
    assert all(number <= 1 for number in texts.values())


def test_the_bands_of_a_text_are_these() -> None:
    """They stand in evidence: a change of the arithmetic is a new version of the rule."""
    told = bands_of([word_hashes("the quick brown fox jumps over the lazy dog " * 3)])[0]
    assert told == (
        "c25mPMa4RKe8uSYthq7IUJRr4SGtUuT5MM5Vno5yPc3iee1E6x88R+k7vOju8lG/4lYektN+xkV5bPoVGKQ8Ow=="
    )
    assert len(read_bands(told)) == 4 * BANDS


@pytest.mark.parametrize(("alike", "least"), [(0.7, 95), (0.8, 99), (0.9, 100)])
def test_texts_that_are_alike_become_candidates(alike: float, least: int) -> None:
    """Of a hundred pairs of a similarity, about as many share a band as the formula says."""
    candidates = 0
    shared = int(400 * 2 * alike / (1 + alike))
    for seed in range(100):
        begin = text(seed, shared).replace("w", f"s{seed}w")
        one, other = (f"{begin} {text(seed + side, 400 - shared)}" for side in (1000, 2000))
        assert abs(similarity(shingles_of(one), shingles_of(other)) - 1000 * alike) < 20
        pairs = zip(*(_bands(said) for said in (one, other)), strict=True)
        candidates += any(a == b for a, b in pairs)
    assert candidates >= least


def _bands(said: str) -> list[bytes]:
    found = read_bands(bands_of([word_hashes(said)])[0])
    return [found[at : at + 4] for at in range(0, len(found), 4)]


def test_a_huge_bucket_costs_a_fixed_number_of_comparisons_a_text() -> None:
    """Ten thousand texts with the same bands, none alike: at most nine each, not ten thousand."""
    asked = 0

    def never(_: int, __: int, ___: int) -> bool:
        nonlocal asked
        asked += 1
        return False

    number = 10_000
    assert _clustered(number, never) == list(range(number))
    assert 8 * number < asked <= 9 * number


def _clustered(number: int, is_alike: Callable[[int, int, int], bool]) -> list[int]:
    """The first of the cluster of each of so many texts, which share all bands."""
    found = Clusters(number)
    for pairs in candidates(np.zeros((BANDS, number), np.uint32), number):
        found.join(pairs, is_alike)
    return list(map(int, found.firsts()))


def test_a_huge_bucket_of_copies_is_one_cluster() -> None:
    """Each is compared once, and joined."""
    assert _clustered(1000, lambda _, __, ___: True) == [0] * 1000


@given(
    values=st.lists(st.integers(0, 3), max_size=60),
    wide=st.integers(1, 4),
    seed=st.randoms(use_true_random=False),
)
def test_candidates_are_those_of_each_bucket(
    values: list[int], wide: int, seed: random.Random
) -> None:
    """All pairs of a small bucket; of a large one the first eight with each, and neighbours."""
    rows = [[value, *(seed.randrange(9) for _ in range(wide))] for value in values]
    expected = set()
    for band in range(wide + 1):
        buckets: dict[int, list[int]] = {}
        for number, row in enumerate(rows):
            buckets.setdefault(row[band], []).append(number)
        for bucket in buckets.values():
            near = 60 if len(bucket) <= 16 else 1
            expected |= {
                (one, other)
                for at, other in enumerate(bucket)
                for place, one in enumerate(bucket[:at])
                if place < 8 or at - place <= near
            }
    bands = np.array(rows, np.uint32).reshape(len(rows), wide + 1).T
    goes = [some.tolist() for some in candidates(bands, len(rows))]
    assert [tuple(pair) for some in goes for pair in some] == sorted(expected)


@given(
    pairs=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19))),
    seed=st.randoms(use_true_random=False),
)
def test_clusters_are_the_same_in_any_order(
    pairs: list[tuple[int, int]], seed: random.Random
) -> None:
    """A text's cluster is named by its first text, however it came together."""
    told = []
    for _ in range(2):
        found = Clusters(20)
        for pair in pairs:
            found.join(np.array([sorted(pair)]), lambda _, __, ___: True)
        told.append(found.firsts().tolist())
        seed.shuffle(pairs)
    assert told[0] == told[1]
    for one, other in pairs:
        assert told[0][one] == told[0][other] <= min(one, other)


@pytest.mark.parametrize(
    "hostile",
    ["a", "a ", "\\", "\\u00e9", "é", "\u0301", "漢", "\u200b", "_", "\\n", "a\u0301\u200b "],
)
def test_hostile_texts_take_linear_time(hostile: str) -> None:
    """Sixteen times the text takes nowhere near 256 times as long, as a square would."""

    def seconds(times: int) -> float:
        texts = RunTexts(text=hostile * times)
        begin = process_time()
        observe(texts)
        return process_time() - begin

    seconds(1000)
    few, many = (min(seconds(times) for _ in range(3)) for times in (20_000, 320_000))
    assert many < 64 * few + 0.05


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Foo_Bar, baz-9!", ["foo_bar", "baz", "9"]),
        ('{\\"a\\":\\"b\\\\nc\\td\\"}', ["a", "b", "c", "d"]),
        ("Caf\u00e9 CAFE\u0301 ca\u200bfe", ["cafe", "cafe", "cafe"]),
        ("don\\u2019t don\u2019t don't", ["don", "t"] * 3),
        ("\uff46\uff55\uff4c\uff4c 漢字kana", ["full", "漢", "字", "kana"]),
        ("Straße 한국어", ["strasse", "한국어"]),
    ],
)
def test_words_are_read_past_case_accents_and_escapes(written: str, words: list[str]) -> None:
    """What parts words, and what is one word."""
    assert [word.decode() for word in words_of(written)] == words


@given(
    said=st.text(alphabet="abcé \n\\u_漢\u0301\u200b", max_size=200),
    more=st.integers(0, 2),
    at=st.data(),
)
def test_words_have_the_same_hash_wherever_they_stand(
    said: str, more: int, at: st.DataObject
) -> None:
    """Hashes follow from the words alone: one a word, equal where the words are."""
    padded = "x " * (32_768 * more) + said
    words, hashes = words_of(padded), word_hashes(padded).tolist()
    assert len(words) == len(hashes)
    alone = [int(word_hashes(word.decode("utf-8", "surrogatepass"))[0]) for word in words_of(said)]
    assert hashes[len(hashes) - len(alone) :] == alone
    grams = gram_hashes(word_hashes(padded), 3).tolist()
    assert len(grams) == max(len(words) - 2, 0)
    if len(words) > 2:
        place = at.draw(st.integers(0, len(grams) - 1))
        again = b" ".join(words[place : place + 3]).decode("utf-8", "surrogatepass")
        assert gram_hashes(word_hashes(again), 3).tolist() == [grams[place]]


def test_a_word_without_end_is_cut_and_not_a_crash() -> None:
    """A megabyte without a space."""
    assert len(b"".join(chunks("a" * 1_000_000))) == 1_000_000
    assert len(word_hashes("a" * 1_000_000)) == len(words_of("a" * 1_000_000))


@given(
    said=st.lists(
        st.text()
        | st.integers(1, 4000).map(lambda n: text(n, n))
        | st.integers(1, 9000).map(lambda n: "\ufdfa" * n),  # one character is 18 in NFKC
        max_size=4,
    )
)
@settings(max_examples=60)
def test_a_text_has_the_same_words_and_bands_whatever_stands_beside_it(said: list[str]) -> None:
    """Texts are worked out together to be cheap, and each comes out as alone."""
    alone = [word_hashes(one) for one in said]
    assert [one.tolist() for one in hashes_of_all(said)] == [one.tolist() for one in alone]
    long = [one for one in alone if len(one) >= LEAST_WORDS]
    if long:
        assert bands_of(long) == [bands_of([one])[0] for one in long]


def test_a_run_that_was_not_compared_is_in_no_split() -> None:
    """Where the observer could not judge, nobody knows which split its prompt belongs to."""
    told = {"near_duplicate": Observation(version=1, undecided="its observer failed: ValueError")}
    off = FirewallSettings(near_duplicate=NearDuplicateSettings(action=Action.OFF))
    splits = Splits(test=10)
    subject = run("trial/a", facts={"observed": told})
    for refused in (
        rag_sample(*subject, RagSettings(firewall=off, splits=splits)),
        sft_sample(*subject, SftSettings(firewall=off, splits=splits)),
        preference_sample(subject, run("trial/b", REJECTED), PreferenceSettings(splits=splits)),
    ):
        assert isinstance(refused, Refusal)
        assert (refused.reason, refused.rule) == (QuarantineReason.SPLIT_LEAK, "undecided")
