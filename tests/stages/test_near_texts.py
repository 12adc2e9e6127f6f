"""Texts of a facet are those that an ordinary program would find, one by one."""

from hypothesis import given, settings
from hypothesis import strategies as st

from distill.firewall.facets import Facet
from distill.stages.near_texts import FacetFiles

#: Digests that share their first or their last half with others.
_HALVES = st.sampled_from([bytes(8), b"\0" * 7 + b"\1", b"\xff" * 8])
_DIGESTS = st.builds(bytes.__add__, _HALVES, _HALVES)
_RUNS = st.lists(st.one_of(st.none(), _DIGESTS), max_size=6)


@settings(deadline=None)
@given(st.lists(_RUNS, max_size=4))
def test_texts_are_told_apart_and_in_order(parts: list[list[bytes | None]]) -> None:
    """Of each run that has the facet its text; texts with a last byte have bands."""
    runs: list[tuple[bytes, int]] = []
    long: list[bytes] = []
    first, none = 0, (b"", b"")
    with FacetFiles() as files:
        for part in parts:
            has = [(n, one) for n, one in enumerate(part) if one is not None]
            flagged = [(n, one, bytes([one[-1] != 0])) for n, one in has]
            entries = b"".join(n.to_bytes(7, "little") + flag + one for n, one, flag in flagged)
            bands = [one for _, one, flag in flagged if flag == b"\1"]
            told = (entries, b"".join(one * 4 for one in bands))
            files.add(first, [told if facet is Facet.PROMPT else none for facet in Facet])
            runs += [(one, first + n) for n, one in has]
            long += bands
            first += len(part)
        found = files.texts(Facet.PROMPT)
        texts = sorted({one for one, _ in runs})
        assert [one.tobytes() for one in found.digests] == texts
        assert len(found) == len(texts)
        pairs = zip(found.runs.tolist(), found.of_run.tolist(), strict=True)
        assert sorted((texts[text], run) for run, text in pairs) == sorted(runs)
        assert all((one, run) in runs for one, run in zip(texts, found.readers, strict=True))
        assert [texts[at] for at in found.long] == [one for one in texts if one[-1]]
        assert [long[row] for row in found.rows] == [texts[at] for at in found.long]
        assert len(files.texts(Facet.OUTPUT)) == 0
