// SPDX-License-Identifier: MIT

// Go: goroutines that take from one counter. usage: with_go sleep|fetch|noop TASKS LANES PORT
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const request = "GET /bytes/13 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

type connection struct {
	net.Conn
	reader *bufio.Reader
}

func connect(port string) *connection {
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	return &connection{conn, bufio.NewReader(conn)}
}

func (c *connection) fetch() error {
	if _, err := io.WriteString(c, request); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func cpuNs() int64 {
	var usage syscall.Rusage

	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func worker(work, port string, claimed *int64, tasks int64) {
	var conn *connection

	if work == "fetch" {
		conn = connect(port)
		defer conn.Close()
	}
	for atomic.AddInt64(claimed, 1) <= tasks {
		switch work {
		case "sleep":
			time.Sleep(10 * time.Millisecond)
		case "fetch":
			if err := conn.fetch(); err != nil {
				log.Fatal(err)
			}
		}
	}
}

func main() {
	tasks, _ := strconv.ParseInt(os.Args[2], 10, 64)
	lanes, _ := strconv.Atoi(os.Args[3])
	var claimed int64
	var done sync.WaitGroup

	cpu, begin := cpuNs(), time.Now()
	done.Add(lanes)
	for i := 0; i < lanes; i++ {
		go func() {
			defer done.Done()
			worker(os.Args[1], os.Args[4], &claimed, tasks)
		}()
	}
	done.Wait()
	fmt.Printf("{\"wall_ns\":%d,\"cpu_ns\":%d}\n", time.Since(begin).Nanoseconds(), cpuNs()-cpu)
}
