// SPDX-License-Identifier: MIT
package main

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed *.json
var descriptions embed.FS

// What the file NAME.json tells ccbench, and this program refuses by (docs/runtimes.md).
type description struct {
	Name       string
	OneLane    bool `json:"one_lane"`
	Cannot     map[string]string
	Parameters []struct {
		Name, Default string
		Values        []string
	}
}

func readDescription(name string) (*description, error) {
	text, err := descriptions.ReadFile(name + ".json")
	if err != nil {
		return nil, lack("no model '%s' here", name)
	}
	d := &description{}
	return d, json.Unmarshal(text, d)
}

// choose returns all parameters, each as the plan has it or by default.
func (d *description) choose(p *plan) (map[string]string, error) {
	chosen := map[string]string{}
	if p.Chunk != 1 {
		return nil, refuse("%s has no messages, and so no chunk=%d, expected 1", d.Name, p.Chunk)
	}
	for _, parameter := range d.Parameters {
		chosen[parameter.Name] = parameter.Default
	}
	for name, value := range p.Parameters {
		if _, known := chosen[name]; !known {
			return nil, refuse("%s has no parameter '%s' (=%v), expected client", d.Name, name, value)
		}
		chosen[name] = fmt.Sprint(value)
	}
	return chosen, d.checkValues(chosen)
}

func (d *description) checkValues(chosen map[string]string) error {
	for _, parameter := range d.Parameters {
		known := false
		for _, value := range parameter.Values {
			known = known || value == chosen[parameter.Name]
		}
		if !known {
			return refuse("%s: %s='%s', expected %s", d.Name, parameter.Name, chosen[parameter.Name],
				strings.Join(parameter.Values, " or "))
		}
	}
	return nil
}
