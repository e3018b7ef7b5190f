# SPDX-License-Identifier: Apache-2.0
"""Vendor-metered tagging: how the quantity of one record is split by tags, as AWS takes it.

A record has at most 2500 allocations, each with its own set of at most five tags of a limited
alphabet, and whole quantities that add up to the record's. Usage may bring anything: what AWS would
refuse is replaced or left out here, always in the same way, and the usage is billed all the same.
"""
import json
import math
import re
from typing import Dict, List, Optional

MAX_ALLOCATIONS, MAX_TAGS, MAX_KEY, MAX_VALUE = 2500, 5, 100, 256
NOT_TAKEN = re.compile(r"[^a-zA-Z0-9+ \-=._:/@]")
UNTAGGED = "{}"
NOTHING = 1e-6  # what decimal fractions leave: 3.3 + 3.3 + 3.4 is 10


def clean(tags: Dict[str, str]) -> Dict[str, str]:
    """Tags as AWS takes them, the first five by name."""
    taken = {NOT_TAKEN.sub("_", key)[:MAX_KEY]: NOT_TAKEN.sub("_", value)[:MAX_VALUE]
             for key, value in sorted(tags.items()) if key and value}
    return dict(list(taken.items())[:MAX_TAGS])


def merge(old: Optional[list], quantity: int, parts: Optional[list],
          before: int) -> Optional[list]:
    """Adds one usage's parts to a record's buckets. Each set of tags is a bucket, and what bears none
    is one too; before: the record's quantity so far."""
    if old is None and not parts:
        return None
    buckets = {json.dumps(bucket["tags"]): bucket["quantity"] for bucket in old or []}
    if old is None and before:
        buckets[UNTAGGED] = before
    left = quantity
    for part in parts or []:
        name = json.dumps(clean(part.get("tags", {})))
        if name not in buckets and len(buckets) >= MAX_ALLOCATIONS - 1:
            name = UNTAGGED
        buckets[name] = buckets.get(name, 0) + part["quantity"]
        left -= part["quantity"]
    if left > NOTHING:
        buckets[UNTAGGED] = buckets.get(UNTAGGED, 0) + left
    return [{"tags": json.loads(name), "quantity": share} for name, share in buckets.items()]


def whole(shares: List[float], total: int) -> List[int]:
    """Whole numbers with that sum: each share loses its fraction, and those that lose most win back
    what is missing then."""
    floors = [math.floor(share + NOTHING) for share in shares]
    missing = total - sum(floors)
    poorest = sorted(range(len(shares)), key=lambda i: floors[i] - shares[i])
    for i in poorest[:max(0, missing)]:
        floors[i] += 1
    return floors
