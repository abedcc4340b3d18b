"""Classes of user agents."""

import pytest

from monitor.wire.user_agent import classifier

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("kube-probe/1.29", "probe"),
        ("ELB-HealthChecker/2.0", "probe"),
        ("GoogleHC/1.0", "probe"),
        ("Envoy/HC", "probe"),
        ("Consul Health Check", "probe"),
        ("Prometheus/2.50.0", "probe"),
        ("Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "probe"),
        ("sqlmap/1.7#stable (https://sqlmap.org)", "scanner"),
        ("Mozilla/5.0 zgrab/0.x", "scanner"),
        ("Mozilla/5.0 (compatible; Nuclei - Open-source project)", "scanner"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        ("facebookexternalhit/1.1", "bot"),
        ("Baiduspider", "bot"),
        ("Mozilla/5.0 (compatible; heritrix/3.4 +http://archive.example)", "bot"),
        (CHROME, ""),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/126.0", ""),
        ("okhttp/4.12", ""),
        ("python-requests/2.32", ""),
        ("", ""),
    ],
)
def test_classes(agent: str, kind: str) -> None:
    """Probes, scanners and crawlers by the names that they send; people and programs are neither."""
    assert classifier()(agent) == kind


def test_further_probes() -> None:
    """Globs add to the probes and take whole user agents."""
    classify = classifier(["OurMonitor/*"])
    assert classify("OurMonitor/3") == "probe"
    assert classify(f"{CHROME} OurMonitor/3") == ""
    assert classify("kube-probe/1.29") == "probe"
