"""Who sends a request, as far as it decides whether the request is traffic: the class of its user agent.

| class | who |
| --- | --- |
| probe | health checks and scrapes: kubelets, load balancers, meshes, monitoring |
| scanner | tools that look for holes |
| bot | crawlers and makers of previews: by `bot`, `crawl`, `spider` or a page about them (`+http`) |

Everybody else is ''. The user agent itself is not kept. The names are those that the programs send by
default: from their documentation or source, and of crawlers from github.com/monperrus/crawler-user-agents.
"""

import re
from collections.abc import Callable, Iterable
from fnmatch import translate
from functools import lru_cache

PROBE, SCANNER, BOT = "probe", "scanner", "bot"

_PROBES = (
    "kube-probe/|ELB-HealthChecker/|GoogleHC/|GoogleStackdriverMonitoring|Amazon-Route53-Health-Check-Service"
    "|Edge Health Probe|Azure Traffic Manager Endpoint Monitor|AlwaysOn$|HealthCheck/|ReadyForRequest"
    r"|Envoy/HC|Consul Health Check|Knative-[A-Za-z-]*Probe|Cloudflare-(?:Healthchecks|Traffic-Manager)/"
    r"|Prometheus/|Blackbox[ -]Exporter/|vm_?promscrape|vmagent|Grafana ?Agent/|Alloy/|Telegraf/|otelcol"
    r"|OpenTelemetry Collector|Datadog Agent/|Zabbix|check_http/|Nagios|Icinga"
    r"|UptimeRobot/|Pingdom|StatusCake|Site24x7|NewRelicPinger|Better ?(?:Uptime|Stack)|Uptime-Kuma/"
)
_SCANNERS = (
    "sqlmap|nikto|nmap|masscan|zgrab|zmap|nuclei|gobuster|dirbuster|feroxbuster|Fuzz Faster U Fool|wfuzz"
    "|wpscan|acunetix|nessus|openvas|qualys|netsparker|invicti|w3af|l9explore|l9tcpid|CensysInspect|Expanse"
    "|InternetMeasurement|NetSystemsResearch|paloaltonetworks|OWASP|Detectify|ModatScanner|fasthttp scanner"
)
_BOTS = (
    r"(?<!cu)bots?(?![a-z])|\+https?://|crawl|spider(?![a-z])|slurp|facebookexternalhit|facebookcatalog|meta-externalagent"
    r"|WhatsApp/|Embedly|Mediapartners-Google|AdsBot|APIs-Google|Google-(?:Read-Aloud|InspectionTool)|BingPreview"
    r"|ia_archiver|Lighthouse|SkypeUriPreview|Slack-ImgProxy|ChatGPT-User|anthropic-ai|archive\.org"
)

_AGENTS = 4096
"""User agents whose classes are remembered."""

Classify = Callable[[str], str]
"""A user agent -> its class, '' for people and programs."""


def classifier(probes: Iterable[str] = ()) -> Classify:
    """What distinguishes classes of user agents; `probes`: globs on further ones that count as probes."""
    own = "|".join(rf"\A{translate(glob)}" for glob in probes)
    classes = (
        (PROBE, re.compile("|".join(filter(None, (own, f"(?i:{_PROBES})"))))),
        (SCANNER, re.compile(_SCANNERS, re.IGNORECASE)),
        (BOT, re.compile(_BOTS, re.IGNORECASE)),
    )

    @lru_cache(maxsize=_AGENTS)
    def classify(agent: str) -> str:
        return next((name for name, pattern in classes if pattern.search(agent)), "")

    return classify
