// A node on HashiCorp's memberlist (Debian's golang-github-hashicorp-memberlist-dev), driven by lines on standard input
// and telling what it sees by lines on standard output. For the tests of holdfast/memberlist against the original.
package main

import (
	"bufio"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"
)

var out sync.Mutex

func say(format string, args ...interface{}) {
	out.Lock()
	defer out.Unlock()
	fmt.Printf(format+"\n", args...)
}

type app struct {
	mutex sync.Mutex
	meta  []byte
	state []byte
}

func (a *app) NodeMeta(limit int) []byte {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.meta
}
func (a *app) NotifyMsg(payload []byte)                   { say("message %s", payload) }
func (a *app) GetBroadcasts(overhead, limit int) [][]byte { return nil }
func (a *app) LocalState(join bool) []byte                { return a.state }
func (a *app) MergeRemoteState(state []byte, join bool) {
	sum := 0
	for _, b := range state {
		sum += int(b)
	}
	say("state %d sum %d join %v", len(state), sum, join)
}
func (a *app) NotifyJoin(n *memberlist.Node)   { say("join %s %s %s", n.Name, n.Address(), n.Meta) }
func (a *app) NotifyLeave(n *memberlist.Node)  { say("leave %s", n.Name) }
func (a *app) NotifyUpdate(n *memberlist.Node) { say("update %s %s", n.Name, n.Meta) }
func (a *app) NotifyConflict(existing, other *memberlist.Node) {
	say("conflict %s %s", existing.Name, other.Address())
}

func main() {
	name := flag.String("name", "m1", "node name")
	bind := flag.String("bind", "127.0.0.1", "address")
	port := flag.Int("port", 7946, "port")
	keys := flag.String("keys", "", "hexadecimal keys, comma separated")
	state := flag.Int("state", 0, "octets of user state")
	join := flag.String("join", "", "node to join at once")
	stay := flag.Bool("stay", false, "go on when standard input ends")
	reclaim := flag.Duration("reclaim", 0, "DeadNodeReclaimTime")
	compress := flag.Bool("compress", true, "compression")
	flag.Parse()

	a := &app{state: make([]byte, *state)}
	for i := range a.state {
		a.state[i] = byte(i)
	}
	config := memberlist.DefaultLANConfig()
	config.Name, config.BindAddr, config.BindPort, config.AdvertisePort = *name, *bind, *port, *port
	config.Delegate, config.Events, config.Conflict = a, a, a
	config.EnableCompression = *compress
	config.DeadNodeReclaimTime = *reclaim
	config.LogOutput = os.Stderr
	if *keys != "" {
		var ring [][]byte
		for _, text := range strings.Split(*keys, ",") {
			key, err := hex.DecodeString(text)
			if err != nil {
				panic(err)
			}
			ring = append(ring, key)
		}
		config.Keyring, _ = memberlist.NewKeyring(ring, ring[0])
	}
	list, err := memberlist.Create(config)
	if err != nil {
		panic(err)
	}
	if *join != "" {
		if _, err := list.Join([]string{*join}); err != nil {
			panic(err)
		}
	}
	say("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.SplitN(lines.Text(), " ", 3)
		err := run(list, a, config, words)
		if err != nil {
			say("error %s: %v", words[0], err)
		} else {
			say("done %s", words[0])
		}
	}
	if *stay {
		select {}
	}
}

func run(list *memberlist.Memberlist, a *app, config *memberlist.Config, words []string) error {
	switch words[0] {
	case "join":
		_, err := list.Join([]string{words[1]})
		return err
	case "members":
		var names []string
		for _, n := range list.Members() {
			names = append(names, n.Name)
		}
		sort.Strings(names)
		say("members %s", strings.Join(names, ","))
	case "meta":
		a.mutex.Lock()
		a.meta = []byte(words[1])
		a.mutex.Unlock()
		return list.UpdateNode(5 * time.Second)
	case "reliable", "best-effort":
		for _, n := range list.Members() {
			if n.Name == words[1] && words[0] == "reliable" {
				return list.SendReliable(n, []byte(words[2]))
			} else if n.Name == words[1] {
				return list.SendBestEffort(n, []byte(words[2]))
			}
		}
		return fmt.Errorf("no member %s", words[1])
	case "add-key", "use-key", "remove-key":
		key, err := hex.DecodeString(words[1])
		if err != nil {
			return err
		}
		switch words[0] {
		case "add-key":
			return config.Keyring.AddKey(key)
		case "use-key":
			return config.Keyring.UseKey(key)
		}
		return config.Keyring.RemoveKey(key)
	case "health":
		say("health %d", list.GetHealthScore())
	case "leave":
		return list.Leave(5 * time.Second)
	default:
		return fmt.Errorf("unknown command")
	}
	return nil
}
