// Many nodes on HashiCorp's memberlist in one process, on loopback addresses, for lab/bench/gossip.ts: the counterpart of
// lab/bench/gossip-host.ts, with the same lines in and out.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

var begin = time.Now()
var mutex sync.Mutex
var out = bufio.NewWriter(os.Stdout)

// The time is taken before the lock: writing is not what is measured.
func say(format string, args ...interface{}) {
	ms := float64(time.Since(begin).Microseconds()) / 1000
	mutex.Lock()
	defer mutex.Unlock()
	fmt.Fprintf(out, "%.3f ", ms)
	fmt.Fprintf(out, format+"\n", args...)
	out.Flush()
}

type node struct {
	number string
	meta   []byte
	list   *memberlist.Memberlist
}

func (n *node) NodeMeta(limit int) []byte                  { return n.meta }
func (n *node) NotifyMsg(payload []byte)                   {}
func (n *node) GetBroadcasts(overhead, limit int) [][]byte { return nil }
func (n *node) LocalState(join bool) []byte                { return nil }
func (n *node) MergeRemoteState(state []byte, join bool)   {}
func (n *node) NotifyJoin(m *memberlist.Node)              { say("join %s %s", n.number, m.Name) }
func (n *node) NotifyLeave(m *memberlist.Node)             { say("gone %s %s", n.number, m.Name) }
func (n *node) NotifyUpdate(m *memberlist.Node)            { say("update %s %s", n.number, m.Name) }

func create(number string) (*node, error) {
	n := &node{number: number}
	config := memberlist.DefaultLANConfig()
	config.Name, config.BindAddr = number, "127.0.9."+number
	config.BindPort, config.AdvertisePort = 7946, 7946
	config.Delegate, config.Events = n, n
	config.LogOutput = io.Discard
	list, err := memberlist.Create(config)
	n.list = list
	return n, err
}

func main() {
	nodes := map[string]*node{}
	lines := bufio.NewScanner(os.Stdin)
	say("ready")
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		say("begin %s", lines.Text())
		var err error
		n := nodes[words[1]]
		switch words[0] {
		case "start":
			nodes[words[1]], err = create(words[1])
		case "join":
			_, err = n.list.Join([]string{"127.0.9." + words[2]})
		case "meta":
			n.meta = []byte(words[2])
			err = n.list.UpdateNode(5 * time.Second)
		case "crash":
			err = n.list.Shutdown()
		case "leave":
			err = n.list.Leave(5 * time.Second)
		default:
			err = fmt.Errorf("unknown command")
		}
		if err != nil {
			say("error %s: %s", lines.Text(), strconv.Quote(err.Error()))
			os.Exit(1)
		}
		say("end %s", lines.Text())
	}
}
