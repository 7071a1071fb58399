"""Writing a validated instance as canonical JSON, from which the same instance loads again."""

from __future__ import annotations

import hashlib
import json

from pydantic import BaseModel


def instance_json(instance: BaseModel) -> str:
    """Return an instance as JSON text.

    Every number stands in its field's unit and every field is written out; floats are written so that they read back
    exactly. Sections and entries keep the order of the instance, since rows and columns of the model follow it.
    """
    return json.dumps(instance.model_dump(mode="json", by_alias=True), indent=1, ensure_ascii=False) + "\n"


def instance_hash(instance: BaseModel) -> str:
    """Return the SHA-256 of an instance's contents in hexadecimal, whatever the order of its entries."""
    dumped = instance.model_dump(mode="json", by_alias=True)
    text = json.dumps(dumped, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
