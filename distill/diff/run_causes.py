"""Why scored runs, rows and refusals differ: what changed before them, then settings, then code."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from distill.diff.change_tables import Before, Earlier
from distill.diff.changes import Cause, Change, Reasoned
from distill.diff.conditions import Conditions
from distill.diff.tables import UnitTables
from distill.records.taxonomy import QuarantineReason
from distill.scoring.decision import Rule

#: Rules by which a run takes its category from other runs.
_INHERITING: Final = {Rule.INHERITED, Rule.NO_PARENT, Rule.PARENTS_DISAGREE}
#: Reasons that look at category, role and flags, never at the text.
_OF_CATEGORY: Final = {
    QuarantineReason.UNSAFE_RAG_CATEGORY,
    QuarantineReason.UNSAFE_SFT_CATEGORY,
    QuarantineReason.CATEGORY_DISALLOWED,
}
_ORDER: Final = list(Cause)

Row = Mapping[str, Any]


def settled(conditions: Conditions, setting: str) -> Reasoned:
    """Return the cause where nothing before the stage differs: its settings, or its code."""
    if conditions.parameters_differ:
        return Cause.POLICY, f"{setting} of distill.toml differs"
    if conditions.code_differs:
        return Cause.CODE, "same inputs and settings, other code"
    return Cause.UNKNOWN, "nothing that the receipts name differs"


class ScoredCauses:
    """Judges the changes of one pair of receipts of `score_runs`."""

    def __init__(self, conditions: Conditions, tables: UnitTables, earlier: Earlier) -> None:
        self._conditions = conditions
        self._tables = tables
        self._earlier = earlier

    def of(self, change: Change) -> Reasoned:
        """Return the cause of a scored run's change."""
        if not self._earlier.is_known:
            return unknown_before()
        own = self._earlier.evidence(change.key)
        if change.a is None or change.b is None:
            return own.told if own is not None else (Cause.UNKNOWN, "its evidence is the same")
        before, after = self._tables.read(change.a), self._tables.read(change.b)
        inherited = _inherited(before, after)
        if inherited is not None:
            return Cause.PAIRING, inherited
        if own is not None and own.is_more_than_origin:
            return own.told
        of_others = self._of_others(change.key, before, after)
        if of_others is not None:
            return Cause.PAIRING, of_others
        return settled(self._conditions, "[scoring]")

    def _of_others(self, run: str, before: Row, after: Row) -> str | None:
        """Return what changed in other runs that this one's decision looks at."""
        neighbour = self._neighbour(run, before, after)
        if neighbour is not None:
            return f"{neighbour} has the same output, and its verdict changed"
        if not self._conditions.parameters_differ and _is_alike_otherwise(before, after):
            return "the runs that it is like changed"
        return None

    def _neighbour(self, run: str, before: Row, after: Row) -> str | None:
        """Return a run of the same output that changed, where the rule looks at such runs."""
        if Rule.SAME_OUTPUT_OPPOSITE_VERDICTS not in {before["rule"], after["rule"]}:
            return None
        for row in (before, after):
            name = f"output:{row['task']['key']}:{row['output_digest']}"
            for neighbour in self._earlier.neighbours([name], [run]):
                other = self._earlier.evidence(neighbour)
                if other is not None and other.is_more_than_origin:
                    return neighbour
        return None


def _is_alike_otherwise(before: Row, after: Row) -> bool:
    """Say whether other runs are like this one than were before."""
    return bool(before["near_duplicates"] != after["near_duplicates"])


def _inherited(before: Row, after: Row) -> str | None:
    """Return why a category that comes from other runs is another one, null where it is not."""
    if not _INHERITING & {before["rule"], after["rule"]}:
        return None
    if before["parent_run_ids"] != after["parent_run_ids"]:
        return "its category is inherited, and it has other parents"
    if before["category"] != after["category"]:
        return "its category is inherited, and its parents' changed"
    return None


def unknown_before() -> Reasoned:
    """Return the cause where what lay before can't be compared any more."""
    return Cause.UNKNOWN, "what it was made from can't be compared: its bytes are gone"


class ExportCauses:
    """Judges the changes of one pair of receipts of an exporter, pairs of runs included."""

    def __init__(self, conditions: Conditions, earlier: Earlier, setting: str) -> None:
        self._conditions = conditions
        self._earlier = earlier
        self._setting = setting

    def of(self, change: Change) -> Reasoned:
        """Return the cause of a row's or refusal's change."""
        if not self._earlier.is_known:
            return unknown_before()
        found = [told for run in change.runs for told in self._of_run(run, change)]
        if found:
            return min(found, key=lambda told: _ORDER.index(told[0]))
        if len(change.runs) > 1:
            return self._of_pairing(change)
        return settled(self._conditions, self._setting)

    def _of_run(self, run: str, change: Change) -> Iterator[Reasoned]:
        """Yield the cause that lies in one run: in its text, or in its category."""
        scored, evidence = self._earlier.scored(run), self._earlier.evidence(run)
        of_evidence = evidence if evidence and self._is_from(evidence, change) else None
        of_scored = scored if scored and _is_other_decision(scored, change) else None
        first = of_evidence if "text" in change.what else of_scored
        found = first or of_scored or of_evidence
        if found is not None:
            yield found.told

    def _is_from(self, evidence: Before, change: Change) -> bool:
        """Whether a run's evidence can have made this change."""
        if evidence.change != "changed":
            return True
        if evidence.is_more_than_origin:
            return not self._is_about_category(change)
        return "origin" in change.what

    def _is_about_category(self, change: Change) -> bool:
        """Whether only gates that look at the category can have made this change."""
        if len(change.runs) > 1 or {"text", "rest", "origin"} & set(change.what):
            return False
        states = [state for state in (change.before, change.after) if state is not None]
        refusals = {state.label for state in states if state.place == "quarantine"}
        return bool(refusals) and refusals <= {reason.value for reason in _OF_CATEGORY}

    def _of_pairing(self, change: Change) -> Reasoned:
        """Return the cause of a pair whose runs are as they were."""
        tasks = {run: self._earlier.groups(run, "task") for run in change.runs}
        names = [name for found in tasks.values() for name in found]
        if len(set(names)) > 1:
            if self._crossing(0) != self._crossing(1):
                return Cause.POLICY, f"cross_source in {self._setting} of distill.toml differs"
            names += [n for run in change.runs for n in self._earlier.groups(run, "subject")]
        neighbour = next(self._earlier.neighbours(names, change.runs), None)
        if neighbour is not None:
            return Cause.PAIRING, f"its runs are as they were; {neighbour} of its task changed"
        return settled(self._conditions, self._setting)

    def _crossing(self, side: int) -> object:
        return self._conditions.setting(side, "cross_source")


def _is_other_decision(scored: Before, change: Change) -> bool:
    """Whether a change of the decision is one that this row looks at."""
    if scored.change != "changed" or "category" in scored.what:
        return True
    is_margin = len(change.runs) > 1 and "decision" in change.what
    states = [state for state in (change.before, change.after) if state is not None]
    is_refusal = any(state.place == "quarantine" for state in states)
    return (is_margin or is_refusal) and "decision" in scored.what
