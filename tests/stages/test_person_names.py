"""Names of persons, from a model that a workspace names to its rows: found, replaced, told of."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from distill.errors import ConfigurationError, IncompleteError
from distill.lineage.held_receipts import hold_receipts
from distill.lineage.proving import prove_sample
from distill.lineage.replay import replay_proof
from distill.receipts import Outcome
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.reproduce import Options, prepare
from distill.report.latest import write_report
from distill.stages import name_models
from distill.stages.pipeline import plan_all
from distill.stages.redaction_keys import lay_out_redaction_key
from distill.workspace.project import Project, open_workspace
from distill.workspace.redaction_key import KEY_FILE, read_key
from tests.incremental.small import made, make_small
from tests.name_models import FAMILY, GIVEN, VERSION, save_names, save_trained
from tests.workspaces import counts, lines, make_workspace, read_jsonl, run_all

NAME = "Aaliyah Brennan"
OTHER = "Marco Okafor"
EXPORTS = {"export_rag", "export_sft", "export_preference"}
SOURCE = """
[sources.desk]
kind = "evidence"
paths = ["logs/*.jsonl"]
role = "train"
licence = "MIT"
"""
MODEL = f'[firewall.personal_data]\nnames = {{ model = "models/names", version = "{VERSION}" }}\n'
KEY = '[firewall]\nredaction_key = "redaction.key"\n'


def run_of(run_id: str, task: str, *, name: str = NAME, result: str = "done") -> Any:
    """Return a run whose greeting, call, result and answer hold a name."""
    call = {"id": "c1", "function": {"name": "find", "arguments": {"who": name, "n": 3}}}
    messages = [
        {"role": "user", "content": f"Dear {name},\nwhere is the order for Paris?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": f"{name}: {result}"},
        {"role": "assistant", "content": f"It is {result}, {name}."},
    ]
    verdict = {"name": "ok", "value": True, "origin": "deterministic_check"}
    return {
        "format": "distill.run/1",
        "run_id": run_id,
        "task": {"id": task},
        "messages": messages,
        "tools": [],
        "verdicts": [verdict],
        "recorded_at": "2026-02-01T10:00:00Z",
    }


LOGS = {
    "logs/a.jsonl": lines(
        [
            run_of("r1", "t1"),
            run_of("r2", "t2", result="asked again"),
            run_of("r3", "t3", name="the customer"),
        ]
    )
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace whose model knows both names."""
    save_names(tmp_path / "models/names", [NAME, OTHER])
    return make_workspace(tmp_path, MODEL + SOURCE, LOGS)


def reconfigured(project: Project, text: str) -> Project:
    """Return the workspace under another `distill.toml`."""
    (project.root / "distill.toml").write_text(text, encoding="utf-8")
    return open_workspace(project.root)


def ran(outcomes: dict[str, Outcome]) -> set[str]:
    """The stages that ran."""
    return {stage for stage, outcome in outcomes.items() if not outcome.skipped}


def exported(project: Project) -> bytes:
    """Every byte of the exports."""
    return b"".join(path.read_bytes() for path in sorted(project.root.glob("exports/*/*")))


def test_a_name_is_a_placeholder_in_every_row(project: Project) -> None:
    """In the greeting, in arguments, in results, in answers: the same name, the same one."""
    outcomes = run_all(project)
    assert NAME.encode() not in exported(project)
    key = read_key(project.root / KEY_FILE)
    assert key is not None
    placeholder = key.placeholder("person_name", NAME)
    first, second, third = read_jsonl(project.root / "exports/sft")
    for one, result in ((first, "done"), (second, "asked again")):
        greeting, calls, told, answer = one["messages"]
        assert greeting["content"] == f"Dear {placeholder},\nwhere is the order for Paris?"
        assert calls["tool_calls"][0]["function"]["arguments"] == {"who": placeholder, "n": 3}
        assert told["content"] == f"{placeholder}: {result}"
        assert answer["content"] == f"It is {result}, {placeholder}."
    assert third["messages"][0]["content"].startswith("Dear the customer,")
    assert counts(outcomes["export_sft"], "redacted") == {"person_name": 8}


