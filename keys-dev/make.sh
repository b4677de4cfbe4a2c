#!/bin/sh
# Makes the development certificates of Kaibiao with OpenSSL 3.0 or later and POSIX tools only.
#
#   sh keys-dev/make.sh             writes into the folder of this script if no keys are there yet
#   sh keys-dev/make.sh --replace   throws the present keys away first (fixtures that quote a
#                                   certificate digest or a signature must then be made again)
#   sh keys-dev/make.sh --out DIR   writes a fresh set into DIR
#
# Names and layout are the same on every run; keys and serial numbers are random.
# Nothing made here is secret or trustworthy. See README.md.
set -eu
umask 022
LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
out=$here
replace=no
while [ $# -gt 0 ]; do
    case $1 in
    --replace) replace=yes ;;
    --out)
        [ $# -ge 2 ] || { echo "make.sh: --out needs a folder" >&2; exit 64; }
        mkdir -p "$2"
        out=$(CDPATH='' cd -- "$2" && pwd)
        shift
        ;;
    *) echo "make.sh: unknown argument $1 (known: --replace, --out DIR)" >&2; exit 64 ;;
    esac
    shift
done
if [ -e "$out/id" ] && [ "$replace" = no ]; then
    echo "make.sh: $out/id exists; run with --replace to throw these keys away" >&2
    exit 73
fi

root_from=20240101000000Z
leaf_until=20451231235959Z
issuing_until=20471231235959Z
root_until=20491231235959Z
# The same instants for trust.json, in milliseconds since the Unix epoch.
root_from_ms=1704067200000
root_until_ms=2524607999000

