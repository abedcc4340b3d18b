// Writes jaeger_page.json: the records of jaeger_proto as Jaeger's page exports traces, by the conversion of
// Jaeger's query API itself. A module of its own, because Jaeger's model and the Collector's cannot be in
// one program. See ../README.md.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"

	"github.com/jaegertracing/jaeger/model"
	converter "github.com/jaegertracing/jaeger/model/converter/json"
	page "github.com/jaegertracing/jaeger/model/json"
)

// answer is what the API sends: one entry per trace.
type answer struct {
	Data   []*page.Trace `json:"data"`
	Total  int           `json:"total"`
	Limit  int           `json:"limit"`
	Offset int           `json:"offset"`
	Errors []string      `json:"errors"`
}

func main() {
	must(os.Chdir(os.Args[1]))
	digits, err := os.ReadFile("jaeger_proto.hex")
	must(err)
	var sent answer
	for _, trace := range traces(bytes.Fields(digits)) {
		sent.Data = append(sent.Data, converter.FromDomain(trace))
	}
	text, err := json.MarshalIndent(sent, "", "    ")
	must(err)
	must(os.WriteFile("jaeger_page.json", append(text, '\n'), 0o644))
}

// traces gathers spans, which come trace by trace.
func traces(lines [][]byte) []*model.Trace {
	var found []*model.Trace
	for _, line := range lines {
		record, err := hex.DecodeString(string(line))
		must(err)
		span := new(model.Span)
		must(span.Unmarshal(record))
		if len(found) == 0 || found[len(found)-1].Spans[0].TraceID != span.TraceID {
			found = append(found, new(model.Trace))
		}
		last := found[len(found)-1]
		last.Spans = append(last.Spans, span)
	}
	return found
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
