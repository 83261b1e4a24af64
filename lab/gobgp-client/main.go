// A client of GoBGP's API that adds and lists many routes, for the benchmark of the API: the same program against any
// server, fast enough not to be what is measured.
//
//	gobgp-client ADDR unary COUNT WORKERS      AddPath, one call a route
//	gobgp-client ADDR stream COUNT PER-MESSAGE AddPathStream
//	gobgp-client ADDR list                     ListPath of the global table
//	gobgp-client ADDR probe                    GetBgp, one every millisecond, until standard input ends
//
// Prints one line of JSON: what was done, the seconds it took, and the processor seconds it took here; of a probe
// the longest and the 99th percentile of its calls, in milliseconds.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	api "github.com/osrg/gobgp/api"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func anyOf(m proto.Message) *anypb.Any {
	a, err := anypb.New(m)
	must(err)
	return a
}

var origin = anyOf(&api.OriginAttribute{Origin: 0})
var nextHop = anyOf(&api.NextHopAttribute{NextHop: "0.0.0.0"})
var communities = anyOf(&api.CommunitiesAttribute{Communities: []uint32{65001<<16 | 100}})

// The i'th host route of 10.0.0.0/8 and onwards.
func path(i int) *api.Path {
	address := net.IPv4(byte(10+i>>24), byte(i>>16), byte(i>>8), byte(i)).String()
	return &api.Path{
		Family: &api.Family{Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_UNICAST},
		Nlri:   anyOf(&api.IPAddressPrefix{Prefix: address, PrefixLen: 32}),
		Pattrs: []*anypb.Any{origin, nextHop, communities},
	}
}

// Debian's grpc comes with a codec for an older protobuf library than the messages are made for.
type codec struct{}

func (codec) Marshal(v interface{}) ([]byte, error)      { return proto.Marshal(v.(proto.Message)) }
func (codec) Unmarshal(data []byte, v interface{}) error { return proto.Unmarshal(data, v.(proto.Message)) }
func (codec) Name() string                               { return "proto" }

func number(i int) int {
	n, err := strconv.Atoi(os.Args[i])
	must(err)
	return n
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	conn, err := grpc.DialContext(ctx, os.Args[1], grpc.WithInsecure(), grpc.WithBlock(),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{})))
	must(err)
	client := api.NewGobgpApiClient(conn)
	begin := time.Now()
	count := 0
	switch os.Args[2] {
	case "unary":
		count = number(3)
		unary(ctx, client, count, number(4))
	case "stream":
		count = number(3)
		stream(ctx, client, count, number(4))
	case "list":
		count = list(ctx, client)
	case "probe":
		probe(ctx, client)
		return
	}
	seconds := time.Since(begin).Seconds()
	fmt.Printf("{\"count\":%d,\"seconds\":%f,\"processor\":%f}\n", count, seconds, processorSeconds())
}

// What this process has used, by itself and in the kernel.
func processorSeconds() float64 {
	var usage syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// How long another client waits meanwhile.
func probe(ctx context.Context, client api.GobgpApiClient) {
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	var waits []float64
	for {
		select {
		case <-ended:
			sort.Float64s(waits)
			fmt.Printf("{\"count\":%d,\"maxMs\":%f,\"p99Ms\":%f}\n",
				len(waits), waits[len(waits)-1], waits[len(waits)*99/100])
			return
		case <-time.After(time.Millisecond):
		}
		begin := time.Now()
		_, err := client.GetBgp(ctx, &api.GetBgpRequest{})
		must(err)
		waits = append(waits, time.Since(begin).Seconds()*1000)
	}
}

func unary(ctx context.Context, client api.GobgpApiClient, count, workers int) {
	var next int64 = -1
	var wait sync.WaitGroup
	for w := 0; w < workers; w++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := int(atomic.AddInt64(&next, 1)); i < count; i = int(atomic.AddInt64(&next, 1)) {
				_, err := client.AddPath(ctx, &api.AddPathRequest{Path: path(i)})
				must(err)
			}
		}()
	}
	wait.Wait()
}

func stream(ctx context.Context, client api.GobgpApiClient, count, each int) {
	calls, err := client.AddPathStream(ctx)
	must(err)
	for i := 0; i < count; i += each {
		paths := make([]*api.Path, 0, each)
		for k := i; k < i+each && k < count; k++ {
			paths = append(paths, path(k))
		}
		must(calls.Send(&api.AddPathStreamRequest{Paths: paths}))
	}
	_, err = calls.CloseAndRecv()
	must(err)
}

func list(ctx context.Context, client api.GobgpApiClient) int {
	family := &api.Family{Afi: api.Family_AFI_IP, Safi: api.Family_SAFI_UNICAST}
	calls, err := client.ListPath(ctx, &api.ListPathRequest{Family: family}, grpc.MaxCallRecvMsgSize(1<<30))
	must(err)
	for count := 0; ; count++ {
		if _, err := calls.Recv(); err == io.EOF {
			return count
		} else if err != nil {
			must(err)
		}
	}
}
