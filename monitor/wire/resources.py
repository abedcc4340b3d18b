"""What a resource says of its service, by the newest conventions.

| kept as | read from, first that is there |
| --- | --- |
| service.name, .version, .namespace; k8s.namespace.name | themselves |
| telemetry.sdk.name, .language, .version | themselves |
| process.runtime.name, .version; host.arch; faas.max_memory | themselves |
| cloud.platform, .region; cloud.availability_zone | themselves; cloud.zone |
| container.image.name, .tag | themselves |
| k8s.container.cpu.limit, k8s.container.memory.limit | themselves, with `_limit` |

Source: opentelemetry.io/docs/specs/semconv, resource conventions; the limits are names of metrics there,
which some resources carry as attributes.
"""

RESOURCES: dict[str, tuple[str, ...]] = {
    "service.name": (),
    "service.version": (),
    "service.namespace": (),
    "deployment.environment.name": ("deployment.environment",),
    "k8s.namespace.name": (),
    "faas.name": (),
    "telemetry.sdk.name": (),
    "telemetry.sdk.language": (),
    "telemetry.sdk.version": (),
    "vcs.ref.head.name": ("vcs.repository.ref.name",),
    "vcs.ref.head.revision": ("vcs.repository.ref.revision",),
    "process.runtime.name": (),
    "process.runtime.version": (),
    "cloud.platform": (),
    "cloud.region": (),
    "cloud.availability_zone": ("cloud.zone",),
    "host.arch": (),
    "container.image.name": (),
    "container.image.tag": (),
    "k8s.container.cpu.limit": ("k8s.container.cpu_limit",),
    "k8s.container.memory.limit": ("k8s.container.memory_limit",),
    "faas.max_memory": (),
}
"""Newest name -> older ones."""
