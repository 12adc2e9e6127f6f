"""The workspace of the public logs: the `distill.toml` that docs/real-logs.md shows."""

#: Datasets of the workspace, and the folder of each below the root.
FOLDERS = {
    "tau-bench": "tau-bench",
    "reflexion": "reflexion",
    "gsm8k": "gsm8k-model-solutions",
    "swe-bench-lite": "swe-bench-docker",
}

_TEXT = """\
# These logs are runs on benchmarks: tau-bench, HumanEval and MBPP, the test set of GSM8K, SWE-bench
# Lite. Here they are set to "train" for one reason: so that every stage has something to do. In your
# own workspace a benchmark that you report on is role = "evaluation": its runs then reach neither
# SFT nor preference.

[roots]
public = "{root}"

[sources.tau-bench]
kind = "tau_bench"
paths = ["public:tau-bench/historical_trajectories/*.json.gz"]
role = "train"
licence = "MIT"
model = "gpt-4o"

[sources.reflexion]
kind = "mapped"
paths = ["public:reflexion/*/*.jsonl*"]
role = "train"
licence = "MIT"
task_id = ["/task_id", "/name"]
task_fields = ["/prompt"]
prompt = "/prompt"
response = "/solution"
answer_keys = ["/canonical_solution", "/test"]
verdict = {{ pointer = "/is_solved", origin = "test_harness", accepted = [true], rejected = [false] }}

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
verdict = {{ pointer = "./is_correct", origin = "test_harness", accepted = [true], rejected = [false] }}

# Predictions hold no prompt, and their verdicts stand in a report of their own.
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

[sources.swe-golden]
kind = "swe_bench_predictions"
paths = ["public:swe-bench-docker/SWE-bench_Lite_golden/all_preds.jsonl.gz"]
dataset = "swe-bench-lite"
role = "train"
licence = "MIT"

# report.json alone: results.json is a second evaluation of the same patches and disagrees on 2 ids.
[sources.swe-golden-report]
kind = "swe_bench_report"
paths = ["public:swe-bench-docker/SWE-bench_Lite_golden/report.json"]
verdicts_for = "swe-golden"
"""


def configuration(root: str) -> str:
    """Return the text of `distill.toml` with the logs' folder as a root."""
    return _TEXT.format(root=root)
