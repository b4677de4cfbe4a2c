#!/bin/sh
# Checks an unzipped evidence package without our program: POSIX shell, OpenSSL 3, xxd, awk.
#
#   unzip -d package LOT.evidence.asice && sh package/verify-openssl.sh [ROOTS.pem]
#
# ROOTS.pem holds the root certificates that you trust. Without it the list inside the package is
# used; then the signatures are shown to be intact, but not that you should trust them, and the
# verdict stays open.
# Read this script before you run it: it comes from the package that it judges.
#
# Exit: 0 passed, 1 failed, 2 could not be decided.
set -u
LC_ALL=C
export LC_ALL

here=$(dirname "$0")
roots_given=no
T=$(mktemp -d) || exit 2
trap 'rm -rf "$T"' EXIT
if [ $# -gt 0 ]; then
  cp "$1" "$T/roots.pem" || { echo 'VERDICT: INDETERMINATE (the roots cannot be read)'; exit 2; }
  roots_given=yes
fi
cd "$here" || exit 2
for tool in openssl xxd awk sed; do
  command -v "$tool" > /dev/null || { echo "VERDICT: INDETERMINATE ($tool is missing)"; exit 2; }
done

good=0
bad=0
ok() { good=$((good + 1)); }
no() { bad=$((bad + 1)); printf 'BAD  %s\n' "$1"; }
must() { if [ "$1" = "$2" ]; then ok; else no "$3"; fi; }
hex() { openssl dgst -sha256 -r "$1" 2> /dev/null | cut -c 1-64; }
unbase64() { printf '%s' "$1" | openssl base64 -d -A; }
# The first text or number with a key in a JSON file.
value() { tr ',{}' '\n\n\n' < "$2" | sed -n "s/^\"$1\":\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" | sed -n 1p; }
# SIGNATURE CONTENT SECONDS NAME: an intact signature by a certificate valid at that time.
signed() {
  if openssl cms -verify -binary -inform DER -in "$1" -content "$2" -CAfile "$T/roots.pem" \
    -purpose any -cades -attime "$3" -signer "$T/signer.pem" -out "$T/content" > /dev/null 2>&1
  then ok; else no "$4: the signature does not hold"; : > "$T/signer.pem"; fi
}
signer_hex() { openssl x509 -in "$T/signer.pem" -outform DER 2> /dev/null > "$T/signer.der"; hex "$T/signer.der"; }
# CODE NAME: the certificate of the last signature bears this organisation code.
by() {
  if openssl x509 -in "$T/signer.pem" -outform DER 2> /dev/null | tr -cd 'A-Z0-9' | grep -q "$1"
  then ok; else no "$2: signed by somebody else than $1"; fi
}
# INDEX: digest of the certificate in a custodian's seat.
seat() { sed -n "s/.*\"index\":$1,\"party\":{[^}]*},\"cert_sha256\":\"\([0-9a-f]*\)\".*/\1/p" ceremony/ceremony.json; }

if [ "$roots_given" = no ]; then
  tr ',' '\n' < trust/trust.json | sed -n 's/.*"cert_b64":"\([^"]*\)".*/\1/p' > "$T/anchors"
  while read -r anchor; do
    unbase64 "$anchor" | openssl x509 -inform DER >> "$T/roots.pem" 2> /dev/null
  done < "$T/anchors"
fi
log=log/entries.jsonl
first=$(sed -n '1s/^{"i":0,"at":\([0-9]*\)[0-9][0-9][0-9],.*/\1/p' "$log")
last=$(tail -n 1 "$log" | sed -n 's/^{"i":[0-9]*,"at":\([0-9]*\)[0-9][0-9][0-9],.*/\1/p')
[ -n "$first" ] && [ -n "$last" ] || { echo 'VERDICT: FAILED (the log is not readable)'; exit 1; }

echo '1 files: every one is in the manifest and has its digest'
manifest=META-INF/ASiCManifest001.xml
sed -n 's|^<asic:DataObjectReference URI="\([^"]*\)">.*<ds:DigestValue>\([^<]*\)</ds:DigestValue>.*|\1 \2|p' \
  "$manifest" > "$T/listed"
while read -r name digest; do
  found=$(openssl dgst -sha256 -binary "$name" 2> /dev/null | openssl base64 -A)
  must "$found" "$digest" "$name: missing or altered"
done < "$T/listed"
find . -type f | sed 's|^\./||' | grep -v -e '^mimetype$' -e '^META-INF/' | sort > "$T/present"
sed 's/ .*//' "$T/listed" | sort > "$T/names"
cmp -s "$T/present" "$T/names" && ok || no 'the files are not those of the manifest'
must "$(cat mimetype)" 'application/vnd.etsi.asic-e+zip' 'mimetype: another kind of file'

echo '2 seal: by the hall of the tender file'
hall=$(sed -n 's/.*"hall":{"party":{[^}]*},"cert_sha256":"\([0-9a-f]*\)".*/\1/p' tender/tender.json)
signed META-INF/signature001.p7s "$manifest" "$last" 'seal of the package'
must "$(signer_hex)" "$hall" 'the seal is not by the hall of the tender file'

echo '3 tender, draft, ceremony'
host=$(sed -n 's/.*"host":{"code":"\([0-9A-Z]*\)".*/\1/p' tender/tender.json)
for name in tender draft; do
  signed "tender/$name.p7s" "tender/$name.json" "$first" "tender/$name.json"
  by "$host" "tender/$name.json"
done
n=$(value n tender/tender.json)
k=$(value k tender/tender.json)
i=1
while [ "$i" -le "${n:-0}" ]; do
  signed "ceremony/custodian-$i.p7s" ceremony/ceremony.json "$first" "ceremony, custodian $i"
  must "$(signer_hex)" "$(seat "$i")" "ceremony: not custodian $i's certificate"
  i=$((i + 1))
done
grep -q "\"sha256\":\"$(hex ceremony/ceremony.json)\"" tender/tender.json && ok || no 'the tender file names another ceremony'
must "$(hex trust/trust.json)" "$(value trust_sha256 tender/tender.json)" 'the tender file names another trust list'

echo '4 bids and receipts'
for folder in bids/*/; do
  [ -d "$folder" ] || continue
  bid=${folder#bids/}
  bid=${bid%/}
  millis=$(value completed_at "${folder}receipt.json")
  at=${millis%???}
  signed "${folder}manifest.p7s" "${folder}manifest.json" "${at:-0}" "manifest of $bid"
  by "${bid%-*}" "manifest of $bid"
  digest=$(hex "${folder}manifest.json")
  grep -q "\"manifest_sha256\":\"$digest\"" "${folder}receipt.json" && ok || no "receipt of $bid: of another manifest"
  grep '"kind":"set-frozen"' "$log" | grep -q "\"manifest_sha256\":\"$digest\"" && ok || no "$bid: not in the freeze list"
  signed "${folder}receipt.p7s" "${folder}receipt.json" "${at:-0}" "receipt of $bid"
  must "$(signer_hex)" "$hall" "receipt of $bid: not by the hall"
  for header in "$folder"header-*.bin; do
    [ -f "$header" ] || continue
    grep -q "\"header_sha256\":\"$(hex "$header")\"" "${folder}manifest.json" && ok || no "$header: not the signed one"
  done
done

echo '5 signatures in the log'
origin=$(value origin tender/tender.json)
sed -n 's/^{"i":\([0-9]*\),"at":\([0-9]*\)[0-9]\{3\},"by":"\([^"]*\)",.*,"cmd":{"body":"\([^"]*\)","cms":"\([^"]*\)"}}$/\1 \2 \3 \4 \5/p' \
  "$log" > "$T/commands"
while read -r i at who body cms; do
  unbase64 "$body" > "$T/body"
  unbase64 "$cms" > "$T/cms"
  signed "$T/cms" "$T/body" "$at" "command of entry $i"
  # What the hall computes after a command, it writes itself; the command is the host's.
  if [ "$who" = hall ]; then code=$host; else code=${who#*:}; fi
  by "$code" "command of entry $i"
done < "$T/commands"
sed -n 's/^{"i":\([0-9]*\),"at":\([0-9]*\)[0-9]\{3\},.*"kind":"freeze-signed","data":{"custodian":\([0-9]*\),"freeze_id":"\([0-9a-f]*\)","cms":"\([^"]*\)"}}$/\1 \2 \3 \4 \5/p' \
  "$log" > "$T/freezes"
while read -r i at who id cms; do
  printf 'kaibiao/v1/freeze\n%s\n%s\n' "$origin" "$id" > "$T/body"
  unbase64 "$cms" > "$T/cms"
  signed "$T/cms" "$T/body" "$at" "freeze, custodian $who"
  must "$(signer_hex)" "$(seat "$who")" "entry $i: not the certificate of custodian $who"
done < "$T/freezes"
ceremony=$(sed -n 's/.*"ceremony":{"id":"\([0-9a-f]*\)".*/\1/p' tender/tender.json)
freeze=$(sed -n 's/.*"kind":"set-frozen","data":{"freeze_id":"\([0-9a-f]*\)".*/\1/p' "$log")
sed -n 's/^{"i":\([0-9]*\),"at":\([0-9]*\)[0-9]\{3\},.*"kind":"key-destroyed","data":{"custodian":\([0-9]*\),"cms":"\([^"]*\)"}}$/\1 \2 \3 \4/p' \
  "$log" > "$T/destroyed"
while read -r i at who cms; do
  printf 'kaibiao/v1/destroyed\n%s\n%s\n%s\n' "$origin" "$ceremony" "${freeze:--}" > "$T/body"
  unbase64 "$cms" > "$T/cms"
  signed "$T/cms" "$T/body" "$at" "destruction, custodian $who"
  must "$(signer_hex)" "$(seat "$who")" "entry $i: not the certificate of custodian $who"
done < "$T/destroyed"
sed -n 's/^{"i":\([0-9]*\),"at":\([0-9]*\)[0-9]\{3\},.*"kind":"journal-signed","data":{"custodian":\([0-9]*\),"moment":"\([a-z]*\)","length":\([0-9]*\),"sha256":"\([0-9a-f]*\)","cms":"\([^"]*\)"}}$/\1 \2 \3 \4 \5 \6 \7/p' \
  "$log" > "$T/journals"
while read -r i at who moment length digest cms; do
  printf 'kaibiao/v1/journal\n%s\n%s\n%s\n%s\n%s\n' "$origin" "$who" "$moment" "$length" "$digest" > "$T/body"
  unbase64 "$cms" > "$T/cms"
  signed "$T/cms" "$T/body" "$at" "journal ($moment), custodian $who"
  must "$(signer_hex)" "$(seat "$who")" "entry $i: not the certificate of custodian $who"
  head -c "$length" "journals/$who.jsonl" > "$T/journal" 2> /dev/null
  must "$(hex "$T/journal")" "$digest" "journals/$who.jsonl: not the one signed in entry $i"
  if [ "$moment" = close ]; then must "$(wc -c < "journals/$who.jsonl" | tr -d ' ')" "$length" "journals/$who.jsonl: longer than what was signed"; fi
done < "$T/journals"
# Each envelope has its record. A correction is another version of it, and the package has the last
# one; signatures under earlier ones are judged by `kaibiao verify`, which makes those again from the
# log.
sed -n -e 's/.*"kind":"record-generated","data":{"sha256":"\([0-9a-f]*\)"}.*/\1/p' \
  -e 's/.*"kind":"record-corrected","data":{.*"sha256":"\([0-9a-f]*\)"}.*/\1/p' \
  -e 's/.*"kind":"envelope-closed","data":{"stage":[0-9]*}.*/next/p' "$log" > "$T/versions"
: > "$T/stated"
envelope=1
record=opening/record.json
stated=
while read -r id; do
  if [ "$id" = next ]; then
    echo "$stated $record" >> "$T/stated"
    envelope=$((envelope + 1))
    record=opening/record-$envelope.json
    stated=
  else
    stated=$id
  fi
done < "$T/versions"
if [ -n "$stated" ]; then echo "$stated $record" >> "$T/stated"; fi
sed -n 's/^{"i":\([0-9]*\),"at":\([0-9]*\)[0-9]\{3\},"by":"[a-z]*:\([0-9A-Z]*\)","kind":"record-signed",.*"record_sha256":"\([0-9a-f]*\)","cms":"\([^"]*\)"},"cmd":.*$/\1 \2 \3 \4 \5/p' \
  "$log" > "$T/records"
while read -r i at who id cms; do
  grep -qx "$id" "$T/versions" || no "entry $i: signs another record than those of the log"
  record=$(sed -n "s/^$id //p" "$T/stated" | tail -n 1)
  [ -n "$record" ] || continue
  unbase64 "$cms" > "$T/cms"
  signed "$T/cms" "$record" "$at" "opening record, entry $i"
  by "$who" "opening record, entry $i"
done < "$T/records"
while read -r id record; do
  must "$(hex "$record")" "$id" "$record: not the one of the log"
done < "$T/stated"

echo '6 log: root, signature, cosignatures'
H() { openssl dgst -sha256 -binary | xxd -p -c 64; }
stack=
size=0
while IFS= read -r line; do
  h=$({ printf '\000'; printf '%s' "$line"; } | H)
  size=$((size + 1))
  m=$size
  while [ $((m % 2)) -eq 0 ]; do
    left=${stack##* }
    stack=${stack% *}
    h=$(printf '01%s%s' "$left" "$h" | xxd -r -p | H)
    m=$((m / 2))
  done
  stack="$stack $h"
done < "$log"
root=${stack##* }
stack=${stack% *}
while [ -n "$stack" ]; do
  left=${stack##* }
  stack=${stack% *}
  root=$(printf '01%s%s' "$left" "$root" | xxd -r -p | H)
done
sed '/^$/,$d' log/checkpoint > "$T/head"
must "$(sed -n 1p "$T/head")" "$origin" 'log/checkpoint: of another log'
must "$(sed -n 2p "$T/head")" "$size" 'log/checkpoint: another number of entries'
must "$(sed -n 3p "$T/head")" "$(printf '%s' "$root" | xxd -r -p | openssl base64 -A)" 'log/checkpoint: another root'
# VKEY FILE: a public key for openssl.
key() {
  rest=${1#*+}
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; unbase64 "${rest#*+}" | tail -c 32; } |
    openssl pkey -pubin -inform DER -out "$2" 2> /dev/null
}
# NAME: the signature line of a key, decoded.
line_of() {
  awk -v name="$1" '$1 == "\342\200\224" && $2 == name { print $3; exit }' log/checkpoint | openssl base64 -d -A
}
ed25519() { openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$2" -sigfile "$3" > /dev/null 2>&1; }
vkey=$(value vkey tender/tender.json)
must "$(cat trust/log.vkey)" "$vkey" 'trust/log.vkey: not the key of the tender file'
key "$vkey" "$T/log.pem"
line_of "$origin" | tail -c 64 > "$T/sig"
ed25519 "$T/log.pem" "$T/head" "$T/sig" && ok || no 'log/checkpoint: the signature of the log does not hold'
tr ',{}' '\n\n\n' < ceremony/ceremony.json | sed -n 's/^"cosign_vkey":"\([^"]*\)"$/\1/p' > "$T/cosigners"
cosigned=0
while read -r vkey; do
  line_of "${vkey%%+*}" > "$T/line"
  [ -s "$T/line" ] || continue
  key "$vkey" "$T/key.pem"
  seconds=$(head -c 12 "$T/line" | tail -c 8 | xxd -p)
  { printf 'cosignature/v1\ntime %s\n' "$((0x$seconds))"; cat "$T/head"; } > "$T/message"
  tail -c 64 "$T/line" > "$T/sig"
  if ed25519 "$T/key.pem" "$T/message" "$T/sig"
  then cosigned=$((cosigned + 1)); else no "log/checkpoint: the cosignature of ${vkey%%+*} does not hold"; fi
done < "$T/cosigners"

echo 'not checked here: ticks, places, proofs, the procedure, and that the prices follow from the'
echo 'sealed files; that is the work of: kaibiao verify PACKAGE'
printf '%s checks hold, %s do not; %s of %s custodians cosigned the final head, %s are needed\n' \
  "$good" "$bad" "$cosigned" "$n" "$k"
if [ "$bad" -gt 0 ]; then echo 'VERDICT: FAILED'; exit 1; fi
if [ "$cosigned" -lt "${k:-1}" ]; then echo 'VERDICT: INDETERMINATE (too few cosignatures)'; exit 2; fi
if [ "$roots_given" = no ]; then
  echo 'VERDICT: INDETERMINATE (trust only by the list inside the package; give the roots that you trust)'
  exit 2
fi
echo 'VERDICT: PASSED'
