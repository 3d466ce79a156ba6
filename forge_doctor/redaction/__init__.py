"""Takes secrets out of text on its way to the user or to a file; it would rather hide too much than too little."""

from forge_doctor.redaction.dsn import redact_dsn as redact_dsn
from forge_doctor.redaction.passes import redact as redact
from forge_doctor.redaction.passes import redact_source as redact_source
from forge_doctor.redaction.shapes import MASK as MASK
