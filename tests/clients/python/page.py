# SPDX-License-Identifier: Apache-2.0
"""The registration page: a buyer's browser posts a form whose field is the registration token."""
from typing import Callable, Optional, Tuple
from urllib.parse import parse_qs

FIELD = "x-amzn-marketplace-token"
STATUS = {"resolved": 303, "refused": 400, "failed": 503}


def answer(page: dict, register: Callable[[str, str], dict]) -> Tuple[int, dict, Optional[dict]]:
    """Gives status and headers of the reply, and what register said of the token (None: not asked).

    The token comes by POST and in the form alone, decoded once; whatever else the browser says is
    not believed. It is resolved at once and kept nowhere: not in a cookie, not in a log."""
    headers = {"Content-Type": "text/html; charset=utf-8"}
    if page.get("method") != "POST":
        return 405, {**headers, "Allow": "POST"}, None
    fields = parse_qs(page.get("body", ""), keep_blank_values=True)
    token = fields.get(FIELD, [""])[0]
    if not token:
        return 400, headers, None
    known = register(token, page.get("user") or "")
    status = STATUS[known["state"]]
    if status == 303:
        headers["Location"] = "/welcome"
        headers["Set-Cookie"] = ["session=1; HttpOnly; Secure; SameSite=Lax"]
    return status, headers, known
