"""The rules for credentials: what each looks like, from what its provider publishes.

A rule is tried where one of its needles stands; its group ``key``, else all of the match, is the
credential. Every repetition is bounded, and possessive where it can be, so that a hit costs no more
than a constant. A format that changes is one line here, and a higher `secret_detected.VERSION`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from distill.firewall.secret_checks import (
    entropy,
    has_crc32,
    is_jwt,
    is_password,
    is_random,
    is_random_value,
)

_END: Final = rb"(?![A-Za-z0-9_])"
#: JSON may write a slash with a backslash before it, and each layer around doubles those.
_SLASH: Final = rb"\\{0,32}+/"
#: How many stand before a slash within one to four layers; some escape it anew.
_BACKSLASHES: Final = (1, 2, 3, 4, 7, 8, 15)
_DIGITS: Final = b"0123456789"
_AZURE: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-"


@dataclass(frozen=True, slots=True)
class SecretRule:
    """One kind of credential. `accepts` is asked about what the pattern found.

    `is_within`: a letter or digit may stand before the needle. `lead`: which bytes before the
    needle belong to the credential, `lead_length` of them at most.
    """

    name: str
    needles: tuple[str, ...]
    pattern: re.Pattern[bytes]
    accepts: Callable[[bytes], bool]
    is_within: bool = False
    lead: bytes = b""
    lead_length: int = 0


def _rule(
    name: str,
    needles: str,
    pattern: bytes,
    accepts: Callable[[bytes], bool] = is_random,
    *,
    is_within: bool = False,
) -> SecretRule:
    return SecretRule(name, tuple(needles.split()), re.compile(pattern), accepts, is_within)


#: Names that a credential stands beside, in code, settings, headers and JSON.
_NAMES: Final = (
    rb"(?i:api[_-]?keys?|secret(?:[_-]?(?:access[_-]?)?key)?|access[_-]?(?:key|token)|token|"
    rb"passw(?:or)?d|pwd|(?:private|encryption|signing|account)[_-]?key)"
)
_ASSIGNED: Final = (
    rb"(?:[_-]?[A-Za-z0-9]{0,16}+)[\"'\\]{0,4}+[ \t]{0,4}+(?::=|=>|:|==?)[ \t]{0,4}+"
    rb"(?:[bBrRfFuU]?[\"'\\]{1,4}+)?(?:Bearer |Basic )?"
)
_VALUE: Final = rb"(?P<key>[A-Za-z0-9+/_.~!@#$%^&*-]{16,512}+={0,2}+)(?![(\[])"
_KEY_BITS: Final = 4.0
_KEY_BODY: Final = rb"(?:[A-Za-z0-9+/=]|\\[nr]|\s){40,20000}+"

SECRET_RULES: Final[tuple[SecretRule, ...]] = (
    _rule(
        "private_key",
        "-----BEGIN",
        rb"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
        rb"(?:(?:\s|\\[nr]){1,8}[A-Za-z-]{4,20}: [^\n\0\\]{1,200}){0,4}"
        + _KEY_BODY
        + rb"(?:-----END [A-Z0-9 ]{1,40}-----)?",
        lambda key: entropy(key) >= _KEY_BITS,
        is_within=True,
    ),
    _rule(
        "github_token",
        "ghp_ gho_ ghu_ ghs_ ghr_",
        rb"gh[pousr]_[A-Za-z0-9]{36}" + _END,
        lambda token: has_crc32(token[4:]),
    ),
    _rule(
        "github_fine_grained_token",
        "github_pat_",
        rb"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}" + _END,
    ),
    _rule("anthropic_key", "sk-ant-", rb"sk-ant-[a-z]{2,8}[0-9]{2}-[A-Za-z0-9_-]{80,120}"),
    _rule(
        "openai_key",
        "sk-",
        rb"sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{20,90}T3BlbkFJ[A-Za-z0-9_-]{20,90}",
    ),
    _rule("openrouter_key", "sk-or-", rb"sk-or-v1-[0-9a-f]{64}" + _END),
    _rule("legacy_sk_key", "sk-", rb"sk-(?:proj-)?[A-Za-z0-9]{32,64}" + _END, is_random_value),
    _rule(
        "aws_access_key_id",
        "AKIA ASIA ABIA ACCA",
        rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}" + _END,
    ),
    _rule("google_api_key", "AIza", rb"AIza[A-Za-z0-9_-]{35}" + _END),
    _rule("google_oauth_secret", "GOCSPX-", rb"GOCSPX-[A-Za-z0-9_-]{28}" + _END),
    _rule("google_oauth_token", "ya29.", rb"ya29\.[A-Za-z0-9_-]{30,512}"),
    _rule(
        "azure_storage_key",
        "AccountKey",
        rb"(?i:AccountKey)=(?P<key>[A-Za-z0-9+/]{86}==)",
        is_within=True,
    ),
    _rule(
        "azure_sas_key",
        "SharedAccessKey",
        rb"(?i:SharedAccessKey)=(?P<key>[A-Za-z0-9+/]{43}=)",
        is_within=True,
    ),
    SecretRule(
        "azure_client_secret",
        ("0Q~",),
        re.compile(rb"[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{31,34}"),
        is_random,
        lead=_AZURE,
        lead_length=3,
    ),
    _rule(
        "slack_token",
        "xoxb- xoxp- xoxa- xoxr- xoxs- xoxe-",
        rb"xox[bparse](?:-[A-Za-z0-9]{8,64}){2,6}",
    ),
    _rule("slack_app_token", "xapp-", rb"xapp-[0-9]-[A-Z0-9]{8,16}-[0-9]{8,16}-[a-f0-9]{32,80}"),
    _rule(
        "slack_webhook",
        "hooks.slack.com",
        rb"hooks\.slack\.com" + _SLASH + rb"(?:services|workflows)" + _SLASH + rb"(?P<key>"
        rb"T[A-Z0-9]{6,12}" + _SLASH + rb"[A-Z0-9]{6,14}" + _SLASH + rb"[A-Za-z0-9]{20,40})",
        is_within=True,
    ),
    _rule("stripe_key", "sk_live_ rk_live_", rb"[sr]k_live_[A-Za-z0-9]{24,128}" + _END),
    _rule("stripe_webhook_secret", "whsec_", rb"whsec_[A-Za-z0-9+/]{32,64}"),
    _rule("twilio_key", "SK", rb"SK[0-9a-f]{32}" + _END),
    _rule("sendgrid_key", "SG.", rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}" + _END),
    _rule("mailgun_key", "key-", rb"key-[0-9a-f]{32}" + _END),
    _rule("npm_token", "npm_", rb"npm_[A-Za-z0-9]{36}" + _END),
    _rule("pypi_token", "pypi-AgE", rb"pypi-AgE[A-Za-z0-9_-]{50,1000}"),
    _rule("hugging_face_token", "hf_ api_org_", rb"(?:hf|api_org)_[A-Za-z]{34}" + _END),
    _rule(
        "gitlab_token",
        "glpat- gldt- glrt- glptt- glsoat- glcbt- glft- glagent-",
        rb"gl(?:pat|dt|rt|ptt|soat|cbt|ft|agent)-[A-Za-z0-9_.-]{20,300}",
    ),
    SecretRule(
        "telegram_bot_token",
        (":AA",),
        re.compile(rb"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}" + _END),
        is_random,
        lead=_DIGITS,
        lead_length=10,
    ),
    _rule(
        "discord_webhook",
        "/api/webhooks/",
        rb"/api/webhooks/[0-9]{17,20}/(?P<key>[A-Za-z0-9_-]{60,80})",
        is_within=True,
    ),
    _rule("digitalocean_token", "dop_v1_ doo_v1_ dor_v1_", rb"do[por]_v1_[0-9a-f]{64}" + _END),
    _rule(
        "shopify_token",
        "shpat_ shpca_ shppa_ shpss_",
        rb"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}" + _END,
    ),
    _rule("databricks_token", "dapi", rb"dapi[0-9a-f]{32}(?:-[0-9])?" + _END),
    _rule("linear_key", "lin_api_", rb"lin_api_[A-Za-z0-9]{40}" + _END),
    _rule(
        "age_key", "AGE-SECRET-KEY-1", rb"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"
    ),
    _rule("groq_key", "gsk_", rb"gsk_[A-Za-z0-9]{52}" + _END),
    _rule("xai_key", "xai-", rb"xai-[A-Za-z0-9]{70,90}" + _END),
    _rule("replicate_token", "r8_", rb"r8_[A-Za-z0-9]{37}" + _END),
    _rule("vault_token", "hvs.", rb"hvs\.[A-Za-z0-9_-]{24,200}"),
    _rule("langfuse_key", "sk-lf-", rb"sk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}" + _END),
    _rule(
        "json_web_token",
        "eyJ",
        rb"eyJ[A-Za-z0-9_-]{10,1000}+\.eyJ[A-Za-z0-9_-]{8,8000}+\.[A-Za-z0-9_-]{16,1000}",
        is_jwt,
    ),
    _rule(
        "url_password",
        " ".join(("://", *(":" + "\\" * number + "/" for number in _BACKSLASHES))),
        rb":" + _SLASH + _SLASH + rb"[^\s\0:/@\"'<>\\]{0,128}+:"
        rb"(?P<key>[^\s\0/@\"'<>\\]{3,256}+)@[A-Za-z0-9\[]",
        is_password,
        is_within=True,
    ),
    _rule(
        "connection_string_password",
        "password= pwd=",
        rb"(?i:password|pwd)=(?P<key>[^;\"'\s\0<>]{6,128})(?:;|[\"'])",
        is_password,
        is_within=True,
    ),
    _rule(
        "bearer_token",
        "bearer",
        rb"(?i:bearer) (?P<key>[A-Za-z0-9._~+/-]{20,512}+=*)",
        is_random_value,
    ),
    _rule(
        "value_of_key_like_name",
        "api_key api-key apikey secret token password passwd pwd access_key access-key accesskey"
        " private_key encryption_key signing_key account_key accountkey",
        _NAMES + _ASSIGNED + _VALUE,
        is_random_value,
        is_within=True,
    ),
)
