"""Addresses, lines, accounts and homes of invented people; and what only looks like them."""

import random
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from distill.firewall.finding import GateSettings
from distill.firewall.settings import FirewallSettings, MarkAction, PersonalSettings
from tests.exports.builders import assistant, call, tool, user
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields, found_in_run

_FIRST: Final = (
    "mira",
    "tomas",
    "jana",
    "okoro",
    "ling",
    "saoirse",
    "pedro",
    "ayse",
    "nils",
    "vera",
)
_LAST: Final = ("holt", "varga", "lindqvist", "adeyemi", "chen", "byrne", "costa", "demir", "berg")
_HOSTS: Final = ("posteo.de", "fastmail.com", "uni-graz.at", "mail.acme-labs.io", "orange.fr")


class Census:
    """Makes people who do not exist; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - they are to be the same each time

    def digits(self, length: int) -> str:
        """Return so many random digits."""
        return "".join(self._random.choice("0123456789") for _ in range(length))

    def all(self) -> dict[str, tuple[str, str]]:
        """Return values by their kind: the rule that has to find each, and how it is written."""
        pick = self._random.choice
        first, last = pick(_FIRST) + self.digits(2), pick(_LAST)
        card = _with_luhn(pick(("4539", "5301", "6011")) + self.digits(11))
        amex = _with_luhn("37" + self.digits(12))
        octets = [self._random.randint(60, 90), *(self._random.randint(1, 254) for _ in range(3))]
        area, exchange = self._random.randint(212, 989), self._random.randint(212, 554)
        group = self.digits(4)
        return {
            "address": ("email", f"{first}.{last}@{pick(_HOSTS)}"),
            "address with a tag": ("email", f"{first}+{self.digits(2)}@{pick(_HOSTS)}"),
            "address in brackets": ("email", f"{first.upper()}_{last}@{pick(_HOSTS).upper()}"),
            "card": ("card_number", card),
            "card in groups": ("card_number", " ".join(card[i : i + 4] for i in range(0, 16, 4))),
            "card with dashes": ("card_number", "-".join(card[i : i + 4] for i in range(0, 16, 4))),
            "card of 15": ("card_number", f"{amex[:4]} {amex[4:10]} {amex[10:]}"),
            "German account": ("iban", _iban("DE", self.digits(18))),
            "British account": ("iban", _iban("GB", "LOYD" + self.digits(14))),
            "Dutch account in groups": ("iban", _grouped(_iban("NL", "INGB" + self.digits(10)))),
            "address of a machine": ("ip_address", ".".join(map(str, octets))),
            "long address": ("ip_address", f"2a02:8108:{group}:77a:19c:{self.digits(4)}:9:b1"),
            "short address": ("ip_address", f"2a01:4f8:c0c:{self.digits(4)}::1"),
            "line abroad": ("phone", f"+49 151 {self.digits(8)}"),
            "line in France": ("phone", f"+33 6 {' '.join(self.digits(2) for _ in range(4))}"),
            "bare line abroad": ("phone", f"+4477{self.digits(8)}"),
            "American line": ("phone", f"({area}) {exchange}-{self.digits(4)}"),
            "American line with dashes": ("phone", f"{area}-{exchange}-{self.digits(4)}"),
            "home": ("user_name", f"/home/{first}{last}/project/a.py"),
            "home of a Mac": ("user_name", f"/Users/{first}/Desktop"),
            "home of Windows": ("user_name", f"C:\\Users\\{last}{self.digits(2)}\\AppData"),
        }


def _with_luhn(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def _iban(country: str, account: str) -> str:
    moved = "".join(str(int(letter, 36)) for letter in f"{account}{country}00")
    return f"{country}{98 - int(moved) % 97:02}{account}"


def _grouped(iban: str) -> str:
    return " ".join(iban[place : place + 4] for place in range(0, len(iban), 4))


def _positives() -> Iterator[RunFields]:
    for seed in range(4):
        for _, value in Census(seed).all().values():
            yield {"messages": (user("Look it up."), tool(f'{{"v": "{value}"}}'), assistant("Ok."))}
    for _, value in Census(40).all().values():
        yield {"messages": (user(f"It is {value}, they say."), assistant("Noted."))}
        yield {"messages": (user("Go."), assistant(None, call("set", {"a": [value]})))}
    for value in (
        "j\u00f6rg.holt@posteo.de",
        "mira@m\u00fcller-holt.de",
        *(Census(42).all()["card in groups"][1].replace(" ", part) for part in "\u00a0\u2013"),
        *(Census(43).all()["Dutch account in groups"][1].replace(" ", p) for p in "\u202f-"),
    ):
        yield {"messages": (user(f"Write down {value}."), assistant("Noted."))}
    for name in ("-Users-mholt-work", "projects/-home-mholt-work/a.jsonl", "C--Users-mholt-x"):
        yield {"messages": (user("Go."), tool(name), assistant("Done."))}
    address = Census(41).all()["address"][1]
    yield {"messages": (user("Go."), tool(f"?to={quote(address, safe='')}&x=1"), assistant("Ok."))}
    for sentence in (
        "My name is Mira Holt and I live at 4 Mill Lane.",
        "Dr. Okoro Varga, born on 3 May 1971, was admitted on Monday.",
        "Call me at four one five, three six seven, two two one four.",
        "The employee, Jana Lindqvist, signed the form.",
        "mira dot holt at posteo dot de",
    ):
        yield {"messages": (user(sentence), assistant("Noted."))}  # not found


_LINES: Final = (
    "@@ -200,7 +200,9 @@ def parse(line):",
    "@@ -1,415 +367,2214 @@",
    "+4155552671\n+4155552672",
    "-415-367-2214-88",
    "+12025550143",
    "loss: 0.4539578763621486 after 4539 steps",
    "0.5555555555554444 0.4111111111111111",
    "weights = [4.5395787636214860, 5.301578763621486]",
    "1700000000000 1700000000000000000",
    "4539 5787 6362",
    "order 4539578763621487 was paid",
    "card 4111 1111 1111 1111 expires never",
    "4242424242424242 is the test card",
    "5555-5555-5555-4444",
    "3782 822463 10005",
    "DE89 3704 0044 0532 0130 00 is the example of an IBAN",
    "GB82WEST12345698765432",
    "DE12 3456 7890 1234 5678 90",
    "DE12-3456-7890-1234-5678-90 and part GB29-NWBK-6016-1331",
    "4539-5787\u00a06362-1486 of 4539\u20136362",
    "gr\u00f6\u00dfe@2x.png and \u00e9@k.T",
    "sha de89370400440532013000aabbccddeeff00112233",
    "listening on 127.0.0.1:8000 and 0.0.0.0:80",
    "ping 192.168.1.20 from 10.0.0.7 via 172.16.0.1",
    "nameserver 8.8.8.8",
    "netmask 255.255.255.0",
    "198.51.100.7 and 203.0.113.9 are for documentation",
    "2001:db8::1 is too",
    "version 1.2.3.4, was 12.10.3.39",
    "pip install foo==93.184.216.34",
    "v93.184.216.34",
    "section 4.12.7.1.2 and 104.20.30.40.50",
    "std::vector<int> a::b::c::d",
    "at 2024:10:05 12:30:45",
    "mail a@example.com, b@example.org or c@shop.example",
    "git clone git@github.com:o/r.git",
    "noreply@github.com",
    "@pytest.mark.parametrize('a', [1])",
    "@app.route('/home/<name>')",
    "q @ k.transpose(-2, -1) @ v.to(device)",
    "x = (q@k.T)@w.weight",
    "icon@2x.png and icon@3x.png",
    "npm i react@18.2.0 lodash@4.17.21",
    "actions/checkout@v4.1.7",
    "user@host.local ssh",
    "pkg@sha256.io-like",
    "/home/user/project/a.py",
    "<a href='#-Users-Guide-1'> and nav-home-page-x and --home-dir-x",
    "projects/-home-runner-work/a.jsonl",
    "/home/ubuntu/.ssh/config",
    "/Users/runner/work/repo/repo/a.py",
    "/home/runner/work and /home/swe-bench/x",
    "C:\\Users\\Public\\Documents",
    "C:\\Users\\<name>\\AppData",
    "router.get('/home/dashboard', show)",
    "GET /users/octocat/repos",
    "https://shop.test/home/index/page",
    "see https://git.test/users/17/posts",
    "/home/$USER/bin and /home/${name}/bin and /Users/{id}/x",
    "call 555-0142 or (212) 555-0142, it is a film",
    "+1 555 0100 is for films too",
    "123-456-7890 and 000-000-0000",
    "phone: 0000000000",
    "phone number: none",
    "telephone=12",
    "ISBN 978-3-16-148410-0, ISSN 2049-3630",
    "doi:10.1000/182.415.367",
    "date 2024-03-15 15:30, 03/15/2024",
    "2024-03-15T15:30:45.123456Z",
    "uuid 4539a787-6362-1486-8539-000000000000",
    "coordinates 48.858370, 2.294481",
    "123,456,789.00 and 1.234.567,89",
    "picoCTF{4539578763621486_is_no_card}",
    "password=getpass(user@prompt)",
    "EMAIL = os.environ['EMAIL']",
    "user-agent: Mozilla/5.0 (X11) 537.36",
    "tel: extension only",
    "rows 200-300-4000 of 5000-6000-7000",
)


def _negatives() -> Iterator[RunFields]:
    for line in _LINES:
        yield {"messages": (user("Go."), tool(line), assistant("Done."))}
    census = Census(50)
    for _ in range(8):
        for line in (
            f"0.{census.digits(16)} {census.digits(2)}.{census.digits(14)}",
            f"@@ -{census.digits(3)},{census.digits(3)} +{census.digits(3)},{census.digits(4)} @@",
            f"id 1{census.digits(17)}",
            f"+1{census.digits(9)}\n+{census.digits(10)}",
            f"{census.digits(3)}.{census.digits(3)}.{census.digits(5)}",
        ):
            yield {"messages": (user("Go."), tool(line), assistant("Done."))}


SET = LabelledSet(
    gate="personal_data",
    positives=tuple(_positives()),
    negatives=tuple(_negatives()),
    finds=found_in_run(
        "personal_data",
        GateSettings(
            firewall=FirewallSettings(personal_data=PersonalSettings(action=MarkAction.QUARANTINE))
        ),
    ),
    misses="names of persons, postal addresses and dates of birth in sentences; numbers and"
    " addresses that are spelt out; national numbers outside North America without a label",
)
