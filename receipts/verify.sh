#!/bin/sh
# Checks a Distill workspace or release with standard tools alone: nothing of Distill, no Python.
#
# The steps, each under its heading below: tools, what lies there, the ledger's lines, its keys, its
# tree and checkpoints, the release's manifest, the receipts, the files that they name, the verdict.
# What was found is collected in $T/faults (wrong), $T/unchecked (can't be told) and $T/notes.
# Nothing that is read here is believed: names come from `find` without control characters, recorded
# paths are held against the same rules as in receipts/README.md, no link is followed that leads out,
# and what goes into a generated script is octal digits, base64 or numbers that were checked before.
set -eu
LC_ALL=C
export LC_ALL
unset CDPATH ENV
umask 077

usage() {
    cat <<'EOF'
usage: sh verify.sh [FOLDER] [--since FILE] [--key FILE]... [--include INDEX]... [--root NAME=FOLDER]... [--all]

Checks the receipts of a Distill workspace or release: FOLDER, or the current one.
  --since FILE         your own copy of an older checkpoint: the ledger must be its continuation
  --key FILE           a public key (PEM, or a vkey line) that you keep elsewhere: the ledger's key
                       must be that one, or descend from it by rotations that the older key signed
  --include INDEX      show and check the inclusion proof of a line of the ledger, counted from 0
  --root NAME=FOLDER   where the logs of a root lie here; otherwise distill.toml says it
  --all                check every signature, and the facts of every receipt, however many there are
                       (otherwise the newest 100, and 20000 facts)
Needs jq, openssl (or shasum or sha256sum), and what POSIX has: awk, cmp, find, od, sort, xargs and
the like; uses b3sum where it is.

The last line begins with one of these:
  SOUND          exit code 0: all was checked and nothing is wrong
  NOT SOUND      exit code 10: something was changed, removed or added; each is named above
  CANNOT CHECK   exit code 11: nothing wrong was seen, but something can't be checked; named above
  (wrong usage)  exit code 2
EOF
}

wrong_usage() {
    printf 'error: %s\n' "$1" >&2
    printf 'hint: sh verify.sh --help\n' >&2
    exit 2
}

absolute() {
    case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac
}

for tool in awk cat cmp cut find head ls mkdir od rm sort tr wc xargs jq; do
    command -v "$tool" >/dev/null 2>&1 || {
        printf 'cannot check: %s is not installed\nCANNOT CHECK: nothing was checked\n' "$tool"
        exit 11
    }
done

folder='' since='' pins='' include='' all=no given_roots=''
newline='
'
tab=$(printf '\t')
while [ $# -gt 0 ]; do
    case $1 in
    -h | --help) usage && exit 0 ;;
    --since | --key | --include | --root) [ $# -gt 1 ] || wrong_usage "$1 needs a value" ;;
    esac
    case $1 in
    --since) since=$(absolute "$2") && shift ;;
    --key) pins=$pins$(absolute "$2")$newline && shift ;;
    --include)
        case $2 in '' | *[!0-9]* | ??????????????*) wrong_usage "$2 is no index of a line" ;; esac
        include="$include $2" && shift
        ;;
    --root)
        case $2 in ?*=?*) ;; *) wrong_usage "$2 is no NAME=FOLDER" ;; esac
        given_roots=$given_roots$2$newline && shift
        ;;
    --all) all=yes ;;
    --) ;;
    -*) wrong_usage "unknown option $1" ;;
    *) if [ -z "$folder" ]; then folder=$1; else wrong_usage "more than one folder"; fi ;;
    esac
    shift
done
[ -z "$since" ] || [ -f "$since" ] || wrong_usage "no such file: $since"
printf '%s' "$pins" | while IFS= read -r pin; do [ -f "$pin" ] || exit 1; done ||
    wrong_usage "a file of --key is not there"
case ${folder:=.} in -*) folder=./$folder ;; esac
scratch=$(absolute "${TMPDIR:-/tmp}")/distill-verify.$$
cd "$folder" 2>/dev/null || wrong_usage "no such folder: $folder"
[ -d receipts ] || wrong_usage "no folder receipts in $folder"
# A run that was killed may have left a folder; one that is there already is never used.
T=''
for more in '' .1 .2 .3 .4 .5 .6 .7 .8 .9; do
    mkdir "$scratch$more" 2>/dev/null && T=$scratch$more && break
done
[ -n "$T" ] || wrong_usage "can't make the folder $scratch; set TMPDIR"
export T
verdict=''
leave() {
    code=$?
    cd / && rm -rf "$T"
    if [ -z "$verdict" ]; then
        printf 'CANNOT CHECK: a step of the check itself failed (%s)\n' "$code" && exit 11
    fi
    exit "$code"
}
trap leave EXIT
trap 'exit 11' HUP INT TERM
: >"$T/faults" && : >"$T/unchecked" && : >"$T/notes"

# A name or a text of the folder, fit for a terminal.
shown() { printf '%s' "$1" | tr -c '\040-\176\200-\377' '?'; }
fault() { printf '%s: %s\n' "$(shown "$1")" "$2" >>"$T/faults"; }
unchecked() { printf '%s: %s\n' "$(shown "$1")" "$2" >>"$T/unchecked"; }
note() { printf '%s\n' "$1" >>"$T/notes"; }
lines_of() { wc -l <"$1" | tr -d ' '; }

finish() {
    while IFS= read -r line; do printf 'note: %s\n' "$line"; done <"$T/notes"
    while IFS= read -r line; do printf 'cannot check: %s\n' "$line"; done <"$T/unchecked"
    while IFS= read -r line; do printf 'not sound: %s\n' "$line"; done <"$T/faults"
    verdict=SOUND code=0
    if [ -s "$T/unchecked" ]; then verdict='CANNOT CHECK' code=11; fi
    if [ -s "$T/faults" ]; then verdict='NOT SOUND' code=10; fi
    printf '%s: %s\n' "$verdict" "$1"
    exit "$code"
}

# ---------------------------------------------------------------------------------------- tools
# A tool is used only after it gave the known answer to a known question, and refused a wrong one.

printf '{"a":["\\u0000\303\251",-1,9007199254740991]}\n' >"$T/known"
{ jq -cS 'select(.a[0] | test("\\A\\x{0}.\\z"))' "$T/known" | tr -d '\n' &&
    jq -rn '"ab\n" | test("\\A[a-b]{2}\\z")'; } >"$T/said" 2>/dev/null || :
if [ "$(cat "$T/said")" != '{"a":["\u0000é",-1,9007199254740991]}false' ]; then
    unchecked jq "is too old or lacks regular expressions" && finish "nothing was checked"
fi

# digest_all COMMAND LIST OUT: write "<hex><tab><name>" for every file that the list names.
digest_all() {
    : >"$3"
    [ -s "$2" ] || return 0
    # shellcheck disable=SC2086 # a command with its flags
    tr '\n' '\000' <"$2" | xargs -0 $1 2>/dev/null |
        awk '{ print substr($0, 1, 64) "\t" substr($0, 67) }' >"$3"
}
printf 'abc' >"$T/abc"
printf '%s\n' "$T/abc" >"$T/list"
find_digest() {
    answer=$1 && shift
    for command in "$@"; do
        digest_all "$command" "$T/list" "$T/said" 2>/dev/null || :
        [ "$(cat "$T/said")" != "$answer$tab$T/abc" ] || { printf '%s' "$command" && return 0; }
    done
}
# FIPS 180-2, B.1; the official test vectors of BLAKE3 agree with `b3sum` on the other.
sha=$(find_digest ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad \
    'openssl dgst -sha256 -r' 'shasum -a 256' sha256sum)
b3=$(find_digest 6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85 b3sum)
[ -n "$sha" ] || { unchecked SHA-256 "needs openssl, shasum or sha256sum" && finish "nothing was checked"; }
[ -n "$b3" ] || note "no b3sum here: BLAKE3 was not checked, SHA-256 was"

# Base64 in its one spelling, octal escapes for printf, and keys in PEM; for the awk programs below.
lib='
BEGIN {
    Q = "\047"
    A = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (i = 1; i <= 64; i++) V[substr(A, i, 1)] = i - 1
    for (i = 0; i < 256; i++) { x = sprintf("%02x", i); N[x] = i; O[x] = sprintf("\\%03o", i) }
}
function unbase64(s,    n, i, j, w, c, pad, out) {   # the hex digits; "" where it is not base64
    n = length(s)
    if (n == 0 || n % 4) return ""
    pad = substr(s, n - 1) == "==" ? 2 : substr(s, n) == "=" ? 1 : 0
    s = substr(s, 1, n - pad) substr("AA", 1, pad)
    for (i = 1; i <= n; i += 4) {
        for (j = w = 0; j < 4; j++) {
            c = substr(s, i + j, 1)
            if (!(c in V)) return ""
            w = w * 64 + V[c]
        }
        out = out sprintf("%02x%02x%02x", int(w / 65536), int(w / 256) % 256, w % 256)
    }
    if (substr(out, length(out) - 2 * pad + 1) != substr("0000", 1, 2 * pad)) return ""
    return substr(out, 1, length(out) - 2 * pad)
}
function base64(hex,    n, i, w, pad, out) {
    n = length(hex) / 2
    pad = (3 - n % 3) % 3
    hex = hex substr("0000", 1, 2 * pad)
    for (i = 1; i < length(hex); i += 6) {
        w = N[substr(hex, i, 2)] * 65536 + N[substr(hex, i + 2, 2)] * 256 + N[substr(hex, i + 4, 2)]
        out = out substr(A, int(w / 262144) + 1, 1) substr(A, int(w / 4096) % 64 + 1, 1) \
            substr(A, int(w / 64) % 64 + 1, 1) substr(A, w % 64 + 1, 1)
    }
    return substr(out, 1, length(out) - pad) substr("==", 1, pad)
}
function octal(hex,    i, out) {
    for (i = 1; i < length(hex); i += 2) out = out O[substr(hex, i, 2)]
    return out
}
function pem(hex,    s, out) {
    s = base64(hex)
    for (; length(s) > 64; s = substr(s, 65)) out = out substr(s, 1, 64) "\n"
    return "-----BEGIN PUBLIC KEY-----\n" out s "\n-----END PUBLIC KEY-----"
}
function has(hex, prefix, bytes) { return length(hex) == 2 * bytes && index(hex, prefix) == 1 }
function put(file, escapes) { print "printf " Q escapes Q " >" file }    # a line of a script
function put_text(file, text) { print "printf " Q "%s\\n" Q " " Q text Q " >" file }
function wrong(path, why) { print path ": " why >> (ENVIRON["T"] "/faults") }
function unsure(path, why) { print path ": " why >> (ENVIRON["T"] "/unchecked") }'
ED=302a300506032b6570032100
EC=3059301306072a8648ce3d020106082a8648ce3d03010703420004

