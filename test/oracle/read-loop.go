// Reads a trace with Go's own reader and prints how many events it gave and how long it took: the yardstick of
// `npm run bench`. With -summary every event also goes to the summarizer, as in go tool trace.
//
// It is compiled inside Go's tree through an overlay (test/helpers/go.ts), because the reader is internal there.
package main

import (
	"flag"
	"fmt"
	"internal/trace"
	"io"
	"os"
	"time"
)

func main() {
	summarize := flag.Bool("summary", false, "feed the summarizer too")
	flag.Parse()
	events, seconds, err := read(flag.Arg(0), *summarize)
	message := ""
	if err != nil {
		message = err.Error()
	}
	fmt.Printf("{\"events\":%d,\"seconds\":%f,\"error\":%q}\n", events, seconds, message)
}

func read(path string, summarize bool) (events int, seconds float64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	start := time.Now()
	defer func() { seconds = time.Since(start).Seconds() }()
	reader, err := trace.NewReader(file)
	if err != nil {
		return 0, 0, err
	}
	// The summarizer keeps pointers to the events it is given.
	var kept []trace.Event
	summarizer := trace.NewSummarizer()
	for {
		event, err := reader.ReadEvent()
		if err == io.EOF {
			break
		}
		if err != nil {
			return events, 0, err
		}
		events++
		if summarize {
			kept = append(kept, event)
			summarizer.Event(&kept[len(kept)-1])
		}
	}
	if summarize {
		summarizer.Finalize()
	}
	return events, 0, nil
}