work=$(mktemp -d "${TMPDIR:-/tmp}/kaibiao-keys.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
new=$work/new
mkdir "$new" "$new/id" "$new/tsa"

# Columns: name, role, CA, country, seed of the organisation code, registered name.
# The seed is registration authority and category (2), region 990000 (no such region exists) and
# the eight characters of the organisation code; both check characters are computed below.
# Invented organisations end in the mark for "fictional". The seven bidders of indot-b40891 and
# Indiana's transportation department are real names from a public record; their codes and
# certificates are not.
identities() {
    cat <<'END'
hall|hall|p256|CN|91990000KB000001|清岚电子开标平台运营有限公司（虚构）
custodian-1|custodian|rsa|CN|12990000KB000011|仲平市公证处（虚构）
custodian-2|custodian|p256|CN|31990000KB000012|恒衡律师事务所（虚构）
custodian-3|custodian|rsa|CN|12990000KB000013|云麓市档案馆（虚构）
custodian-4|custodian|p256|CN|12990000KB000014|岭东理工学院密码实验室（虚构）
custodian-5|custodian|rsa|CN|91990000KB000015|衡川会计师事务所（虚构）
host-indot-b40891|host|rsa|US|91990000KB000101|Crossroads Letting Services LLC（虚构）
supervisor-indot-b40891|supervisor|p256|US|11990000KB000102|Office of Letting Oversight（虚构）
bidder-indot-b40891-01|bidder|rsa|US|91990000KB000111|AMERICAN CONTRACTING & SERVICES, INC.
bidder-indot-b40891-02|bidder|p256|US|91990000KB000112|DAVE O'MARA CONTRACTOR INC
bidder-indot-b40891-03|bidder|rsa|US|91990000KB000113|E & B PAVING LLC
bidder-indot-b40891-04|bidder|p256|US|91990000KB000114|FORCE CONSTRUCTION CO INC
bidder-indot-b40891-05|bidder|rsa|US|91990000KB000115|MILESTONE CONTRACTORS LP
bidder-indot-b40891-06|bidder|p256|US|91990000KB000116|RAGLE, INC.
bidder-indot-b40891-07|bidder|rsa|US|91990000KB000117|SUNESIS CONSTRUCTION CO.
host-works-12|host|rsa|CN|91990000KB000201|衡正招标代理有限公司（虚构）
supervisor-works-12|supervisor|p256|CN|11990000KB000202|云麓市公共资源交易监督管理局（虚构）
bidder-works-12-01|bidder|rsa|CN|91990000KB000211|云岫路桥建设集团有限公司（虚构）
bidder-works-12-02|bidder|p256|CN|91990000KB000212|青禾里市政工程有限公司（虚构）
bidder-works-12-03|bidder|rsa|CN|91990000KB000213|砺石营造股份有限公司（虚构）
bidder-works-12-04|bidder|p256|CN|91990000KB000214|远汀基础工程有限公司（虚构）
bidder-works-12-05|bidder|rsa|CN|91990000KB000215|鸿渐坡建设工程有限公司（虚构）
bidder-works-12-06|bidder|p256|CN|91990000KB000216|南渡口水务建设有限公司（虚构）
bidder-works-12-07|bidder|rsa|CN|91990000KB000217|拓岭土木工程有限公司（虚构）
bidder-works-12-08|bidder|p256|CN|91990000KB000218|澄岚建工集团有限公司（虚构）
bidder-works-12-09|bidder|rsa|CN|91990000KB000219|九皋鸣市政园林建设有限公司（虚构）
bidder-works-12-10|bidder|p256|CN|91990000KB000220|朔野工程局有限公司（虚构）
bidder-works-12-11|bidder|rsa|CN|91990000KB000221|岩泊路面工程有限公司（虚构）
bidder-works-12-12|bidder|p256|CN|91990000KB000222|望舒桥建设发展有限公司（虚构）
host-zhuzhou-2022|host|rsa|CN|91990000KB000301|湘岸采购代理有限公司（虚构）
supervisor-zhuzhou-2022|supervisor|p256|CN|11990000KB000302|城市照明采购监督岗（虚构）
bidder-zhuzhou-2022-01|bidder|rsa|CN|91990000KB000311|明川照明工程有限公司（虚构）
bidder-zhuzhou-2022-02|bidder|p256|CN|91990000KB000312|星垣市政照明服务有限公司（虚构）
bidder-zhuzhou-2022-03|bidder|rsa|CN|91990000KB000313|晓路光电维护有限公司（虚构）
bidder-zhuzhou-2022-04|bidder|p256|CN|91990000KB000314|炬安城市服务有限公司（虚构）
END
}

# Organisations that appear in a tender file but sign nothing: name, seed of the code, name.
parties() {
    cat <<'END'
tenderee-indot-b40891|11990000KB000103|Indiana Department of Transportation
tenderee-works-12|91990000KB000203|云麓市江北城市建设投资有限公司（虚构）
tenderee-zhuzhou-2022|12990000KB000303|城市照明设施采购单位（虚构）
END
}

# Certificates that a verifier must refuse. Columns as above.
negatives() {
    cat <<'END'
expired|bidder|rsa|CN|91990000KB000901|过期证书测试单位（虚构）
no-sign-usage|bidder|rsa|CN|91990000KB000902|加密用途证书测试单位（虚构）
other-root|bidder|other|CN|91990000KB000903|未列信任根测试单位（虚构）
END
}

# Unified social credit code from its 16-character seed.
# GB 11714: weights 3 7 9 10 5 8 4 2, check 11 - sum mod 11 (10 is X, 11 is 0).
# GB 32100-2015, 4.5: weights 3^i mod 31, check 31 - sum mod 31 (31 is 0).
uscc() {
    printf '%s\n' "$1" | awk '{
        base36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        base31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        if (length($0) != 16) { print "seed of a wrong length: " $0 > "/dev/stderr"; exit 1 }
        split("3 7 9 10 5 8 4 2", weights, " ")
        sum = 0
        for (i = 1; i <= 8; i++) sum += (index(base36, substr($0, 8 + i, 1)) - 1) * weights[i]
        check = 11 - sum % 11
        code = $0 (check == 10 ? "X" : check == 11 ? "0" : check)
        sum = 0; weight = 1
        for (i = 1; i <= 17; i++) {
            value = index(base31, substr(code, i, 1)) - 1
            if (value < 0) { print "character outside the alphabet: " $0 > "/dev/stderr"; exit 1 }
            sum += value * weight; weight = weight * 3 % 31
        }
        print code substr(base31, (31 - sum % 31) % 31 + 1, 1)
    }'
}

# A serial number of 16 random bytes, positive and without a leading zero byte.
serial() {
    hex=$(openssl rand -hex 16)
    printf '5%s\n' "${hex#?}"
}