def test_card_report_and_receipt_say_what_looked(project: Project) -> None:
    """With which model, and on which versions; quarantine and receipts quote no name."""
    evidence = run_all(project)["build_evidence_index"].receipt.claim
    told = evidence.notes["names_of_persons"]
    assert isinstance(told, dict)
    assert (told["model"], told["version"]) == ("models/names", VERSION)
    assert set(told["runtime"]) == {"blis", "numpy", "presidio-analyzer", "spacy", "thinc"}
    assert "models/names/config.cfg" in {entry.path for entry in evidence.inputs}
    card = (project.root / "exports/sft/README.md").read_text(encoding="utf-8")
    assert f"looked for with the model models/names version {VERSION}, which misses some" in card
    assert "| `person_name` | 8 |" in card
    assert "Nothing looked for names" not in card
    report = write_report(project).read_text(encoding="utf-8")
    assert f"Looked for with `models/names` version {VERSION}, on blis " in report
    for path in [*project.root.glob("receipts/**/*"), *project.root.glob("quarantine/*")]:
        assert not path.is_file() or NAME.encode() not in path.read_bytes()


def test_without_a_model_nothing_is_looked_for(project: Project) -> None:
    """The card says so, and nothing of it is in the key of any stage."""
    plain = reconfigured(project, SOURCE)
    evidence = run_all(plain)["build_evidence_index"].receipt.claim
    assert NAME.encode() in exported(plain)
    card = (plain.root / "exports/sft/README.md").read_text(encoding="utf-8")
    assert "Nothing looked for names of persons." in card
    assert "names_of_persons" not in evidence.notes
    assert not {"spacy", "presidio-analyzer", "thinc"} & set(evidence.environment.distributions)


def test_settings_reread_no_log_and_another_model_does(project: Project) -> None:
    """What was found stays; what is done with it is decided again."""
    run_all(project)
    ignoring = 'ignore = ["person_name"]\n'
    outcomes = run_all(reconfigured(project, MODEL + ignoring + SOURCE))
    assert ran(outcomes) == EXPORTS
    assert NAME.encode() in exported(project)
    card = (project.root / "exports/sft/README.md").read_text(encoding="utf-8")
    assert "Names of persons stay where they are" in card

    outcomes = run_all(reconfigured(project, MODEL + 'action = "quarantine"\n' + SOURCE))
    assert ran(outcomes) == EXPORTS
    assert counts(outcomes["export_sft"], "by_reason") == {"personal_data": 2}
    (refused, _) = read_jsonl(project.root / "quarantine/export_sft.jsonl")
    assert refused["rule"] == "person_name"
    assert "person_name at /messages/0/content, characters 5 to 20" in refused["detail"]

    save_names(project.root / "models/names", [OTHER])
    outcomes = run_all(reconfigured(project, MODEL + SOURCE))
    assert ran(outcomes) >= {"build_evidence_index", *EXPORTS}
    assert NAME.encode() in exported(project)
    assert not ran(run_all(open_workspace(project.root)))


def test_a_name_that_can_t_be_replaced_keeps_the_run_out(tmp_path: Path) -> None:
    """As the name of a member, or in the run's own id."""
    save_names(tmp_path / "models/names", [NAME])
    odd = run_of("r1", "t1")
    odd["messages"][1]["tool_calls"][0]["function"]["arguments"] = {NAME: 1}
    logs = {"logs/a.jsonl": lines([odd, run_of(f"of {NAME}", "t2")])}
    outcomes = run_all(make_workspace(tmp_path, MODEL + SOURCE, logs))
    assert counts(outcomes["export_sft"], "by_reason") == {"personal_data": 2}
    rows = read_jsonl(tmp_path / "quarantine/export_sft.jsonl")
    assert {one["rule"] for one in rows} == {"not_replaceable"}
    assert NAME not in rows[0]["detail"]


