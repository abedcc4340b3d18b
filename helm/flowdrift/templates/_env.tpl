{{- /* Settings that a ConfigMap cannot hold: the pod's own name, and secrets by reference. */}}
{{- define "flowdrift.env" -}}
# A static member of its consumer groups: a pod that returns in time causes no rebalance.
- name: FLOWDRIFT_KAFKA__GROUP_INSTANCE_ID
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
# Pods of two installations may have one name: which process holds a member id is said with the namespace.
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- with .Values.apiToken }}
{{- if .existingSecret }}
- name: FLOWDRIFT_API__TOKEN_FILE
  value: /etc/flowdrift-api/{{ .key }}
{{- end }}
{{- end }}
{{- with .Values.kafka.sasl }}
{{- if .existingSecret }}
- name: FLOWDRIFT_KAFKA__AUTH__SASL__MECHANISM
  value: {{ .mechanism }}
- name: FLOWDRIFT_KAFKA__AUTH__SASL__USERNAME
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .usernameKey }}
- name: FLOWDRIFT_KAFKA__AUTH__SASL__PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .passwordKey }}
{{- end }}
{{- end }}
{{- with .Values.kafka.tls }}
{{- if .enabled }}
- name: FLOWDRIFT_KAFKA__TLS__ENABLED
  value: "true"
{{- end }}
{{- if .existingSecret }}
{{- range $setting, $key := dict "CA_FILE" .caKey "CERT_FILE" .certKey "KEY_FILE" .keyKey }}
{{- if $key }}
- name: FLOWDRIFT_KAFKA__TLS__{{ $setting }}
  value: /etc/flowdrift-tls/{{ $key }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