# signed_by KIND KEY SIGNATURE FILE: whether the signature is the key's over the file's bytes.
signed_by() {
    case $1 in
    ed25519) openssl pkeyutl -verify -pubin -inkey "$2" -rawin -in "$4" -sigfile "$3" ;;
    p256) openssl dgst -sha256 -verify "$2" -signature "$3" "$4" ;;
    esac >/dev/null 2>&1
}
# RFC 8032 §7.1 test 2, and RFC 6979 §A.2.5 with SHA-256.
mkdir "$T/key" && printf 'r' >"$T/key/ed25519" && printf 'sample' >"$T/key/p256"
awk -v ed="$ED" -v ec="$EC" "$lib"'
BEGIN {
    put_text("ed25519.pem", pem(ed \
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"))
    put("ed25519.sig", octal("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" \
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"))
    put_text("p256.pem", pem(ec \
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6" \
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"))
    put("p256.sig", octal("3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716" \
        "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"))
}' </dev/null >"$T/key/script"
(cd "$T/key" && . ./script)
can() {
    signed_by "$1" "$T/key/$1.pem" "$T/key/$1.sig" "$T/key/$1" &&
        ! signed_by "$1" "$T/key/$1.pem" "$T/key/$1.sig" "$T/abc"
}
if can ed25519; then ed=yes; else ed=no; fi
if can p256; then ec=yes; else ec=no; fi

# ----------------------------------------------------------------------------- what lies there

# What has the manifest of a release, or a signature of one, is judged as a release: without its
# manifest it must not pass as a workspace, in which other files may lie.
is_release=no places=''
for path in release.json release.json.ed25519 release.json.p256 release.json.sig; do
    if [ -e "$path" ] || [ -L "$path" ]; then is_release=yes places=.; fi
done
if [ "$is_release" = no ]; then
    for place in receipts data; do
        [ ! -L "$place" ] || fault "$place" "is a link, and one of the engine's own folders"
    done
    for place in receipts/objects receipts/ledger receipts/keys exports quarantine data/evidence \
        data/scored data/objects; do
        if [ -d "$place" ] || [ -L "$place" ]; then places="$places $place"; fi
    done
fi
# listed TEST...: the paths below the places that pass the test; none with a name that breaks lines.
odd='*[[:cntrl:]]*'
listed() {
    [ -n "$places" ] || return 0
    # shellcheck disable=SC2086 # plain words
    find $places \( -name "$odd" -o -name '*\\*' \) -prune -o "$@" -print |
        awk '{ sub(/^\.\//, ""); print }'
}
listed -type f >"$T/files"
listed ! -type d ! -type f >"$T/others"
listed -type f -size +16777216c >"$T/large"
: >"$T/odd"
# shellcheck disable=SC2086
[ -z "$places" ] || find $places \( -name "$odd" -o -name '*\\*' \) -prune -print0 |
    tr '\n\000' '?\n' >"$T/odd"
while IFS= read -r path; do
    fault "$path" "has a control character or a backslash in its name, which no file of a receipt has"
done <"$T/odd"
while IFS= read -r path; do
    fault "$path" "is a link, or no plain file"
done <"$T/others"

log=receipts/ledger/log.jsonl
points=receipts/ledger/checkpoints
if [ ! -f "$log" ] || [ -L "$log" ]; then
    if [ ! -s "$T/files" ] && [ ! -s "$T/faults" ] && [ -z "$since$pins" ] && [ "$is_release" = no ]; then
        finish "no stage has run here"
    fi
    fault "$log" "the ledger is missing: nothing says which receipts belong here"
    finish "nothing else was checked"
fi
if [ "$is_release" = no ] && [ ! -f distill.toml ]; then
    unchecked release.json "neither it nor distill.toml is here, so this is no whole release and no workspace"
fi

# ------------------------------------------------------------------------- the ledger's lines
# Canonical, of a known form, each receipt once. Rows: <line from 0> <kind> <fields>.

size=$(lines_of "$log")
if [ "$size" = 0 ] && [ -d "$points" ]; then
    fault "$log" "holds no complete line, and there are checkpoints: it was replaced or cut"
fi
: >"$T/log"
[ "$size" = 0 ] || head -n "$size" "$log" >"$T/log"
cmp -s "$log" "$T/log" || unchecked "$log" "its last line is cut off, as a killed run leaves it; the next one mends it"
jq -cS . "$T/log" >"$T/canonical" 2>/dev/null || :
if ! cmp -s "$T/log" "$T/canonical"; then
    line=$(awk 'pass == 1 { line[FNR] = $0 }
        pass == 2 { n = FNR; if (!(FNR in line) || line[FNR] != $0) exit }
        END { print n + 0 }' pass=1 "$T/canonical" pass=2 "$T/log")
    fault "$log" "line $line (or one near it) is not canonical JSON: the ledger was changed"
fi

# A moment of the calendar, for the jq programs below.
moment='
def at: type == "string" and test("\\A[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z\\z")
  and ((.[0:4] | tonumber) as $year | $year > 0
    and (.[5:10] != "02-29" or ($year % 4 == 0 and ($year % 100 != 0 or $year % 400 == 0))));'
entries=$moment'
def is(pattern): type == "string" and test("\\A(?:" + pattern + ")\\z");
def hex: is("[0-9a-f]{64}");
def name: is("[A-Za-z0-9][A-Za-z0-9_.-]{0,99}");
def origin: is("distill/[0-9a-f]{16}");
def id: is("[0-9a-f]{8}");
def base64: is("[A-Za-z0-9+/]+={0,2}");
def facts: type == "object" and keys == ["root", "size"] and (.root | hex)
  and (.size | type == "number" and . >= 0 and . == floor);
def signature: keys == ["by", "ed25519"] and (.by | id) and (.ed25519 | base64);
def row:
  if type != "object" then null
  elif .entry == "genesis" and keys == ["entry", "format", "origin"]
    and .format == "distill.ledger/1" and (.origin | origin) then ["genesis", .origin]
  elif .entry == "started" and keys == ["at", "entry", "key", "run", "stage"]
    and (.at | at) and (.key | hex) and (.run | name) and (.stage | name)
    then ["started", (.run | tojson), .stage]
  elif .entry == "receipt" and keys == ["blake3", "entry", "facts", "run", "sha256", "stage", "status"]
    and (.blake3 | hex) and (.run | name) and (.sha256 | hex) and (.stage | name)
    and (.status == "passed" or .status == "failed") and (.facts | facts)
    then ["receipt", .blake3, .sha256, .stage, .status, (.run | tojson), .facts.root, (.facts.size | tostring)]
  elif .entry == "release" and keys == ["at", "blake3", "entry", "name", "sha256"]
    and (.at | at) and (.blake3 | hex) and (.name | name) and (.sha256 | hex)
    then ["release", .name, .blake3, .sha256]
  elif .entry == "key" and keys == ["action", "at", "attestation", "checkpoint", "entry", "id",
      "index", "origin", "reason", "signatures"]
    and (.at | at) and (.id | id) and (.index | type) == "number" and (.origin | origin)
    and (.reason == null or (.reason | type) == "string")
    and (.signatures | type) == "array" and (.signatures | all(type == "object" and signature))
    and (if .action == "revoke" then .checkpoint == null and .attestation == null
         else (.action == "add" or .action == "rotate")
           and (.checkpoint | base64) and (.attestation | base64) end)
    then ["key", .action, .id, .checkpoint // "-", .attestation // "-", (.index | tostring), .origin,
      (.signatures | map(.by + ":" + .ed25519) | join(",") | if . == "" then "-" else . end)]
  else null end;
foreach inputs as $e (-1; . + 1; [tostring] + ($e | row // ["unknown"]) | join("\t"))'
awk -v ledger="$log" "$lib"'length($0) > 16384 { wrong(ledger, "line " NR " is longer than 16384 bytes, which no line is") }' "$T/log"
jq -nr "$entries" "$T/log" >"$T/rows" 2>/dev/null || :
awk -F "$tab" -v ledger="$log" -v size="$size" "$lib"'
$2 == "unknown" { wrong(ledger, "line " $1 + 1 " is no entry of the format distill.ledger/1: changed, or written by a newer Distill") }
($2 == "genesis") != ($1 == 0) { wrong(ledger, "line " $1 + 1 ($1 == 0 ? " is not the genesis entry" : " begins the ledger anew")) }
$2 == "receipt" && ($3 in seen) { wrong(ledger, "line " $1 + 1 " lists the receipt " $3 " again, after line " seen[$3]) }
$2 == "receipt" { seen[$3] = $1 + 1; ended[$7] = 1 }
$2 == "started" && ($3 in started) { wrong(ledger, "line " $1 + 1 " starts a run again, after line " started[$3]) }
$2 == "started" && ($3 in ended) { wrong(ledger, "line " $1 + 1 " starts a run after its receipt") }
$2 == "started" { started[$3] = $1 + 1 }
$2 == "release" && ($3 in released) { wrong(ledger, "line " $1 + 1 " gives the name of a release again, after line " released[$3]) }
$2 == "release" { released[$3] = $1 + 1 }
END {
    if (NR != size && NR < size) wrong(ledger, "line " NR + 1 " is not JSON: the ledger was changed")
    for (run in started) if (!(run in ended)) n++
    if (n) print n + 0 " run(s) started and left no receipt" >> (ENVIRON["T"] "/notes")
}' "$T/rows"
origin=$(awk -F "$tab" '$1 == 0 && $2 == "genesis" { print $3 }' "$T/rows")

# ------------------------------------------------------------------------------ the ledger's keys
# In the order of the lines: `turns` says from which size on which key (by its line) is active.

jq -cS 'select(.entry == "key") | del(.signatures)' "$T/log" >"$T/messages" 2>/dev/null || :
awk -F "$tab" '$2 == "key" && NF == 9' "$T/rows" >"$T/keyrows"
(cd "$T/key" && awk -F "$tab" -v ed="$ED" -v ec="$EC" -v origin="$origin" "$lib"'
pass == 1 { message[FNR] = $0 }
pass == 2 {
    why = "ok"
    if ($7 != $1 || $8 != origin) why = "was made for another place or another ledger"
    n = split($9 == "-" ? "" : $9, pair, ",")
    by = ""
    for (i = 1; i <= n; i++) {
        split(pair[i], part, ":")
        hex = unbase64(part[2])
        if (length(hex) != 128 || index(by, part[1])) why = "bears no proper signatures"
        by = by (by == "" ? "" : ",") part[1]
        put($1 "." part[1] ".sig", octal(hex))
    }
    ck = unbase64($5); at = unbase64($6)
    if ($3 != "revoke" && (!has(ck, ed, 44) || !has(at, ec, 91))) why = "brings no Ed25519 key or no P-256 key"
    if ($3 != "revoke" && why == "ok") {
        put_text($1 ".ck.pem", pem(ck))
        put_text($1 ".at.pem", pem(at))
        put($1 ".id", origin "\\012\\001" octal(substr(ck, 25)))
        print $1 > "ids"
    }
    printf "distill.ledger/1 key\n%s", message[FNR] > ($1 ".message")
    close($1 ".message")
    print $1 "\t" $3 "\t" $4 "\t" (by == "" ? "-" : by) "\t" (ck == "" ? "-" : ck) "\t" (at == "" ? "-" : at) "\t" why > "table"
}' pass=1 ../messages pass=2 ../keyrows >script && . ./script && : >>table && : >>ids &&
    awk '{ print $0 ".id" }' ids >list && digest_all "$sha" list said && awk '
pass == 1 { sub(/\.id$/, "", $2); id[$2] = substr($1, 1, 8) }
pass == 2 { print $0 "\t" (($1 in id) ? id[$1] : "-") }' pass=1 said pass=2 table >checked)

active=- active_id=- ring=' ' revoked=' '
: >"$T/turns" && : >"$T/edges"
# entry_signed_by LINE ID KEYLINE
entry_signed_by() {
    [ "$ed" = yes ] || return 0
    signed_by ed25519 "$T/key/$3.ck.pem" "$T/key/$1.$2.sig" "$T/key/$1.message"
}
key_line() { # sets key_at to the line that brought the key of this id, or to -
    key_at=-
    case $ring in *" $1:"*) key_at=${ring##* "$1":} && key_at=${key_at%% *} ;; esac
}
while IFS=$tab read -r line action id by _ _ why computed; do
    key_line "$id"
    if [ "$why" != ok ]; then
        :
    elif [ "$action" = revoke ]; then
        case $by in "$id") signer=$key_at ;; "$active_id") signer=$active ;; *) signer=- ;; esac
        case $revoked in *" $id "*) key_at=- ;; esac
        if [ "$key_at" = - ]; then
            why="revokes a key that is unknown, or revoked already"
        elif [ "$signer" = - ] || ! entry_signed_by "$line" "$by" "$signer"; then
            why="is not signed by the revoked key or by the active one"
        fi
    elif [ "$key_at" != - ]; then
        why="brings the key $id again"
    elif [ "$computed" != "$id" ]; then
        why="has an id that is not that of its key"
    elif ! entry_signed_by "$line" "$id" "$line"; then
        why="is not signed by the key that it brings"
    elif [ "$action" = rotate ] && [ "$active" = - ]; then
        why="takes over from a key, but none is active"
    elif [ "$action" = rotate ] && ! entry_signed_by "$line" "$active_id" "$active"; then
        why="is not signed by the active key $active_id that it takes over from"
    else
        case $action:$by in
        "add:$id" | "rotate:$id,$active_id" | "rotate:$active_id,$id") ;;
        *) why="bears signatures of other keys" ;;
        esac
    fi
    if [ "$why" != ok ]; then
        fault "$log" "line $((line + 1)), a change of keys, $why"
        continue
    fi
    if [ "$action" = revoke ]; then
        revoked="$revoked$id "
        [ "$id" = "$active_id" ] || continue
        active=- active_id=-
        printf '%s\t-\t-\n' "$((line + 1))" >>"$T/turns"
        continue
    fi
    if [ "$action" = rotate ]; then
        printf '%s\t%s\n' "$active_id" "$id" >>"$T/edges"
    elif [ "$ring" != ' ' ]; then
        unchecked "$log" "line $((line + 1)): no older key vouches for the key $id; ask its owner"
    fi
    ring="$ring$id:$line "
    active=$line active_id=$id
    printf '%s\t%s\t%s\n' "$((line + 1))" "$line" "$id" >>"$T/turns"
done <"$T/key/checked"
if [ "$ed" = no ] && [ "$ring" != ' ' ]; then
    case $ring in
    ' '*' '*' '*) unchecked "$log" "this openssl can't verify Ed25519, so the changes of keys can't be checked" ;;
    esac
fi

# ------------------------------------------------------------------ the tree and its checkpoints
# RFC 6962 §2.1: leaf = SHA-256(00 ‖ line), node = SHA-256(01 ‖ left ‖ right). A generated script
# writes the nodes of one height, each to a file of its own, and one call digests them all.

mkdir "$T/tree" "$T/tree/leaf" "$T/tree/node" "$T/point"
(cd "$T/tree/leaf" && n=0 && while IFS= read -r line; do
    printf '\000%s' "$line" >"$n" && n=$((n + 1))
done <"$T/log" && awk -v n="$size" 'BEGIN { for (i = 0; i < n; i++) print i }' </dev/null >../leaves.list &&
    digest_all "$sha" ../leaves.list ../leaves)

# build_tree WANT NODES: for lines "<start> <size>" write "<start> <size> <hex>" of every subtree.
build_tree() {
    awk -v sha="$sha" "$lib"'
    function plan(s, z,    k, a, b, h) {                # the height of MTH(D[s:s+z])
        if ((s, z) in height) return height[s, z]
        if (z == 1) return height[s, z] = 0
        for (k = 1; k * 2 < z; k *= 2) continue
        a = plan(s, k); b = plan(s + k, z - k)
        h = (a > b ? a : b) + 1
        count[h]++; S[h, count[h]] = s; Z[h, count[h]] = z; K[h, count[h]] = k
        if (h > top) top = h
        return height[s, z] = h
    }
    function keep(s, z, hex) { escapes[s, z] = octal(hex); print s, z, hex }
    pass == 1 { keep($2, 1, $1) }
    pass == 2 { plan($1, $2) }
    END {
        run = "cd node && . ./script && xargs " sha " <list >said"
        for (h = 1; h <= top; h++) {
            for (i = 1; i <= count[h]; i++) {
                s = S[h, i]; z = Z[h, i]; k = K[h, i]
                print "printf " Q "\\001" escapes[s, k] escapes[s + k, z - k] Q " >" i > "node/script"
                print i > "node/list"
            }
            close("node/script"); close("node/list")
            if (system(run)) exit 1
            for (i = 1; i <= count[h] && (getline line < "node/said") > 0; i++)
                keep(S[h, i], Z[h, i], substr(line, 1, 64))
            close("node/said")
        }
    }' pass=1 leaves pass=2 "$1" >"$2"
}

awk -v under="$points/" -v ledger="$log" "$lib"'
index($0, "receipts/ledger/") != 1 || $0 == ledger { next }
{
    name = index($0, under) == 1 ? substr($0, length(under) + 1) : "-"
    is_p256 = sub(/\.p256$/, "", name)
    is_number = length(name) == 16 && name !~ /[^0-9]/
    sub(/^0+/, "", name)                               # some awks read a leading 0 as octal
    if (is_number && name != "") print name "\t" is_p256 "\t" $0
    else if ($0 ~ /\/\.[^\/]*\.partial$/) unsure($0, "was left by a run that was killed; the next run removes it")
    else wrong($0, "does not belong in the ledger")
}' "$T/files" | sort -n >"$T/points"
newest=$(awk '$2 == 0 { n = $1 } END { printf "%d", n }' "$T/points")
since_size=0
if [ -n "$since" ]; then since_size=$(awk 'NR == 2 && /^[1-9][0-9]*$/ && length($0) < 16' "$since"); fi
awk -v size="$size" -v since="${since_size:-0}" -v include="$include" '
$2 == 0 && $1 <= size { print 0, $1 }
END { if (since > 0 && since <= size) print 0, since; if (include != "" && size > 0) print 0, size }' "$T/points" >"$T/want"
(cd "$T/tree" && build_tree "$T/want" nodes) || exit 11

awk -F "$tab" -v size="$size" -v origin="$origin" -v ledger="$log" -v under="$points/" -v all="$all" "$lib"'
BEGIN {
    dash = "\342\200\224 "; turn = 0
    notes = ENVIRON["T"] "/point/notes"; signed_ones = ENVIRON["T"] "/point/signed"
    keyless = ENVIRON["T"] "/point/keyless"            # signatures of which no key is known
    printf "" > notes; printf "" > signed_ones; printf "" > keyless
}
pass == 1 { split($0, part, " "); if (part[1] == 0) root[part[2]] = part[3] }
pass == 2 { at[++turns] = $1; line[turns] = $2; id[turns] = $3; if ($2 != "-") keys++ }
pass == 3 && $2 == 1 { p256[$1] = $3 }
pass == 3 && $2 == 0 { path[$1] = $3; newest = order[++points] = $1 }
function first_lines(file,    n, text) {
    for (n = 0; n < 5; n++) L[n + 1] = ""
    for (n = 0; (getline text < file) > 0; n++) if (n < 5) L[n + 1] = text
    close(file)
    return n
}
function look(n, file,    count, hex, signed, sig, body) {
    while (turn < turns && at[turn + 1] <= n) turn++
    count = first_lines(file)
    hex = unbase64(L[3])
    signed = dash origin " "
    sig = count == 5 && index(L[5], signed) == 1 ? unbase64(substr(L[5], length(signed) + 1)) : ""
    if (count < 4 || count > 5 || L[4] != "" || L[1] != origin || L[2] != sprintf("%d", n) || length(hex) != 64 || (count == 5 && length(sig) != 136)) {
        wrong(file, "is no checkpoint of this ledger over " n " lines: it was changed")
        if (n in p256) {
            if (turn && line[turn] != "-") print "-\t" line[turn] "\t" file "\t" p256[n] > signed_ones
            else print p256[n] > keyless
        }
        return
    }
    body = origin "\\012" L[2] "\\012" L[3] "\\012"
    put(n ".body", body)
    put(n ".note", body "\\012" (count == 5 ? "\\342\\200\\224 " origin " " substr(L[5], length(signed) + 1) "\\012" : ""))
    print file "\t" n ".note" > notes
    if (n > size) { if (!cut++) wrong(ledger, "has " size " lines, and " file " covers " n ": its tail was cut") }
    else if (hex != root[n]) { if (!differ++) wrong(ledger, "its first " n " lines are not those that " file " covers: one of the two was changed") }
    if (count == 4) {
        if (keys && line[turn] != "-" && turn) wrong(file, "is not signed, and the ledger has the key " id[turn] " by then")
        if (n in p256) wrong(p256[n], "is a signature of a checkpoint that has none of its own")
        return
    }
    if (!turn || line[turn] == "-") { wrong(file, "is signed, and no key is active in the ledger by then"); return }
    if (substr(sig, 1, 8) != id[turn]) { wrong(file, "is signed by the key " substr(sig, 1, 8) ", and the active one is " id[turn]); return }
    put(n ".sig", octal(substr(sig, 9)))
    if (!(n in p256)) wrong(file ".p256", "the P-256 signature of this checkpoint is missing")
    if (all == "yes" || n + 100 > newest || at[turn] == n) print n "\t" line[turn] "\t" file "\t" ((n in p256) ? p256[n] : "-") > signed_ones
    else skipped++
}
END {
    for (i = 1; i <= points; i++) {
        for (n = order[i - 1] + 1; n < order[i] && n <= size; n++)
            if (++gap <= 5) wrong(under sprintf("%016d", n), "this checkpoint is missing; every one is kept")
        look(order[i], path[order[i]])
    }
    for (n in p256) if (!(n in path)) {
        if (n == newest + 1) unsure(p256[n], "is the signature of a checkpoint that is not there yet: a run was killed, and the next one mends it")
        else wrong(p256[n], "is the signature of a checkpoint that is not there")
    }
    if (gap > 5) wrong(under, gap - 5 " more checkpoints are missing")
    if (differ > 1) wrong(ledger, "the same is so for " differ - 1 " later checkpoints")
    if (size - newest == 1) unsure(under sprintf("%016d", size), "the last line of the ledger is covered by no checkpoint: a run was killed, and the next one (or distill ledger repair) mends it")
    if (size - newest > 1) wrong(ledger, "its last " size - newest " lines are covered by no checkpoint")
    if (skipped) print "the signatures of " skipped " older checkpoints were not checked (--all checks them); their roots were" >> (ENVIRON["T"] "/notes")
    if (!keys) print "the ledger is not signed: whoever can write here can write all of it anew" >> (ENVIRON["T"] "/notes")
    else if (turn && line[turn] == "-") print "the last key was revoked: whoever can write here can add lines since" >> (ENVIRON["T"] "/notes")
}' pass=1 "$T/tree/nodes" pass=2 "$T/turns" pass=3 "$T/points" >"$T/point.script" </dev/null
(cd "$T/point" && . ../point.script)
cut -f 1 "$T/point/notes" >"$T/list" && digest_all "$sha" "$T/list" "$T/said"
cut -f 2 "$T/point/notes" >"$T/list" && (cd "$T/point" && digest_all "$sha" "$T/list" rebuilt)
awk -F "$tab" "$lib"'
pass == 1 { is[$2] = $1 }
pass == 2 { rebuilt[$2] = $1 }
pass == 3 && (!($1 in is) || is[$1] != rebuilt[$2]) { wrong($1, "is not a checkpoint to the letter: it was changed") }
' pass=1 "$T/said" pass=2 "$T/point/rebuilt" pass=3 "$T/point/notes"

# misspelt LIST: the ECDSA signatures that are no strict DER with the lower s (SEC 1 §4.1.4: where
# (r, s) verifies, (r, n - s) does too, and one of the two is written).
misspelt() {
    [ -s "$1" ] || return 0
    tr '\n' '\000' <"$1" | xargs -0 -n 1 od -A d -v -t x1 2>/dev/null | awk '
    pass == 1 { name[FNR] = $0 }
    pass == 2 && NF > 1 { for (i = 2; i <= NF; i++) hex = hex $i }
    pass == 2 && NF == 1 {
        r = 32 * index(digits, substr(hex, 7, 1)) + 2 * index(digits, substr(hex, 8, 1)) - 34
        s = substr(hex, 9 + r + 4)
        size = sprintf("%02x", length(hex) / 2 - 2)
        tag = substr(hex, 9 + r, 4)
        whole = substr(hex, 1, 6) == "30" size "02" && tag == "02" sprintf("%02x", length(s) / 2)
        if (!whole || !proper(substr(hex, 9, r)) || !proper(s) || padded(s) > half) print name[++n]
        else n++
        hex = ""
    }
    function proper(x) { return x ~ /^[0-7]/ && x !~ /^00[0-7]/ && length(x) <= 66 && x !~ /^0*$/ }
    function padded(x) { while (length(x) < 66) x = "0" x; return x }
    END { for (n++; n in name; n++) print name[n] }
    ' digits=0123456789abcdef half=007fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8 pass=1 "$1" pass=2 -
}

signed=0
cut -f 4 "$T/point/signed" | awk '$0 != "-"' - "$T/point/keyless" >"$T/list"
misspelt "$T/list" >"$T/misspelt"
while IFS= read -r path; do
    fault "$path" "is no P-256 signature in its one spelling (DER, lower s): it was changed"
done <"$T/misspelt"
while IFS=$tab read -r n line path p256; do
    if [ "$ed" = yes ] && [ "$n" != - ]; then
        signed_by ed25519 "$T/key/$line.ck.pem" "$T/point/$n.sig" "$T/point/$n.body" ||
            fault "$path" "its signature is not the key's: it was changed, or signed by another key"
    fi
    if [ "$ec" = yes ] && [ "$p256" != - ]; then
        signed_by p256 "$T/key/$line.at.pem" "$p256" "$path" ||
            fault "$p256" "is not the key's signature over $path: one of the two was changed"
    fi
    signed=$((signed + 1))
done <"$T/point/signed"
if [ "$signed" -gt 0 ] || [ "$ring" != ' ' ]; then
    case $ed$ec in
    nono) unchecked "$points" "this machine's openssl verifies neither Ed25519 nor P-256, so no signature was checked" ;;
    noyes) note "this openssl can't verify Ed25519: each checkpoint's P-256 signature was checked instead" ;;
    yesno) note "this openssl can't verify P-256: each checkpoint's Ed25519 signature was checked alone" ;;
    esac
