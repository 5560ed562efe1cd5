"""How long calls take: counted in steps, added up over nodes, told as the 95th of a hundred."""

import random

from portico.activation import service as activation
from portico.hooks.health import Health
from portico.hooks.timing import STEPS_MS, percentile, step_of
from portico.testing.factories import make_store


def test_the_95th_of_a_hundred_is_right_to_a_step():
    rng = random.Random(7)
    calls = [rng.lognormvariate(-4, 1.5) for _ in range(5000)]
    counts: dict[int, int] = {}
    for seconds in calls:
        counts[step_of(seconds)] = counts.get(step_of(seconds), 0) + 1
    exact = sorted(calls)[int(0.95 * len(calls)) - 1] * 1000
    assert exact <= percentile(counts) <= exact * 1.42
    assert len(counts) <= len(STEPS_MS) + 1


def test_what_is_longer_than_every_step_counts_as_the_last():
    assert percentile({}) == 0
    assert percentile({step_of(10_000): 3}) == STEPS_MS[-1]
    assert percentile({step_of(0): 3}) == STEPS_MS[0]


async def test_nodes_count_into_the_same_steps_and_reset_forgets_them(runtime, clock):
    store = await make_store(runtime)
    nodes = [Health(runtime.db, clock) for _ in range(2)]
    for node in nodes:
        for _ in range(95):
            node.answered(("post", store.id, "send_email"), 0.003)
        node.failed(("post", store.id, "send_email"), 3.0, "broken")
        node.answered(("post", store.id, "check"), 0.1)
        await node.flush()
    found = await activation.p95(runtime, store)
    assert found["post", "send_email"] == STEPS_MS[step_of(0.003)]
    assert found["post", "check"] == STEPS_MS[step_of(0.1)]
    assert found["post", ""] == STEPS_MS[step_of(0.003)]
    await activation.reset_health(runtime, store, "post")
    assert await activation.p95(runtime, store) == {}
