{{- /* The groups of files/rules.yaml without what is disabled, with the overrides and the runbook's address. */}}
{{- define "flowdrift.ruleGroups" -}}
{{- $options := .Values.prometheusRule.defaultRules }}
{{- range (.Files.Get "files/rules.yaml" | fromYaml).groups }}
- name: {{ .name }}
  rules:
    {{- range $rule := .rules }}
    {{- if not (and $rule.alert (get $options.disabled $rule.alert)) }}
    {{- if $rule.alert }}{{ include "flowdrift.override" (dict "rule" $rule "options" $options) }}{{ end }}
    - {{ toYaml $rule | nindent 6 | trim }}
    {{- end }}
    {{- end }}
{{- end }}
{{- end }}

{{- /* Changes the alert `rule` in place; prints nothing. */}}
{{- define "flowdrift.override" -}}
{{- $rule := .rule }}
{{- $override := get .options.overrides $rule.alert | default dict }}
{{- with get $override "for" }}{{ $_ := set $rule "for" . }}{{ end }}
{{- with get $override "severity" }}{{ $_ := set $rule.labels "severity" . }}{{ end }}
{{- with .options.runbookUrl }}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s#%s" . (lower $rule.alert)) }}
{{- end }}
{{- end }}