def test_a_run_that_the_model_fails_on_is_undecided(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays out under the gate's reason."""
    from distill.stages import surroundings  # noqa: PLC0415 - patched

    def find(text: str) -> tuple[tuple[int, int], ...]:
        if "asked again" in text:
            raise ValueError(text)
        return ()

    monkeypatch.setattr(surroundings, "name_finder", lambda *_: find)
    outcomes = run_all(project)
    assert counts(outcomes["export_sft"], "by_undecided") == {"personal_data": 1}


def test_a_trained_model_runs_in_workers_as_in_one_process(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes, whoever asked the model, and names that it learned are found."""
    rows = [
        run_of(f"r{number}", f"t{number}", name=f"{given} {FAMILY[(number + number // 8) % 8]}")
        for number, given in enumerate(GIVEN * 3)
    ]
    model = save_trained(tmp_path_factory.mktemp("model"))
    make_small(monkeypatch)
    results = []
    for workers in ("1", "2"):
        root = tmp_path_factory.mktemp(f"workspace-{workers}")
        shutil.copytree(model, root / "models/names")
        key = {"redaction.key": b"ab" * 32 + b"\n"}
        make_workspace(root, KEY + MODEL + SOURCE, {"logs/a.jsonl": lines(rows), **key})
        monkeypatch.setenv(WORKERS, workers)
        results.append(made(root, KEY + MODEL + SOURCE))
    assert results[0] == results[1]
    told = json.loads(results[0]["export_sft"])[0]["redacted"]
    assert told["person_name"] == 4 * len(rows)


def test_a_stage_and_a_row_are_made_again(project: Project) -> None:
    """Where the same model runs on the same versions; elsewhere it is said."""
    run_all(project)
    options = Options(extras=(lay_out_redaction_key,))
    with prepare(project.workspace, "build_evidence_index", options) as prepared:
        assert prepared.run().exit_code == 0
    (first, *_) = read_jsonl(project.root / "exports/sft")
    proof = prove_sample(project.workspace, first["id"])
    held = hold_receipts(proof, project.root).receipts
    steps = replay_proof(proof, held, project.workspace)
    assert steps[0].outcome == "same", steps
    assert steps[-1].outcome == "same"
    (project.root / "models/names/meta.json").unlink()
    told = [step.detail for step in replay_proof(proof, held, project.workspace)]
    assert any("it needs models/names/meta.json" in detail for detail in told)
    with (
        pytest.raises(IncompleteError),
        prepare(project.workspace, "build_evidence_index", options) as prepared,
    ):
        prepared.run()


def test_a_replay_on_other_versions_is_not_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names both, and calls nothing different."""
    from distill.stages import name_finder  # noqa: PLC0415 - patched

    run_all(project)
    (first, *_) = read_jsonl(project.root / "exports/sft")
    proof = prove_sample(project.workspace, first["id"])
    held = hold_receipts(proof, project.root).receipts
    monkeypatch.setattr(name_finder, "versions", lambda _: {"spacy": "9"})
    steps = replay_proof(proof, held, project.workspace)
    (told,) = [step for step in steps if "looked for on" in step.detail]
    assert told.outcome == "not replayed"
    assert "here is spacy 9" in told.detail


def test_explain_quotes_no_name(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in words nor as JSON."""
    run_all(reconfigured(project, MODEL + 'action = "quarantine"\n' + SOURCE))
    for flags in ((), ("--json",)):
        assert main(["explain", "desk/r1", *flags, "--workspace", str(project.root)]) == 0
        told = capsys.readouterr().out
        assert "person_name" in told
        assert "Aaliyah" not in told
        assert "Brennan" not in told


def test_what_if_can_ignore_names_and_suppose_no_model(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is read with the logs can't be supposed."""
    run_all(reconfigured(project, MODEL + 'action = "quarantine"\n' + SOURCE))
    workspace = ("--workspace", str(project.root))
    ignore = 'firewall.personal_data.ignore=["person_name"]'
    assert main(["what-if", "--set", ignore, "--json", *workspace]) == 0
    assert "r1" in capsys.readouterr().out
    assert main(["what-if", "--set", "firewall.personal_data.names.model=x", *workspace]) == 2
    assert "read when the evidence is built" in capsys.readouterr().err


def test_a_new_file_in_the_model_s_folder_is_noticed(project: Project) -> None:
    """A model is all its files."""
    run_all(project)
    (project.root / "models/names/more").write_text("x", encoding="ascii")
    assert plan_all(open_workspace(project.root))[0].plan.status == "stale"
    patterns = name_models.name_model_patterns(project)
    assert patterns == ("models/names/**/*",)


ERRORS = {
    "no folder": (MODEL.replace("models/names", "models/none"), "'models/none' is no folder of"),
    "not installed": (MODEL.replace("models/names", "no_such_model"), "no installed one"),
    "no model": (MODEL.replace("models/names", "json"), "no installed one"),
    "version": (MODEL.replace(VERSION, "2.0.0"), f"has version {VERSION}, not 2.0.0"),
    "no version": (MODEL.replace(f', version = "{VERSION}"', ""), "version: Field required"),
    "outside": (MODEL.replace("models/names", "../names"), "leaves the workspace"),
    "one export": (
        '[exports.sft.firewall.personal_data]\nnames = { model = "x/y", version = "1" }\n',
        "names is one for all exports",
    ),
    "rule": ('[firewall.personal_data]\nignore = ["person_names"]\n', "no rule is named"),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_a_wrong_model_stops_before_anything_is_done(project: Project, kind: str) -> None:
    """The place is named, and nothing was made."""
    text, message = ERRORS[kind]
    with pytest.raises(ConfigurationError) as raised:
        run_all(reconfigured(project, text + SOURCE))
    assert message in raised.value.message
    assert not (project.root / "receipts").exists()
    assert not (project.root / "data").exists()


def test_a_missing_extra_is_told_with_what_to_install(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a log is read."""
    monkeypatch.setattr(name_models, "EXTRA", ("distill_no_such_module",))
    with pytest.raises(ConfigurationError) as raised:
        run_all(project)
    assert "not installed" in raised.value.message
    assert "pip install 'distill[ner]'" in str(raised.value.hint)
    assert not (project.root / "receipts").exists()


def test_a_model_without_persons_is_refused(project: Project) -> None:
    """It would find nothing, and the card would say that it had looked."""
    save_names(project.root / "models/names", [])
    meta = project.root / "models/names/meta.json"
    meta.write_text(meta.read_text(encoding="utf-8").replace('"PERSON"', '"ORG"'), "utf-8")
    with pytest.raises(ConfigurationError, match="marks no persons"):
        run_all(project)


def test_a_model_that_can_t_be_loaded_leaves_what_was_there(project: Project) -> None:
    """The stage fails with what spaCy says, and the former evidence stays."""
    run_all(project)
    before = exported(project)
    (project.root / "models/names/config.cfg").write_text("[nlp]\n", encoding="ascii")
    with pytest.raises(ConfigurationError, match="models/names can't be loaded"):
        run_all(open_workspace(project.root))
    assert exported(project) == before


def test_an_installed_model_is_named_without_a_path(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its version is in the key; its files are no inputs."""
    package = tmp_path / "site-packages/made_for_tests_model"
    save_names(package, [NAME])
    told = package.parent / f"{package.name}-{VERSION}.dist-info/METADATA"
    told.parent.mkdir()
    told.write_text(f"Name: {package.name}\nVersion: {VERSION}\n", encoding="ascii")
    (package / "__init__.py").write_text(
        "from pathlib import Path\n"
        "from spacy.util import load_model_from_path\n"
        "def load(**overrides):\n"
        "    return load_model_from_path(Path(__file__).parent, **overrides)\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(package.parent))
    text = MODEL.replace("models/names", package.name)
    evidence = run_all(reconfigured(project, text + SOURCE))["build_evidence_index"].receipt.claim
    assert NAME.encode() not in exported(project)
    assert {entry.path for entry in evidence.inputs} == {"logs/a.jsonl"}


def test_nothing_to_do_imports_nothing_of_it(project: Project) -> None:
    """Neither Presidio nor spaCy, in a run, a status and a verification after the first run."""
    driver = (
        "import sys\nfrom distill.cli import main\n"
        f"main([sys.argv[1], '--workspace', {str(project.root)!r}])\n"
        "print([n for n in ('spacy', 'presidio_analyzer', 'thinc') if n in sys.modules])"
    )
    told = []
    for command in ("run", "run", "status", "verify"):
        done = subprocess.run(
            [sys.executable, "-c", driver, command], capture_output=True, text=True, check=True
        )
        told.append(done.stdout.rstrip().rpartition("\n")[2])
    assert told == ["['spacy', 'presidio_analyzer', 'thinc']", "[]", "[]", "[]"]


def test_the_extra_is_here() -> None:
    """The tests of this file would prove nothing without it."""
    assert importlib.util.find_spec("presidio_analyzer")