fi

# A key that is kept elsewhere: the key of the newest checkpoint is that one, or descends from it.
active_id=$(awk -F "$tab" -v n="$newest" '$1 <= n { id = $3 } END { print (id == "" ? "-" : id) }' "$T/turns")
: >"$T/pins"
printf '%s' "$pins" >"$T/pin.files"
while IFS= read -r pin; do
    awk -v ed="$ED" -v ec="$EC" "$lib"'
    /^-----END/ { on = 0 }
    on { text = text $0 }
    /^-----BEGIN PUBLIC KEY-----/ { on = 1 }
    /^[^+]+\+[0-9a-f]+\+/ { vkey = $0; sub(/^[^+]+\+[0-9a-f]+\+/, "", vkey); vkey = unbase64(vkey) }
    END {
        hex = has(vkey, "01", 33) ? ed substr(vkey, 3) : unbase64(text)
        if (has(hex, ed, 44)) print "ed25519\t" hex
        else if (has(hex, ec, 91)) print "p256\t" hex
    }' "$pin" >"$T/pin"
    [ -s "$T/pin" ] || wrong_pin=$pin
    cat "$T/pin" >>"$T/pins"
done <"$T/pin.files"
if [ -n "${wrong_pin:-}" ]; then unchecked "$wrong_pin" "is no Ed25519 or P-256 public key in PEM, and no vkey"; fi
if [ -s "$T/pins" ]; then
    awk -F "$tab" -v ring="$ring" -v active="$active_id" '
    pass == 1 { pinned[$1, $2] = 1 }
    pass == 2 && index(ring, " " $3 ":" $1 " ") {
        if (("ed25519", $5) in pinned) trusted[$3] = "ed25519"
        else if (("p256", $6) in pinned && $3 == active) trusted[$3] = "p256"
    }
    pass == 3 && trusted[$1] == "ed25519" { trusted[$2] = "ed25519" }
    END { print (active in trusted) ? trusted[active] : "none" }
    ' pass=1 "$T/pins" pass=2 "$T/key/checked" pass=3 "$T/edges" >"$T/trust"
    trust=$(cat "$T/trust")
    if [ "$trust" = none ]; then
        fault "$log" "is not signed by your key, nor by one that descends from it (the key now: $active_id)"
    elif [ "$trust" = ed25519 ] && [ "$ed" = no ]; then
        unchecked "$log" "this openssl can't verify Ed25519, so it can't hold the ledger to your key; give --key the P-256 key"
    elif [ "$trust" = p256 ] && [ "$ec" = no ]; then
        unchecked "$log" "this openssl can't verify P-256, so it can't hold the ledger to your key; give --key the Ed25519 key"
    fi
