"""Answers with a JSON file to keep."""

import json
from collections.abc import Mapping
from typing import Any

from quart import Response


def json_file(values: Mapping[str, Any], filename: str) -> Response:
    """``values`` as a file that browsers save and nobody caches."""
    text = json.dumps(values, ensure_ascii=False, indent=1)
    response = Response(text, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response