# new_key rsa:BITS|p256 FILE : an unencrypted PKCS#8 key.
new_key() {
    case $1 in
    rsa:*) set -- RSA "rsa_keygen_bits:${1#rsa:}" "$2" ;;
    p256) set -- EC ec_paramgen_curve:P-256 "$2" ;;
    esac
    if ! openssl genpkey -algorithm "$1" -pkeyopt "$2" -out "$3" 2> "$work/log"; then
        cat "$work/log" >&2
        exit 70
    fi
    read -r first < "$3"
    [ "$first" = '-----BEGIN PRIVATE KEY-----' ] || { echo "make.sh: $3 is not PKCS#8" >&2; exit 70; }
}

cat > "$work/req.cnf" <<'END'
[req]
prompt = no
string_mask = utf8only
distinguished_name = dn
[dn]
CN = replaced by -subj
END
cat > "$work/ca.cnf" <<END
[ca]
default_ca = development
[development]
database = $work/index
serial = $work/serial
new_certs_dir = $work
default_md = sha256
unique_subject = no
preserve = yes
policy = any
copy_extensions = none
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
organizationIdentifier = optional
END

# issue ISSUER(folder/name or self) SUBJECT KEY CERT UNTIL EXTENSIONS...
issue() {
    issuer=$1 subject=$2 key=$3 cert=$4 until=$5
    shift 5
    {
        echo '[extensions]'
        echo 'subjectKeyIdentifier = hash'
        echo 'authorityKeyIdentifier = keyid'
        for line in "$@"; do printf '%s\n' "$line"; done
    } > "$work/ext.cnf"
    : > "$work/index"
    serial > "$work/serial"
    openssl req -new -utf8 -config "$work/req.cnf" -key "$key" -subj "$subject" -out "$work/csr"
    if [ "$issuer" = self ]; then
        set -- -selfsign -keyfile "$key"
    else
        set -- -keyfile "$issuer.key.pem" -cert "$issuer.cert.pem"
    fi
    if ! openssl ca -batch -utf8 -notext -config "$work/ca.cnf" "$@" -in "$work/csr" \
        -startdate "$root_from" -enddate "$until" \
        -extfile "$work/ext.cnf" -extensions extensions -out "$cert" 2> "$work/log"; then
        cat "$work/log" >&2
        exit 70
    fi
}

# new_ca FOLDER ROOT-KEY ISSUING-KEY ORGANISATION COMMON-NAME
new_ca() {
    mkdir "$new/$1"
    new_key "$2" "$new/$1/root.key.pem"
    new_key "$3" "$new/$1/issuing.key.pem"
    issue self "/C=CN/O=$4/OU=KAIBIAO DEVELOPMENT ONLY/CN=$5 root" \
        "$new/$1/root.key.pem" "$new/$1/root.cert.pem" "$root_until" \
        'basicConstraints = critical, CA:TRUE' 'keyUsage = critical, keyCertSign, cRLSign'
    issue "$new/$1/root" "/C=CN/O=$4/OU=KAIBIAO DEVELOPMENT ONLY/CN=$5 issuing" \
        "$new/$1/issuing.key.pem" "$new/$1/issuing.cert.pem" "$issuing_until" \
        'basicConstraints = critical, CA:TRUE, pathlen:0' 'keyUsage = critical, keyCertSign, cRLSign'
}

# new_identity NAME CA COUNTRY CODE ORGANISATION [UNTIL] [KEY-USAGE]
new_identity() {
    until=${6:-$leaf_until}
    usage=${7:-digitalSignature, nonRepudiation}
    key=$new/id/$1.key.pem
    subject="/C=$3/O=$5/OU=KAIBIAO DEVELOPMENT ONLY"
    case $2 in
    rsa) new_key rsa:2048 "$key" ;;
    *) new_key p256 "$key" ;;
    esac
    leaf_name=$1 leaf_ca=$2 leaf_code=$4
    # The RSA authority puts the code into the subject (organizationIdentifier, 2.5.4.97), the
    # others into an extension of its own.
    case $leaf_ca in
    rsa) subject="$subject/organizationIdentifier=$leaf_code/CN=$5" ;;
    *) subject="$subject/CN=$5" ;;
    esac
    set -- 'basicConstraints = critical, CA:FALSE' "keyUsage = critical, $usage" \
        'extendedKeyUsage = clientAuth, emailProtection'
    case $leaf_ca in
    rsa) ;;
    *) set -- "$@" "1.2.156.10260.4.1.3 = ASN1:UTF8String:$leaf_code" ;;
    esac
    issue "$new/ca-$leaf_ca/issuing" "$subject" "$key" "$work/leaf" "$until" "$@"
    cat "$work/leaf" "$new/ca-$leaf_ca/issuing.cert.pem" > "$new/id/$leaf_name.chain.pem"
}

