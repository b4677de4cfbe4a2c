#!/bin/sh
# Checks a detached signature by SM2 with OpenSSL 3.0, whose `cms` and `verify` cannot be told the user
# id all the way, in three steps: digest of the content, signature over the signed attributes, each
# link of the chain.
#
#   verify-sm2.sh SECONDS FILE.p7s FILE CA.pem...
#
# SECONDS since 1970 is the instant for which it is asked; the CAs begin with the signer's issuer and
# end with the root that is trusted. Exit status 0 only if all holds.
set -eu
at=$1 p7s=$2 content=$3
shift 3
id=distid:1234567812345678
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

openssl cms -verify -binary -inform DER -in "$p7s" -content "$content" -noverify -no_attr_verify \
    -signer "$work/signer.pem" -out /dev/null 2> "$work/log" || { cat "$work/log" >&2; exit 1; }

# The signer is the last SEQUENCE at depth 4; in it, at depth 5, stand the attributes, [0], and the
# value, an OCTET STRING. What was signed are the attributes with the tag of a SET.
openssl asn1parse -inform DER -in "$p7s" > "$work/fields"
places=$(awk '
    { at = $0 + 0
      head = $0; sub(/.*hl= */, "", head); head += 0
      length_ = $0; sub(/.* l= */, "", length_); length_ += 0 }
    /d=4 .*SEQUENCE/ { attributes = value = "" }
    /d=5 .*cont \[ 0 \]/ { attributes = at " " head + length_ }
    /d=5 .*OCTET STRING/ { value = at + head " " length_ }
    END { print attributes, value }' "$work/fields")
cut() { tail -c "+$(($1 + 1))" "$p7s" | head -c "$2"; }
# shellcheck disable=SC2086
set -- $places "$@"
cut "$1" "$2" > "$work/attributes"
printf '\061' | dd of="$work/attributes" bs=1 conv=notrunc 2> /dev/null
cut "$3" "$4" > "$work/value"
shift 4
openssl x509 -in "$work/signer.pem" -pubkey -noout -out "$work/key.pem"
openssl pkeyutl -verify -pubin -inkey "$work/key.pem" -rawin -digest sm3 -pkeyopt "$id" \
    -in "$work/attributes" -sigfile "$work/value"

issued=$work/signer.pem
for issuer in "$@"; do
    openssl verify -vfyopt "$id" -partial_chain -trusted "$issuer" -purpose any -attime "$at" "$issued"
    issued=$issuer
done
