"""Names and addresses of nobody in particular, and the domains that mail is sent to."""

import re
from typing import Final

#: Generic top-level domains that people have mail at (IANA's root zone); every two letters count
#: as a country's.
_TOP_LEVEL: Final = frozenset(
    b"academy ac agency aero app art asia biz blog cat cloud club co com community company "
    b"consulting coop dev digital edu email energy engineering expert finance foundation fund "
    b"global gmbh gov group guru health info institute int international jobs law legal life live "
    b"ltd media mil mobi museum name net network news one online org page partners photography "
    b"post press pro services shop site social software solutions space store studio support "
    b"systems team tech technology tel today tools top travel university ventures video wiki work "
    b"works world xyz zone".split()
)
#: Two letters that end files and code rather than addresses.
_NO_COUNTRY: Final = frozenset(
    b"py js ts md rs go cs hs kt sh rb pl cc hh mm mk so db gz cp px".split()
)
_COUNTRY_LETTERS: Final = 2

#: RFC 2606, RFC 6761, and the domains that stand for them in documentation.
_RESERVED: Final = re.compile(
    rb"(?:.*\.)?(?:example\.(?:com|org|net|edu)|example|test|invalid|localhost|local|internal|"
    rb"test\.com|domain\.com|yourdomain\.com|email\.com|company\.com|mail\.com|acme\.com|foo\.com|"
    rb"bar\.com|abc\.com|xyz\.com)",
    re.IGNORECASE,
)
_ROLES: Final = frozenset(
    b"git hg svn noreply no-reply donotreply do-not-reply root postmaster mailer-daemon user users "
    b"username you your.name name email example test someone foo bar".split()
)
_ACCOUNTS: Final = frozenset(
    b"shared public default guest user users username you me name yourname your-name your_name foo "
    b"bar someone somebody root admin administrator ubuntu debian centos fedora ec2-user vagrant "
    b"runner runneradmin circleci travis jenkins gitlab-runner builder build ci app node node-user "
    b"jovyan vscode codespace gitpod docker container coder dev developer devuser test tester "
    b"testuser agent sandbox nobody nonroot www www-data git pi linuxbrew conda miniconda anaconda "
    b"openhands openclaw swe-agent swe swe-bench swebench workspace project projects work code src "
    b"data "
    b"worker service python postgres mysql oracle hadoop spark airflow elastic home path file "
    b"file1 dir folder my_user my-user myuser bin lib opt etc tmp var local all".split()
)


def is_top_level(name: bytes) -> bool:
    """Say whether a domain's last part is one that mail is sent to."""
    lower = name.lower()
    if len(lower) == _COUNTRY_LETTERS:
        return name in (lower, name.upper()) and lower not in _NO_COUNTRY
    return lower in _TOP_LEVEL


def is_address_of_nobody(name: bytes, domain: bytes) -> bool:
    """Say whether an address is reserved for documentation, or a role's or a tool's."""
    return bool(_RESERVED.fullmatch(domain)) or name.lower() in _ROLES


def is_name_of_nobody(name: bytes) -> bool:
    """Say whether a home folder's name is a machine's or a placeholder's."""
    lower = name.lower().strip(b".")
    return not lower or lower in _ACCOUNTS or lower.isdigit() or lower.startswith((b"your", b"xxx"))