elif [ "$ring" != ' ' ]; then
    note "the keys are this folder's own word; --key holds them to one that you keep elsewhere"
fi

# A checkpoint that is kept elsewhere: the ledger's first lines have its root still.
if [ -n "$since" ]; then
    awk -v file="$since" -v size="$size" -v origin="$origin" -v ledger="$log" "$lib"'
    pass == 1 { if ($1 == 0) root[$2] = $3 }
    pass == 2 { L[FNR] = $0; lines = FNR }
    END {
        hex = unbase64(L[3])
        if (lines < 4 || L[2] !~ /^[1-9][0-9]*$/ || length(L[2]) > 15 || length(hex) != 64) unsure(file, "is no checkpoint of a ledger")
        else if (L[1] != origin) wrong(ledger, "is another ledger (" origin ") than that of your checkpoint (" L[1] ")")
        else if (L[2] + 0 > size) wrong(ledger, "has " size " lines, and your checkpoint covers " L[2] ": its tail was cut")
        else if (hex != root[L[2] + 0]) wrong(ledger, "its first " L[2] " lines are not those of your checkpoint: the history was rewritten")
        else print "consistent with your checkpoint of " L[2] " lines" >> (ENVIRON["T"] "/notes")
    }' pass=1 "$T/tree/nodes" pass=2 "$since"
