// SPDX-License-Identifier: MIT
package main

import (
	"encoding/json"
	"strconv"
	"strings"
)

const (
	mostDeep = 64
	// Where the plan has a time instead of a number of repetitions, which ccbench writes: an estimate of fib(15).
	estimateOf, estimateNs = 15, 3000
)

var (
	durations = map[string]float64{"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}
	sizes     = map[string]float64{"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
)

type targetKey struct {
	url   string
	fresh bool
}

// A compiler turns the steps of a plan into functions once, before anything is timed, and notes what they need.
type compiler struct {
	work        *work
	description *description
	targets     map[targetKey]*target
	payloadMost int
	copies      bool
	reads       bool
	direct      bool
}

type maker func(c *compiler, value json.RawMessage, step map[string]json.RawMessage) (step, error)

// Filled by init(), since repeat comes back to it.
var makers map[string]maker

func init() {
	makers = map[string]maker{
		"sleep":       timed(sleepFor),
		"block":       timed(blockFor),
		"fetch":       (*compiler).fetch,
		"compute":     (*compiler).compute,
		"yield":       counted(yield),
		"read":        (*compiler).read,
		"copy":        (*compiler).copy,
		"load":        counting(always(load)),
		"store":       counting(always(store)),
		"add":         counting(counted(add)),
		"lock":        counting(always(lock)),
		"unlock":      always(unlock),
		"load_file":   filed(loadFile),
		"store_file":  filed(storeFile),
		"lock_file":   filed(lockFile),
		"unlock_file": filed(unlockFile),
		"take":        (*compiler).payload,
		"reply":       (*compiler).payload,
		"repeat":      nil, // see step
		"gather":      nil,
	}
}

func always(s step) maker {
	return func(*compiler, json.RawMessage, map[string]json.RawMessage) (step, error) { return s, nil }
}

func counted(make func(int64) step) maker {
	return func(_ *compiler, value json.RawMessage, _ map[string]json.RawMessage) (step, error) {
		n, err := wholeNumber(value)
		return make(n), err
	}
}

func timed(make func(int64) step) maker {
	return func(_ *compiler, value json.RawMessage, _ map[string]json.RawMessage) (step, error) {
		ns, err := numberAndUnit(value, durations)
		return make(ns), err
	}
}

// counting is of steps after which the shared counter is of interest.
func counting(inner maker) maker {
	return func(c *compiler, value json.RawMessage, json map[string]json.RawMessage) (step, error) {
		c.work.counts = true
		return inner(c, value, json)
	}
}

// filed is of steps that need the file which tasks share.
func filed(s step) maker {
	return func(c *compiler, _ json.RawMessage, _ map[string]json.RawMessage) (step, error) {
		c.work.counts = true
		if c.work.number == nil {
			return s, c.work.makeSharedFile()
		}
		return s, nil
	}
}

func wholeNumber(value json.RawMessage) (int64, error) {
	var n float64
	if err := json.Unmarshal(value, &n); err != nil || n < 0 || n > 1e18 {
		return 0, refuse("%s is no whole number", value)
	}
	return int64(n), nil
}

// numberAndUnit reads "1.5ms", or a mere number.
func numberAndUnit(value json.RawMessage, units map[string]float64) (int64, error) {
	var text string
	if json.Unmarshal(value, &text) != nil {
		return wholeNumber(value)
	}
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz")
	n, err := strconv.ParseFloat(number, 64)
	unit, known := units[text[len(number):]]
	if err != nil || !known || n < 0 {
		return 0, refuse("'%s' is no number with a unit", text)
	}
	return int64(n*unit + 0.5), nil
}

// nameOf finds the key that names a step; what is not known is refused, and so is what the description says it
// cannot do.
func (c *compiler) nameOf(json map[string]json.RawMessage) (string, error) {
	unknown := ""
	for name := range json {
		if _, known := makers[name]; known {
			return name, nil
		}
		unknown = name
	}
	for name := range json {
		if reason, told := c.description.Cannot[name]; told {
			return "", lack("%s cannot %s: %s", c.description.Name, name, reason)
		}
	}
	return "", lack("step '%s' is not known here", unknown)
}

// within is what a list of steps is part of.
type within struct {
	child       bool // of a gather
	cancellable bool // a child that can be cancelled
	locked      bool // behind a lock
}

func (c *compiler) steps(list []map[string]json.RawMessage, depth int, within within) ([]step, error) {
	if depth > mostDeep {
		return nil, refuse("lists of steps are nested more than %d deep", mostDeep)
	}
	steps := make([]step, 0, len(list)+1)
	if depth == 0 && c.work.plan.Memory {
		steps = append(steps, func(l *lane) (uint32, uint16) { l.work.peak.begin(l.work); return 0, 0 })
	}
	for _, json := range list {
		if within.cancellable {
			steps = append(steps, look)
		}
		made, err := c.step(json, depth, &within)
		if err != nil {
			return nil, err
		}
		steps = append(steps, made)
	}
	return steps, nil
}

func (c *compiler) step(json map[string]json.RawMessage, depth int, within *within) (step, error) {
	name, err := c.nameOf(json)
	if err != nil {
		return nil, err
	}
	switch name {
	case "repeat":
		return c.repeat(json, depth, *within)
	case "gather":
		return c.gather(json, depth, *within)
	case "lock", "lock_file":
		within.locked = true
	case "unlock", "unlock_file":
		within.locked = false
	case "take", "reply":
		if within.child {
			return nil, refuse("take and reply belong to a task, not to a child of gather")
		}
	}
	return makers[name](c, json[name], json)
}

func (c *compiler) repeat(object map[string]json.RawMessage, depth int, within within) (step, error) {
	var list []map[string]json.RawMessage
	times, err := wholeNumber(object["repeat"])
	if err == nil {
		err = json.Unmarshal(object["steps"], &list)
	}
	if err != nil {
		return nil, refuse("a repeated list cannot be read: %v", err)
	}
	steps, err := c.steps(list, depth+1, within)
	return repeat(times, steps), err
}

func (c *compiler) compute(value json.RawMessage, object map[string]json.RawMessage) (step, error) {
	n, times := int64(estimateOf), int64(1)
	var err error
	if value[0] == '"' {
		times, err = numberAndUnit(value, durations)
		times = times/estimateNs + 1
	} else {
		n, err = wholeNumber(value)
	}
	if given, repeated := object["times"]; repeated && err == nil {
		times, err = wholeNumber(given)
	}
	return compute(uint32(n), times), err
}

func (c *compiler) read(value json.RawMessage, object map[string]json.RawMessage) (step, error) {
	size, err := numberAndUnit(value, sizes)
	if int(size) > c.work.readMost {
		c.work.readMost = int(size)
	}
	c.reads = true
	if string(object["direct"]) == "true" {
		c.direct = true
		return read(&c.work.direct, int(size), pageSize), err
	}
	return read(&c.work.file, int(size), 1), err
}

func (c *compiler) copy(value json.RawMessage, _ map[string]json.RawMessage) (step, error) {
	size, err := numberAndUnit(value, sizes)
	if int(size) > c.work.copyMost {
		c.work.copyMost = int(size)
	}
	c.copies = true
	return copyOf(int(size)), err
}

func (c *compiler) payload(value json.RawMessage, _ map[string]json.RawMessage) (step, error) {
	size, err := numberAndUnit(value, sizes)
	if int(size) > c.payloadMost {
		c.payloadMost = int(size)
	}
	return touch(int(size)), err
}

func (c *compiler) fetch(value json.RawMessage, members map[string]json.RawMessage) (step, error) {
	var path string
	var fresh, secure bool
	if err := json.Unmarshal(value, &path); err != nil {
		return nil, refuse("%s is no path", value)
	}
	options := map[string]*bool{"fresh": &fresh, "tls": &secure}
	for name, given := range members {
		if name == "fetch" {
			continue
		}
		if options[name] == nil {
			return nil, lack("fetch with '%s' is not known here", name)
		}
		if err := json.Unmarshal(given, options[name]); err != nil {
			return nil, refuse("fetch with '%s' %s, expected true or false", name, given)
		}
	}
	return c.fetchOf(path, fresh, secure)
}

// fetchOf is of a path below the origin, or of the one URL of the user's, which says by itself what it speaks.
func (c *compiler) fetchOf(path string, fresh, secure bool) (step, error) {
	url := c.work.plan.Origin + path
	if secure {
		url = c.work.plan.OriginTLS + path
	}
	if c.work.plan.URL != nil {
		url = *c.work.plan.URL
	}
	key := targetKey{url, fresh}
	if c.targets[key] == nil {
		made, err := newTarget(c.work.plan, url, fresh)
		if err != nil {
			return nil, lack("%s cannot fetch: %v", c.description.Name, err)
		}
		c.targets[key] = made
	}
	return fetch(c.targets[key]), nil
}

// prepare makes ready what the steps need.
func (c *compiler) prepare(chosen map[string]string) error {
	c.work.payload = payloadOf(c.payloadMost)
	if c.copies {
		c.work.source = payloadOf(sourceBytes + c.work.copyMost)
	}
	if c.reads {
		if err := c.work.openFile(c.direct); err != nil {
			return err
		}
	}
	if len(c.targets) == 0 {
		return nil
	}
	connect, err := chooseClient(c.work.plan, chosen)
	c.work.connect = connect
	return err
}
