"""Response that is no answer -> how long to wait, and what to tell: the cause, when to try again, does a key help."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from pipeline.fetch.keys import Key, KeyRule

LONGEST_RESET = 14 * 86_400  # seconds; some services write a time of day where others write how long it takes
DECIMAL = "0123456789."
WITHOUT_KEY = {
    401: "it wants a key",
    403: "it takes no requests from here, often because there were too many",
    429: "too many requests for now",
}
WITH_KEY = {
    401: "the key in {} is not accepted",
    403: "it takes no requests with the key in {}, which is not accepted or had too many",
    429: "what the key in {} allows is used up for now",
}
KEY_STATUSES = frozenset(WITH_KEY)  # refusals in which a key matters


def seconds_to_wait(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds until a service wants to be asked again, by Retry-After (seconds or a date) or X-RateLimit-Reset.

    now: seconds since 1970; None where it does not say, or says it so that it cannot be read.

    >>> seconds_to_wait({"retry-after": "7"}), seconds_to_wait({"retry-after": "soon"})
    (7.0, None)
    >>> seconds_to_wait({"retry-after": "Thu, 01 Jan 1970 00:02:00 GMT"}, now=60.0)
    60.0
    """
    told = headers.get("retry-after", "").strip()
    if told:
        return (
            _seconds(told) if _seconds(told) is not None else _seconds_until(told, time.time() if now is None else now)
        )
    seconds = _seconds(headers.get("x-ratelimit-reset", "").strip())
    used_up = headers.get("x-ratelimit-remaining", "").strip() == "0"
    return seconds if used_up and seconds is not None and seconds < LONGEST_RESET else None


def _seconds(text: str) -> float | None:
    if not text or len(text) > 15 or text.strip(DECIMAL) or text.count(".") > 1 or text == ".":
        return None
    return float(text)


def _seconds_until(date: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max((aware - datetime.fromtimestamp(now, UTC)).total_seconds(), 0.0)
    except (ValueError, OverflowError, TypeError):
        return None


def explain(status: int, wait: float | None, *, rule: KeyRule | None = None, key: Key | None = None) -> str:
    """What a refusal means and the way out, "" for a status that explains itself. wait: seconds, None where not told;
    rule: how the service takes a key.

    >>> explain(429, 7200, rule=KeyRule("https://example.org/key"))
    'too many requests for now; a free key allows more: https://example.org/key; try again in 2 hours'
    >>> explain(400, None)
    ''
    """
    again = f"try again {'later' if wait is None else f'in {_duration(wait)}'}"
    if status not in KEY_STATUSES:
        return again if wait else ""
    parts = [WITH_KEY[status].format(key.variable) if key else WITHOUT_KEY[status]]
    if rule:
        parts.append(f"keys: {rule.page}" if key else f"{rule.hint}: {rule.page}")
    if status != HTTPStatus.UNAUTHORIZED:
        parts.append(again)
    return "; ".join(parts)


def _duration(seconds: float) -> str:
    """In the largest fitting unit, rounded up, so that who waits so long does not come too early.

    >>> _duration(3), _duration(61), _duration(54_000), _duration(200_000)
    ('3 seconds', '2 minutes', '15 hours', '3 days')
    """
    for unit, length, most in (("second", 1, 60), ("minute", 60, 3_600), ("hour", 3_600, 172_800), ("day", 86_400, 0)):
        if seconds < most or not most:
            number = int(-(-seconds // length))
            return f"{number} {unit}{'' if number == 1 else 's'}"
    raise AssertionError("the last unit has no limit")