new_tsa() {
    new_key rsa:2048 "$new/tsa/tsa.key.pem"
    issue "$new/ca-rsa/issuing" \
        '/C=CN/O=清岚开发时间戳机构（虚构）/OU=KAIBIAO DEVELOPMENT ONLY/CN=KAIBIAO DEVELOPMENT time stamping' \
        "$new/tsa/tsa.key.pem" "$new/tsa/tsa.cert.pem" "$leaf_until" \
        'basicConstraints = critical, CA:FALSE' 'keyUsage = critical, digitalSignature' \
        'extendedKeyUsage = critical, timeStamping'
    cat "$new/tsa/tsa.cert.pem" "$new/ca-rsa/issuing.cert.pem" > "$new/tsa/tsa.chain.pem"
    cat > "$new/tsa/tsa.cnf" <<'END'
# Configuration of `openssl ts -reply` for the development time-stamping authority.
#   KAIBIAO_TSA        this folder
#   KAIBIAO_TSA_STATE  a folder that may be written; the serial number is kept there
[tsa]
default_tsa = development
[development]
crypto_device = builtin
serial = $ENV::KAIBIAO_TSA_STATE/serial
signer_cert = $ENV::KAIBIAO_TSA/tsa.cert.pem
certs = $ENV::KAIBIAO_TSA/tsa.chain.pem
signer_key = $ENV::KAIBIAO_TSA/tsa.key.pem
signer_digest = sha256
# 2.999 is the arc for examples (ITU-T X.660): this policy promises nothing.
default_policy = 2.999.26.1
digests = sha256, sha384, sha512
accuracy = secs:1
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
END
}

der_base64() { openssl x509 -in "$1" -outform DER | openssl base64 -A; }
der_sha256() { openssl x509 -in "$1" -outform DER | openssl dgst -sha256 -r | cut -c 1-64; }

write_trust() {
    printf '{"v":1,"name":"kaibiao development trust list","anchors":[\n'
    printf '{"name":{"zh":"%s","en":"%s"},"cert_b64":"%s","org_code":{"in":"subject","oid":"2.5.4.97"},"signatures":["rsa-pkcs1-sha256"],"not_before":%s,"not_after":%s},\n' \
        '开标开发测试证书机构甲（虚构）' 'Development CA A, RSA (fictional)' \
        "$(der_base64 "$new/ca-rsa/root.cert.pem")" "$root_from_ms" "$root_until_ms"
    printf '{"name":{"zh":"%s","en":"%s"},"cert_b64":"%s","org_code":{"in":"extension","oid":"1.2.156.10260.4.1.3"},"signatures":["ecdsa-p256-sha256"],"not_before":%s,"not_after":%s}\n' \
        '开标开发测试证书机构乙（虚构）' 'Development CA B, P-256 (fictional)' \
        "$(der_base64 "$new/ca-p256/root.cert.pem")" "$root_from_ms" "$root_until_ms"
    printf ']}\n'
}

# roster_rows: lines of the six columns on stdin -> JSON objects, one a line.
roster_rows() {
    comma=''
    while IFS='|' read -r name role ca _ seed organisation; do
        code=$(uscc "$seed")
        printf '%s{"name":"%s","party":{"code":"%s","name":"%s"},"role":"%s","ca":"%s"}' \
            "$comma" "$name" "$code" "$organisation" "$role" "$ca"
        comma=',
'
    done
}

write_roster() {
    printf '{"v":1,"identities":[\n'
    identities | roster_rows
    printf '\n],"negative":[\n'
    negatives | roster_rows
    printf '\n],"parties":[\n'
    comma=''
    parties | while IFS='|' read -r name seed organisation; do
        code=$(uscc "$seed")
        printf '%s{"name":"%s","party":{"code":"%s","name":"%s"}}' \
            "$comma" "$name" "$code" "$organisation"
        comma=',
'
    done
    printf '\n]}\n'
}

write_roots() {
    for ca in rsa p256 other; do
        for level in root issuing; do
            printf '%s  ca-%s/%s\n' "$(der_sha256 "$new/ca-$ca/$level.cert.pem")" "$ca" "$level"
        done
    done
}

