"""Credentials of many providers, in many places; and what looks like one and is none.

No credential stands in this file: each is put together here from a prefix in pieces and digits of a
generator with a fixed seed.
"""

import random
import string
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from tests.exports.builders import assistant, call, tool, user
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields, found_in_run

_BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_WEB: Final = string.ascii_letters + string.digits + "-_"
_HEX: Final = "0123456789abcdef"
_UPPER32: Final = string.ascii_uppercase + "234567"


class Forge:
    """Makes credentials that open nothing; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - they are to be the same each time

    def text(self, length: int, letters: str = _BASE62) -> str:
        """Return so many random letters."""
        return "".join(self._random.choice(letters) for _ in range(length))

    def all(self) -> dict[str, str]:
        """Return one credential of each kind, by the rule that has to find it."""
        text, dash = self.text, "-"
        return {
            "github_token": "gh" + "p_" + _with_checksum(text(30)),
            "github_fine_grained_token": "github" + "_pat_" + text(22) + "_" + text(59),
            "anthropic_key": dash.join(("sk", "ant", "api03", text(93, _WEB) + "AA")),
            "openai_key": dash.join(("sk", "proj", text(74, _WEB) + "T3Blbk" + "FJ" + text(74))),
            "legacy_sk_key": dash.join(("sk", "a1" + text(46))),
            "openrouter_key": dash.join(("sk", "or", "v1", text(64, _HEX))),
            "aws_access_key_id": "AK" + "IA" + text(16, _UPPER32),
            "google_api_key": "AI" + "za" + text(35, _WEB),
            "google_oauth_secret": "GOC" + "SPX-" + text(28, _BASE62),
            "google_oauth_token": "ya" + "29." + text(120, _WEB),
            "azure_storage_key": "Account" + "Key=" + text(86) + "==",
            "azure_sas_key": "SharedAccess" + "Key=" + text(43) + "=",
            "azure_client_secret": text(3) + "8" + "Q~" + text(34),
            "slack_token": dash.join(("xo" + "xb", text(12, string.digits), text(24))),
            "slack_webhook": f"hooks.{'slack'}.com/services/T"
            + text(8, _UPPER32)
            + "/B"
            + text(8, _UPPER32)
            + "/"
            + text(24),
            "stripe_key": "sk" + "_live_" + text(24),
            "twilio_key": "S" + "K" + text(32, _HEX),
            "sendgrid_key": "S" + "G." + text(22, _BASE62) + "." + text(43, _BASE62),
            "npm_token": "np" + "m_" + text(36),
            "pypi_token": "py" + "pi-AgE" + text(140, _BASE62),
            "hugging_face_token": "h" + "f_" + text(34, string.ascii_letters),
            "gitlab_token": "gl" + "pat-" + text(20, _BASE62),
            "telegram_bot_token": text(9, "3456789") + ":A" + "A" + text(33, _BASE62),
            "digitalocean_token": "dop" + "_v1_" + text(64, _HEX),
            "shopify_token": "shp" + "at_" + text(32, _HEX),
            "databricks_token": "da" + "pi" + text(32, _HEX),
            "groq_key": "gs" + "k_" + text(52),
            "vault_token": "hv" + "s." + text(90, _BASE62),
            "json_web_token": _jwt(text(43, _BASE62)),
            "private_key": _private_key(text(400)),
            "url_password": "postgres" + "://svc:" + text(14) + "@db.internal:5432/app",
            "bearer_token": "Authorization: Bearer " + text(40),
            "value_of_key_like_name": 'api_key = "' + "a7" + text(38) + '"',
        }


def _with_checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return body + digits


def _jwt(signature: str) -> str:
    parts = ('{"alg":"HS256","typ":"JWT"}', '{"sub":"7","iat":1700000000}')
    coded = [urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    return ".".join((*coded, signature))


def _private_key(body: str) -> str:
    lines = "\n".join(body[place : place + 64] for place in range(0, len(body), 64))
    return f"-----BEGIN {'RSA '}PRIVATE KEY-----\n{lines}\n-----END {'RSA '}PRIVATE KEY-----"


def _positives() -> Iterator[RunFields]:
    for seed in range(3):
        for secret in Forge(seed).all().values():
            yield {"messages": (user("Deploy."), assistant(None), tool(f"$ env\nX={secret}\n"))}
    for secret in Forge(7).all().values():
        yield {"messages": (user(f"Use {secret} please."), assistant("Done."))}
        yield {"messages": (user("Go."), assistant(None, call("sh", {"a": [{"b": secret}]})))}
    github = Forge(8).all()["github_token"]
    for written in (
        b64encode(f"login {github} now".encode()).decode(),
        quote(f"login {github} now", safe=""),
        f'{{"out": "line\\n{github}\\n"}}',
    ):
        yield {"messages": (user("Go."), tool(written), assistant("Done."))}
    for word in ("correcthorse", "hunter2", "Sommer2024!", "letmein99", "qwertz", "s3cret"):
        yield {"messages": (user(f"The password is {word}."), assistant("Done."))}  # not found


_CODE: Final = (
    "password = getpass.getpass()",
    'password = os.environ["DB_PASSWORD_2024"]',
    "conn = connect(user=user, password=password, host=host)",
    'parser.add_argument("--password", default="", help="password=VALUE")',
    "token = tokenizer2.encode_plus_v2(text)[0]",
    "api_key = config.get_secret_value_v2('openai-2024')",
    "if token == tokens[i1 + 12345]:",
    "self.secret_key = settings.SECRET_KEY_2024_PRODUCTION_NAME",
    'API_KEY = "<your key>"',
    'API_KEY = "your-api-key-here-1234567890"',
    "export OPENAI_API_KEY=$(pass show openai/2024/key)",
    "export OPENAI_API_KEY=${OPENAI_API_KEY_2024_STAGING}",
    'api_key: "{{ vault_api_key_2024_prod }}"',
    "token: 2024-01-01T00:00:00+00:00/2024-12-31",
    "tokens: 12345678901234567890",
    'password = "password"',
    'password: "changeme-please-1234"',
    "access_key: minioadmin1234567890",
    "postgres://postgres:postgres@localhost:5432/db",
    "mysql://root:root@127.0.0.1/test",
    "https://user:password@example.com/path",
    "redis://:${REDIS_PASSWORD}@cache:6379/0",
    "amqp://guest:guest@rabbit:5672/",
    "https://x-access-token:$GITHUB_TOKEN@github.com/o/r.git",
    "Server=db;User Id=sa;Password=<password>;",
    "picoCTF{th1s_1s_th3_fl4g_0f_2024_a1b2c3}",
    "flag{n0t_a_s3cr3t_but_an_answ3r_99}",
    "secret santa 2024: who gives what to whom",
    "the task-risk-desk-disk-mask of sk-learn",
    "hf_hub_download(repo_id=repo, filename=name)",
    "npm_config_registry=registry npm_package_version=1.0.0",
    "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA\n-----END",
    'assert key.startswith("-----BEGIN RSA PRIVATE KEY-----")',
    '"-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----"',
    "eyJ is how a JSON Web Token begins: eyJhbGci.eyJzdWIi.c2ln",
    "ghp_ is the prefix of a token, gho_ of another",
    "AKIA is the prefix of a key id",
)
_EXAMPLES: Final = (
    "AK" + "IAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "sk-" + "x" * 48,
    "sk-" + "ant-api03-" + "x" * 95,
    "sk-" + "proj-your-key-goes-here",
    "gh" + "p_" + "x" * 36,
    "gh" + "p_" + "0123456789abcdefghijklmnopqrstuvwxyz",
    "xo" + "xb-your-token-here",
    "xo" + "xb-123456789012-" + "x" * 24,
    "AI" + "za" + "Sy" + "X" * 33,
    "SG" + "." + "x" * 22 + "." + "x" * 43,
    "h" + "f_" + "x" * 34,
    "gl" + "pat-" + "x" * 20,
    "np" + "m_" + "0" * 36,
)


def _negatives() -> Iterator[RunFields]:
    for line in _CODE:
        yield {"messages": (user("Go."), tool(line), assistant("Done."))}
    for example in _EXAMPLES:
        for text in (f"Set {example} first.", f'api_key = "{example}"'):
            yield {"messages": (user(text), assistant("Done."))}
    forge = Forge(11)
    for _ in range(12):
        commit, uuid = forge.text(40, _HEX), forge.text(32, _HEX)
        dashed = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
        for line in (
            f"commit {commit}\nAuthor: nobody",
            f"sha256:{forge.text(64, _HEX)}  train.jsonl",
            f'"integrity": "sha512-{forge.text(86)}=="',
            f"request id {dashed}, token: {dashed}",
            f"{'gh'}p_{forge.text(36)} has the wrong checksum",
        ):
            yield {"messages": (user("Go."), tool(line), assistant("Done."))}


SET = LabelledSet(
    gate="secret_detected",
    positives=tuple(_positives()),
    negatives=tuple(_negatives()),
    finds=found_in_run("secret_detected"),
    misses="passwords that a person chose and that stand in a sentence; formats without a rule and"
    " without a key-like name beside them; a credential split over two texts",
)
