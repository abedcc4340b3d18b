{{- define "flowdrift.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* 44 characters leave room for the role and for the hash that a StatefulSet appends: labels hold 63. */}}
{{- define "flowdrift.fullname" -}}
{{- $name := include "flowdrift.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 44 | trimSuffix "-" }}
{{- end }}

{{- define "flowdrift.selector" -}}
app.kubernetes.io/name: {{ include "flowdrift.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "flowdrift.labels" -}}
{{ include "flowdrift.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "flowdrift.serviceAccountName" -}}
{{- default (ternary (include "flowdrift.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "flowdrift.image" -}}
{{- with .Values.image -}}
{{- with .registry }}{{ . }}/{{ end }}{{ .repository }}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{- define "flowdrift.configuration" -}}
{{ toYaml .Values.config }}
{{- end }}

{{- define "flowdrift.port" -}}
{{- dig "api" "port" 8080 .Values.config }}
{{- end }}

{{- define "flowdrift.probesPort" -}}
{{- default (include "flowdrift.port" . | int | add1) (dig "probes" "port" nil .Values.config) }}
{{- end }}

{{- /* Either `all` alone, or the three roles together: anything else would leave work undone or do it twice. */}}
{{- define "flowdrift.checkRoles" -}}
{{- $roles := .Values.roles }}
{{- $split := list $roles.observer.enabled $roles.auditor.enabled $roles.api.enabled }}
{{- if and $roles.all.enabled (has true $split) }}
{{- fail "roles: `all` runs everything already: disable it, or disable observer, auditor and api" }}
{{- end }}
{{- if and (not $roles.all.enabled) (has false $split) }}
{{- fail "roles: without `all`, enable observer, auditor and api: each does a part of the work" }}
{{- end }}
{{- $rekeys := dig "kafka" "traces" "rekey" false .Values.config }}
{{- if and $roles.rekey.enabled (or $roles.all.enabled (not $rekeys)) }}
{{- fail "roles.rekey: works beside observer, auditor and api, and where config.kafka.traces.rekey is true" }}
{{- end }}
{{- if and $rekeys (not $roles.all.enabled) (not $roles.rekey.enabled) }}
{{- fail "roles: config.kafka.traces.rekey is true: enable rekey, too" }}
{{- end }}
{{- end }}
