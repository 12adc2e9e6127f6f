"""The workspace of the public logs: the `distill.toml` that docs/real-logs.md shows."""

import json

_TEXT = """\
# All of these are runs on benchmarks: tau-bench, HumanEval and MBPP, the test set of GSM8K,
# SWE-bench Lite. They are set to "train" HERE ONLY, so that every stage has something to do. In a
# workspace that trains a model, a benchmark is role = "evaluation" (its runs then reach neither
# SFT nor preference), or it is not there at all.

[roots]
public = {root}

# An evaluation's runs: role = "evaluation" in a workspace of your own.
[sources.tau-bench]
kind = "tau_bench"
paths = ["public:tau-bench/historical_trajectories/*.json.gz"]
role = "train"
licence = "MIT"
model = "gpt-4o"

# HumanEval (MIT) and MBPP (CC BY 4.0), in Python and Rust under the same names: the prompt, not
# the name, tells tasks apart. Evaluations: role = "evaluation" in a workspace of your own, without
# the folder testacc_humaneval_py, where the model wrote tests under the program's prompt.
[sources.reflexion]
kind = "mapped"
paths = ["public:reflexion/*/*.jsonl*"]
role = "train"
licence = "MIT AND CC-BY-4.0"
task_id = ["/task_id", "/name"]
task_fields = ["/prompt"]
prompt = "/prompt"
response = "/solution"
answer_keys = ["/canonical_solution", "/test"]

[sources.reflexion.verdict]
pointer = "/is_solved"
origin = "test_harness"
accepted = [true]
rejected = [false]

# The test set of GSM8K, four runs a row: role = "evaluation" in a workspace of your own.
[sources.gsm8k]
kind = "mapped"
paths = ["public:gsm8k-model-solutions/*.jsonl.gz"]
role = "train"
licence = "MIT"
runs_at = ["/6b_finetuning", "/6b_verification", "/175b_finetuning", "/175b_verification"]
task_fields = ["/question"]
prompt = "/question"
response = "./solution"
model = "@key"
answer_keys = ["/ground_truth"]

[sources.gsm8k.verdict]
pointer = "./is_correct"
origin = "test_harness"
accepted = [true]
rejected = [false]

# Predictions hold no prompt, and their verdicts stand in a report of their own. SWE-bench Lite is
# an evaluation: role = "evaluation" in a workspace of your own.
[sources.swe-agent]
kind = "swe_bench_predictions"
paths = ["public:swe-bench-docker/20240402_sweagent_gpt4/predictions.jsonl.gz"]
dataset = "swe-bench-lite"
role = "train"
licence = "MIT"

[sources.swe-agent-report]
kind = "swe_bench_report"
paths = ["public:swe-bench-docker/20240402_sweagent_gpt4/report.json"]
verdicts_for = "swe-agent"

# The gold patches, sent through the same harness. They are the benchmark's answers and no agent's
# runs: leave them out of a workspace of your own.
[sources.swe-golden]
kind = "swe_bench_predictions"
paths = ["public:swe-bench-docker/SWE-bench_Lite_golden/all_preds.jsonl.gz"]
dataset = "swe-bench-lite"
role = "train"
licence = "MIT"

# report.json alone: results.json, a second evaluation of the same patches, disagrees on 2 ids.
[sources.swe-golden-report]
kind = "swe_bench_report"
paths = ["public:swe-bench-docker/SWE-bench_Lite_golden/report.json"]
verdicts_for = "swe-golden"

# Aider on SWE-bench Lite, with the chats of all tries: an evaluation. The listing is not of the log:
# it was made for these tests from the repositories.
[sources.aider]
kind = "aider"
paths = ["public:aider-swe-bench/*.json", "public:aider-swe-bench/*.md", "public:aider-swe-bench/*.md.gz"]
dataset = "aider-swe-bench"
role = "train"
licence = "Apache-2.0"

[sources.aider.repository]
listings = ["public:aider-swe-bench/derived/path-trees.jsonl.gz"]
task_id = "/instance_id"

# Traces of many frameworks, one a file. No benchmark, and nobody's task: their verdicts are what
# judges and one person said of them.
[sources.langfuse]
kind = "langfuse"
paths = ["public:langfuse-traces/*.trace.json", "public:langfuse-traces/*.trace.json.gz"]
dataset = "langfuse-traces"
role = "train"
licence = "MIT"
rows = "traces"
layout = "document"

# Bash, SQL and Python by models and people. The tasks are those of Spider, NL2Bash and MBPP, which
# are benchmarks: role = "evaluation" in a workspace of your own.
[sources.intercode]
kind = "mapped"
paths = ["public:intercode/*/*/ic_*turns*.json*", "public:intercode/*/*/ic_*plan_solve_fs_1.json*"]
dataset = "intercode"
role = "train"
licence = "MIT AND CC-BY-SA-4.0 AND CC-BY-4.0"
layout = "members"
task_id = ["/task_id", "/query_idx"]
task_fields = ["/environment", "/dataset", "/query"]
prompt = "/query"
response = ["/turn_history/actions", "/trajectory/*/action"]
observations = ["/turn_history/observations", "/trajectory/*/observation"]
model = "@folder"
answer_keys = "/gold"

[sources.intercode.verdict]
pointer = ["/summary/max_reward", "/reward"]
origin = "test_harness"
thresholds = {{ accepted = 1, partially_accepted = 1e-9 }}

# One file has the settings of its run beside the runs: they are no run.
[sources.intercode-plan-solve]
kind = "mapped"
paths = ["public:intercode/bash/gpt-3.5/ic_bash_plan_solve_fs_2.json.gz"]
dataset = "intercode"
role = "train"
licence = "MIT"
records_at = "/logs"
task_id = "/task_id"
task_fields = ["/environment", "/dataset", "/query"]
prompt = "/query"
response = "/turn_history/actions"
observations = "/turn_history/observations"
model = "@folder"

[sources.intercode-plan-solve.verdict]
pointer = "/summary/max_reward"
origin = "test_harness"
thresholds = {{ accepted = 1, partially_accepted = 1e-9 }}

# Inspect's own test logs: the same eval as an archive and as a document is one run.
[sources.inspect-logs]
kind = "inspect"
paths = ["public:inspect-logs/*/*/*.eval", "public:inspect-logs/*/*/*.json*"]
role = "train"
licence = "MIT"
"""


def configuration(root: str) -> str:
    """Return the text of `distill.toml`; `root` is the folder of the logs, as text."""
    return _TEXT.format(root=json.dumps(root, ensure_ascii=False))