fi

# prove_line INDEX: RFC 9162 §2.1.3.1, the siblings from the leaf to the root; then digested again.
prove_line() {
    if [ "$1" -ge "$size" ]; then
        unchecked "$log" "has no line of index $1 to show an inclusion proof of" && return 0
    fi
    awk -v m="$1" -v size="$size" '
    { hex[$1, $2] = $3 }
    function path(m, s, z,    k) {
        if (z == 1) return
        for (k = 1; k * 2 < z; k *= 2) continue
        if (m < k) { path(m, s, k); print "R", hex[s + k, z - k] }
        else { path(m - k, s + k, z - k); print "L", hex[s, k] }
    }
    END { print "leaf", hex[m, 1]; path(m, 0, size); print "root", hex[0, size] }' "$T/tree/nodes" >"$T/proof"
    fold_proof "$T/proof" || fault "$log" "the inclusion proof of the line of index $1 does not lead to the root"
    note "the line of index $1 is included in the ledger; leaf, siblings (L left, R right), root:"
    while IFS= read -r step; do note "  $step"; done <"$T/proof"
}
fold_proof() {
    while read -r side hex; do
        case $side in
        leaf) at=$hex ;;
        root) [ "$at" = "$hex" ] && return 0 ;;
        *)
            awk -v side="$side" -v at="$at" -v hex="$hex" "$lib"'
            BEGIN { put("node", "\\001" octal(side == "L" ? hex at : at hex)) }' </dev/null >"$T/node.script"
            at=$(cd "$T" && . ./node.script && printf 'node\n' >list && digest_all "$sha" list said && cut -f 1 said)
            ;;
        esac
    done <"$1"
    return 1
}
for index in $include; do prove_line "$index"; done

# The public keys in the folder are those of the ledger, to the letter.
mkdir "$T/keys"
awk -F "$tab" -v ring="$ring" -v revoked="$revoked" -v origin="$origin" "$lib"'
index(ring, " " $3 ":" $1 " ") {
    put_text($3 ".checkpoint.pem", pem($5)); put_text($3 ".attestation.pem", pem($6))
    put_text($3 ".vkey", origin "+" $3 "+" base64("01" substr($5, 25)))
    if (!index(revoked, " " $3 " ")) signers = signers origin " namespaces=\"distill\" ssh-ed25519 " \
        base64("0000000b7373682d6564323535313900000020" substr($5, 25)) "\n"
    keys++
}
END { if (keys) print "printf %s " Q signers Q " >allowed_signers" }' "$T/key/checked" >"$T/keys.script"
(cd "$T/keys" && . ../keys.script && find . -type f | awk '{ sub(/^\.\//, ""); print }' >../keys.names)
(cd "$T/keys" && digest_all "$sha" ../keys.names ../keys.expected)
awk 'index($0, "receipts/keys/") == 1' "$T/files" >"$T/list"
digest_all "$sha" "$T/list" "$T/said"
awk -F "$tab" "$lib"'
pass == 1 { is["receipts/keys/" $2] = $1 }
pass == 2 && ($2 in is) { seen[$2] = 1; if (is[$2] != $1) wrong($2, "is not the key that the ledger names: it was changed") }
pass == 2 && !($2 in is) { wrong($2, "belongs to no key of the ledger") }
END { for (path in is) if (!(path in seen)) wrong(path, "this public key is missing; the ledger has it") }
' pass=1 "$T/keys.expected" pass=2 "$T/said"

# ---------------------------------------------------------------------------- the receipts
# The objects are those of the ledger, byte for byte; the sound ones are read.

awk -F "$tab" -v ledger="$log" "$lib"'
pass == 1 && $2 == "receipt" { want["receipts/objects/" substr($3, 1, 2) "/" $3] = $1 + 1 }
pass == 2 && index($0, "receipts/objects/") == 1 {
    if ($0 in want) { print; seen[$0] = 1 }
    else if ($0 ~ /\/\.[^\/]*\.partial$/) unsure($0, "was left by a run that was killed; the next run removes it")
    else wrong($0, "no line of the ledger names this receipt (distill ledger repair, if a crash left it)")
}
pass == 3 { seen[$0] = 1 }
END { for (path in want) if (!(path in seen)) wrong(path, "this receipt is missing; line " want[path] " of the ledger names it") }
' pass=1 "$T/rows" pass=2 "$T/files" pass=3 "$T/others" >"$T/objects"
digest_all "$sha" "$T/objects" "$T/objects.sha"
: >"$T/objects.b3"
if [ -n "$b3" ]; then digest_all "$b3" "$T/objects" "$T/objects.b3"; fi
awk -F "$tab" -v b3="$b3" "$lib"'
pass == 1 { large[$0] = 1 }
pass == 2 && $2 == "receipt" { path = "receipts/objects/" substr($3, 1, 2) "/" $3; blake[path] = $3; sha[path] = $4; line[path] = $1 + 1 }
pass == 3 { found[$2] = $1 }
pass == 4 { found_b3[$2] = $1 }
pass == 5 {
    if ($0 in large) wrong($0, "is larger than 16 MiB, which no receipt is")
    else if (!($0 in found)) unsure($0, "can not be read")
    else if (found[$0] != sha[$0]) wrong($0, "holds other bytes than line " line[$0] " of the ledger names (SHA-256 " sha[$0] ", found " found[$0] ")")
    else if (b3 != "" && found_b3[$0] != blake[$0]) wrong($0, "its name is not the BLAKE3 of its bytes")
    else print
}' pass=1 "$T/large" pass=2 "$T/rows" pass=3 "$T/objects.sha" pass=4 "$T/objects.b3" pass=5 "$T/objects" >"$T/sound"

