// Writes the golden records of this directory: traces sent through the OpenTelemetry Collector's Kafka
// exporter, once per encoding, to a Kafka that lives in this process. See README.md.
package main

import (
	"context"
	"encoding/hex"
	"log"
	"os"
	"strings"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/kafkaexporter"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var encodings = []string{
	"otlp_proto", "otlp_json", "jaeger_proto", "jaeger_json", "zipkin_proto", "zipkin_json",
}

func main() {
	must(os.Chdir(os.Args[1]))
	for _, encoding := range encodings {
		broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, encoding))
		must(err)
		must(export(broker.ListenAddrs(), encoding, traces()))
		write(encoding, consume(broker.ListenAddrs(), encoding))
		broker.Close()
	}
	thrift, err := zipkinThrift(traces())
	must(err)
	write("zipkin_thrift", [][]byte{thrift})
}

// export sends the traces through the exporter, configured as in a Collector's YAML.
func export(brokers []string, encoding string, sent ptrace.Traces) error {
	ctx := context.Background()
	factory := kafkaexporter.NewFactory()
	config := factory.CreateDefaultConfig()
	given := confmap.NewFromStringMap(map[string]any{
		"brokers":       brokers,
		"sending_queue": map[string]any{"enabled": false},
		"traces":        map[string]any{"topic": encoding, "encoding": encoding},
	})
	if err := given.Unmarshal(config); err != nil {
		return err
	}
	exporter, err := factory.CreateTraces(ctx, exportertest.NewNopSettings(factory.Type()), config)
	if err != nil {
		return err
	}
	if err := exporter.Start(ctx, componenttest.NewNopHost()); err != nil {
		return err
	}
	if err := exporter.ConsumeTraces(ctx, sent); err != nil {
		return err
	}
	return exporter.Shutdown(ctx)
}

// consume returns the values of all records of a topic, in their order.
func consume(brokers []string, topic string) [][]byte {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(brokers...),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	must(err)
	defer client.Close()
	var values [][]byte
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		fetches := client.PollFetches(ctx)
		cancel()
		if fetches.Empty() {
			return values
		}
		fetches.EachRecord(func(record *kgo.Record) { values = append(values, record.Value) })
	}
}

// write stores one record per line: JSON as it was sent, anything else in hexadecimal digits.
func write(encoding string, values [][]byte) {
	name, lines := encoding+".hex", make([]string, len(values))
	for i, value := range values {
		lines[i] = hex.EncodeToString(value)
		if strings.HasSuffix(encoding, "json") {
			name, lines[i] = encoding+".jsonl", string(value)
		}
	}
	must(os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
