package main

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/apache/thrift/lib/go/thrift"
	"github.com/jaegertracing/jaeger-idl/thrift-gen/zipkincore"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/zipkin/zipkinv2"
	"github.com/openzipkin/zipkin-go/model"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The annotations with which Zipkin's first version says what a span's kind is: begin and end.
var coreAnnotations = map[model.Kind][2]string{
	model.Client:   {zipkincore.CLIENT_SEND, zipkincore.CLIENT_RECV},
	model.Server:   {zipkincore.SERVER_RECV, zipkincore.SERVER_SEND},
	model.Producer: {"ms", ""},
	model.Consumer: {"mr", ""},
}

// zipkinThrift writes a list of the first version's spans in Thrift's binary protocol. The Collector reads
// this encoding but does not write it: the spans are its translation to Zipkin's second version, turned
// into the first as Zipkin itself does, and written with the generated code of Zipkin's interface.
func zipkinThrift(sent ptrace.Traces) ([]byte, error) {
	spans, err := zipkinv2.FromTranslator{}.FromTraces(sent)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	buffer := thrift.NewTMemoryBuffer()
	protocol := thrift.NewTBinaryProtocolConf(buffer, &thrift.TConfiguration{})
	if err := protocol.WriteListBegin(ctx, thrift.STRUCT, len(spans)); err != nil {
		return nil, err
	}
	for _, span := range spans {
		if err := firstVersion(span).Write(ctx, protocol); err != nil {
			return nil, err
		}
	}
	return buffer.Bytes(), protocol.WriteListEnd(ctx)
}

func firstVersion(span *model.SpanModel) *zipkincore.Span {
	high := int64(span.TraceID.High)
	made := &zipkincore.Span{
		TraceID: int64(span.TraceID.Low), TraceIDHigh: &high, ID: int64(span.ID), Name: span.Name,
	}
	if span.ParentID != nil {
		parent := int64(*span.ParentID)
		made.ParentID = &parent
	}
	start, duration := span.Timestamp.UnixMicro(), max(1, span.Duration.Microseconds())
	if span.Kind != model.Server || span.ParentID == nil { // a server's half leaves the times to its client
		made.Timestamp, made.Duration = &start, &duration
	}
	host := endpoint(span.LocalEndpoint)
	core := coreAnnotations[span.Kind]
	annotate := func(at int64, value string) {
		if value != "" {
			made.Annotations = append(made.Annotations, &zipkincore.Annotation{Timestamp: at, Value: value, Host: host})
		}
	}
	annotate(start, core[0])
	for _, each := range span.Annotations {
		annotate(each.Timestamp.UnixMicro(), each.Value)
	}
	annotate(start+duration, core[1])
	binaryAnnotate(made, span, host)
	return made
}

func binaryAnnotate(made *zipkincore.Span, span *model.SpanModel, host *zipkincore.Endpoint) {
	for _, name := range sorted(span.Tags) {
		made.BinaryAnnotations = append(made.BinaryAnnotations, &zipkincore.BinaryAnnotation{
			Key: name, Value: []byte(span.Tags[name]), AnnotationType: zipkincore.AnnotationType_STRING, Host: host,
		})
	}
	if len(made.Annotations)+len(made.BinaryAnnotations) == 0 {
		made.BinaryAnnotations = append(made.BinaryAnnotations, &zipkincore.BinaryAnnotation{
			Key: zipkincore.LOCAL_COMPONENT, AnnotationType: zipkincore.AnnotationType_STRING, Host: host,
		})
	}
	if span.RemoteEndpoint != nil {
		made.BinaryAnnotations = append(made.BinaryAnnotations, &zipkincore.BinaryAnnotation{
			Key: remoteAddress(span.Kind), Value: []byte{1}, AnnotationType: zipkincore.AnnotationType_BOOL,
			Host: endpoint(span.RemoteEndpoint),
		})
	}
}

func remoteAddress(kind model.Kind) string {
	switch kind {
	case model.Server:
		return zipkincore.CLIENT_ADDR
	case model.Producer, model.Consumer:
		return "ma"
	default:
		return zipkincore.SERVER_ADDR
	}
}

func endpoint(given *model.Endpoint) *zipkincore.Endpoint {
	if given == nil {
		return nil
	}
	made := &zipkincore.Endpoint{ServiceName: given.ServiceName, Port: int16(given.Port), Ipv6: given.IPv6}
	if four := given.IPv4.To4(); four != nil {
		made.Ipv4 = int32(binary.BigEndian.Uint32(four))
	}
	return made
}

func sorted[V any](given map[string]V) []string { return slices.Sorted(maps.Keys(given)) }