# jq -cS writes the canonical form; a file of its own for each shows which receipt is not in it.
jq_all() { tr '\n' '\000' <"$T/sound" | xargs -0 jq "$@" 2>/dev/null || :; }
mkdir "$T/canon"
: >"$T/canon.list" && : >"$T/receipts"
if [ -s "$T/sound" ]; then
    jq_all -cS . | (cd "$T/canon" && awk '{ print > NR; close(NR); print NR > "../canon.list" }')
    (cd "$T/canon" && digest_all "$sha" ../canon.list ../canon.sha)
    jq_all -c "$moment"'
def is(pattern): type == "string" and test("\\A(?:" + pattern + ")\\z");
def hex: is("[0-9a-f]{64}");
def count: type == "number" and . >= 0 and . <= 9007199254740991 and . == floor;
def below: if contains(":") and (split(":")[0] | contains("/") | not)
  then (if split(":")[0] | is("[A-Za-z0-9][A-Za-z0-9_-]*") then split(":")[1:] | join(":") else "" end) else . end;
def path: type == "string" and length <= 4096 and (explode | all(. > 31 and . != 92 and (. < 127 or . > 159)))
  and (below | length > 0 and (split("/") | all(. != "" and . != "." and . != "..")));
def file: type == "object" and keys == ["blake3", "bytes", "path", "records", "role", "root", "sha256"]
  and (.blake3 | hex) and (.sha256 | hex) and (.bytes | count) and (.role | type) == "string" and (.path | path);
def files: type == "array" and all(file);
def target: type == "object" and keys == ["kind", "path", "role"] and (.path | path);
def in_one($targets): .role as $role | .path as $path | any($targets[]; .role == $role and
  (if .kind == "file" then .path == $path else .path as $tree | $path | startswith($tree + "/") end));
def engines_own: .path + "/" | startswith("receipts/", "data/objects/", ".distill/");
def refused:
  if type != "object" or keys != ["claim", "format", "run"] then "is no receipt"
  elif .format != "distill.receipt/1" then "is not of the format distill.receipt/1: changed, or written by a newer Distill"
  elif (.claim | type) != "object" or (.run | type) != "object" then "is no receipt"
  elif (.claim.inputs | files | not) or (.claim.outputs | files | not) or (.claim.targets | type) != "array"
    or (.claim.targets | all(target) | not) then "names a file in a way that no receipt does (absolute, .., a control character, a wrong digest or number)"
  elif .claim.targets as $targets | .claim.outputs | all(in_one($targets)) | not then "names an output that lies under no target of its role"
  elif [.claim.targets[], .claim.outputs[] | select(engines_own)] != [] then "names an output in a folder that is the engine'"'"'s own"
  elif (.run.started_at | at | not) or (.run.ended_at | at | not) or (.run.parents | type) != "array"
    or (.claim.stage | is("[A-Za-z0-9][A-Za-z0-9_.-]{0,99}") | not) or (.claim.validation | type) != "object"
    or (.claim.validation.status | is("passed|failed") | not) then "is no receipt"
  elif [.. | numbers | select(. != floor or . > 9007199254740991 or . < -9007199254740991)] != [] then "holds a number that no receipt holds"
  else null end;
(input_filename | split("/")[-1]) as $name
| refused as $why
| if $why then {name: $name, why: $why}
  else {name: $name, stage: .claim.stage, status: .claim.validation.status, run: .run.id, age: [.run.started_at, .run.ended_at, $name],
    targets: .claim.targets, inputs: .claim.inputs, outputs: .claim.outputs, parents: .run.parents} end' >"$T/receipts"
    awk -F "$tab" "$lib"'
    pass == 1 { sha[$2] = $1 }
    pass == 2 { spelt[$2] = $1 }
    pass == 3 && sha[$0] != spelt[++n] { wrong($0, "is not in canonical form (or one before it is not)"); exit }
    ' pass=1 "$T/objects.sha" pass=2 "$T/canon.sha" pass=3 "$T/sound"
fi
[ "$(lines_of "$T/receipts")" = "$(lines_of "$T/sound")" ] ||
    unchecked receipts/objects "jq could not read all receipts"
