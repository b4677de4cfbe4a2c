"""What pyHanko says on signatures with a time stamp (CAdES-T).

    pyhanko_cades.py FOLDER

FOLDER/cases has one case a line, words apart by tabs: name, task, the files of the signer's root, of
the stamp's root, of the content and of the container, and the instant in milliseconds.
FOLDER/answers gets a line for each: name, tab, `ok` or why not.
"""

import asyncio
import datetime
import pathlib
import sys

from asn1crypto import cms, x509
from pyhanko.sign.validation.generic_cms import async_validate_detached_cms
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext

FOLDER = pathlib.Path(sys.argv[1])
USAGE = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})


async def judge(signer_root, stamp_root, content, container, at):
    signed = cms.ContentInfo.load(container, strict=True)
    moment = datetime.datetime.fromtimestamp(int(at) / 1000, datetime.timezone.utc)

    def trusting(root):
        return ValidationContext(trust_roots=[x509.Certificate.load(root)], moment=moment)

    status = await async_validate_detached_cms(
        content, signed["content"], trusting(signer_root), trusting(stamp_root), key_usage_settings=USAGE
    )
    stamp = status.timestamp_validity
    if stamp is None:
        return "no stamp"
    told = {"signature": status, "stamp": stamp}
    faults = [
        f"{what} is not {property}"
        for what, found in told.items()
        for property in ("intact", "valid", "trusted")
        if not getattr(found, property)
    ]
    return ", ".join(faults) or "ok"


answers = []
for line in (FOLDER / "cases").read_text("utf-8").splitlines():
    name, _, *files, at = line.split("\t")
    try:
        answer = asyncio.run(judge(*((FOLDER / file).read_bytes() for file in files), at))
    except Exception as refusal:  # whatever it is, the signature is not accepted
        answer = " ".join(f"{type(refusal).__name__}: {refusal}".split())
    answers.append(f"{name}\t{answer}\n")
(FOLDER / "answers").write_text("".join(answers), "utf-8")
