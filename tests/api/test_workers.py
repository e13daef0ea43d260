"""The pages of several workers as one."""

from prometheus_client.parser import text_string_to_metric_families

from carevia.api.workers import joined

PAGE = b"""# HELP carevia_sockets Sockets connected
# TYPE carevia_sockets gauge
carevia_sockets %d.0
# HELP carevia_http_answers_total HTTP answers
# TYPE carevia_http_answers_total counter
carevia_http_answers_total{route="GET /{odd} name",status="200"} 2.0
"""


def test_each_family_stands_once_and_every_sample_has_its_worker() -> None:
    page = joined([("a", PAGE % 1), ("b", PAGE % 2)]).decode()
    assert page.count("# TYPE carevia_sockets gauge") == page.count("# HELP carevia_sockets ") == 1
    families = {family.name: family.samples for family in text_string_to_metric_families(page)}
    assert [(s.labels, s.value) for s in families["carevia_sockets"]] == [({"worker": "a"}, 1), ({"worker": "b"}, 2)]
    answers = families["carevia_http_answers"]
    assert [sample.labels["worker"] for sample in answers] == ["a", "b"]
    assert {sample.labels["route"] for sample in answers} == {"GET /{odd} name"}


def test_a_worker_alone_says_what_only_it_has() -> None:
    assert joined([("a", PAGE % 1), ("b", b"")]).decode().count("worker=") == 2