write_danger() {
    cat > "$1/DANGER.txt" <<'END'
DANGER: development keys. The private keys of this folder are published with the source code;
anybody can sign as any of these organisations, and as the authorities that certify them.
Nothing signed under them proves anything. Never add these roots to a trust list that is used.
危险：开发测试密钥，私钥随源代码公开，任何人都可以冒用。不得用于真实开标，不得加入正式信任列表。
END
}

verified() { # NAME ROOT ISSUING [openssl verify options]
    name=$1 root=$2 issuing=$3
    shift 3
    openssl verify -x509_strict -purpose smimesign "$@" -CAfile "$root" -untrusted "$issuing" \
        "$new/id/$name.chain.pem" > "$work/verify" 2>&1
}
must() { "$@" || { echo "make.sh: self-check failed: $*" >&2; cat "$work/verify" >&2; exit 70; }; }
must_not() { if "$@"; then echo "make.sh: self-check: accepted: $*" >&2; exit 70; fi; }

self_check() {
    identities | while IFS='|' read -r name _ ca _; do
        must verified "$name" "$new/ca-$ca/root.cert.pem" "$new/ca-$ca/issuing.cert.pem" -attime 1893456000
    done
    rsa_root=$new/ca-rsa/root.cert.pem rsa_issuing=$new/ca-rsa/issuing.cert.pem
    other_root=$new/ca-other/root.cert.pem other_issuing=$new/ca-other/issuing.cert.pem
    # Each negative identity fails for its own reason and for no other.
    must verified expired "$rsa_root" "$rsa_issuing" -attime 1706745600
    must_not verified expired "$rsa_root" "$rsa_issuing" -attime 1711929600
    must verified no-sign-usage "$rsa_root" "$rsa_issuing" -purpose any
    must_not verified no-sign-usage "$rsa_root" "$rsa_issuing"
    must verified other-root "$other_root" "$other_issuing"
    must_not verified other-root "$rsa_root" "$other_issuing"
    must_not verified other-root "$new/ca-p256/root.cert.pem" "$other_issuing"

    KAIBIAO_TSA=$new/tsa KAIBIAO_TSA_STATE=$work
    export KAIBIAO_TSA KAIBIAO_TSA_STATE
    echo 01 > "$work/serial"
    openssl ts -query -data "$new/roots.sha256" -sha256 -cert -out "$work/tsq" 2> "$work/verify"
    must openssl ts -reply -config "$new/tsa/tsa.cnf" -queryfile "$work/tsq" -out "$work/tsr" 2> "$work/verify"
    must openssl ts -verify -queryfile "$work/tsq" -in "$work/tsr" -CAfile "$rsa_root" \
        -untrusted "$rsa_issuing" > "$work/verify" 2>&1
}

new_ca ca-rsa rsa:3072 rsa:2048 '开标开发测试证书机构甲（虚构）' 'KAIBIAO DEVELOPMENT CA A'
new_ca ca-p256 p256 p256 '开标开发测试证书机构乙（虚构）' 'KAIBIAO DEVELOPMENT CA B'
new_ca ca-other p256 p256 '未列入信任列表的证书机构（虚构）' 'KAIBIAO DEVELOPMENT CA untrusted'
identities | while IFS='|' read -r name _ ca country seed organisation; do
    code=$(uscc "$seed")
    new_identity "$name" "$ca" "$country" "$code" "$organisation"
done
negatives | while IFS='|' read -r name _ ca country seed organisation; do
    code=$(uscc "$seed")
    case $name in
    expired) new_identity "$name" "$ca" "$country" "$code" "$organisation" 20240331235959Z ;;
    no-sign-usage) new_identity "$name" "$ca" "$country" "$code" "$organisation" '' keyEncipherment ;;
    *) new_identity "$name" "$ca" "$country" "$code" "$organisation" ;;
    esac
done
new_tsa
write_trust > "$new/trust.json"
write_roster > "$new/roster.json"
write_roots > "$new/roots.sha256"
for folder in "$new" "$new"/*/; do write_danger "${folder%/}"; done
self_check

rm -rf "$out/ca-rsa" "$out/ca-p256" "$out/ca-other" "$out/id" "$out/tsa"
cp -R "$new"/. "$out"/
chmod -R u+rw,go+r "$out"
echo "make.sh: wrote $(identities | wc -l) identities, $(negatives | wc -l) negative ones, 3 authorities and a time-stamping authority to $out" >&2