complete=$(awk -F "$tab" '
pass == 1 && $2 == "receipt" { want[$3] = 1 }
pass == 2 { n++ }
END { for (name in want) m++; print (n + 0 == m + 0 ? "yes" : "no") }' pass=1 "$T/rows" pass=2 "$T/sound")

# Of each stage and set of targets the newest receipt that passed answers for its files.
jq -nr '
[inputs] as $all
| ($all | map(select(.why))) as $refused
| ($all | map(select(.why | not))) as $read
| ($read | map(.name)) as $names
| ($read | map({key: .name, value: 1}) | from_entries) as $known
| ($read | map(select(.status == "passed")) | group_by([.stage, .targets]) | map(max_by(.age))) as $current
| ($read | map(.outputs[] | {key: (.blake3 + " " + .path), value: 1}) | from_entries) as $made
| ($refused[] | ["refused", .name, .why]),
  ($read[] | ["is", .name, .stage, .status, (.run | tojson)]),
  ($read[] | .name as $name | .parents[] | tostring | select($known[.] | not) | ["orphan", $name, .[0:64]]),
  ($read[] | .outputs[] | ["kept", .blake3, .sha256]),
  ($current[] | .targets[] | select(.kind == "tree" and (.path | contains(":") | not)) | ["tree", .path]),
  ($current[] | ["current", .name]),
  ($current[] | .outputs[] | ["file", "output", .path, .sha256, .blake3, (.bytes | tostring), "0"]),
  ($current[] | .inputs[] | ["file", "input", .path, .sha256, .blake3, (.bytes | tostring), ($made[.blake3 + " " + .path] // 0 | tostring)])
| join("\t")' "$T/receipts" >"$T/facts" || unchecked receipts/objects "jq could not hold the receipts against each other"
awk -F "$tab" "$lib"'
function at(name) { return "receipts/objects/" substr(name, 1, 2) "/" name }
pass == 1 && $2 == "receipt" { stage[$3] = $5; status[$3] = $6; run[$3] = $7 }
pass == 2 && $1 == "refused" { wrong(at($2), $3) }
pass == 2 && $1 == "is" && (stage[$2] != $3 || status[$2] != $4 || run[$2] != $5) { wrong(at($2), "the ledger has another stage, status or run for this receipt") }
pass == 2 && $1 == "orphan" { wrong(at($2), "its parent receipt " $3 " is missing or damaged") }
' pass=1 "$T/rows" pass=2 "$T/facts"

# The facts that the ledger's line binds: inputs, outputs, parents and notes, each a leaf of one tree;
# of the newest receipts first, as far as 100 receipts and 20000 facts.
mkdir "$T/fact" "$T/fact/leaf" "$T/fact/node"
awk -F "$tab" '
pass == 1 && $2 == "receipt" { at["receipts/objects/" substr($3, 1, 2) "/" $3] = $1 }
pass == 2 { print at[$0] "\t" $0 }' pass=1 "$T/rows" pass=2 "$T/sound" | sort -rn | cut -f 2 >"$T/newest"
if [ "$all" = yes ]; then cat "$T/newest"; else head -n 100 "$T/newest"; fi >"$T/list"
{ [ ! -s "$T/list" ] || tr '\n' '\000' <"$T/list" | xargs -0 jq -cS '
def named: {blake3, bytes, path, records, root};
(input_filename | split("/")[-1]) as $name
| [(.claim.inputs[] | {input: named}), (.claim.outputs[] | {output: named}), (.run.parents[] | {parent: .}),
   (.claim.notes | keys[] as $note | .[$note] | if type == "array" then .[] else . end | {note: $note, value: .})]
| [$name, length], .[]' 2>/dev/null || :; } | (cd "$T/fact" && awk -v all="$all" '
/^\[/ {
    split($0, part, /[][",]+/)
    on = all == "yes" || n + part[3] <= 20000
    print part[2], n + 0, (on ? part[3] : "-") >"heads"
    if (on && part[3] > 0) print n + 0, part[3] >"want"
    next
}
on { n++; print }' >lines && : >>heads && : >>want && n=0 && while IFS= read -r line; do
    printf '\000%s' "$line" >"leaf/$n" && n=$((n + 1))
done <lines && cd leaf && awk '{ print NR - 1 }' ../lines >../list && digest_all "$sha" ../list ../leaves &&
    cd .. && build_tree want nodes) || exit 11
awk -v none=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 "$lib"'
pass == 1 { root[$1, $2] = $3 }
pass == 2 { size[$1] = $3; found[$1] = $3 > 0 ? root[$2, $3] : none }
pass == 3 && $2 == "receipt" { line[$3] = $1 + 1; told[$3] = $(NF - 1); number[$3] = $NF }
pass == 4 { listed[$0] = 1 }
pass == 5 {
    name = substr($0, 21)
    if (!($0 in listed) || size[name] == "-") skipped++
    else if (!(name in found)) unsure($0, "its facts can not be worked out here")
    else if (found[name] != told[name] || size[name] != number[name]) wrong($0, "line " line[name] " of the ledger binds other facts than this receipt has")
}
END { if (skipped) print "the facts of " skipped " receipts were not worked out again (--all does it)" >>(ENVIRON["T"] "/notes") }
' pass=1 "$T/fact/nodes" pass=2 "$T/fact/heads" pass=3 "$T/rows" pass=4 "$T/list" pass=5 "$T/newest"

# ------------------------------------------------------------------- the manifest of a release

# ssh_signature: take release.json.sig (OpenSSH's PROTOCOL.sshsig) apart into what was signed and the
# signature; nothing but the signature may differ from what this key would write.
ssh_signature() {
    mkdir "$T/ssh"
    long=$(openssl dgst -sha512 -r release.json 2>/dev/null | cut -c 1-128)
    awk -F "$tab" -v line="$pin_line" -v long="$long" "$lib"'
    function string(hex) { return sprintf("%08x", length(hex) / 2) hex }
    pass == 1 && $1 == line { public = substr($5, 25) }
    pass == 2 && !/^-/ { text = text $0 }
    END {
        hex = unbase64(text)
        type = string("7373682d65643235353139"); name = string("64697374696c6c"); hash = string("736861353132")
        signature = substr(hex, length(hex) - 127)
        whole = "535348534947" "00000001" string(type string(public)) name string("") hash string(type string(signature))
        put("signature", octal(signature))
        put("message", octal("535348534947" name string("") hash string(long)))
        text = base64(whole)
        for (out = ""; length(text) > 70; text = substr(text, 71)) out = out substr(text, 1, 70) "\n"
        put_text("rebuilt", "-----BEGIN SSH SIGNATURE-----\n" out text "\n-----END SSH SIGNATURE-----")
    }' pass=1 "$T/key/checked" pass=2 release.json.sig >"$T/ssh/script"
    (cd "$T/ssh" && . ./script)
    cmp -s release.json.sig "$T/ssh/rebuilt" ||
        fault release.json.sig "is no SSH signature of the ledger's key: it was changed"
}

: >"$T/manifest" && release=''
if [ "$is_release" = yes ]; then
    manifest=release.json
    if [ ! -f release.json ] || [ -L release.json ]; then
        fault release.json "the manifest of this release is missing, or no plain file: nothing says what belongs here"
        manifest=/dev/null
    fi
    jq -cS . "$manifest" >"$T/canonical" 2>/dev/null || :
    cmp -s "$manifest" "$T/canonical" ||
        fault release.json "is not one canonical JSON object: it was changed"
    jq -r "$moment"'
def is(pattern): type == "string" and test("\\A(?:" + pattern + ")\\z");
def hex: is("[0-9a-f]{64}");
def name: is("[A-Za-z0-9][A-Za-z0-9_.-]{0,99}");
def count: type == "number" and . >= 0 and . <= 9007199254740991 and . == floor;
def path: type == "string" and length <= 4096 and (explode | all(. > 31 and . != 92 and (. < 127 or . > 159)))
  and length > 0 and (split("/") | all(. != "" and . != "." and . != ".."))
  and (test("\\Arelease\\.json(\\.(ed25519|p256|sig))?\\z") | not);
def of(fields): type == "object" and keys == fields;
def digests: (.blake3 | hex) and (.sha256 | hex) and (.path | path) and (.bytes | count);
def file: of(["blake3", "bytes", "path", "sha256"]) and digests;
def withheld: of(["blake3", "bytes", "class", "path", "sha256"]) and digests and (.class | is("raw|evidence"));
def pair: type == "array" and length == 2 and all(count);
def expectation: of(["detail", "found", "limit", "name", "passed"]) and (.detail | type) == "string"
  and (.name | type) == "string" and (.passed | type) == "boolean" and (.found | pair) and (.limit | pair);
def ascending: . as $all | all(range(1; length); $all[. - 1] < $all[.]);
def list_of(test): type == "array" and all(test);
if of(["checkpoint", "created_at", "expect", "files", "format", "name", "origin", "previous", "receipts", "withheld"])
  and .format == "distill.release/1" and (.name | name) and (.origin | is("distill/[0-9a-f]{16}")) and (.created_at | at)
  and (.checkpoint | of(["root", "size"]) and (.size | count) and (.root | is("[A-Za-z0-9+/]{43}=")))
  and (.previous == null or (.previous | of(["blake3", "name"]) and (.blake3 | hex) and (.name | name)))
  and (.expect | list_of(expectation)) and (.receipts | list_of(hex) and ascending)
  and (.files | list_of(file) and (map(.path) | ascending)) and (.withheld | list_of(withheld) and (map(.path) | ascending))
  and ([.files[], .withheld[] | .path] | length == (unique | length))
then ["head", .name, .origin, (.checkpoint.size | tostring), .checkpoint.root],
  (.receipts[] | ["current", .]),
  (.files[] | ["file", .path, .sha256, .blake3, (.bytes | tostring)]),
  (.withheld[] | ["withheld", .path, .sha256, .blake3, (.bytes | tostring), .class])
else ["refused"] end | join("\t")' "$manifest" >"$T/manifest" 2>/dev/null || :
    pin_line=$(awk -F "$tab" -v n="$newest" '$1 <= n { line = $2 } END { print (line == "" ? "-" : line) }' "$T/turns")
    [ "$manifest" = /dev/null ] || awk -F "$tab" -v origin="$origin" -v newest="$newest" "$lib"'
    pass == 1 { split($0, part, " "); if (part[1] == 0) root[part[2]] = part[3] }
    pass == 2 && $1 == "current" { current[$2] = 1 }
    pass == 3 && $1 == "head" {
        head = 1
        if ($3 != origin) wrong("release.json", "is of another ledger than the one in this folder")
        if ($4 != newest || unbase64($5) != root[newest]) wrong("release.json", "names another checkpoint than the newest in this folder")
    }
    pass == 3 && $1 == "current" { if ($2 in current) delete current[$2]; else wrong("release.json", "calls the receipt " $2 " current, and it is not") }
    END {
        if (!head) wrong("release.json", "is not of the format distill.release/1: changed, or written by a newer Distill")
        else for (name in current) wrong("release.json", "does not name the current receipt " name)
    }' pass=1 "$T/tree/nodes" pass=2 "$T/facts" pass=3 "$T/manifest"
    # Only what a current receipt names is withheld: raw, which none made, or evidence, which one did;
    # the sets and the quarantine are in every release.
    awk -F "$tab" "$lib"'
    function below(path) { if (path ~ /^[^\/:]+:/) { sub(/:/, "/", path); path = "roots/" path } return path }
    pass == 1 && $1 == "file" && $2 == "output" { made[$3] = 1 }
    pass == 2 && $1 == "file" {
        class = !($3 in made) ? "raw" : $3 ~ /^(exports|quarantine)\// ? "-" : "evidence"
        may[below($3), $4, $5, $6, class] = 1
    }
    pass == 3 && $1 == "withheld" && !(($2, $3, $4, $5, $6) in may) {
        wrong("release.json", "withholds " $2 " as " $6 ", and no current receipt names such a file")
    }' pass=1 "$T/facts" pass=2 "$T/facts" pass=3 "$T/manifest"
    if [ "$pin_line" = - ]; then
        note "this release is not signed: whoever can write here can write all of it anew"
    fi
    [ "$pin_line" = - ] || [ ! -f release.json.sig ] || [ "$manifest" = /dev/null ] || ssh_signature
    for kind in ed25519 p256 sig; do
        signature=release.json.$kind file=release.json given=$signature
        case $kind in
        ed25519) able=$ed key=$T/key/$pin_line.ck.pem ;;
        p256) able=$ec key=$T/key/$pin_line.at.pem ;;
        sig) able=$ed key=$T/key/$pin_line.ck.pem file=$T/ssh/message given=$T/ssh/signature kind=ed25519 ;;
        esac
        if [ "$pin_line" = - ]; then
            [ ! -e "$signature" ] || fault "$signature" "is a signature, and the ledger has no key"
        elif [ ! -f "$signature" ]; then
            fault "$signature" "this signature of release.json is missing"
        elif [ "$able" = yes ] && [ "$manifest" != /dev/null ]; then
            signed_by "$kind" "$key" "$given" "$file" ||
                fault "$signature" "is not the key's signature over release.json: one of the two was changed"
        fi
    done
    if [ -f release.json.p256 ]; then
        printf '%s\n' release.json.p256 >"$T/list"
        [ -z "$(misspelt "$T/list")" ] ||
            fault release.json.p256 "is no P-256 signature in its one spelling (DER, lower s): it was changed"
    fi
    release=$(awk -F "$tab" '$1 == "head" { print $2 }' "$T/manifest")
    # The lists for b3sum and sha256sum say what the manifest says.
    [ -z "$release" ] || for sums in SHA256SUMS:3 B3SUMS:4; do
        awk -F "$tab" -v column="${sums#*:}" '
        $1 == "file" && $2 != "SHA256SUMS" && $2 != "B3SUMS" { print $column "  " $2 }' "$T/manifest" >"$T/sums"
        [ ! -f "${sums%:*}" ] || cmp -s "${sums%:*}" "$T/sums" ||
            fault "${sums%:*}" "does not list what release.json lists"
    done
fi

# ------------------------------------------------------------------ the files that receipts name

: >"$T/roots"
if [ "$is_release" = no ]; then
    printf '%s' "$given_roots" | awk '{ at = index($0, "="); if (at > 1) print substr($0, 1, at - 1) "\t" substr($0, at + 1) }' >"$T/roots"
    if [ -f distill.toml ]; then
        awk '
        /^[ \t]*\[/ { on = /^[ \t]*\[[ \t]*roots[ \t]*\][ \t]*(#.*)?$/; next }
        on && /^[ \t]*[A-Za-z0-9_-]+[ \t]*=[ \t]*("[^"\\]*"|\047[^\047]*\047)[ \t]*(#.*)?$/ {
            name = $0; sub(/^[ \t]*/, "", name); sub(/[ \t]*=.*$/, "", name)
            value = $0; sub(/^[^=]*=[ \t]*/, "", value)
            quote = substr(value, 1, 1); value = substr(value, 2); value = substr(value, 1, index(value, quote) - 1)
            home = ENVIRON["HOME"]
            if (substr(value, 1, 2) == "~/" && home != "") value = home substr(value, 2)
            print name "\t" value
        }' distill.toml >>"$T/roots"
    fi
fi
root_of() {
    base=''
    while IFS=$tab read -r known value; do
        if [ "$known" = "$1" ]; then base=$value && return 0; fi
    done <"$T/roots"
    return 1
}

# locate RECORDED: print "<state><tab><place>"; the state is there, absent, out (of its root, by a
# link), link (to within), odd (no plain file) or unknown (its root).
locate() {
    base=. below=$1
    case $1 in
    *:*)
        root=${1%%:*}
        case $root in
        */*) ;;
        *)
            below=${1#*:}
            if [ "$is_release" = yes ]; then
                base=./roots/$root
            elif ! root_of "$root" || [ ! -d "$base" ]; then
                printf 'unknown\t%s\n' "$root" && return 0
            fi
            ;;
        esac
        ;;
    esac
    case $base in /* | .*) ;; *) base=./$base ;; esac
    walked=$base rest=$below linked=no
    while :; do
        case $rest in */*) walked=$walked/${rest%%/*} && rest=${rest#*/} ;; *) break ;; esac
        if [ -L "$walked" ]; then linked=yes; fi
    done
    place=$walked/$rest
    if [ "$linked" = yes ]; then
        inside=$(cd -P "$base" 2>/dev/null && pwd -P) || inside=''
        real=$(cd -P "$walked" 2>/dev/null && pwd -P) || real=''
        case $real/ in "$inside"/*) ;; *) printf 'out\t%s\n' "$place" && return 0 ;; esac
    fi
    if [ -L "$place" ]; then
        target=$(ls -ld "$place") && target=${target#*"$place -> "}
        case $target in
        /*) target=${target%/*}/ ;;
        */*) target=$walked/${target%/*} ;;
        *) target=$walked ;;
        esac
        inside=$(cd -P "$base" 2>/dev/null && pwd -P) || inside=''
        real=$(cd -P "$target" 2>/dev/null && pwd -P) || real=''
        case $real/ in "$inside"/*) printf 'link\t%s\n' "$place" ;; *) printf 'out\t%s\n' "$place" ;; esac
    elif [ -f "$place" ]; then
        printf 'there\t%s\n' "$place"
    elif [ -e "$place" ]; then
        printf 'odd\t%s\n' "$place"
    else
        printf 'absent\t%s\n' "$place"
    fi
}
# What lies in a folder that a receipt answers for as a whole is named by it, or was added.
: >"$T/trees"
if [ "$is_release" = no ]; then
    awk -F "$tab" '$1 == "tree" && $2 !~ /^(receipts|\.distill)(\/|$)/ { print $2 }' "$T/facts" | sort -u >"$T/list"
    while IFS= read -r path; do
        case $path/ in exports/* | quarantine/* | data/evidence/* | data/scored/* | data/objects/*) continue ;; esac
        if [ -d "./$path" ]; then find "./$path" ! -type d -print | awk '{ sub(/^\.\//, ""); print }'; fi
    done <"$T/list" >"$T/trees"
fi
{
    awk -F "$tab" '$1 == "file" { print $3 }' "$T/facts"
    awk -F "$tab" '$1 == "file" { print $2 }' "$T/manifest"
    awk 'index($0, "data/objects/") == 1 && length($0) == 77 && substr($0, 14) !~ /[^0-9a-f]/' "$T/files"
} | sort -u >"$T/names"
while IFS= read -r name; do printf '%s\t' "$name" && locate "$name"; done <"$T/names" >"$T/places"
awk -F "$tab" '$2 == "there" { print $3 }' "$T/places" | sort -u >"$T/list"
digest_all "$sha" "$T/list" "$T/said"
: >"$T/said.b3"
if [ -n "$b3" ]; then digest_all "$b3" "$T/list" "$T/said.b3"; fi
tr '\n' '\000' <"$T/list" | xargs -0 wc -c 2>/dev/null |
    awk '{ n = $1; sub(/^[ \t]*[0-9]+ /, ""); print n "\t" $0 }' >"$T/said.bytes"
awk -F "$tab" -v b3="$b3" -v is_release="$is_release" -v release="$release" -v complete="$complete" "$lib"'
pass == 1 { state[$1] = $2; place[$1] = $3 }
pass == 2 { sha[$2] = $1 }
pass == 3 { blake[$2] = $1 }
pass == 4 { bytes[$2] = $1 }
function below(path) { if (is_release == "yes" && path ~ /^[^\/:]+:/) { sub(/:/, "/", path); path = "roots/" path } return path }
function differs(path, want_sha, want_b3, want_bytes,    at) {
    at = place[path]
    if (sha[at] != want_sha) return "SHA-256 " want_sha ", found " sha[at]
    if (b3 != "" && blake[at] != want_b3) return "BLAKE3 " want_b3 ", found " blake[at]
    if (bytes[at] != want_bytes) return want_bytes " bytes, found " bytes[at]
    return ""
}
function look(path, what, want_sha, want_b3, want_bytes, was_made,    why) {
    if (state[path] == "out") { wrong(path, "leaves its folder through a link, and was not followed"); return }
    if (state[path] == "unknown") { unsure(path, "the folder of the root " place[path] " is not known here: --root " place[path] "=FOLDER"); return }
    if (state[path] == "link" && what == "input") { unsure(path, "is a link, and was not followed"); return }
    if (state[path] == "link" || state[path] == "odd") { wrong(path, "is a link or no plain file, and was not followed"); return }
    if (state[path] == "absent") {
        if (was_made == "1") return
        if ((below(path) SUBSEP want_sha) in held) { withheld[path] = 1; return }
        if (what == "output" && is_release == "no") wrong(path, "this output is missing")
        else unsure(path, "this " what " is absent, so its bytes can not be checked")
        return
    }
    if (!(place[path] in sha)) { unsure(path, "can not be read"); return }
    why = differs(path, want_sha, want_b3, want_bytes)
    if (why == "") checked[path] = 1
    else if (was_made != "1") wrong(path, "this " what " was changed (expected " why ")")
}
pass == 5 && $1 == "withheld" { held[$2, $3] = 1; left_out++ }
pass == 6 && $1 == "file" { look($3, $2, $4, $5, $6, $7); if (is_release == "no") named[$3] = 1 }
pass == 6 && $1 == "kept" { kept[$2] = $3 }
pass == 7 && $1 == "file" { look($2, "file", $3, $4, $5, "0"); named[$2] = 1 }
pass == 8 && release != "" && !($0 in named) && $0 !~ /^release\.json(\.(p256|ed25519|sig))?$/ { wrong($0, "is not in release.json: it was added") }
pass == 8 && is_release == "no" && /^(exports|quarantine|data\/evidence|data\/scored)\// && !($0 in named) {
    added[$0] = 1
}
pass == 9 && !($0 in named) && !/^(receipts|\.distill|data\/objects)\// { added[$0] = 1 }
pass == 8 && index($0, "data/objects/") == 1 && ($0 in place) {
    name = substr($0, 14); at = place[$0]
    if ((name in kept) && sha[at] != kept[name]) wrong($0, "this kept version of an output was changed")
    else if (b3 != "" && blake[at] != name) wrong($0, "this kept version of an output was changed")
    else if (b3 == "" && !(name in kept)) unsure($0, "no receipt names this kept version, and without b3sum its name can not be checked")
}
pass == 8 && index($0, "data/objects/") == 1 && !($0 in place) { wrong($0, "is no kept version of an output") }
END {
    for (path in added)
        if (path ~ /(^|\/)\.[^\/]*\.partial$/) unsure(path, "was left by a run that was killed; the next run removes it")
        else if (complete == "yes") wrong(path, "no current receipt names this file: it was added")
        else unsure(path, "no receipt that could be read names this file")
    for (path in checked) n++
    for (path in withheld) w++
    print n + 0, left_out + 0 > (ENVIRON["T"] "/counted")
}' pass=1 "$T/places" pass=2 "$T/said" pass=3 "$T/said.b3" pass=4 "$T/said.bytes" pass=5 "$T/manifest" pass=6 "$T/facts" pass=7 "$T/manifest" pass=8 "$T/files" pass=9 "$T/trees"
read -r files left_out <"$T/counted"

# ---------------------------------------------------------------------------------- the verdict

told="$(lines_of "$T/receipts") receipts, $size ledger lines, $(lines_of "$T/point/notes") checkpoints, $files files"
if [ -n "$release" ]; then told="$told of the release $release"; fi
if [ "$left_out" -gt 0 ]; then told="$told; withheld: $left_out"; fi
finish "$told"
