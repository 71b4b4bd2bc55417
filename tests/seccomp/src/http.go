// SPDX-License-Identifier: MIT
//
// http get URL COUNT      COUNT gets at once; prints the sum of what arrived
// http serve PORT COUNT   answers COUNT requests with their path
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func get(url string, count int) {
	client := &http.Client{Timeout: 100 * time.Second}
	var all sync.WaitGroup
	sizes := make([]int64, count)
	for i := 0; i < count; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			answer, err := client.Get(url)
			if err != nil {
				fail(err)
			}
			defer answer.Body.Close()
			if sizes[i], err = io.Copy(io.Discard, answer.Body); err != nil {
				fail(err)
			}
		}(i)
	}
	all.Wait()
	sum := int64(0)
	for _, size := range sizes {
		sum += size
	}
	fmt.Println(sum)
}

func serve(port string, count int) {
	listener, err := net.Listen("tcp4", ":"+port)
	if err != nil {
		fail(err)
	}
	var all sync.WaitGroup
	all.Add(count)
	go http.Serve(listener, http.HandlerFunc(func(to http.ResponseWriter, from *http.Request) {
		to.Header().Set("Connection", "close")
		fmt.Fprintf(to, "%s\n", from.URL.Path)
		all.Done()
	}))
	fmt.Println("listening")
	all.Wait()
	// The answer may be on its way yet.
	listener.Close()
	time.Sleep(500 * time.Millisecond)
}

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: http get URL COUNT | http serve PORT COUNT"))
	}
	count, err := strconv.Atoi(os.Args[3])
	if err != nil {
		fail(err)
	}
	if os.Args[1] == "serve" {
		serve(os.Args[2], count)
	} else {
		get(os.Args[2], count)
	}
}
