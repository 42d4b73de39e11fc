// SPDX-License-Identifier: MIT

// A trial of one of Go's models (docs/trial-protocol.md): `ccbench-go MODEL`, started by ccbench.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// A model carries out the tasks of a trial in three phases, each of which is timed.
type model interface {
	open()
	run()
	close()
}

// describe answers a plan that has "describe": docs/runtimes.md.
func describe(chosen map[string]string) map[string]any {
	path, _ := os.Executable()
	gogc := os.Getenv("GOGC")
	if gogc == "" {
		gogc = "100"
	}
	return map[string]any{
		"language":   "Go " + strings.TrimPrefix(runtime.Version(), "go"),
		"executable": path,
		"client":     clientName(chosen),
		"gc":         "GOGC=" + gogc,
	}
}

// choose makes the model that the plan asks for; "raw" is spoken for by each.
func choose(name string, w *work) model {
	switch {
	case w.plan.Model == "raw":
		return &bareLoop{plainLoop: plainLoop{work: w}}
	case name == "go":
		return &goroutines{work: w}
	}
	return &plainLoop{work: w}
}

// carryOut runs one trial; its result.
func carryOut(m model, w *work) map[string]any {
	if w.plan.Memory {
		debug.FreeOSMemory()
	}
	w.mark("before_lanes")
	phases := phases{work: w}
	phases.begin()
	m.open()
	phases.run()
	m.run()
	phases.close()
	m.close()
	phases.end()
	result := phases.figures()
	w.addFigures(result)
	return result
}

// trial answers the plan of standard input, as the model of that name.
func trial(name string) (map[string]any, error) {
	plan, err := readPlan()
	if err != nil {
		return nil, err
	}
	d, err := readDescription(name)
	if err != nil {
		return nil, err
	}
	chosen, err := d.choose(plan)
	if err != nil {
		return nil, err
	}
	if plan.Describe {
		return map[string]any{"describe": describe(chosen)}, nil
	}
	w, err := newWork(plan, d, chosen)
	if err != nil {
		return nil, err
	}
	runtime.GOMAXPROCS(w.plan.Cores)
	return map[string]any{"result": carryOut(choose(name, w), w)}, nil
}

// answerRefusal says why there is no result.
func answerRefusal(err error) {
	message := map[string]any{"error": err.Error(), "speaks": protocolVersion}
	var refused refusal
	if errors.As(err, &refused) && refused.lacks {
		message["lacks"] = true
	}
	say(message)
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "ccbench-go: no model; expected a name, and a plan on standard input")
		os.Exit(2)
	}
	message, err := trial(os.Args[1])
	if err != nil {
		answerRefusal(err)
		os.Exit(2)
	}
	say(message)
	os.Exit(0)
}
